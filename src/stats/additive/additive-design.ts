// What an additive model is to those who fit it, whatever finds its smoothing parameters; and what all of them make of a solution.
import { createModelFit, type ModelFit } from "../linear/model-fit.js";
import type { SmoothTest } from "./smooth-test.js";

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

export type SmoothingMethod = "REML" | "GCV.Cp";

export interface AdditiveOptions {
  /** f64 [subjects given] >= 0; undefined: 1. */
  readonly weights: Float64Array | undefined;
  readonly method: SmoothingMethod;
  /** AIC and BIC are wanted. */
  readonly withInformation: boolean;
}

export const LN_2PI = Math.log(2 * Math.PI);

/** Observations that count, by the roots of their weights. */
export interface WeightedRows {
  readonly n: number;
  /** f64 [n] each. */
  readonly columns: readonly Float64Array[];
  readonly sumLogWeights: number;
  /** `values`: f64 [subjects given]; `into`: f64 [n]. What all models compare themselves with. */
  take(values: Float64Array, into: Float64Array): RowTotals;
}

export interface RowTotals {
  /** Sum of squares around the weighted mean, and the sum of what is squared. */
  readonly total: number;
  readonly sum: number;
  readonly mean: number;
}

/** `columns`: f64 [nGiven] each, finite. Those of weight 0 do not count. */
export function weightRows(
  columns: readonly Float64Array[],
  nGiven: number,
  weights: Float64Array | undefined,
): WeightedRows {
  const taken = weights === undefined ? undefined : Array.from(weights.keys()).filter((i) => weights[i]! > 0);
  const roots = taken && Float64Array.from(taken, (i) => Math.sqrt(weights![i]!));
  const n = taken?.length ?? nGiven;
  const sumWeights = taken === undefined ? n : taken.reduce((sum, i) => sum + weights![i]!, 0);
  return {
    n,
    columns:
      taken === undefined
        ? columns
        : columns.map((column) => Float64Array.from(taken, (i, at) => column[i]! * roots![at]!)),
    sumLogWeights: taken === undefined ? 0 : taken.reduce((sum, i) => sum + Math.log(weights![i]!), 0),
    take(values, into) {
      if (taken === undefined) into.set(values);
      else for (let i = 0; i < n; i++) into[i] = values[taken[i]!]! * roots![i]!;
      let mean = 0;
      for (let i = 0; i < n; i++) mean += into[i]! * (roots?.[i] ?? 1);
      mean /= sumWeights;
      let [total, sum] = [0, 0];
      for (let i = 0; i < n; i++) {
        const off = into[i]! - mean * (roots?.[i] ?? 1);
        total += off * off;
        sum += off;
      }
      return { total, sum, mean };
    },
  };
}

/** Takes the rows of Q, f64 [p][n], out of `rest` [n], one after the other; `effects` [p]: how much of each. Sum of squares of what is left, and its sum. */
export function takeOut(
  q: Float64Array,
  rest: Float64Array,
  effects: Float64Array,
): { readonly rss: number; readonly sum: number } {
  const n = rest.length;
  for (let k = 0; k < effects.length; k++) {
    let share = 0;
    for (let i = 0; i < n; i++) share += q[k * n + i]! * rest[i]!;
    effects[k] = share;
    for (let i = 0; i < n; i++) rest[i]! -= share * q[k * n + i]!;
  }
  let [rss, sum] = [0, 0];
  for (let i = 0; i < n; i++) {
    rss += rest[i]! * rest[i]!;
    sum += rest[i]!;
  }
  return { rss, sum };
}

export interface Solution extends RowTotals {
  readonly n: number;
  readonly sumLogWeights: number;
  readonly method: SmoothingMethod;
  /** Sum of squares of the residuals, their sum, and squares and penalty together. */
  readonly rss: number;
  readonly sumResiduals: number;
  readonly penalised: number;
  readonly df: number;
  /** n less the directions without a penalty. */
  readonly nLeft: number;
  /** ln |X'X + S| - ln |S|+. */
  readonly logs: number;
}

/** All that does not ask where the smoothing parameters come from. */
export function describeSolution(solution: Solution, fit: AdditiveFit): void {
  const { n, rss, df, total, sum, mean, sumResiduals, sumLogWeights, nLeft, penalised, logs, method } = solution;
  fit.scale = rss / (n - df);
  fit.df = df;
  fit.deviance = rss;
  fit.dfResidual = n - df;
  fit.nObs = n;
  fit.devExpl = 1 - rss / total;
  fit.rSquared = 1 - ((rss - (sumResiduals * sumResiduals) / n) * (n - 1)) / ((total - (sum * sum) / n) * (n - df));
  fit.isPerfect = rss <= 1e-28 * (total + n * mean * mean);
  fit.logLik = (sumLogWeights - n * (LN_2PI + Math.log(rss / n) + 1)) / 2;
  const phi = penalised / nLeft;
  fit.criterion =
    method === "GCV.Cp" ? (n * rss) / (n - df) ** 2 : (nLeft * (1 + LN_2PI + Math.log(phi)) + logs - sumLogWeights) / 2;
}

/** `dfLikelihood`: the degrees of freedom that the uncertainty of the smoothing parameters is part of. */
export function describeInformation(dfLikelihood: number, fit: AdditiveFit): void {
  fit.AIC = -2 * fit.logLik + 2 * (dfLikelihood + 1);
  fit.BIC = -2 * fit.logLik + Math.log(fit.nObs) * (dfLikelihood + 1);
}
