// An additive model of one element after another under one design: least squares with a penalty, whose weight is chosen for every element. With one penalised
// smooth everything is diagonal at once (Wood 2017, "Generalized Additive Models", 2nd ed., 5.4.2, 6.2): X = QR, R^-T S R^-1 = U D U', z = U'Q'y.
//
//   a = lambda d     coefficients R^-1 U z / (1 + a)     what is penalised sum z^2 a / (1 + a)     degrees of freedom sum 1 / (1 + a)
import { DesignError } from "../../errors.js";
import { createModelFit, type ModelFit } from "../linear/model-fit.js";
import { orthogonalFactors } from "../linear/orthogonal-factors.js";
import { symmetricEigen } from "../smooth/symmetric-eigen.js";
import { chooseSmoothing, remlVariance } from "./choose-smoothing.js";
import { type SmoothTest, testRotated } from "./smooth-test.js";

export interface SmoothBlock {
  readonly label: string;
  /** First of its columns, and how many. */
  readonly first: number;
  readonly count: number;
  /** f64 [count][count]; undefined: none. */
  readonly penalty: Float64Array | undefined;
}

/** `df` is the sum of all degrees of freedom. */
export interface AdditiveFit extends ModelFit {
  /** f64 [smooths]. */
  readonly edf: Float64Array;
  readonly refDf: Float64Array;
  devExpl: number;
  criterion: number;
  scale: number;
}

export interface AdditiveDesign {
  /** f64 [subjects given], finite. */
  fit(values: Float64Array, fit: AdditiveFit): void;
  /** Of the fit that was last. */
  test(iSmooth: number, fit: AdditiveFit): SmoothTest;
}

export const createAdditiveFit = (nColumns: number, nSmooths: number): AdditiveFit => ({
  ...createModelFit(nColumns),
  ...{ edf: new Float64Array(nSmooths), refDf: new Float64Array(nSmooths), devExpl: 0, criterion: 0, scale: 0 },
});

const LN_2PI = Math.log(2 * Math.PI);
/** Penalised directions, relative to the stiffest. */
const STIFF = 1e-10;

/** Throws DesignError: columns that depend on each other, more than one penalised smooth, no subject left over. */
export function prepareAdditive(
  columns: readonly Float64Array[],
  nGiven: number,
  smooths: readonly SmoothBlock[],
  {
    weights,
    method,
    withInformation,
  }: { weights: Float64Array | undefined; method: "REML" | "GCV.Cp"; withInformation: boolean },
): AdditiveDesign {
  const taken = weights === undefined ? undefined : Array.from(weights.keys()).filter((i) => weights[i]! > 0);
  const roots = taken && Float64Array.from(taken, (i) => Math.sqrt(weights![i]!));
  const n = taken?.length ?? nGiven;
  const weighted =
    taken === undefined
      ? columns
      : columns.map((column) => Float64Array.from(taken, (i, at) => column[i]! * roots![at]!));
  const p = columns.length;
  const { kept, q, upper, inverse, logDeterminant } = orthogonalFactors(weighted, n);
  if (kept.length < p)
    throw new DesignError([
      `Cannot fit an additive model: expected columns that do not depend on each other, got ${p - kept.length} of ${p} that the others explain, among ${n} subjects. Leave a term out, or write a smaller k.`,
    ]);
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
  const uppers = smooths.map(({ first, count }) => orthogonalFactors(weighted.slice(first, first + count), n).upper);
  const logPenalty = smooths.reduce(
    (sum, { penalty, count }) => sum + (penalty === undefined ? 0 : logPositive(penalty, count)),
    0,
  );
  const sumLogWeights = taken === undefined ? 0 : taken.reduce((sum, i) => sum + Math.log(weights![i]!), 0);
  const sumWeights = taken === undefined ? n : taken.reduce((sum, i) => sum + weights![i]!, 0);
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
      if (taken === undefined) rest.set(values);
      else for (let i = 0; i < n; i++) rest[i] = values[taken[i]!]! * roots![i]!;
      let mean = 0;
      for (let i = 0; i < n; i++) mean += rest[i]! * (roots?.[i] ?? 1);
      mean /= sumWeights;
      let [total, sum] = [0, 0];
      for (let i = 0; i < n; i++) {
        const off = rest[i]! - mean * (roots?.[i] ?? 1);
        total += off * off;
        sum += off;
      }
      for (let k = 0; k < p; k++) {
        let share = 0;
        for (let i = 0; i < n; i++) share += q[k * n + i]! * rest[i]!;
        effects[k] = share;
        for (let i = 0; i < n; i++) rest[i]! -= share * q[k * n + i]!;
      }
      let [rss0, sumRest] = [0, 0];
      for (let i = 0; i < n; i++) {
        rss0 += rest[i]! * rest[i]!;
        sumRest += rest[i]!;
      }
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
      fit.scale = scale;
      fit.df = df;
      fit.deviance = rss;
      fit.dfResidual = n - df;
      fit.nObs = n;
      fit.devExpl = 1 - rss / total;
      fit.rSquared = 1 - ((rss - (sumResiduals * sumResiduals) / n) * (n - 1)) / ((total - (sum * sum) / n) * (n - df));
      fit.isPerfect = rss <= 1e-28 * (total + n * mean * mean);
      fit.logLik = (sumLogWeights - n * (LN_2PI + Math.log(rss / n) + 1)) / 2;
      const nLeft = n - p + nPenalised;
      const phi = penalised / nLeft;
      // log |X'X + lambda S| - log |lambda S|, of the penalised directions
      const logs = 2 * logDeterminant + logStiff - nPenalised * Math.log(lambda || 1) - logPenalty;
      fit.criterion =
        method === "GCV.Cp"
          ? (n * rss) / (n - df) ** 2
          : (nLeft * (1 + LN_2PI + Math.log(phi)) + logs - sumLogWeights) / 2;
      let dfLikelihood = df;
      if (method === "REML" && nPenalised > 0 && withInformation) {
        // the smoothing parameter is an estimate (Wood, Pya & Saefken 2016, J. Am. Stat. Assoc. 111:1548-1563, section 4); no more than the reference degrees of freedom
        let [most, moved] = [0, 0];
        for (let i = 0; i < p; i++) {
          const s = kept1[i]!;
          most += s * (2 - s);
          moved += ((1 - s) * s * z[i]!) ** 2;
        }
        const { plain, withPrior } = remlVariance(problem, Math.log(lambda), phi);
        dfLikelihood = Math.min(most, df + (plain * moved) / scale + withPrior * rootChange(lambda));
      }
      fit.AIC = -2 * fit.logLik + 2 * (dfLikelihood + 1);
      fit.BIC = -2 * fit.logLik + Math.log(n) * (dfLikelihood + 1);
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

/** ln |S|+. */
function logPositive(penalty: Float64Array, count: number): number {
  const { values } = symmetricEigen(penalty, count);
  return values.reduce((sum, value) => sum + (value > STIFF * values[0]! ? Math.log(value) : 0), 0);
}

/**
 * Sum of squares of the change with rho of R G^-1/2, G = X'X + lambda S, its root that of Cholesky: what the uncertainty of rho adds to the degrees of freedom by way of
 * the covariance.
 */
function createRootChange(upper: Float64Array, p: number, smooths: readonly SmoothBlock[]): (lambda: number) => number {
  const gram = multiplyTransposed(upper, upper, p);
  const stiff = new Float64Array(p * p);
  for (const { first, count, penalty } of smooths) {
    if (penalty === undefined) continue;
    for (let i = 0; i < count; i++)
      for (let j = 0; j < count; j++) stiff[(first + i) * p + first + j] = penalty[i * count + j]!;
  }
  return (lambda) => {
    const root = cholesky(
      gram.map((value, i) => value + lambda * stiff[i]!),
      p,
    );
    const inverse = invertTriangle(root, p);
    const turned = multiplyTransposed(inverse, multiply(stiff, inverse, p), p);
    // the upper triangle, half of the diagonal
    for (let i = 0; i < p; i++)
      for (let j = 0; j < p; j++) turned[i * p + j]! *= i < j ? lambda : i === j ? lambda / 2 : 0;
    return multiply(multiply(upper, inverse, p), turned, p).reduce((sum, value) => sum + value * value, 0);
  };
}

/** T, upper triangular, T'T = `a`. */
function cholesky(a: Float64Array, p: number): Float64Array {
  const t = new Float64Array(p * p);
  for (let i = 0; i < p; i++)
    for (let j = i; j < p; j++) {
      let sum = a[i * p + j]!;
      for (let k = 0; k < i; k++) sum -= t[k * p + i]! * t[k * p + j]!;
      t[i * p + j] = i === j ? Math.sqrt(Math.max(sum, Number.MIN_VALUE)) : sum / t[i * p + i]!;
    }
  return t;
}

function invertTriangle(t: Float64Array, p: number): Float64Array {
  const inverse = new Float64Array(p * p);
  for (let j = 0; j < p; j++) {
    inverse[j * p + j] = 1 / t[j * p + j]!;
    for (let i = j - 1; i >= 0; i--) {
      let sum = 0;
      for (let k = i + 1; k <= j; k++) sum += t[i * p + k]! * inverse[k * p + j]!;
      inverse[i * p + j] = -sum / t[i * p + i]!;
    }
  }
  return inverse;
}

/** Stiffness `d` [p] and directions U [p][p], row-major, of R^-T S R^-1. */
function diagonalise(inverse: Float64Array, p: number, smooths: readonly SmoothBlock[]) {
  const penalised = smooths.filter(({ penalty }) => penalty !== undefined);
  if (penalised.length > 1)
    throw new DesignError([
      `Cannot fit an additive model: expected one penalised smooth at most, got ${penalised.length} (${penalised.map(({ label }) => label).join(", ")}). Write fx = TRUE in all but one.`,
    ]);
  const turn = new Float64Array(p * p);
  const d = new Float64Array(p);
  const [block] = penalised;
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

function multiply(a: Float64Array, b: Float64Array, p: number): Float64Array {
  const out = new Float64Array(p * p);
  for (let i = 0; i < p; i++)
    for (let l = 0; l < p; l++) for (let j = 0; j < p; j++) out[i * p + j]! += a[i * p + l]! * b[l * p + j]!;
  return out;
}

/** a'b. */
function multiplyTransposed(a: Float64Array, b: Float64Array, p: number): Float64Array {
  const out = new Float64Array(p * p);
  for (let l = 0; l < p; l++)
    for (let i = 0; i < p; i++) for (let j = 0; j < p; j++) out[i * p + j]! += a[l * p + i]! * b[l * p + j]!;
  return out;
}
