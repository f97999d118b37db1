// Both tails of the gamma distribution: the regularised incomplete gamma functions P(a, x) and Q(a, x) = 1 - P(a, x).
// References: Abramowitz & Stegun 6.5.29 (series) and 6.5.31 (continued fraction, by Lentz's method).
import { stirlingError } from "./stirling-error.js";

const NEGLIGIBLE = 2 ** -54;

/** Q(a, x), a > 0, x >= 0. Relative error below 1e-12; time in proportion to the square root of a where x is near it. */
export function gammaUpper(a: number, x: number): number {
  return x < a + 1 ? 1 - lowerSeries(a, x) : upperFraction(a, x);
}

/** P(a, x), as gammaUpper. */
export function gammaLower(a: number, x: number): number {
  return x < a + 1 ? lowerSeries(a, x) : 1 - upperFraction(a, x);
}

/** x^a e^-x / Gamma(a + 1) = exp(-a (u - ln(1 + u)) - delta(a)) / sqrt(2 pi a), u = (x - a) / a. */
function prefix(a: number, x: number): number {
  const u = (x - a) / a;
  const excess = Math.abs(u) < 0.5 ? u - Math.log1p(u) : u - Math.log(x / a);
  return Math.exp(-a * excess - stirlingError(a)) / Math.sqrt(2 * Math.PI * a);
}

/** P: its terms are positive and grow smaller for x < a + 1. */
function lowerSeries(a: number, x: number): number {
  if (x === 0) return 0;
  let term = 1;
  let sum = 1;
  for (let k = 1; term > NEGLIGIBLE * sum; k++) {
    term *= x / (a + k);
    sum += term;
  }
  return prefix(a, x) * sum;
}

/** Q, for x >= a + 1. */
function upperFraction(a: number, x: number): number {
  if (x === Infinity) return 0;
  let b = x + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let value = d;
  for (let k = 1; k < 1_000_000; k++) {
    const step = -k * (k - a);
    b += 2;
    d = 1 / (step * d + b);
    c = b + step / c;
    value *= c * d;
    if (Math.abs(c * d - 1) <= 2 * NEGLIGIBLE) break;
  }
  return prefix(a, x) * a * value;
}
