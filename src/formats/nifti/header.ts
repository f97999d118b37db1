// NIfTI-1 (348 bytes) and NIfTI-2 (540 bytes) headers of single-file images, either byte order.
// https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h  https://nifti.nimh.nih.gov/pub/dist/doc/nifti2.h
//
//              dim    datatype  bitpix  pixdim  vox_offset  slope inter  descrip  qform sform code  quaternion  sform rows  magic
//   NIfTI-1    i16@40 i16@70    i16@72  f32@76  f32@108     f32@112 116  80@148   i16@252 254       f32@256     f32@280     @344
//   NIfTI-2    i64@16 i16@12    i16@14  f64@104 i64@168     f64@176 184  80@240   i32@344 348       f64@352     f64@400     @4
import { InputError } from "../../errors.js";
import { calculateCommand, convertCommand } from "../conversion-command.js";
import { bytesOfElements, type DataType, dataTypeParts } from "../data-type.js";
import { canonicalLayout, countElements, type ImageHeader, type Scaling } from "../image-header.js";
import { type OrientationFields, orientationOf } from "./placement.js";

export interface NiftiHeader extends ImageHeader {
  readonly format: "nifti";
}

/** Bytes; enough for either version. */
export const NIFTI_HEADER_BYTES = 540;

/** Codes of the types we know. Multi-byte ones get the byte order of the header. */
export const NIFTI_TYPES: Readonly<Record<number, string>> = {
  1: "Bit",
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
  32: "complex values",
  128: "colours",
  1536: "128-bit floats",
  1792: "complex values",
  2048: "complex values",
  2304: "colours",
};

/** Of float32 and float64. */
const COMPLEX_OF_MRTRIX: ReadonlySet<number> = new Set([32, 1792]);

/** The fields that matter, whichever version. */
interface Fields extends OrientationFields {
  readonly version: 1 | 2;
  readonly headerBytes: number;
  readonly littleEndian: boolean;
  readonly dim: readonly number[];
  readonly typeCode: number;
  /** bitpix */
  readonly bitsPerValue: number;
  readonly dataOffset: number;
  readonly slope: number;
  readonly intercept: number;
  readonly description: string;
}

/** Throws InputError: not NIfTI, a header-and-image pair, an unknown type, impossible sizes. */
export function parseNiftiHeader(bytes: Uint8Array, path: string): NiftiHeader {
  const fields = readFields(bytes, path);
  const remarks: string[] = [];
  const dimensions = checkDimensions(fields.dim, path, remarks);
  const dataType = typeOf(fields, path);
  const nBytes = bytesOfElements(dataType, countElements(dimensions));
  if (!Number.isSafeInteger(nBytes * 8))
    throw problem(path, "an image of less than 2^50 bytes", dimensions.join(" x "));
  if (!Number.isSafeInteger(fields.dataOffset) || fields.dataOffset < fields.headerBytes) {
    const fraction = fields.dataOffset > fields.headerBytes && fields.dataOffset < 2 ** 50;
    const remedy = fraction ? `Whole, as MRtrix3 reads it: ${convertCommand(path)}.` : undefined;
    const expected = `data that start at ${fraction ? "a whole " : ""}byte ${fields.headerBytes} or later (vox_offset)`;
    throw problem(path, expected, `byte ${fields.dataOffset}`, remedy);
  }
  remarkBits(fields, dataType, remarks);
  const axes = orientationOf(fields, dimensions, remarks);
  const header: NiftiHeader = {
    format: "nifti",
    dimensions,
    voxelSizes: usableSizes(
      dimensions.map((_, axis) => axes?.voxelSizes[axis] ?? Math.abs(fields.pixdim[axis + 1]!)),
      remarks,
    ),
    layout: canonicalLayout(dimensions.length),
    dataType,
    scaling: scalingOf(fields),
    transform: axes?.transform,
    entries: fields.description === "" ? [] : [["comments", fields.description]],
    dataFile: ".",
    dataOffset: fields.dataOffset,
  };
  return remarks.length === 0 ? header : { ...header, remarks };
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
  const read = createReader(view, littleEndian);
  const numbers = version === 1 ? readVersion1(read) : readVersion2(read);
  if (magic !== `n+${version}`) throw otherMark(magic, version, numbers.dataOffset, path);
  const description = text(version === 1 ? 148 : 240, 80);
  return {
    version,
    headerBytes,
    littleEndian,
    description,
    ...numbers,
  };
}

/** Header and image pairs, Analyze 7.5, damage. MRtrix3 reads each of the first two as what it may be: the command is named where its values would not be header bytes. */
function otherMark(magic: string, version: 1 | 2, dataOffset: number, path: string): InputError {
  const behind = dataOffset >= (version === 1 ? 348 : 540);
  if (magic === `ni${version}`) {
    const remedy = behind
      ? `If they follow the header all the same: ${convertCommand(path)}.`
      : "Name the header NAME.hdr again and convert NAME.img beside it with mrconvert.";
    return problem(path, "header and data in one .nii file", "a header with its data in an .img file", remedy);
  }
  if (magic === "" && version === 1) {
    const got = "none, as Analyze 7.5 has it, which does not say where left and right are";
    const remedy = behind ? `With x from right to left, as MRtrix3 takes it: ${convertCommand(path)}.` : undefined;
    return problem(path, 'the mark "n+1" of a NIfTI-1 file', got, remedy);
  }
  return problem(path, `the mark "n+${version}" of a NIfTI-${version} file`, JSON.stringify(magic));
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

/** Sizes of 0 are 1, as MRtrix3 has them: some writers leave zeros behind the axes they use. */
function checkDimensions(dim: readonly number[], path: string, remarks: string[]): number[] {
  const [nAxes, ...sizes] = dim as [number, ...number[]];
  if (nAxes < 1 || nAxes > 7) throw problem(path, "1 to 7 axes", String(nAxes));
  const given = sizes.slice(0, nAxes);
  const used = given.map((size) => size || 1);
  const good = used.every((size) => size >= 1) && Number.isSafeInteger(countElements(used));
  if (!good) {
    const remedy = given.some((size) => size < 0)
      ? `Without signs, as MRtrix3 reads it: ${convertCommand(path)}.`
      : undefined;
    throw problem(path, "sizes of at least 1, with a product below 2^53", given.join(" x "), remedy);
  }
  if (given.includes(0)) remarks.push(`sizes of 0 in ${given.join(" x ")} are taken for 1`);
  return used;
}

function typeOf({ typeCode, littleEndian }: Fields, path: string): DataType {
  const name = NIFTI_TYPES[typeCode];
  if (name === undefined) {
    const got = OTHER_TYPES[typeCode] ?? "an unknown type";
    const remedy = COMPLEX_OF_MRTRIX.has(typeCode)
      ? `Magnitudes: ${calculateCommand(path, "-abs")}. Real parts: ${calculateCommand(path, "-real")}.`
      : "MRtrix3 does not read it either: write numbers of one of these types with the program that made it.";
    throw problem(path, `values of ${TYPE_NAMES}`, `${got} (code ${typeCode})`, remedy);
  }
  return (name === "Bit" || name.endsWith("8") ? name : name + (littleEndian ? "LE" : "BE")) as DataType;
}

/** As MRtrix3 and nibabel, which go by the code. */
function remarkBits({ bitsPerValue }: Fields, dataType: DataType, remarks: string[]): void {
  const { bits } = dataTypeParts(dataType);
  if (bitsPerValue !== bits)
    remarks.push(`bitpix ${bitsPerValue} is not that of ${dataType}, ${bits}, and is left out`);
}

/** Of the first three, what is no number becomes the mean of the others, or 1, as MRtrix3 does. */
function usableSizes(sizes: readonly number[], remarks: string[]): number[] {
  const spatial = sizes.slice(0, 3);
  const known = spatial.filter(Number.isFinite);
  if (known.length === spatial.length) return [...sizes];
  const given = known.length === 0 ? 1 : known.reduce((sum, size) => sum + size, 0) / known.length;
  remarks.push(`${given} stands for what is no number in the voxel sizes ${spatial.join(", ")}`);
  return sizes.map((size, axis) => (axis < 3 && !Number.isFinite(size) ? given : size));
}

/** A slope of 0 (or none) means unscaled. */
function scalingOf({ slope, intercept }: Fields): Scaling {
  if (slope === 0 || !Number.isFinite(slope)) return { offset: 0, scale: 1 };
  return { offset: Number.isFinite(intercept) ? intercept : 0, scale: slope };
}

function problem(
  path: string,
  expected: string,
  got: string,
  remedy = "The file is damaged or not NIfTI; make it again.",
): InputError {
  return new InputError(`Cannot read ${path}: expected ${expected}, got ${got}. ${remedy}`, { path });
}
