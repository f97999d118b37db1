// What is known of a dataset without its values, and what a file may promise of them.
import { InputError } from "../../errors.js";
import { formatBytes } from "../../units.js";
import { widenHalves } from "../decode.js";
import type { H5Filter } from "./h5wasm-types.js";

export interface DatasetDescription {
  /** In the file, from /. */
  readonly objectPath: string;
  readonly shape: readonly number[];
  readonly kind: "float" | "integer" | "string" | "other";
  /** `float32`, `uint8`; of what is not read, in words. */
  readonly typeName: string;
  /** Every value is a number that we can convert. */
  readonly isReadable: boolean;
  readonly valueBytes: number;
  readonly littleEndian: boolean;
  readonly signed: boolean;
  /** What stands for a missing value; undefined: nothing does. */
  readonly missing: number | bigint | undefined;
  readonly chunks: readonly number[] | undefined;
  readonly filters: readonly H5Filter[];
}

export type NumberArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** Values a byte of the file may stand for: deflate shrinks by 1032 at most, filters that we do not know by whatever they like. */
const MOST_SHRINKING = { deflate: 1032, unknown: 2 ** 16 } as const;
const DEFLATE = 1;
/** Shuffle and Fletcher-32. */
const KEEPING_SIZE: ReadonlySet<number> = new Set([2, 3]);

/**
 * Throws InputError when the values need more bytes than a file of that size can hold: a dataset of a few kilobytes may be described as one of terabytes,
 * and libhdf5 gives zeros for what was never written.
 */
export function assertHeld(
  { objectPath, shape, valueBytes, filters }: DatasetDescription,
  file: { readonly path: string; readonly fileBytes: number },
): void {
  const shrinking = filters.reduce((product, { id }) => product * shrinkingOf(id), 1);
  const promised = shape.reduce((product, size) => product * size, valueBytes);
  if (promised <= file.fileBytes * shrinking) return;
  throw new InputError(
    `Cannot read ${objectPath} of ${file.path}: expected values that a file of ${formatBytes(file.fileBytes)} can hold, got a description of ${shape.join(" x ")} values of ${valueBytes} bytes. They were never written, or the file is damaged: make it again.`,
    { path: file.path },
  );
}

function shrinkingOf(filter: number): number {
  if (filter === DEFLATE) return MOST_SHRINKING.deflate;
  return KEEPING_SIZE.has(filter) ? 1 : MOST_SHRINKING.unknown;
}

/** `n` values at a place of memory, little-endian and in the file's type, as numbers; of float16 a copy. Throws InputError for another type. */
export function viewOf(
  buffer: ArrayBufferLike,
  byteOffset: number,
  n: number,
  { kind, signed, valueBytes, isReadable, objectPath, typeName }: DatasetDescription,
  path: string,
): NumberArray {
  switch (isReadable ? `${kind === "integer" && !signed ? "u" : ""}${kind}${8 * valueBytes}` : "") {
    case "float16":
      return widenHalves(new Uint16Array(buffer, byteOffset, n));
    case "float32":
      return new Float32Array(buffer, byteOffset, n);
    case "float64":
      return new Float64Array(buffer, byteOffset, n);
    case "integer8":
      return new Int8Array(buffer, byteOffset, n);
    case "uinteger8":
      return new Uint8Array(buffer, byteOffset, n);
    case "integer16":
      return new Int16Array(buffer, byteOffset, n);
    case "uinteger16":
      return new Uint16Array(buffer, byteOffset, n);
    case "integer32":
      return new Int32Array(buffer, byteOffset, n);
    case "uinteger32":
      return new Uint32Array(buffer, byteOffset, n);
    case "integer64":
      return new BigInt64Array(buffer, byteOffset, n);
    case "uinteger64":
      return new BigUint64Array(buffer, byteOffset, n);
  }
  throw new InputError(
    `Cannot read ${objectPath} of ${path}: expected float16 to float64 or integers, got ${typeName}.`,
    {
      path,
    },
  );
}
