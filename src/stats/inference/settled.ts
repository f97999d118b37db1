// When more shuffles would move no family-wise p across 0.05.
import { quantilePlaces } from "./clopper-pearson.js";

/** Of the interval at each look: looks are few, and together they are wrong less often than one of 95 %. */
export const SETTLED_CONFIDENCE = 0.999;
export const FIRST_LOOK = 500;
const LEVEL = 0.05;

/** Numbers of shuffles after which it is looked at: 500, and twice as many each time. */
export function looksOf(nShuffles: number): number[] {
  const looks: number[] = [];
  for (let look = FIRST_LOOK; look < nShuffles; look *= 2) looks.push(look);
  return looks;
}

export interface Family {
  /** f64 [shuffles done], the unshuffled data first: no draw, and in no interval. */
  readonly maxima: Float64Array;
  /** [m] each: statistics of the unshuffled data that are compared with them. */
  readonly statistics: readonly ArrayLike<number>[];
}

/** Whether no tested statistic lies where 0.05 may: between the order statistics that have its threshold in between. `eligible` u8 [m]; undefined: all are tested. */
export function isSettled({ maxima, statistics }: Family, eligible: Uint8Array | undefined): boolean {
  const sorted = maxima.slice(1).sort();
  const { low, high } = quantilePlaces(LEVEL, sorted.length, SETTLED_CONFIDENCE);
  const [least, most] = [sorted[low] ?? 0, sorted[high] ?? Number.POSITIVE_INFINITY];
  for (const of of statistics)
    for (let i = 0; i < of.length; i++)
      if (eligible?.[i] !== 0 && of[i]! > 0 && of[i]! >= least && of[i]! <= most) return false;
  return true;
}
