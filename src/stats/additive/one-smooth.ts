// An additive model of one element after another under one design: least squares with one penalty, whose weight is chosen for every element. With one penalised
// smooth everything is diagonal at once (Wood 2017, "Generalized Additive Models", 2nd ed., 5.4.2, 6.2): X = QR, R^-T S R^-1 = U D U', z = U'Q'y.
//
//   a = lambda d     coefficients R^-1 U z / (1 + a)     what is penalised sum z^2 a / (1 + a)     degrees of freedom sum 1 / (1 + a)
import type { OrthogonalFactors } from "../linear/orthogonal-factors.js";
import { symmetricEigen } from "../smooth/symmetric-eigen.js";
import {
  type AdditiveDesign,
  type AdditiveOptions,
  describeInformation,
  describeSolution,
  LN_2PI,
  type SmoothBlock,
  takeOut,
  type WeightedRows,
} from "./additive-design.js";
import { chooseSmoothing, remlVariance } from "./choose-smoothing.js";
import { logPenaltyOf, STIFF } from "./penalty-size.js";
import { createRootChange } from "./root-change.js";
import { testRotated } from "./smooth-test.js";
import { multiply, multiplyTransposed } from "./square-matrices.js";

/** `factors`: of the rows' columns, none of which the others explain. At most one of `smooths` is penalised. */
export function prepareOneSmooth(
  rows: WeightedRows,
  { q, upper, inverse, logDeterminant }: OrthogonalFactors,
  uppers: readonly Float64Array[],
  smooths: readonly SmoothBlock[],
  { method, withInformation }: AdditiveOptions,
): AdditiveDesign {
  const { n, sumLogWeights } = rows;
  const p = rows.columns.length;
  const { d, turn } = diagonalise(inverse, p, smooths);
  const nPenalised = d.filter((value) => value > 0).length;
  // R^-1 U, U'R
  const back = multiply(inverse, turn, p);
  const forth = multiplyTransposed(turn, upper, p);
  // what a direction gives to the degrees of freedom of a smooth
  const shares = smooths.map(({ first, count }) =>
    Float64Array.from({ length: p }, (_, i) => {
      let sum = 0;
      for (let j = first; j < first + count; j++) sum += back[j * p + i]! * forth[i * p + j]!;
      return sum;
    }),
  );
  const sums = Float64Array.from({ length: p }, (_, i) => {
    let sum = 0;
    for (let k = 0; k < p; k++) {
      let own = 0;
      for (let row = 0; row < n; row++) own += q[k * n + row]!;
      sum += turn[k * p + i]! * own;
    }
    return sum;
  });
  const logPenalty = logPenaltyOf(smooths);
  const logStiffness = d.reduce((sum, value) => sum + (value > 0 ? Math.log(value) : 0), 0);
  const offset =
    ((n - p + nPenalised) * (1 + LN_2PI - Math.log(n - p + nPenalised)) + logStiffness - logPenalty - sumLogWeights) /
      2 +
    logDeterminant;
  const rootChange = createRootChange(upper, p, smooths);
  const rest = new Float64Array(n);
  const effects = new Float64Array(p);
  const z = new Float64Array(p);
  const kept1 = new Float64Array(p);

  return {
    fit(values, fit) {
      const totals = rows.take(values, rest);
      const { rss: rss0, sum: sumRest } = takeOut(q, rest, effects);
      for (let i = 0; i < p; i++) {
        let value = 0;
        for (let k = 0; k < p; k++) value += turn[k * p + i]! * effects[k]!;
        z[i] = value;
      }
      const problem = { d, z, rss0, n, nFree: p - nPenalised, offset };
      const lambda = nPenalised === 0 ? 0 : Math.exp(chooseSmoothing(problem, method));
      let [rss, penalised, df, logStiff, sumResiduals] = [rss0, rss0, 0, 0, sumRest];
      for (let i = 0; i < p; i++) {
        const a = lambda * d[i]!;
        const s = 1 / (1 + a);
        kept1[i] = s;
        df += s;
        const lost = a * s * z[i]!;
        rss += lost * lost;
        penalised += lost * z[i]!;
        logStiff += Math.log1p(a);
        sumResiduals += sums[i]! * lost;
      }
      for (const [at, share] of shares.entries()) {
        let [edf, ref] = [0, 0];
        for (let i = 0; i < p; i++) {
          edf += share[i]! * kept1[i]!;
          ref += share[i]! * kept1[i]! * (2 - kept1[i]!);
        }
        fit.edf[at] = edf;
        fit.refDf[at] = ref;
      }
      const scale = rss / (n - df);
      for (let j = 0; j < p; j++) {
        let [estimate, variance] = [0, 0];
        for (let i = 0; i < p; i++) {
          const b = back[j * p + i]!;
          estimate += b * kept1[i]! * z[i]!;
          variance += b * b * kept1[i]!;
        }
        fit.estimate[j] = estimate;
        fit.stdError[j] = Math.sqrt(variance * scale);
      }
      const nLeft = n - p + nPenalised;
      const phi = penalised / nLeft;
      // log |X'X + lambda S| - log |lambda S|, of the penalised directions
      const logs = 2 * logDeterminant + logStiff - nPenalised * Math.log(lambda || 1) - logPenalty;
      describeSolution({ ...totals, n, sumLogWeights, method, rss, sumResiduals, penalised, df, nLeft, logs }, fit);
      let dfLikelihood = df;
      if (method === "REML" && nPenalised > 0 && withInformation) {
        // the smoothing parameter is an estimate; no more than the reference degrees of freedom
        let [most, moved] = [0, 0];
        for (let i = 0; i < p; i++) {
          const s = kept1[i]!;
          most += s * (2 - s);
          moved += ((1 - s) * s * z[i]!) ** 2;
        }
        const { plain, withPrior } = remlVariance(problem, Math.log(lambda), phi);
        dfLikelihood = Math.min(most, df + (plain * moved) / scale + withPrior * rootChange([lambda])[0]!);
      }
      describeInformation(dfLikelihood, fit);
    },
    test(iSmooth, fit) {
      const { first, count } = smooths[iSmooth]!;
      const covariance = new Float64Array(count * count);
      for (let a = 0; a < count; a++)
        for (let b = 0; b <= a; b++) {
          let sum = 0;
          for (let i = 0; i < p; i++) sum += back[(first + a) * p + i]! * back[(first + b) * p + i]! * kept1[i]!;
          covariance[a * count + b] = covariance[b * count + a] = sum * fit.scale;
        }
      const coefficients = fit.estimate.subarray(first, first + count);
      return testRotated(
        uppers[iSmooth]!,
        count,
        coefficients,
        covariance,
        Math.min(count, fit.refDf[iSmooth]!),
        fit.dfResidual,
      );
    },
  };
}

/** Stiffness `d` [p] and directions U [p][p], row-major, of R^-T S R^-1. */
function diagonalise(inverse: Float64Array, p: number, smooths: readonly SmoothBlock[]) {
  const turn = new Float64Array(p * p);
  const d = new Float64Array(p);
  const block = smooths.find(({ penalty }) => penalty !== undefined);
  if (block === undefined) {
    for (let i = 0; i < p; i++) turn[i * p + i] = 1;
    return { d, turn };
  }
  const { first, count, penalty } = block;
  const half = new Float64Array(count * p);
  for (let a = 0; a < count; a++)
    for (let j = 0; j < p; j++)
      for (let b = 0; b < count; b++) half[a * p + j]! += penalty![a * count + b]! * inverse[(first + b) * p + j]!;
  const whole = new Float64Array(p * p);
  for (let i = 0; i < p; i++)
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let a = 0; a < count; a++) sum += inverse[(first + a) * p + i]! * half[a * p + j]!;
      whole[i * p + j] = whole[j * p + i] = sum;
    }
  const { values, vectors } = symmetricEigen(whole, p);
  for (let i = 0; i < p; i++) {
    d[i] = values[i]! > STIFF * values[0]! ? values[i]! : 0;
    for (let k = 0; k < p; k++) turn[k * p + i] = vectors[i]![k]!;
  }
  return { d, turn };
}
