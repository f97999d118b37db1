// What is known of a dataset without its values, and what a file may promise of them.
import { InputError } from "../../errors.js";
import { formatBytes } from "../../units.js";
import type { H5Filter } from "./h5wasm-types.js";

export interface DatasetDescription {
  /** In the file, from /. */
  readonly objectPath: string;
  readonly shape: readonly number[];
  readonly kind: "float" | "integer" | "string" | "other";
  readonly valueBytes: number;
  readonly littleEndian: boolean;
  readonly signed: boolean;
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

/** `n` values at a place of memory. Throws InputError for a type that JavaScript's arrays do not know. */
export function viewOf(
  buffer: ArrayBufferLike,
  byteOffset: number,
  n: number,
  description: DatasetDescription,
  path: string,
): NumberArray {
  switch (typeName(description)) {
    case "float32":
      return new Float32Array(buffer, byteOffset, n);
    case "float64":
      return new Float64Array(buffer, byteOffset, n);
    case "int8":
      return new Int8Array(buffer, byteOffset, n);
    case "uint8":
      return new Uint8Array(buffer, byteOffset, n);
    case "int16":
      return new Int16Array(buffer, byteOffset, n);
    case "uint16":
      return new Uint16Array(buffer, byteOffset, n);
    case "int32":
      return new Int32Array(buffer, byteOffset, n);
    case "uint32":
      return new Uint32Array(buffer, byteOffset, n);
    case "int64":
      return new BigInt64Array(buffer, byteOffset, n);
    case "uint64":
      return new BigUint64Array(buffer, byteOffset, n);
  }
  throw unknownType(description, path);
}

/** Throws InputError as viewOf, before any value is read. */
export function assertReadable(description: DatasetDescription, path: string): void {
  if (READABLE.has(typeName(description))) return;
  throw unknownType(description, path);
}

const READABLE: ReadonlySet<string> = new Set(
  ["float32", "float64"].concat([8, 16, 32, 64].flatMap((bits) => [`int${bits}`, `uint${bits}`])),
);

const typeName = ({ kind, signed, valueBytes }: DatasetDescription): string =>
  `${kind === "integer" ? (signed ? "int" : "uint") : kind}${valueBytes * 8}`;

function unknownType(description: DatasetDescription, path: string): InputError {
  return new InputError(
    `Cannot read ${description.objectPath} of ${path}: expected float32, float64 or integers, got ${typeName(description)}. Convert it with h5py or rhdf5.`,
    { path },
  );
}
