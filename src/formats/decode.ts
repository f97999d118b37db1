// Stored bytes to numbers. Little-endian hosts only, as every machine Node supports for WebAssembly SIMD is.
import { InputError } from "../errors.js";
import { roundCommand } from "./conversion-command.js";
import { type DataType, dataTypeParts } from "./data-type.js";
import { EXACT_INTEGERS, exactNumber } from "./exact-integer.js";

export type NumberArray =
  | Float64Array
  | Float32Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array;

/**
 * `nElements` values stored from bit `firstBit` (0 unless Bit) of `bytes`, which starts at a multiple of 8 of its buffer. May convert in place: `bytes` is spent.
 * Throws InputError for a 64-bit integer that no float64 equals.
 */
export function decodeElements(
  bytes: Uint8Array,
  dataType: DataType,
  nElements: number,
  firstBit: number,
  path: string,
): NumberArray {
  const { kind, bits, littleEndian } = dataTypeParts(dataType);
  const { buffer, byteOffset } = bytes;
  if (bits > 8 && !littleEndian) swapBytes(bytes.subarray(0, nElements * (bits / 8)), bits);
  switch (bits) {
    case 1:
      return unpackBits(bytes, nElements, firstBit);
    case 8:
      return kind === "int" ? new Int8Array(buffer, byteOffset, nElements) : bytes.subarray(0, nElements);
    case 16:
      if (kind === "float") return widenHalves(new Uint16Array(buffer, byteOffset, nElements));
      return kind === "int"
        ? new Int16Array(buffer, byteOffset, nElements)
        : new Uint16Array(buffer, byteOffset, nElements);
    case 32:
      if (kind === "float") return new Float32Array(buffer, byteOffset, nElements);
      return kind === "int"
        ? new Int32Array(buffer, byteOffset, nElements)
        : new Uint32Array(buffer, byteOffset, nElements);
    case 64:
      if (kind === "float") return new Float64Array(buffer, byteOffset, nElements);
      return decodeIntegers64(bytes, nElements, kind === "int", true, (value) => exactLarge(value, path));
  }
}

function swapBytes(bytes: Uint8Array, bits: number): void {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bits === 16) view.swap16();
  else if (bits === 32) view.swap32();
  else view.swap64();
}

/** Most significant bit first. */
function unpackBits(bytes: Uint8Array, nElements: number, firstBit: number): Uint8Array {
  const values = new Uint8Array(nElements);
  for (let i = 0; i < nElements; i++) {
    const bit = firstBit + i;
    values[i] = (bytes[bit >> 3]! >> (7 - (bit & 7))) & 1;
  }
  return values;
}

/** IEEE 754 binary16 as float32, which holds each exactly. */
export function widenHalves(halves: Uint16Array): Float32Array {
  const values = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) values[i] = halfToNumber(halves[i]!);
  return values;
}

/** IEEE 754 binary16: 1 sign, 5 exponent (bias 15), 10 fraction bits. */
export function halfToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

/**
 * As decodeElements, of integers of 64 bits: they become float64 in their own 8 bytes. `large`: what becomes of integers beyond 2^53, the i-th value.
 */
export function decodeIntegers64(
  bytes: Uint8Array,
  nElements: number,
  signed: boolean,
  littleEndian: boolean,
  large: (value: bigint, i: number) => number,
): Float64Array {
  const { buffer, byteOffset } = bytes;
  if (!littleEndian) swapBytes(bytes.subarray(0, 8 * nElements), 64);
  const low = new Uint32Array(buffer, byteOffset, 2 * nElements);
  const high = signed ? new Int32Array(buffer, byteOffset, 2 * nElements) : low;
  const values = new Float64Array(buffer, byteOffset, nElements);
  for (let i = 0; i < nElements; i++) {
    const value = high[2 * i + 1]! * 2 ** 32 + low[2 * i]!;
    values[i] = Number.isSafeInteger(value) ? value : large((BigInt(high[2 * i + 1]!) << 32n) | BigInt(low[2 * i]!), i);
  }
  return values;
}

function exactLarge(value: bigint, path: string): number {
  const exact = exactNumber(value);
  if (exact !== undefined) return exact;
  const message = `Cannot read ${path}: expected ${EXACT_INTEGERS}, got ${value}. If it may be rounded: ${roundCommand(path)}. Else it is damaged; make it again.`;
  throw new InputError(message, { path });
}
