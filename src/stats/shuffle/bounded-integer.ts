// Unbiased whole numbers below a limit: multiply and reject (Lemire 2019, "Fast random integer generation in an interval", ACM TOMACS 29:3).
import type { RandomStream } from "./random-stream.js";

/** Limits up to this keep u32 x limit exact in a double. */
export const LARGEST_LIMIT = 2 ** 21;

/** Uniform over 0..limit - 1. `limit` a whole number, 1..2^21. */
export function boundedInteger(stream: RandomStream, limit: number): number {
  for (;;) {
    const word = stream.next();
    const product = word * limit;
    const low = Math.imul(word, limit) >>> 0;
    // The products' low words are equally many for each result once the first 2^32 mod limit are left out.
    if (low >= limit || low >= 2 ** 32 % limit) return Math.floor(product / 2 ** 32);
  }
}
