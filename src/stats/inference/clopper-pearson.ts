// How well a number of random shuffles knows a share of all shuffles: exact binomial intervals (Clopper & Pearson 1934, Biometrika 26:404-413).
import { betaQuantile } from "../functions/beta-quantile.js";
import { logFLower, logFUpper } from "../functions/f-tails.js";

export const CONFIDENCE = 0.95;
const LN_TAIL = Math.log((1 - CONFIDENCE) / 2);

/** Ends of the interval of a share that was found `count` times in `of` draws. 0 <= count <= of, `of` >= 1; relative error below 1e-12. */
export function clopperPearson(
  count: number,
  of: number,
  confidence: number = CONFIDENCE,
): { readonly low: number; readonly high: number } {
  const tail = (1 - confidence) / 2;
  // the other way round where that is shorter
  if (2 * count > of) {
    const low = count === of ? Math.exp(Math.log(tail) / of) : betaQuantile(1 - tail, of - count + 1, count).complement;
    const high = count === of ? 1 : betaQuantile(tail, of - count, count + 1).complement;
    return { low, high };
  }
  const low = count === 0 ? 0 : betaQuantile(tail, count, of - count + 1).x;
  const high = count === 0 ? -Math.expm1(Math.log(tail) / of) : betaQuantile(1 - tail, count + 1, of - count).x;
  return { low, high };
}

/** ln P(X <= count), X ~ Binomial(of, share), for a count at or below its mean; else -0, as good as ln 1. */
function logFewer(count: number, of: number, share: number): number {
  if (count < 0) return -Infinity;
  if (count === 0) return of * Math.log1p(-share);
  const F = ((of - count) * (share / (1 - share))) / (count + 1);
  return F >= 1 ? logFUpper(F, 2 * (count + 1), 2 * (of - count)) : -0;
}

/** ln P(X >= count) for a count at or above its mean; else -0. */
function logMore(count: number, of: number, share: number): number {
  if (count > of) return -Infinity;
  if (count <= 0) return -0;
  const F = ((of - count + 1) * (share / (1 - share))) / count;
  return F <= 1 ? logFLower(F, 2 * count, 2 * (of - count + 1)) : -0;
}

/** Whether the interval of count / of leaves `share` out. */
export const excludes = (share: number, count: number, of: number): boolean =>
  Math.min(logFewer(count, of, share), logMore(count, of, share)) < LN_TAIL;

/**
 * Draws after which the interval of a share that goes on to be found as often as `count` in `of` leaves `share` out; undefined: more than `most`.
 * `of` where it does so already.
 */
export function drawsToExclude(share: number, count: number, of: number, most: number): number | undefined {
  const isEnough = (draws: number) => excludes(share, Math.round((count / of) * draws), draws);
  if (isEnough(of)) return of;
  if (!isEnough(most)) return undefined;
  let [low, high] = [of, most];
  while (high - low > Math.max(1, low / 1000)) {
    const middle = Math.floor((low + high) / 2);
    if (isEnough(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/**
 * Of `of` draws in ascending order: places (from 0) of those between which the value lies that a share of `share` is above. `low` -1: below all of them;
 * `high` equal to `of`: above all.
 */
export function quantilePlaces(
  share: number,
  of: number,
  confidence: number = CONFIDENCE,
): { readonly low: number; readonly high: number } {
  const lnTail = Math.log((1 - confidence) / 2);
  // low: the highest place with P(more than of - 1 - low draws above the value) <= tail
  const above = firstWhere(of, (count) => logMore(count, of, share) < lnTail);
  const fewer = firstWhere(of, (count) => !(logFewer(count, of, share) < lnTail));
  return { low: of - above, high: of - fewer };
}

/** The lowest count of 0 .. of + 1 that it is true of; it stays true. */
function firstWhere(of: number, isTrue: (count: number) => boolean): number {
  let [low, high] = [0, of + 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isTrue(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
