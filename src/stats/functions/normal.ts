// The standard normal's upper tail Q and its inverse, in logarithms: right for any z, however small Q is.
// Q(z) = phi(z) R(z), R the Mills ratio, which has no range problem.

const HALF_LN_2PI = Math.log(2 * Math.PI) / 2;
const ROOT_HALF_PI = Math.sqrt(Math.PI / 2);
const LN_2 = Math.LN2;

/**
 * Chebyshev coefficients of (1 + z) R(z) in (z - 5) / (z + 5) on all of [0, infinity), after Shepherd & Laframboise 1981
 * (Math. Comp. 36:249). Made by `fixtures/make/special-functions.py mills`; the next one is below 8e-18.
 */
const MILLS = [
  1.1579976221305188, -0.1633449388451398, -0.013683136055781576, 0.03082200019810004, -0.016220073012046806,
  0.005616691016460094, -0.0014133933783549216, 0.0002502625460725661, -2.468907239728387e-5, -1.0107964061837592e-6,
  7.495419179740573e-7, -7.600274268728337e-8, -1.1574771441328644e-8, 3.333386472599843e-9, 7.538039628171347e-11,
  -1.1104247263727494e-10, 3.509243776551059e-12, 3.6894953861750955e-12, -2.3376697776383095e-13,
  -1.3271797523541405e-13, 9.921706995888276e-15, 5.276004995455379e-15, -3.373097694187922e-16,
  -2.2804338776379946e-16, 7.496330565808626e-18,
];

/** R(z) = Q(z) / phi(z) for z >= 0. Relative error below 1e-15. */
export function millsRatio(z: number): number {
  const tau = (z - 5) / (z + 5);
  // Clenshaw
  let second = 0;
  let first = 0;
  for (let k = MILLS.length - 1; k > 0; k--) {
    const next = 2 * tau * first - second + MILLS[k]!;
    second = first;
    first = next;
  }
  return (tau * first - second + MILLS[0]!) / (1 + z);
}

/** ln of Q(z) = P(N >= z), any real z. Absolute error below 1e-15 + 1e-16 z^2. */
export function logNormalUpper(z: number): number {
  if (z < 0) return Math.log1p(-Math.exp(logNormalUpper(-z)));
  return -(z * z) / 2 - HALF_LN_2PI + Math.log(millsRatio(z));
}

/** The z with ln Q(z) = `logUpper`. `logUpper` <= 0; -Infinity gives Infinity, 0 gives -Infinity. Relative error below 1e-14 for |z| > 0.1. */
export function normalFromLogUpper(logUpper: number): number {
  if (logUpper > -LN_2) return -normalFromLogUpper(Math.log(-Math.expm1(logUpper)));
  if (logUpper === -Infinity) return Infinity;
  let z = firstGuess(logUpper);
  // Halley on ln Q(z) - logUpper: (ln Q)' = -1/R, R' = zR - 1. The third power of the error: 3 rounds take 0.1 to the last digit.
  for (let round = 0; round < 8; round++) {
    const ratio = millsRatio(z);
    const excess = -(z * z) / 2 - HALF_LN_2PI + Math.log(ratio) - logUpper;
    const step = (excess * ratio) / (1 + (excess * (1 - z * ratio)) / 2);
    z = Math.max(z + step, 0);
    if (!(Math.abs(step) > 1e-6 * z)) break;
  }
  return z;
}

/** Within 0.1 of the answer. Abramowitz & Stegun 26.2.22 near, the first terms of Q's asymptotic expansion far out. */
function firstGuess(logUpper: number): number {
  const t = Math.sqrt(-2 * logUpper);
  if (t < 8) return Math.max(0, t - (2.30753 + 0.27061 * t) / (1 + t * (0.99229 + 0.04481 * t)));
  return Math.sqrt(Math.max(0, t * t - 2 * HALF_LN_2PI - 2 * Math.log(t)));
}

/** The z >= 0 with P(|N| <= z) = `central`, accurate to the last digits down to the smallest `central`. 0 <= `central` < 0.95 or so. */
export function normalFromCentral(central: number): number {
  let z = central * ROOT_HALF_PI;
  if (z < 1e-8) return z;
  z *= 1 + (z * z) / 6;
  // Halley on P(|N| <= z) - central in units of the density: P'' = -z P'.
  for (let round = 0; round < 12; round++) {
    const newton = centralOverDensity(z) - central * Math.exp((z * z) / 2) * ROOT_HALF_PI;
    const step = newton / (1 + (z * newton) / 2);
    z -= step;
    if (!(Math.abs(step) > 1e-6 * z)) break;
  }
  return z;
}

/** P(|N| <= z) / (2 phi(z)) = z + z^3/3 + z^5/15 + .. (Abramowitz & Stegun 26.2.11). */
function centralOverDensity(z: number): number {
  let term = z;
  let sum = z;
  for (let k = 3; term > 1e-17 * sum; k += 2) {
    term *= (z * z) / k;
    sum += term;
  }
  return sum;
}
