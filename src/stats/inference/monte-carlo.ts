// How far p-values are known from the shuffles that were drawn, and what more shuffles would say.
import { CONFIDENCE, clopperPearson, drawsToExclude, quantilePlaces } from "./clopper-pearson.js";
import { isBelowFivePercent, type NullFacts, type PValue, smallestPossibleP } from "./p-values.js";

export interface MonteCarloError {
  /** Every shuffle that exists was done: p-values are what they are, and all intervals are points. */
  readonly isExact: boolean;
  /** Of the intervals: 0.95. */
  readonly confidence: number;
  /** Of the smallest family-wise p: between which values that of all shuffles lies. */
  readonly smallestP: readonly [low: number, high: number];
  /** The (enhanced) statistic above which p is below 0.05, and the interval of its quantile; null: above all shuffles, where no p is below 0.05 or no bound is known. */
  readonly threshold: {
    readonly at: number | null;
    readonly interval: readonly [low: number | null, high: number | null];
  };
  /**
   * Shuffles after which the interval of that p would leave 0.05 out, were it found as often in all of them; as many as there were where it does; null: more
   * than 10,000,000.
   */
  readonly shufflesToSettle: number | null;
}

/** That a run can be asked for. */
const MOST_SHUFFLES = 10_000_000;
const LEVEL = 0.05;
/** Statistics nearer than this are the same one, summed in another order. */
const TIE = 1e-9;

/**
 * `sorted` ascending, [S]: the null distribution; `smallest`: the p of its peak, whose statistic is `unshuffled`: the largest tested one of the family that
 * shares the null. The unshuffled data, one of the S, are no draw: both intervals are of the other S - 1, of which one less is not below the peak.
 */
export function monteCarloError(
  smallest: PValue,
  sorted: Float64Array,
  facts: NullFacts,
  { isExhaustive, unshuffled }: { readonly isExhaustive: boolean; readonly unshuffled: number },
): MonteCarloError {
  const p = smallest.count / smallest.of;
  const at = thresholdOf(sorted, facts);
  const shared = { isExact: isExhaustive, confidence: CONFIDENCE };
  if (isExhaustive) {
    return { ...shared, smallestP: [p, p], threshold: { at, interval: [at, at] }, shufflesToSettle: sorted.length };
  }
  const threshold = { at, interval: thresholdInterval(sorted, facts, unshuffled) };
  const [count, of] = [smallest.count - 1, smallest.of - 1];
  // one shuffle alone says nothing
  if (of === 0) return { ...shared, smallestP: [0, 1], threshold, shufflesToSettle: null };
  const { low, high } = clopperPearson(count, of);
  const draws = drawsToExclude(LEVEL, count, of, MOST_SHUFFLES - 1);
  const shufflesToSettle = draws === undefined ? null : draws === of ? sorted.length : draws + 1;
  return { ...shared, smallestP: [low, high], threshold, shufflesToSettle };
}

/** The null value above which p is below 0.05. */
function thresholdOf(sorted: Float64Array, facts: NullFacts): number | null {
  const least = smallestPossibleP(facts, sorted.length);
  if (!isBelowFivePercent(least)) return null;
  // p = (more + beside) / of, where `more` null values are not below
  const beside = facts.hasUnshuffled ? 0 : 1;
  const most = Math.ceil(least.of / 20) - 1 - beside;
  return sorted[sorted.length - 1 - most] ?? null;
}

/**
 * Order statistics of the draws alone. With n of them, X of which are above the value that 0.05 of all shuffles are above, X ~ Binomial(n, 0.05): the value lies
 * below draw number `low` with P(X >= n - low), above number `high` with P(X < n - high), each at most 2.5 %. The unshuffled data would lie above more often than
 * a draw does, and move both.
 */
function thresholdInterval(
  sorted: Float64Array,
  { hasUnshuffled }: NullFacts,
  unshuffled: number,
): readonly [number | null, number | null] {
  const nDraws = sorted.length - (hasUnshuffled ? 1 : 0);
  const least = unshuffled - TIE * Math.abs(unshuffled);
  // where it is not found it is the last one
  const found = sorted.findIndex((value) => value >= least);
  const left = hasUnshuffled && found >= 0 ? found : nDraws;
  const { low, high } = quantilePlaces(LEVEL, nDraws);
  const drawAt = (place: number) => (place < 0 || place >= nDraws ? null : sorted[place < left ? place : place + 1]!);
  return [drawAt(low), drawAt(high)];
}
