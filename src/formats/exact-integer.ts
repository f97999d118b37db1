// 64-bit integers as float64, which has 53 bits for them: exactly, or not at all.

/** Undefined when no float64 equals `value`. */
export function exactNumber(value: bigint): number | undefined {
  const number = Number(value);
  return Number.isSafeInteger(number) || BigInt(number) === value ? number : undefined;
}

/** For messages. */
export const EXACT_INTEGERS = "integers that float64 holds exactly, as all within 2^53 are";
