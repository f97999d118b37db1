// Values of a dataset as numbers, whatever type the file has.
import { InputError } from "../../errors.js";
import { EXACT_INTEGERS, exactNumber } from "../exact-integer.js";
import type { NumberArray } from "./open.js";

/** Where the values are, for messages. */
interface Place {
  /** As typed. */
  readonly path: string;
  /** In the file, from /. */
  readonly objectPath: string;
}

/** found[i]. Throws InputError naming dataset and value when it is an integer of 64 bits that no float64 equals. */
export function exactValue(found: NumberArray, i: number, place: Place): number {
  const value = found[i]!;
  if (typeof value === "number") return value;
  const exact = exactNumber(value);
  if (exact !== undefined) return exact;
  throw new InputError(
    `Cannot read ${place.objectPath} of ${place.path}: expected ${EXACT_INTEGERS}, got ${value}. Store it as float64 if it may be rounded.`,
    { path: place.path },
  );
}

/** All of them. Throws InputError as exactValue. */
export function exactValues(found: NumberArray, place: Place): Float64Array {
  return Float64Array.from({ length: found.length }, (_, i) => exactValue(found, i, place));
}
