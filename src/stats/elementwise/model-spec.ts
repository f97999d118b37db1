// What is fitted to every element, as plain data: it crosses to worker threads, which make the model for themselves.

import { UsageError } from "../../errors.js";
import { didYouMean, nearest } from "../../near-names.js";
import type { DataTable } from "../formula/data-table.js";
import type { ModelFrame } from "../formula/model-frame.js";
import type { MatrixOptions } from "../formula/model-matrix.js";
import type { ModelFit } from "../linear/model-fit.js";

/** Of a term of a linear model, in the order of the output. */
export const TERM_STATISTICS = ["estimate", "std.error", "statistic", "p.value"] as const;
export type TermStatistic = (typeof TERM_STATISTICS)[number];
/** Of a linear model, in the order of the output. */
export const MODEL_STATISTICS = [
  ...["r.squared", "adj.r.squared", "sigma", "statistic", "p.value", "df"],
  ...["logLik", "AIC", "BIC", "deviance", "df.residual", "nobs"],
] as const;

/** Of a smooth, in the order of the output. */
export const SMOOTH_STATISTICS = ["edf", "ref.df", "statistic", "p.value"] as const;
/** Of an additive model, in the order of the output. */
export const GAM_MODEL_STATISTICS = [
  ...["adj.r.squared", "dev.expl", "sp.criterion", "scale", "df"],
  ...["logLik", "AIC", "BIC", "deviance", "df.residual", "nobs"],
] as const;

/** Of what both kinds of models answer. */
export const COMMON_VALUES = {
  df: (fit: ModelFit) => fit.df,
  logLik: (fit: ModelFit) => fit.logLik,
  AIC: (fit: ModelFit) => fit.AIC,
  BIC: (fit: ModelFit) => fit.BIC,
  deviance: (fit: ModelFit) => fit.deviance,
  "df.residual": (fit: ModelFit) => fit.dfResidual,
  nobs: (fit: ModelFit) => fit.nObs,
} as const;

export interface ElementModelSpec {
  readonly kind: "lm" | "gam";
  /** As written. */
  readonly formula: string;
  /** A row a subject, in the order of the data. */
  readonly table: DataTable;
  /** Names of what each element has values of, as the formula writes them; the response is the first. */
  readonly scalars: readonly string[];
  /** Columns that `.` does not mean. */
  readonly notInDot: readonly string[];
  /** f64 [subjects], NaN: the subject is left out; undefined: 1. */
  readonly weights: Float64Array | undefined;
  /** An element is fitted with more subjects than that. */
  readonly moreThan: number;
  readonly termStatistics: readonly string[];
  readonly smoothStatistics: readonly string[];
  readonly modelStatistics: readonly string[];
  readonly coding: MatrixOptions;
  /** Of smoothing parameters: gam. */
  readonly method: SmoothingMethod;
  /** Terms of the formula, from 1, whose share of the explained variance is asked for: gam. */
  readonly changedRsq: readonly number[];
}

export type SmoothingMethod = "REML" | "GCV.Cp";

/** Why an element has no numbers, or doubtful ones. */
export type Outcome = "fitted" | "perfect" | "tooFew" | "unusable";

/** One model for all elements, whose subjects differ. */
export interface ElementModel {
  /** Names as ModelArray's, without element_id. */
  readonly statistics: readonly string[];
  /** Indices into `statistics` that the corrections are for, in the groups of the output. */
  readonly pValues: readonly (readonly number[])[];
  /** `values`: f64 [subjects] by scalar, which may be anything; `out`: f64 [statistics]. */
  fit(values: readonly Float64Array[], out: Float64Array): Outcome;
  /** Statistics that stand behind the corrections in the output: the last so many. */
  readonly nLast: number;
  /** Of all subjects. */
  readonly frame: ModelFrame;
  /** Of the design of all subjects; undefined: elements have columns of their own, or smooths are penalised. */
  readonly complete?: { readonly explained: readonly string[]; readonly dfResidual: number } | undefined;
  /** The first reason why an element was unusable. */
  readonly firstReason: string | undefined;
}

/** `asked` in the order of the output. Throws UsageError: one that there is not. */
export function chooseStatistics(option: string, asked: readonly string[], known: readonly string[]): string[] {
  const unknown = asked.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new UsageError(
      `Cannot use ${option} ${unknown}: expected some of ${known.join(", ")}, got ${unknown}.${didYouMean(nearest(unknown, known)) || " Correct the name."}`,
    );
  return known.filter((name) => asked.includes(name));
}

/** ModelArray's name of a column: without the brackets of the intercept. */
export const termName = (column: string): string => (column === "(Intercept)" ? "Intercept" : column);
