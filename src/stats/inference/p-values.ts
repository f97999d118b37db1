// What a statistic is worth, in shuffles: the one definition of p for what is said about results, and for what is warned of before there are any.
//
//   p = #{i: max_i >= x} / S        the unshuffled data are one of the S, and equal themselves
//
// Images hold what MRtrix3 writes, #{i: max_i <= x} / S (family-wise.ts): 1 - p but where values tie, so that the largest of all has 1 there and 1/S here.

export interface NullFacts {
  /** Shuffles that give every element the statistic of the unshuffled data, whatever the data: p is never below their share. */
  readonly nSame: number;
  /** False: a list of shuffles without the identity. The unshuffled data count beside them. */
  readonly hasUnshuffled: boolean;
}

/** The same of the first `done` shuffles of `of` that were planned in an order drawn at random. */
export const factsOfFirst = ({ nSame, hasUnshuffled }: NullFacts, done: number, of: number): NullFacts => ({
  ...{ nSame: Math.max(Math.min(1, nSame), Math.round((nSame * done) / of)), hasUnshuffled },
});

/** p = count / of. */
export interface PValue {
  readonly count: number;
  readonly of: number;
}

/** Of an enhanced statistic: what is nearer than this is the same one, summed in another order. */
const TIE = 1e-9;

/** The smallest that any data can have. */
export function smallestPossibleP({ nSame, hasUnshuffled }: NullFacts, nShuffles: number): PValue {
  return hasUnshuffled ? { count: Math.max(1, nSame), of: nShuffles } : { count: nSame + 1, of: nShuffles + 1 };
}

/** `sorted` ascending, [S]. A statistic that is not above 0 has p = 1. */
export function pValueOf(statistic: number, sorted: Float64Array, facts: NullFacts): PValue {
  const least = smallestPossibleP(facts, sorted.length);
  if (!(statistic > 0)) return { count: least.of, of: least.of };
  const bound = statistic * (1 - TIE);
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < bound) low = middle + 1;
    else high = middle;
  }
  const count = sorted.length - low + (facts.hasUnshuffled ? 0 : 1);
  return { count: Math.max(least.count, count), of: least.of };
}

/** Exact: 1/20 is not below 0.05. */
export const isBelowFivePercent = ({ count, of }: PValue): boolean => 20 * count < of;
