// .nii and .nii.gz: NIfTI-1, or NIfTI-2 when an axis is longer than NIfTI-1 can say (32767; fixel files usually are).
import { InternalError } from "../../errors.js";
import { type DataType, dataTypeParts } from "../data-type.js";
import { encodeElements } from "../encode.js";
import { canonicalLayout, type ImageData, type ImageSpec } from "../image-header.js";
import { NIFTI_TYPES } from "./header.js";
import { rotationToQuaternion } from "./orientation.js";

/** Longest axis of a NIfTI-1 file. */
const MAX_SHORT = 32767;
/** xyzt_units: millimetres. */
const MILLIMETRES = 2;
/** sform and qform: scanner coordinates. */
const SCANNER = 1;

/**
 * The bytes of the file, front to back; a piece is valid until the next one is asked for. `data`: every element, canonical order. NIfTI has no place
 * for `entries`, nor for 1-bit values: Bit becomes UInt8. Throws InternalError for more than 7 axes, Float16, or a layout that is not canonical.
 */
export function* niftiPieces(spec: ImageSpec, data: ImageData): Generator<Uint8Array> {
  const { dimensions } = spec;
  const layout = canonicalLayout(dimensions.length);
  const dataType = spec.dataType === "Bit" ? "UInt8" : spec.dataType;
  yield formatNiftiHeader({ ...spec, dataType });
  yield* encodeElements(data, { dimensions, layout, dataType });
}

/** Header and the empty extension mark: 352 or 544 bytes. The byte order is that of the data type. */
export function formatNiftiHeader(spec: ImageSpec): Uint8Array {
  const { dimensions, dataType, transform } = spec;
  const typeCode = codeOf(dataType);
  const reordered = spec.layout?.some(({ rank, reversed }, axis) => reversed || rank !== axis) ?? false;
  if (reordered) throw new InternalError("NIfTI has no layout: only canonical order can be written.");
  if (dimensions.length > 7) throw new InternalError(`NIfTI has at most 7 axes, not ${dimensions.length}.`);

  const voxelSizes = (spec.voxelSizes ?? []).map((size) => (Number.isFinite(size) ? size : 1));
  const sizes = [0, 1, 2].map((axis) => voxelSizes[axis] ?? 1);
  const quaternion = transform === undefined ? undefined : rotationToQuaternion(transform);
  const write = Math.max(...dimensions) > MAX_SHORT ? writeVersion2 : writeVersion1;
  return write({
    littleEndian: dataTypeParts(dataType).littleEndian,
    typeCode,
    bits: dataTypeParts(dataType).bits,
    dim: padded([dimensions.length, ...dimensions], 1),
    pixdim: padded([quaternion?.handedness ?? 1, ...dimensions.map((_, axis) => voxelSizes[axis] ?? 1)], 1),
    qformCode: quaternion === undefined ? 0 : SCANNER,
    sformCode: transform === undefined ? 0 : SCANNER,
    quaternion:
      quaternion === undefined
        ? [0, 0, 0, 0, 0, 0]
        : [quaternion.b, quaternion.c, quaternion.d, ...transform!.map((row) => row[3]!)],
    sform: (transform ?? []).flatMap((row) => [...sizes.map((size, axis) => row[axis]! * size), row[3]!]),
  });
}

interface Fields {
  readonly littleEndian: boolean;
  readonly typeCode: number;
  readonly bits: number;
  readonly dim: readonly number[];
  readonly pixdim: readonly number[];
  readonly qformCode: number;
  readonly sformCode: number;
  readonly quaternion: readonly number[];
  readonly sform: readonly number[];
}

function writeVersion1(fields: Fields): Uint8Array {
  const bytes = Buffer.alloc(352);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const le = fields.littleEndian;
  const floats = (at: number, values: readonly number[]) => {
    for (const [i, value] of values.entries()) view.setFloat32(at + 4 * i, value, le);
  };
  view.setInt32(0, 348, le);
  bytes.write("r", 38, "latin1");
  for (const [i, size] of fields.dim.entries()) view.setInt16(40 + 2 * i, size, le);
  view.setInt16(70, fields.typeCode, le);
  view.setInt16(72, fields.bits, le);
  floats(76, fields.pixdim);
  floats(108, [352, 1, 0]);
  bytes[123] = MILLIMETRES;
  bytes.write("fixelstream", 148, "latin1");
  view.setInt16(252, fields.qformCode, le);
  view.setInt16(254, fields.sformCode, le);
  floats(256, fields.quaternion);
  floats(280, fields.sform);
  bytes.write("n+1\0", 344, "latin1");
  return bytes;
}

function writeVersion2(fields: Fields): Uint8Array {
  const bytes = Buffer.alloc(544);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const le = fields.littleEndian;
  const doubles = (at: number, values: readonly number[]) => {
    for (const [i, value] of values.entries()) view.setFloat64(at + 8 * i, value, le);
  };
  view.setInt32(0, 540, le);
  bytes.write("n+2\0\r\n\x1a\n", 4, "latin1");
  view.setInt16(12, fields.typeCode, le);
  view.setInt16(14, fields.bits, le);
  for (const [i, size] of fields.dim.entries()) view.setBigInt64(16 + 8 * i, BigInt(size), le);
  doubles(104, fields.pixdim);
  view.setBigInt64(168, 544n, le);
  doubles(176, [1, 0]);
  bytes.write("fixelstream", 240, "latin1");
  view.setInt32(344, fields.qformCode, le);
  view.setInt32(348, fields.sformCode, le);
  doubles(352, fields.quaternion);
  doubles(400, fields.sform);
  view.setInt32(500, MILLIMETRES, le);
  return bytes;
}

function codeOf(dataType: DataType): number {
  const name = dataType.replace(/[LB]E$/, "");
  const code = Object.keys(NIFTI_TYPES).find((key) => NIFTI_TYPES[Number(key)] === name);
  if (code === undefined) throw new InternalError(`${dataType} cannot be stored in NIfTI.`);
  return Number(code);
}

const padded = (values: readonly number[], filler: number): number[] =>
  Array.from({ length: 8 }, (_, i) => values[i] ?? filler);
