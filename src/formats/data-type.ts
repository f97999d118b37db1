// How one element of an image is stored. The names are those of MRtrix3's `datatype:` header line.

export type ByteOrder = "LE" | "BE";

export type DataType =
  | "Bit"
  | "Int8"
  | "UInt8"
  | `${"Int" | "UInt"}${16 | 32 | 64}${ByteOrder}`
  | `Float${16 | 32 | 64}${ByteOrder}`;

export interface DataTypeParts {
  readonly kind: "bit" | "int" | "uint" | "float";
  readonly bits: 1 | 8 | 16 | 32 | 64;
  readonly littleEndian: boolean;
}

const NAME = /^(bit|int|uint|float)(8|16|32|64)?(le|be)?$/;
const SPELLING = { bit: "Bit", int: "Int", uint: "UInt", float: "Float" } as const;

/** For messages. */
export const DATA_TYPE_NAMES =
  "Bit, Int8, UInt8, Int16, UInt16, Int32, UInt32, Int64, UInt64, Float16, Float32 or Float64, with LE or BE";

/** Letter case is ignored. Undefined for complex and unknown types, and for several bytes without LE or BE: MRtrix3 refuses those too. */
export function parseDataType(text: string): DataType | undefined {
  const match = NAME.exec(text.trim().toLowerCase());
  if (match === null) return undefined;
  const kind = match[1] as keyof typeof SPELLING;
  const [, , bits, order] = match;
  if (kind === "bit") return bits === undefined && order === undefined ? "Bit" : undefined;
  if (bits === undefined) return undefined;
  if (bits === "8") return kind === "float" || order !== undefined ? undefined : `${SPELLING[kind]}8`;
  if (order === undefined) return undefined;
  return `${SPELLING[kind]}${bits}${order.toUpperCase()}` as DataType;
}

/** Asked for many times a header. */
const known = new Map<DataType, DataTypeParts>();

export function dataTypeParts(dataType: DataType): DataTypeParts {
  const found = known.get(dataType);
  if (found !== undefined) return found;
  const match = NAME.exec(dataType.toLowerCase())!;
  const parts: DataTypeParts = {
    kind: match[1] as DataTypeParts["kind"],
    bits: Number(match[2] ?? 1) as DataTypeParts["bits"],
    littleEndian: match[3] !== "be",
  };
  known.set(dataType, parts);
  return parts;
}

/** Bytes that `nElements` occupy. Bits are packed 8 to a byte through the whole image. */
export function bytesOfElements(dataType: DataType, nElements: number): number {
  const { bits } = dataTypeParts(dataType);
  return bits === 1 ? Math.ceil(nElements / 8) : nElements * (bits / 8);
}

export function isIntegerType(dataType: DataType): boolean {
  return dataTypeParts(dataType).kind !== "float";
}

/** True when every value of the type is a float32 without loss. */
export function fitsFloat32(dataType: DataType): boolean {
  const { kind, bits } = dataTypeParts(dataType);
  return kind === "float" ? bits <= 32 : bits <= 16;
}
