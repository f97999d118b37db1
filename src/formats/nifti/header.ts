// NIfTI-1 (348 bytes) and NIfTI-2 (540 bytes) headers of single-file images, either byte order.
// https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h  https://nifti.nimh.nih.gov/pub/dist/doc/nifti2.h
//
//              dim    datatype  bitpix  pixdim  vox_offset  slope inter  descrip  qform sform code  quaternion  sform rows  magic
//   NIfTI-1    i16@40 i16@70    i16@72  f32@76  f32@108     f32@112 116  80@148   i16@252 254       f32@256     f32@280     @344
//   NIfTI-2    i64@16 i16@12    i16@14  f64@104 i64@168     f64@176 184  80@240   i32@344 348       f64@352     f64@400     @4
import { InputError } from "../../errors.js";
import { bytesOfElements, type DataType, dataTypeParts } from "../data-type.js";
import { canonicalLayout, countElements, type ImageHeader, type Scaling } from "../image-header.js";
import { quaternionToRotation } from "./orientation.js";

export interface NiftiHeader extends ImageHeader {
  readonly format: "nifti";
}

/** Bytes; enough for either version. */
export const NIFTI_HEADER_BYTES = 540;

/** Codes of the types we know. Multi-byte ones get the byte order of the header. */
export const NIFTI_TYPES: Readonly<Record<number, string>> = {
  2: "UInt8",
  4: "Int16",
  8: "Int32",
  16: "Float32",
  64: "Float64",
  256: "Int8",
  512: "UInt16",
  768: "UInt32",
  1024: "Int64",
  1280: "UInt64",
};
const TYPE_NAMES = Object.values(NIFTI_TYPES).join(", ");
const OTHER_TYPES: Readonly<Record<number, string>> = {
  1: "1-bit values",
  32: "complex values",
  128: "colours",
  1536: "128-bit floats",
  1792: "complex values",
  2048: "complex values",
  2304: "colours",
};

/** The fields that matter, whichever version. */
interface Fields {
  readonly version: 1 | 2;
  readonly headerBytes: number;
  readonly littleEndian: boolean;
  readonly dim: readonly number[];
  readonly pixdim: readonly number[];
  readonly typeCode: number;
  /** bitpix */
  readonly bitsPerValue: number;
  readonly dataOffset: number;
  readonly slope: number;
  readonly intercept: number;
  readonly description: string;
  readonly qformCode: number;
  readonly sformCode: number;
  /** b, c, d, x, y, z */
  readonly quaternion: readonly number[];
  /** 3 x 4, by row. */
  readonly sform: readonly number[];
}

/** Throws InputError: not NIfTI, a header-and-image pair, an unknown type, impossible sizes. */
export function parseNiftiHeader(bytes: Uint8Array, path: string): NiftiHeader {
  const fields = readFields(bytes, path);
  const dimensions = checkDimensions(fields.dim, path);
  const dataType = typeOf(fields, path);
  const nBytes = bytesOfElements(dataType, countElements(dimensions));
  if (!Number.isSafeInteger(nBytes * 8))
    throw problem(path, "an image of less than 2^50 bytes", dimensions.join(" x "));
  if (!Number.isSafeInteger(fields.dataOffset) || fields.dataOffset < fields.headerBytes) {
    throw problem(path, `data that start at byte ${fields.headerBytes} or later`, `byte ${fields.dataOffset}`);
  }
  const axes = orientationOf(fields);
  return {
    format: "nifti",
    dimensions,
    voxelSizes: dimensions.map((_, axis) => axes?.voxelSizes[axis] ?? Math.abs(fields.pixdim[axis + 1]!)),
    layout: canonicalLayout(dimensions.length),
    dataType,
    scaling: scalingOf(fields),
    transform: axes?.transform,
    entries: fields.description === "" ? [] : [["comments", fields.description]],
    dataFile: ".",
    dataOffset: fields.dataOffset,
    ...remarksOf(fields, dataType),
  };
}

function readFields(bytes: Uint8Array, path: string): Fields {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength < 348) throw problem(path, "a NIfTI header of 348 or 540 bytes", `${bytes.byteLength} bytes`);
  const littleEndian = view.getInt32(0, true) === 348 || view.getInt32(0, true) === 540;
  const headerBytes = view.getInt32(0, littleEndian);
  if (headerBytes !== 348 && headerBytes !== 540) throw problem(path, "a NIfTI header", "something else");
  if (headerBytes > bytes.byteLength) throw problem(path, "a NIfTI-2 header of 540 bytes", `${bytes.byteLength} bytes`);
  const version = headerBytes === 348 ? 1 : 2;
  const text = (at: number, length: number) =>
    Buffer.from(bytes.buffer, bytes.byteOffset + at, length)
      .toString("latin1")
      .split("\0", 1)[0]!
      .trim();
  const magic = text(version === 1 ? 344 : 4, 4);
  if (magic === `ni${version}`) {
    throw problem(
      path,
      "header and data in one .nii file",
      "a header with its data in an .img file",
      "Convert it with mrconvert.",
    );
  }
  if (magic !== `n+${version}`)
    throw problem(path, `the mark "n+${version}" of a NIfTI-${version} file`, JSON.stringify(magic));

  const read = createReader(view, littleEndian);
  const description = text(version === 1 ? 148 : 240, 80);
  return {
    version,
    headerBytes,
    littleEndian,
    description,
    ...(version === 1 ? readVersion1(read) : readVersion2(read)),
  };
}

type Reader = ReturnType<typeof createReader>;
type NumberFields = Omit<Fields, "version" | "headerBytes" | "littleEndian" | "description">;

function createReader(view: DataView, littleEndian: boolean) {
  const several = (read: (at: number) => number, step: number) => (at: number, count: number) =>
    Array.from({ length: count }, (_, i) => read(at + i * step));
  const i16 = (at: number) => view.getInt16(at, littleEndian);
  const i32 = (at: number) => view.getInt32(at, littleEndian);
  const i64 = (at: number) => Number(view.getBigInt64(at, littleEndian));
  const f32 = (at: number) => view.getFloat32(at, littleEndian);
  const f64 = (at: number) => view.getFloat64(at, littleEndian);
  return {
    i16,
    i32,
    i64,
    f32,
    f64,
    i16s: several(i16, 2),
    i64s: several(i64, 8),
    f32s: several(f32, 4),
    f64s: several(f64, 8),
  };
}

function readVersion1(read: Reader): NumberFields {
  return {
    dim: read.i16s(40, 8),
    pixdim: read.f32s(76, 8),
    typeCode: read.i16(70),
    bitsPerValue: read.i16(72),
    dataOffset: read.f32(108),
    slope: read.f32(112),
    intercept: read.f32(116),
    qformCode: read.i16(252),
    sformCode: read.i16(254),
    quaternion: read.f32s(256, 6),
    sform: read.f32s(280, 12),
  };
}

function readVersion2(read: Reader): NumberFields {
  return {
    dim: read.i64s(16, 8),
    pixdim: read.f64s(104, 8),
    typeCode: read.i16(12),
    bitsPerValue: read.i16(14),
    dataOffset: read.i64(168),
    slope: read.f64(176),
    intercept: read.f64(184),
    qformCode: read.i32(344),
    sformCode: read.i32(348),
    quaternion: read.f64s(352, 6),
    sform: read.f64s(400, 12),
  };
}

function checkDimensions(dim: readonly number[], path: string): number[] {
  const [nAxes, ...sizes] = dim as [number, ...number[]];
  if (nAxes < 1 || nAxes > 7) throw problem(path, "1 to 7 axes", String(nAxes));
  const used = sizes.slice(0, nAxes);
  const good = used.every((size) => size >= 1) && Number.isSafeInteger(countElements(used));
  if (!good) throw problem(path, "sizes of at least 1, with a product below 2^53", used.join(" x "));
  return used;
}

function typeOf({ typeCode, littleEndian }: Fields, path: string): DataType {
  const name = NIFTI_TYPES[typeCode];
  if (name === undefined) {
    const got = OTHER_TYPES[typeCode] ?? "an unknown type";
    throw problem(
      path,
      `values of ${TYPE_NAMES}`,
      `${got} (code ${typeCode})`,
      "Convert it with mrconvert -datatype float32le.",
    );
  }
  return (name.endsWith("8") ? name : name + (littleEndian ? "LE" : "BE")) as DataType;
}

/** As MRtrix3 and nibabel, which go by the code. */
function remarksOf({ bitsPerValue }: Fields, dataType: DataType): Pick<NiftiHeader, "remarks"> {
  const { bits } = dataTypeParts(dataType);
  if (bitsPerValue === bits) return {};
  return { remarks: [`bitpix ${bitsPerValue} is not that of ${dataType}, ${bits}, and is left out`] };
}

/** A slope of 0 (or none) means unscaled. */
function scalingOf({ slope, intercept }: Fields): Scaling {
  if (slope === 0 || !Number.isFinite(slope)) return { offset: 0, scale: 1 };
  return { offset: Number.isFinite(intercept) ? intercept : 0, scale: slope };
}

/** The sform when there is one, else the qform, as MRtrix3 chooses. Undefined: neither, or useless. */
function orientationOf(fields: Fields): { transform: number[][]; voxelSizes: number[] } | undefined {
  const { sform, pixdim, quaternion } = fields;
  const rows = fields.sformCode > 0 ? [0, 1, 2].map((r) => sform.slice(4 * r, 4 * r + 4)) : undefined;
  if (rows !== undefined) {
    const norms = [0, 1, 2].map((axis) => Math.hypot(...rows.map((row) => row[axis]!)));
    const transform = rows.map((row) => [...norms.map((norm, axis) => row[axis]! / norm), row[3]!]);
    // pixdim has the size without the rounding of three float32, unless it is about something else.
    const voxelSizes = norms.map((norm, axis) =>
      Math.abs(pixdim[axis + 1]! - norm) < 1e-5 * norm ? pixdim[axis + 1]! : norm,
    );
    return isFinite2D(transform) ? { transform, voxelSizes } : undefined;
  }
  if (fields.qformCode <= 0) return undefined;
  const handedness = pixdim[0]! < 0 ? -1 : 1;
  const rotation = quaternionToRotation(quaternion[0]!, quaternion[1]!, quaternion[2]!);
  const transform = rotation.map((row, r) => [row[0]!, row[1]!, handedness * row[2]!, quaternion[3 + r]!]);
  return isFinite2D(transform) ? { transform, voxelSizes: pixdim.slice(1, 4).map(Math.abs) } : undefined;
}

const isFinite2D = (rows: readonly (readonly number[])[]): boolean => rows.every((row) => row.every(Number.isFinite));

function problem(
  path: string,
  expected: string,
  got: string,
  remedy = "The file is damaged or not NIfTI; make it again.",
): InputError {
  return new InputError(`Cannot read ${path}: expected ${expected}, got ${got}. ${remedy}`, { path });
}
