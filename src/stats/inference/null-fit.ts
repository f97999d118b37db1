// Family-wise p-values from a distribution that is fitted to the null: from its tail, or from all of it. What is not fitted keeps its share of shuffles.
import { fitGamma, type GammaFit, gammaP, gammaQuantile } from "./gamma-fit.js";
import type { NullFacts } from "./p-values.js";
import { pValueOf, smallestPossibleP } from "./p-values.js";
import { fitParetoTail, type ParetoTail, paretoP, paretoQuantile, TAIL_BELOW } from "./pareto-tail.js";

export const NULL_FITS = ["tail", "gamma"] as const;
export type NullFitKind = (typeof NULL_FITS)[number];

export interface NullFit {
  readonly kind: NullFitKind;
  /** Null: rejected, for the reason given. */
  readonly distribution: ParetoTail | GammaFit | null;
  readonly rejected?: string;
  /** No p of the fit is smaller. */
  readonly floor: number;
  /** The statistic whose p is 0.05 by the fit; null: it says nothing about it. */
  readonly threshold: number | null;
}

/** Fewer null values make no tail. */
const LEAST_TAIL = 10;
const LEAST_SHUFFLES = LEAST_TAIL * 4;
/** A hundredth of the smallest share of shuffles: what lies further out was never near to being seen. */
const PARTS_OF_A_SHUFFLE = 100;

/**
 * `sorted` ascending, [S]; `unshuffled`: the value of the unshuffled data, one of them where they are listed, up to rounding. Moments are those of the others: an
 * effect would give the distribution its own skewness, and p-values far too small.
 */
export function fitNull(
  kind: NullFitKind,
  sorted: Float64Array,
  {
    facts,
    isExhaustive,
    unshuffled,
  }: { readonly facts: NullFacts; readonly isExhaustive: boolean; readonly unshuffled: number },
): NullFit {
  const n = sorted.length;
  const least = smallestPossibleP(facts, n);
  // shuffles that are as the unshuffled data whatever the data: no p of all shuffles is smaller
  const floor = Math.max(1 / (PARTS_OF_A_SHUFFLE * n), facts.nSame > 1 ? least.count / least.of : 0);
  const reject = (rejected: string): NullFit => ({ kind, distribution: null, rejected, floor, threshold: null });
  if (isExhaustive) return reject(`all ${n} shuffles that exist were done, and p-values are exact`);
  if (n < LEAST_SHUFFLES) return reject(`expected ${LEAST_SHUFFLES} shuffles or more, got ${n}`);
  if (kind === "gamma") {
    const at = facts.hasUnshuffled ? nearestTo(unshuffled, sorted) : -1;
    const distribution = fitGamma(at < 0 ? sorted : sorted.filter((_, i) => i !== at));
    if (distribution === undefined) return reject("all its values are the same");
    return { kind, distribution, floor, threshold: gammaQuantile(distribution, 0.05) };
  }
  const distribution = fitParetoTail(sorted, { leastTail: LEAST_TAIL });
  if (distribution === undefined)
    return reject(
      "no generalised Pareto distribution fits its tail, wherever that begins (Anderson-Darling p <= 0.05)",
    );
  return { kind, distribution, floor, threshold: paretoQuantile(distribution, 0.05, n) ?? null };
}

/** p of the fit; undefined where the share of shuffles stands: the fit was rejected, or p is not small enough, or the statistic is not above 0. */
export function fittedP(
  { kind, distribution, floor }: NullFit,
  statistic: number,
  sorted: Float64Array,
  facts: NullFacts,
): number | undefined {
  if (distribution === null || !(statistic > 0)) return undefined;
  if (kind === "gamma") return Math.max(floor, gammaP(distribution as GammaFit, statistic, floor));
  const tail = distribution as ParetoTail;
  if (!(statistic > tail.threshold)) return undefined;
  const { count, of } = pValueOf(statistic, sorted, facts);
  return count < TAIL_BELOW * of ? Math.max(floor, paretoP(tail, statistic, sorted.length)) : undefined;
}

/** Place of the value that it is as good as equal to: in float32, or in single precision, it may be another number. */
function nearestTo(value: number, sorted: Float64Array): number {
  let found = -1;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < sorted.length; i++) {
    const distance = Math.abs(sorted[i]! - value);
    if (distance >= least) continue;
    [found, least] = [i, distance];
  }
  return found;
}
