// What is written as JSON carries the checksum of itself: a last key `crc32`, of the text that JSON.stringify gives for everything before it. Indentation
// is free, so people and other programs may reformat such a file.
import { crc32 } from "node:zlib";

/** With its checksum as the last key, in place of one that it has. */
export function signed<T extends object>(value: T): Omit<T, "crc32"> & { readonly crc32: number } {
  const { crc32: _, ...rest } = value as T & { crc32?: unknown };
  return { ...rest, crc32: crc32(JSON.stringify(rest)) };
}

export interface Signature {
  readonly expectedCrc32: number;
  readonly gotCrc32: number;
}

/** Of parsed JSON. Undefined: it has none; right when both are equal. */
export function signatureOf(json: unknown): Signature | undefined {
  if (json === null || typeof json !== "object" || !Object.hasOwn(json, "crc32")) return undefined;
  const { crc32: expected, ...rest } = json as { crc32: unknown };
  const expectedCrc32 = typeof expected === "number" ? expected : Number.NaN;
  return { expectedCrc32, gotCrc32: crc32(JSON.stringify(rest)) };
}

/** Eight hexadecimal digits. */
export const formatCrc32 = (crc: number): string =>
  Number.isInteger(crc) ? crc.toString(16).padStart(8, "0") : "none";
