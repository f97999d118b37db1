// A run in parts that are computed apart: which shuffles each has.
import type { ShuffleRange } from "./shuffle-range.js";

export interface Shard {
  /** From 1. */
  readonly index: number;
  readonly of: number;
}

/** `2-of-5` */
export const nameOfShard = ({ index, of }: Shard): string => `${index}-of-${of}`;

/** Parts that differ by one shuffle at most; empty ones where there are more parts than shuffles. */
export function rangeOfShard(whole: ShuffleRange, { index, of }: Shard): ShuffleRange {
  const count = whole.end - whole.first;
  const at = (i: number) => whole.first + Math.floor((i * count) / of);
  const [first, end] = [at(index - 1), at(index)];
  // an empty part is the unshuffled data alone
  const beginsWhole = first === whole.first && end > first;
  return { first, end, leadingIdentity: beginsWhole ? whole.leadingIdentity : true };
}
