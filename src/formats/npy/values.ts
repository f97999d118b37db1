// Values of a numpy array as numbers: bytes as they are stored to float32 or float64, exactly or counted.

import { decodeElements, decodeIntegers64, type NumberArray } from "../decode.js";
import { exactNumber } from "../exact-integer.js";
import type { NpyType } from "./dtype.js";

/** Values that are no number here, of those decoded so far. */
export interface NpyProblems {
  /** Integers that no float64 equals, and bytes of booleans that are neither 0 nor 1. */
  count: number;
  first: { readonly value: bigint; readonly index: number } | undefined;
}

/** Integers that stand for a missing value: R's NA, and NaT of numpy and pandas. No measure is so far from 0. */
const MISSING = { Int32: -(2 ** 31), Int64: -(2n ** 63n) } as const;

/** Integers of this type have a value that stands for a missing one: `int32`, `int64`. */
export const missingIntegerOf = ({ dataType, name }: NpyType): string | undefined =>
  /^Int(32|64)/.test(dataType) ? name.replace(/ .*/, "") : undefined;

/** Every value of the type is a float32. */
export const fitsFloat32 = ({ valueBytes, dataType }: NpyType): boolean =>
  valueBytes <= 2 || dataType.startsWith("Float32");

/**
 * The values in `bytes`, which starts at a multiple of 8 of its buffer and is spent; `firstIndex`: of the first of them in the array. The least int32 and int64
 * become NaN. What is no number is NaN too, and goes into `problems`.
 */
export function decodeNpy(bytes: Uint8Array, type: NpyType, firstIndex: number, problems: NpyProblems): NumberArray {
  const { dataType, valueBytes } = type;
  const n = bytes.byteLength / valueBytes;
  const isProblem = (value: bigint, i: number): number => {
    problems.count += 1;
    problems.first ??= { value, index: firstIndex + i };
    return Number.NaN;
  };
  if (/Int64/.test(dataType)) {
    const signed = dataType.startsWith("Int");
    return decodeIntegers64(bytes, n, signed, dataType.endsWith("LE"), (value, i) => {
      if (signed && value === MISSING.Int64) return Number.NaN;
      return exactNumber(value) ?? isProblem(value, i);
    });
  }
  const values = decodeElements(bytes, dataType, n, 0, "");
  if (values instanceof Int32Array && values.includes(MISSING.Int32)) return withMissing(values);
  if (type.isBoolean) for (let i = 0; i < n; i++) if (values[i]! > 1) isProblem(BigInt(values[i]!), i);
  return values;
}

const withMissing = (values: Int32Array): Float64Array =>
  Float64Array.from(values, (value) => (value === MISSING.Int32 ? Number.NaN : value));
