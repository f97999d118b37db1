// The test of a smooth that Wood 2013 ("On p-values for smooth components of an extended generalized additive model", Biometrika 100:221-228) derives: a Wald
// statistic of a rank that need not be whole, and its tail where the scale is estimated.
import { fPValue } from "../linear/linear-fit.js";
import { symmetricEigen } from "../smooth/symmetric-eigen.js";

export interface SmoothTest {
  /** The statistic over its rank. */
  readonly statistic: number;
  readonly pValue: number;
}

/** Closer to a whole number it is that. */
const WHOLE = 1e-6;

/**
 * `upper`: R [c][c], row-major, of the smooth's weighted columns X = Q R; `coefficients` [c]; `covariance` [c][c] of them; `wantedRank`: 0 < rank <= c; `dof` of the
 * residuals. Of two statistics, which differ in the sign of a product of two directions, the one is given whose directions agree along the first column; the p-value is
 * the mean of both, as in mgcv.
 */
export function testRotated(
  upper: Float64Array,
  c: number,
  coefficients: Float64Array,
  covariance: Float64Array,
  wantedRank: number,
  dof: number,
): SmoothTest {
  const f = new Float64Array(c);
  for (let i = 0; i < c; i++) for (let j = i; j < c; j++) f[i]! += upper[i * c + j]! * coefficients[j]!;
  const { values, vectors } = symmetricEigen(sandwich(upper, covariance, c), c);
  const positive = values.filter((value) => value > 1e-14 * values[0]!).length;
  const rank = Math.min(wantedRank, positive);
  let k = Math.floor(rank);
  let part = rank - k;
  if (part < WHOLE) part = 0;
  else if (part > 1 - WHOLE) [k, part] = [k + 1, 0];
  const direction = (i: number): number => {
    let sum = 0;
    for (let j = 0; j < c; j++) sum += vectors[i]![j]! * f[j]!;
    return sum / Math.sqrt(values[i]!);
  };
  if (part === 0) {
    let sum = 0;
    for (let i = 0; i < k; i++) sum += direction(i) ** 2;
    return { statistic: sum / rank, pValue: fPValue(sum / k, k, dof) };
  }
  let sum = 0;
  for (let i = 0; i < k - 1; i++) sum += direction(i) ** 2;
  // below rank 1 it is as of rank 1 with less of it
  const [last, next] = [k === 0 ? 0 : direction(k - 1), direction(k)];
  const own = k === 0 ? part * next * next : last * last + part * next * next;
  const cross = 2 * Math.sqrt((part * (1 - part)) / 2) * last * next;
  const sign = k === 0 ? 0 : Math.sign(vectors[k - 1]![0]! || 1) * Math.sign(vectors[k]![0]! || 1);
  const [one, other] = [sum + own + sign * cross, sum + own - sign * cross];
  const whole = Math.max(1, Math.round(dof));
  return { statistic: one / rank, pValue: (tail(one, k, part, whole) + tail(other, k, part, whole)) / 2 };
}

function sandwich(upper: Float64Array, covariance: Float64Array, c: number): Float64Array {
  const half = new Float64Array(c * c);
  for (let i = 0; i < c; i++)
    for (let j = 0; j < c; j++) {
      let sum = 0;
      for (let l = i; l < c; l++) sum += upper[i * c + l]! * covariance[l * c + j]!;
      half[i * c + j] = sum;
    }
  const whole = new Float64Array(c * c);
  for (let i = 0; i < c; i++)
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let l = j; l < c; l++) sum += half[i * c + l]! * upper[j * c + l]!;
      whole[i * c + j] = whole[j * c + i] = sum;
    }
  return whole;
}

const ANGLES = 6;
/** Of a quarter of the circle, closer and closer towards its ends: tanh-sinh's rule (Takahasi & Mori 1974). */
const TIGHT_ANGLES = Array.from({ length: 49 }, (_, i) => {
  const t = (i - 24) / 8;
  const fromEnd = 1 / (1 + Math.exp(Math.PI * Math.sinh(t)));
  return {
    weight: (Math.PI * Math.cosh(t) * fromEnd * (1 - fromEnd)) / 8,
    cosSquare: Math.sin((Math.PI / 2) * fromEnd) ** 2,
  };
});
/** Gauss and Legendre's nodes and weights on [0, 1]. */
const NODES = gaussLegendre(8);

/**
 * P(chi2(k - 1) + v1 chi2(1) + v2 chi2(1) > d chi2(dof) / dof), v1 and v2 those of the paper. The sum is a chi2(k + 1) times a mean of its weights, whose
 * distribution does not depend on it: an F tail, integrated over the mean. All terms are positive, so that no digits are lost where it is small.
 */
function tail(d: number, k: number, part: number, dof: number): number {
  if (k === 0) return fPValue(d, 1, dof);
  const v = part + 1;
  const v1 = (v + Math.sqrt(v * (2 - v))) / 2;
  const v2 = v - v1;
  const overAngles = (share: number): number => {
    let sum = 0;
    for (let i = 0; i < ANGLES; i++) {
      const square = Math.cos(((i + 0.5) * Math.PI) / (2 * ANGLES)) ** 2;
      const mean = 1 - share + share * (v1 * square + v2 * (1 - square));
      sum += fPValue(d / (mean * (k + 1)), k + 1, dof);
    }
    return sum / ANGLES;
  };
  if (k === 1) {
    // where one of the two hardly weighs, the mean is nearly 0 at an end of the angles: a tail of rank 2, which has a closed form, at many
    let sum = 0;
    for (const { weight, cosSquare } of TIGHT_ANGLES)
      sum += weight * Math.exp((-dof / 2) * Math.log1p(d / (dof * (v1 * cosSquare + v2 * (1 - cosSquare)))));
    return Math.min(1, sum);
  }
  // the share of the two is Beta(1, (k - 1) / 2): (1 - share)^(1/2) has the density (k - 1) s^(k - 2)
  return NODES.reduce((sum, { at, weight }) => sum + weight * (k - 1) * at ** (k - 2) * overAngles(1 - at * at), 0);
}

function gaussLegendre(n: number): { at: number; weight: number }[] {
  return Array.from({ length: n }, (_, i) => {
    let x = Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
    let slope = 1;
    for (let round = 0; round < 50; round++) {
      let [before, now] = [1, x];
      for (let j = 2; j <= n; j++) [before, now] = [now, ((2 * j - 1) * x * now - (j - 1) * before) / j];
      slope = (n * (x * now - before)) / (x * x - 1);
      const step = now / slope;
      x -= step;
      if (Math.abs(step) < 1e-16) break;
    }
    return { at: (1 - x) / 2, weight: 1 / ((1 - x * x) * slope * slope) };
  });
}
