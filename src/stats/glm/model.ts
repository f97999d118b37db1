// What is fitted to every element, on two axes that know nothing of each other:
//   how the design arrives   fixed (fixed by `design` alone) | variable (an element misses observations, or brings columns of its own)
//   how variance is formed   pooled | grouped
// Plain data: it crosses to worker threads.
import type { Hypothesis } from "../design/hypothesis.js";
import type { Matrix } from "../design/matrix.js";

export interface VarianceGroups {
  /** G >= 2. */
  readonly count: number;
  /** i32 [n], from 0. */
  readonly of: Int32Array;
}

export interface GlmModel {
  /** M0, f64 [n x k0]: the columns that all elements share. */
  readonly design: Matrix;
  /** c: columns that each element brings, after those of the design. */
  readonly nElementColumns: number;
  /** Contrasts over k = k0 + c factors. */
  readonly hypotheses: readonly Hypothesis[];
  /** True where observations may be missing; with element-wise columns always. Then the rules for too few observations hold. */
  readonly variable: boolean;
  /** Undefined: one variance for all. */
  readonly groups: VarianceGroups | undefined;
}

/** k. */
export const countFactors = (model: GlmModel): number => model.design.nColumns + model.nElementColumns;

/** One design for all elements and one variance: the case that the shared product of mathematics M5 serves. */
export function isFixedPooled(model: GlmModel): boolean {
  return !model.variable && model.groups === undefined;
}
