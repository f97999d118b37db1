// Least squares of one element after another under one design: what R's lm, summary.lm and logLik say of each.
import { logFLower, logFUpper } from "../functions/f-tails.js";
import { twoSidedT } from "../functions/t-tails.js";
import { createModelFit, type ModelFit } from "./model-fit.js";
import { orthogonalFactors } from "./orthogonal-factors.js";

/** A design for the subjects that an element has. */
export interface LinearDesign {
  readonly nColumns: number;
  /** Observations that count: those of weight 0 do not. */
  readonly n: number;
  readonly rank: number;
  /** Columns that those before them do not explain, ascending. */
  readonly kept: readonly number[];
  readonly dfResidual: number;
  /** Fills `fit` with what `values` answers: f64 of all subjects the design was made of, finite. */
  fit(values: Float64Array, fit: LinearFit): void;
}

export interface LinearFit extends ModelFit {
  /** f64 [nColumns]; NaN for a column that others explain. */
  readonly statistic: Float64Array;
  /** Of the two-sided t-test. */
  readonly pValue: Float64Array;
  adjRSquared: number;
  sigma: number;
  /** F-test of all columns but the intercept. */
  fStatistic: number;
  fPValue: number;
}

export const createLinearFit = (nColumns: number): LinearFit => ({
  ...createModelFit(nColumns),
  ...{ statistic: new Float64Array(nColumns), pValue: new Float64Array(nColumns) },
  ...{ adjRSquared: 0, sigma: 0, fStatistic: 0, fPValue: 0 },
});

/** Which of the fit's p-values are wanted: each takes longer than the fit. */
export interface WantedTests {
  readonly terms: boolean;
  readonly model: boolean;
}

/** Upper tail. `rank` a whole number >= 1. */
export function fPValue(F: number, rank: number, dof: number): number {
  if (Number.isNaN(F)) return Number.NaN;
  if (F === Number.POSITIVE_INFINITY) return 0;
  return F >= 1 || rank === 1
    ? F === 0
      ? 1
      : Math.exp(logFUpper(F, rank, dof))
    : -Math.expm1(logFLower(F, rank, dof));
}

const LN_2PI = Math.log(2 * Math.PI);

/** In two sums, of even and odd places, as all of an element are made. */
function shareOf(axis: Float64Array, values: Float64Array, n: number): number {
  let a = 0;
  let b = 0;
  let i = 0;
  for (; i + 1 < n; i += 2) {
    a += axis[i]! * values[i]!;
    b += axis[i + 1]! * values[i + 1]!;
  }
  if (i < n) a += axis[i]! * values[i]!;
  return a + b;
}

/**
 * `columns`: f64 [n] each, finite; the first is the intercept where `hasIntercept`. `weights`: f64 [n] >= 0, finite; undefined: 1. Columns that those before
 * them explain get NaN, as in R.
 */
export function prepareLinear(
  columns: readonly Float64Array[],
  nGiven: number,
  { hasIntercept, weights, wanted }: { hasIntercept: boolean; weights?: Float64Array | undefined; wanted: WantedTests },
): LinearDesign {
  const taken = weights === undefined ? undefined : Array.from(weights.keys()).filter((i) => weights[i]! > 0);
  const roots = taken && Float64Array.from(taken, (i) => Math.sqrt(weights![i]!));
  const n = taken?.length ?? nGiven;
  const weighted =
    taken === undefined
      ? columns
      : columns.map((column) => Float64Array.from(taken, (i, at) => column[i]! * roots![at]!));
  const { kept, q, inverse } = orthogonalFactors(weighted, n);
  const rank = kept.length;
  const nColumns = columns.length;
  // in R the intercept counts as one even where it is explained, which a column of ones cannot be
  const nIntercepts = hasIntercept ? 1 : 0;
  const dfResidual = n - rank;
  const dfModel = rank - nIntercepts;
  // diagonal of (X'X)^-1
  const variance = Float64Array.from({ length: rank }, (_, i) => {
    let sum = 0;
    for (let j = i; j < rank; j++) sum += inverse[i * rank + j]! ** 2;
    return sum;
  });
  const sumLogWeights = taken === undefined ? 0 : taken.reduce((sum, i) => sum + Math.log(weights![i]!), 0);
  const rest = new Float64Array(n);
  const effects = new Float64Array(rank);
  const axes = Array.from({ length: rank }, (_, k) => Float64Array.from(q.subarray(k * n, (k + 1) * n)));

  /** Sets `effects` and `rest`. One pass an axis takes its share away and finds the next one: the first thousands of elements of a process run uncompiled. */
  function project(values: Float64Array): void {
    if (taken === undefined) rest.set(values);
    else for (let i = 0; i < n; i++) rest[i] = values[taken[i]!]! * roots![i]!;
    if (rank === 0) return;
    let axis = axes[0]!;
    let share = shareOf(axis, rest, n);
    effects[0] = share;
    for (let k = 1; k < rank; k++) {
      const next = axes[k]!;
      let a = 0;
      let b = 0;
      let i = 0;
      for (; i + 1 < n; i += 2) {
        const even = rest[i]! - share * axis[i]!;
        const odd = rest[i + 1]! - share * axis[i + 1]!;
        rest[i] = even;
        rest[i + 1] = odd;
        a += next[i]! * even;
        b += next[i + 1]! * odd;
      }
      if (i < n) {
        const last = rest[i]! - share * axis[i]!;
        rest[i] = last;
        a += next[i]! * last;
      }
      axis = next;
      share = a + b;
      effects[k] = share;
    }
    for (let i = 0; i < n; i++) rest[i]! -= share * axis[i]!;
  }

  return {
    ...{ nColumns, n, rank, kept: [...kept], dfResidual },
    fit(values, fit) {
      project(values);
      let rss = 0;
      // as many columns as values: what is left is rounding
      if (dfResidual > 0) for (let i = 0; i < n; i++) rss += rest[i]! * rest[i]!;
      let mss = 0;
      for (let k = nIntercepts; k < rank; k++) mss += effects[k]! * effects[k]!;
      // 0 / 0 where nothing is left to judge by
      const variance0 = rss / dfResidual;
      // R has rounding there, a t and p of any size; where all values are 0 it has nothing
      const isConstant = rss === 0 && mss === 0 && nIntercepts === 1 && effects[0] !== 0;
      if (rank < nColumns) {
        fit.estimate.fill(Number.NaN);
        fit.stdError.fill(Number.NaN);
        fit.statistic.fill(Number.NaN);
        fit.pValue.fill(Number.NaN);
      }
      for (let i = 0; i < rank; i++) {
        const column = kept[i]!;
        let estimate = 0;
        for (let j = i; j < rank; j++) estimate += inverse[i * rank + j]! * effects[j]!;
        const stdError = dfResidual === 0 ? Number.NaN : Math.sqrt(variance0 * variance[i]!);
        const statistic = isConstant && estimate === 0 && stdError === 0 ? 0 : estimate / stdError;
        fit.estimate[column] = estimate;
        fit.stdError[column] = stdError;
        fit.statistic[column] = statistic;
        fit.pValue[column] = wanted.terms ? twoSidedT(statistic, dfResidual) : Number.NaN;
      }
      fit.deviance = rss;
      fit.dfResidual = dfResidual;
      fit.nObs = n;
      fit.sigma = dfResidual === 0 ? Number.NaN : Math.sqrt(variance0);
      const isEmpty = dfModel === 0;
      fit.rSquared = isEmpty || isConstant ? 0 : mss / (mss + rss);
      fit.adjRSquared = isEmpty
        ? 0
        : dfResidual === 0
          ? Number.NaN
          : 1 - (1 - fit.rSquared) * ((n - nIntercepts) / dfResidual);
      fit.df = isEmpty ? Number.NaN : dfModel;
      fit.fStatistic = isEmpty || dfResidual === 0 ? Number.NaN : isConstant ? 0 : mss / dfModel / variance0;
      fit.fPValue = wanted.model && !isEmpty ? fPValue(fit.fStatistic, dfModel, dfResidual) : Number.NaN;
      fit.logLik = (sumLogWeights - n * (LN_2PI + 1 - Math.log(n) + Math.log(rss))) / 2;
      fit.AIC = -2 * fit.logLik + 2 * (rank + 1);
      fit.BIC = -2 * fit.logLik + Math.log(n) * (rank + 1);
      // R: the variance is below 1e-30 of what the fitted values are
      fit.isPerfect = dfResidual > 0 && variance0 < ((mss + (nIntercepts === 1 ? effects[0]! ** 2 : 0)) / n) * 1e-30;
    },
  };
}
