// The part of ln Gamma that Stirling's formula leaves: ln Gamma(z) = (z - 1/2) ln z - z + ln(2 pi)/2 + delta(z).
// With it, densities of large parameters need no difference of large logarithms (Loader 2000, "Fast and accurate
// computation of binomial probabilities"; DiDonato & Morris 1992, TOMS 708).

/** Coefficients B_2k / (2k (2k - 1)) of z^(1 - 2k) (Abramowitz & Stegun 6.1.40); at z >= 10 the next one is below 4e-17. */
const SERIES = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156] as const;

/** delta(z) for z > 0. Absolute error below 1e-15. */
export function stirlingError(z: number): number {
  let below = 0;
  let at = z;
  // delta(z) = delta(z + 1) + (z + 1/2) ln(1 + 1/z) - 1
  for (; at < 10; at++) below += (at + 0.5) * Math.log1p(1 / at) - 1;
  const inverseSquare = 1 / (at * at);
  let sum = 0;
  for (let k = SERIES.length - 1; k >= 0; k--) sum = sum * inverseSquare + SERIES[k]!;
  return below + sum / at;
}
