// The header text we write. Values follow at the next multiple of 4 bytes, as in MRtrix3's own files.
import { InternalError } from "../../errors.js";
import { canonicalLayout, type ImageSpec } from "../image-header.js";
import { RESERVED_KEYS } from "./header.js";

/** Bytes of the header, padded with zeros to where the data start. `file: . OFFSET` names that very length. */
export function formatMifHeader(spec: ImageSpec): Uint8Array {
  const nAxes = spec.dimensions.length;
  const voxelSizes = spec.voxelSizes ?? spec.dimensions.map((_, axis) => (axis < 3 ? 1 : Number.NaN));
  const layout = spec.layout ?? canonicalLayout(nAxes);
  const lines = [
    "mrtrix image",
    `dim: ${spec.dimensions.join(",")}`,
    `vox: ${voxelSizes.map(formatNumber).join(",")}`,
    `layout: ${layout.map(({ rank, reversed }) => `${reversed ? "-" : "+"}${rank}`).join(",")}`,
    `datatype: ${spec.dataType}`,
    ...(spec.transform ?? []).map((row) => `transform: ${row.map(formatNumber).join(", ")}`),
    ...(spec.entries ?? []).flatMap(([key, value]) => formatEntry(key, value)),
  ];
  return withOffset(`${lines.join("\n")}\n`);
}

/** MRtrix3 spreads a value of several lines over as many lines with the same key. */
function formatEntry(key: string, value: string): string[] {
  if (RESERVED_KEYS.has(key) || key === "END" || !/^[^\s:#][^:#\n\r]*$/.test(key)) {
    throw new InternalError(`${JSON.stringify(key)} cannot be a key of an image header.`);
  }
  return value.split(/\r?\n/).map((line) => `${key}: ${line}`);
}

const formatNumber = (value: number): string => (Number.isNaN(value) ? "nan" : String(value));

function withOffset(text: string): Uint8Array {
  const encoder = new TextEncoder();
  // The offset is part of the text it counts; a longer number can move it, at most once or twice.
  for (let offset = 4; ; offset += 4) {
    const bytes = encoder.encode(`${text}file: . ${offset}\nEND\n`);
    if (bytes.byteLength <= offset) {
      const padded = new Uint8Array(offset);
      padded.set(bytes);
      return padded;
    }
    offset += Math.floor((bytes.byteLength - offset - 1) / 4) * 4;
  }
}
