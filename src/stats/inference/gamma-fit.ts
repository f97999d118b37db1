// The null distribution as a gamma distribution with its mean, variance and skewness: every p from a few hundred shuffles (Winkler et al. 2016, NeuroImage
// 141:502-516, section 2.5)..
import { gammaLower, gammaUpper } from "../functions/gamma-tails.js";
import { logNormalUpper } from "../functions/normal.js";

export interface GammaFit {
  readonly mean: number;
  readonly variance: number;
  readonly skewness: number;
}

/** A skewness below it is none: the gamma distribution would have more shape than can be computed with, and differs from the normal by less than 1e-3 of p. */
const NO_SKEWNESS = 1e-3;

/** `null_`: maxima of all shuffles, in any order. Undefined: fewer than three, or all the same. */
export function fitGamma(null_: Float64Array): GammaFit | undefined {
  const n = null_.length;
  let mean = 0;
  for (const value of null_) mean += value;
  mean /= n;
  let [second, third] = [0, 0];
  for (const value of null_) {
    const d = value - mean;
    second += d * d;
    third += d * d * d;
  }
  const variance = second / (n - 1);
  if (n < 3 || !(variance > 0) || !Number.isFinite(third)) return undefined;
  const skewness = (third / n / (second / n) ** 1.5) * Math.sqrt((n - 1) / n) * (n / (n - 2));
  return { mean, variance, skewness };
}

/** p of a statistic. Below the left end of a gamma distribution it is 1; above the right end (negative skewness) `least`. */
export function gammaP({ mean, variance, skewness: g }: GammaFit, statistic: number, least: number): number {
  const z = (statistic - mean) / Math.sqrt(variance);
  if (Math.abs(g) < NO_SKEWNESS) return Math.exp(logNormalUpper(z));
  const x = (z + 2 / g) / (g / 2);
  const shape = 4 / (g * g);
  if (x < 0) return g > 0 ? 1 : least;
  return g > 0 ? gammaUpper(shape, x) : gammaLower(shape, x);
}

/** The statistic whose p is `share` by the fit. */
export function gammaQuantile(fit: GammaFit, share: number): number {
  const sd = Math.sqrt(fit.variance);
  let [low, high] = [fit.mean - 10 * sd, fit.mean + 100 * sd];
  for (let round = 0; round < 200 && high - low > 1e-13 * Math.abs(high); round++) {
    const middle = (low + high) / 2;
    if (gammaP(fit, middle, 0) > share) low = middle;
    else high = middle;
  }
  return high;
}
