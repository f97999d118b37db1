// Quantiles of the beta distribution, out of the tails of F: B ~ Beta(a, b) is w / (2 b + w) where w = 2 a F, F ~ F(2 a, 2 b).
import { logBetaPrefix, logFLower, logFUpper } from "./f-tails.js";

/**
 * The x with P(Beta(a, b) <= x) = `level`. `a` > 0 a multiple of 1/2, `b` > 0, 0 < `level` < 1. Relative error below 1e-12, of 1 - x too where x is near 1.
 * Takes time in proportion to the square root of a + b below the median, and to `a` above it.
 */
export function betaQuantile(level: number, a: number, b: number): { readonly x: number; readonly complement: number } {
  const [rank, dof] = [2 * a, 2 * b];
  const isLower = level <= 0.5;
  const goal = isLower ? Math.log(level) : Math.log1p(-level);
  const tail = (w: number) => (isLower ? logFLower(w / rank, rank, dof) : logFUpper(w / rank, rank, dof));
  // Both logarithms of tails are concave in t = ln w: Newton's second step and all after it come from one side, and never pass.
  let t = Math.log(rank);
  for (let round = 0; round < 100; round++) {
    const w = Math.exp(t);
    const value = tail(w);
    const slope = (isLower ? 1 : -1) * Math.exp(logBetaPrefix(w, rank, dof) - value);
    const step = (goal - value) / slope;
    t += Math.max(-MOST_STEP, Math.min(MOST_STEP, step));
    if (!(Math.abs(step) > 1e-14 * Math.max(1, Math.abs(t)))) break; // also ends on NaN
  }
  const odds = Math.exp(t) / dof;
  return { x: odds / (1 + odds), complement: 1 / (1 + odds) };
}

/** Of ln w: what a first step from the mean would leave the doubles by. */
const MOST_STEP = 50;
