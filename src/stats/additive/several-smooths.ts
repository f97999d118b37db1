// An additive model of several penalised smooths. Within each smooth directions are chosen in which its columns are orthonormal and its penalty diagonal; what is not
// penalised stands before them, so that beside it the others have as many unknowns as they have penalised directions (Wood 2017, 5.4.2, 6.2):
//
//   X T = Q [ R11 R12 ; 0 R22 ]     f = Q'y     min |f2 - R22 gamma|^2 + sum a gamma^2     G = R22'R22 + diag(a)
//   coefficients T R^-1 [ f1 ; R22 gamma ]     degrees of freedom of a smooth: its columns - sum a (G^-1)_ii
import { DesignError } from "../../errors.js";
import { type OrthogonalFactors, orthogonalFactors } from "../linear/orthogonal-factors.js";
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
import { chooseSeveral, createSeveralState, type SeveralState } from "./choose-several.js";
import { logPenaltyOf, STIFF } from "./penalty-size.js";
import { createRootChange } from "./root-change.js";
import { testRotated } from "./smooth-test.js";

/** `factors`: of the rows' columns, none of which the others explain. */
export function prepareSeveralSmooths(
  rows: WeightedRows,
  factors: OrthogonalFactors,
  uppers: readonly Float64Array[],
  smooths: readonly SmoothBlock[],
  { method, withInformation }: AdditiveOptions,
): AdditiveDesign {
  const { n, columns, sumLogWeights } = rows;
  const p = columns.length;
  const turned = turnSmooths(columns, n, smooths);
  const { d, owner, directions } = turned;
  const nPenalised = d.length;
  const p1 = p - nPenalised;
  const turnedFactors = orthogonalFactors(
    directions.map(({ values }) => values),
    n,
  );
  if (turnedFactors.kept.length < p)
    throw new DesignError([
      `Cannot fit an additive model: expected smooths that do not depend on each other, got some that do to 7 digits, among ${n} subjects. Leave a term out, or write a smaller k.`,
    ]);
  const { q, upper: wholeUpper, inverse: wholeInverse } = turnedFactors;
  const upper = Float64Array.from({ length: nPenalised ** 2 }, (_, at) => {
    const [i, j] = [Math.floor(at / nPenalised), at % nPenalised];
    return wholeUpper[(p1 + i) * p + p1 + j]!;
  });
  const gram = new Float64Array(nPenalised * nPenalised);
  for (let k = 0; k < nPenalised; k++)
    for (let i = k; i < nPenalised; i++)
      for (let j = k; j < nPenalised; j++)
        gram[i * nPenalised + j]! += upper[k * nPenalised + i]! * upper[k * nPenalised + j]!;
  // T R^-1, its penalised part times R22
  const back = new Float64Array(p * p);
  for (const [k, { first, coefficients }] of directions.entries())
    for (let c = 0; c < coefficients.length; c++)
      for (let j = k; j < p; j++) back[(first + c) * p + j]! += coefficients[c]! * wholeInverse[k * p + j]!;
  const onto = new Float64Array(p * nPenalised);
  for (let j = 0; j < p; j++)
    for (let k = 0; k < nPenalised; k++)
      for (let i = k; i < nPenalised; i++)
        onto[j * nPenalised + i]! += back[j * p + p1 + k]! * upper[k * nPenalised + i]!;
  const fixedCovariance = new Float64Array(p * p);
  for (let i = 0; i < p; i++)
    for (let j = 0; j < p; j++) {
      let sum = 0;
      for (let k = 0; k < p1; k++) sum += back[i * p + k]! * back[j * p + k]!;
      fixedCovariance[i * p + j] = sum;
    }
  const rowSums = Float64Array.from({ length: nPenalised }, (_, i) => {
    let sum = 0;
    for (let row = 0; row < n; row++) sum += q[(p1 + i) * n + row]!;
    return sum;
  });
  let logFixed = 2 * turned.logTurn;
  for (let k = 0; k < p1; k++) logFixed += 2 * Math.log(wholeUpper[k * p + k]!);
  const logPenalty = logPenaltyOf(smooths);
  const nLeft = n - p1;
  const offset = (nLeft * (1 + LN_2PI - Math.log(nLeft)) + logFixed - logPenalty - sumLogWeights) / 2;
  const penalised = smooths.flatMap((block, i) => (block.penalty === undefined ? [] : [i]));
  const nSmooths = penalised.length;
  const state = createSeveralState(nPenalised, nSmooths);
  const rootChange = createRootChange(factors.upper, p, smooths);
  const rest = new Float64Array(n);
  const effects = new Float64Array(p);
  const [target, right] = [effects.subarray(p1), new Float64Array(nPenalised)];
  const problem = { upper, gram, d, owner, nSmooths, target, right, rss0: 0, n, nFree: p1, offset };
  const half = new Float64Array(p * nPenalised);

  return {
    fit(values, fit) {
      const totals = rows.take(values, rest);
      const left = takeOut(q, rest, effects);
      problem.rss0 = left.rss;
      let sumResiduals = left.sum;
      right.fill(0);
      for (let k = 0; k < nPenalised; k++)
        for (let i = k; i < nPenalised; i++) right[i]! += upper[k * nPenalised + i]! * target[k]!;
      chooseSeveral(problem, method, state);
      const { a, gamma, inverse, rho } = state;
      for (let i = 0; i < nPenalised; i++) {
        let left = target[i]!;
        for (let j = i; j < nPenalised; j++) left -= upper[i * nPenalised + j]! * gamma[j]!;
        sumResiduals += rowSums[i]! * left;
      }
      for (const [at, { count }] of smooths.entries()) fit.edf[at] = fit.refDf[at] = count;
      let [df, most] = [p, p];
      for (let i = 0; i < nPenalised; i++) {
        const at = penalised[owner[i]!]!;
        const lost = a[i]! * inverse[i * nPenalised + i]!;
        let twice = 0;
        for (let l = 0; l < nPenalised; l++) twice += a[i]! * a[l]! * inverse[i * nPenalised + l]! ** 2;
        fit.edf[at]! -= lost;
        fit.refDf[at]! -= twice;
        df -= lost;
        most -= twice;
      }
      // W G^-1, of the coefficients' covariance W G^-1 W' beside what is fixed
      half.fill(0);
      for (let j = 0; j < p; j++)
        for (let l = 0; l < nPenalised; l++) {
          const weight = onto[j * nPenalised + l]!;
          for (let i = 0; i < nPenalised; i++) half[j * nPenalised + i]! += weight * inverse[l * nPenalised + i]!;
        }
      const scale = state.rss / (n - df);
      for (let j = 0; j < p; j++) {
        let estimate = 0;
        for (let k = 0; k < p1; k++) estimate += back[j * p + k]! * effects[k]!;
        for (let i = 0; i < nPenalised; i++) estimate += onto[j * nPenalised + i]! * gamma[i]!;
        fit.estimate[j] = estimate;
        fit.stdError[j] = Math.sqrt(covarianceOf(j, j) * scale);
      }
      let logs = logFixed + state.logDeterminant - logPenalty;
      for (let i = 0; i < nPenalised; i++) logs -= rho[owner[i]!]!;
      const { rss, penalised: both } = state;
      const solution = { n, sumLogWeights, method, rss, sumResiduals, penalised: both, df, nLeft, logs };
      describeSolution({ ...totals, ...solution }, fit);
      let dfLikelihood = df;
      if (method === "REML" && withInformation) {
        // the smoothing parameters are estimates; no more than the reference degrees of freedom
        const { plain, withPrior } = varianceOfRho(state, nLeft, nSmooths, owner);
        const moved = productsOfMoves(state, gram, nPenalised, nSmooths);
        const changes = rootChange(rho.map(Math.exp));
        let more = 0;
        for (let at = 0; at < plain.length; at++)
          more += (plain[at]! * moved[at]!) / scale + withPrior[at]! * changes[at]!;
        dfLikelihood = Math.min(most, df + more);
      }
      describeInformation(dfLikelihood, fit);
    },
    test(iSmooth, fit) {
      const { first, count } = smooths[iSmooth]!;
      const covariance = new Float64Array(count * count);
      for (let i = 0; i < count; i++)
        for (let j = 0; j <= i; j++)
          covariance[i * count + j] = covariance[j * count + i] = covarianceOf(first + i, first + j) * fit.scale;
      const coefficients = fit.estimate.subarray(first, first + count);
      const rank = Math.min(count, fit.refDf[iSmooth]!);
      return testRotated(uppers[iSmooth]!, count, coefficients, covariance, rank, fit.dfResidual);
    },
  };

  function covarianceOf(j: number, k: number): number {
    let sum = fixedCovariance[j * p + k]!;
    for (let i = 0; i < nPenalised; i++) sum += half[j * nPenalised + i]! * onto[k * nPenalised + i]!;
    return sum;
  }
}

interface Direction {
  /** f64 [n]. */
  readonly values: Float64Array;
  /** Coefficients of the columns from `first` on. */
  readonly first: number;
  readonly coefficients: Float64Array;
}

/** Directions that are not penalised, and behind them those that are, smooth after smooth. `logTurn`: ln of the determinant of T^-1. */
function turnSmooths(columns: readonly Float64Array[], n: number, smooths: readonly SmoothBlock[]) {
  const isPenalised = new Uint8Array(columns.length);
  const free: Direction[] = [];
  const stiff: Direction[] = [];
  const d: number[] = [];
  const owner: number[] = [];
  let [logTurn, iSmooth] = [0, 0];
  for (const { first, count, penalty } of smooths) {
    if (penalty === undefined) continue;
    isPenalised.fill(1, first, first + count);
    const { q, inverse, logDeterminant } = orthogonalFactors(columns.slice(first, first + count), n);
    logTurn += logDeterminant;
    const { values, vectors } = symmetricEigen(sandwiched(penalty, inverse, count), count);
    for (const [e, vector] of vectors.entries()) {
      const coefficients = new Float64Array(count);
      const along = new Float64Array(n);
      for (let k = 0; k < count; k++) {
        for (let c = 0; c <= k; c++) coefficients[c]! += inverse[c * count + k]! * vector[k]!;
        for (let i = 0; i < n; i++) along[i]! += q[k * n + i]! * vector[k]!;
      }
      const direction = { values: along, first, coefficients };
      if (values[e]! > STIFF * values[0]!) {
        stiff.push(direction);
        d.push(values[e]!);
        owner.push(iSmooth);
      } else free.push(direction);
    }
    iSmooth++;
  }
  const fixed = columns.flatMap((values, first): Direction[] =>
    isPenalised[first] === 1 ? [] : [{ values, first, coefficients: Float64Array.of(1) }],
  );
  return {
    directions: [...fixed, ...free, ...stiff],
    ...{ d: Float64Array.from(d), owner: Int32Array.from(owner), logTurn },
  };
}

/** R^-T S R^-1. */
function sandwiched(penalty: Float64Array, inverse: Float64Array, count: number): Float64Array {
  const half = new Float64Array(count * count);
  const whole = new Float64Array(count * count);
  for (let a = 0; a < count; a++)
    for (let b = 0; b < count; b++)
      for (let j = b; j < count; j++) half[a * count + j]! += penalty[a * count + b]! * inverse[b * count + j]!;
  for (let i = 0; i < count; i++)
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let a = 0; a <= i; a++) sum += inverse[a * count + i]! * half[a * count + j]!;
      whole[i * count + j] = whole[j * count + i] = sum;
    }
  return whole;
}

/**
 * Variances [s][s] of the estimated rho beside the estimated logarithm of the scale: the inverse of the criterion's curvature, without the directions along which it is
 * negative; and the same with a prior variance of 10 of each, as mgcv has it.
 */
function varianceOfRho({ curvature, a, gamma, penalised }: SeveralState, nLeft: number, s: number, owner: Int32Array) {
  const size = s + 1;
  const whole = new Float64Array(size * size);
  const own = new Float64Array(s);
  for (let i = 0; i < a.length; i++) own[owner[i]!]! += a[i]! * gamma[i]! * gamma[i]!;
  for (let j = 0; j < s; j++) {
    for (let k = 0; k < s; k++)
      whole[j * size + k] = curvature[j * s + k]! + (nLeft * own[j]! * own[k]!) / (2 * penalised * penalised);
    whole[j * size + s] = whole[s * size + j] = (-own[j]! * nLeft) / (2 * penalised);
  }
  whole[s * size + s] = nLeft / 2;
  const { values, vectors } = symmetricEigen(whole, size);
  const inverse = (weight: (value: number) => number) =>
    Float64Array.from({ length: s * s }, (_, at) => {
      const [j, k] = [Math.floor(at / s), at % s];
      return vectors.reduce((sum, vector, e) => sum + vector[j]! * vector[k]! * weight(values[e]!), 0);
    });
  return {
    plain: inverse((value) => (value > 0 ? 1 / value : 0)),
    withPrior: inverse((value) => 1 / (Math.max(value, 0) + 0.1)),
  };
}

/** [s][s] of w_j' R22'R22 w_k. */
function productsOfMoves({ moves }: SeveralState, gram: Float64Array, q: number, s: number): Float64Array {
  return Float64Array.from({ length: s * s }, (_, at) => {
    const [j, k] = [Math.floor(at / s), at % s];
    let sum = 0;
    for (let i = 0; i < q; i++)
      for (let l = 0; l < q; l++) sum += moves[j * q + i]! * gram[i * q + l]! * moves[k * q + l]!;
    return sum;
  });
}
