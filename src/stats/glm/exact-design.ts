// The design of one element, factorised in double-double arithmetic: where of some column so little is left beside the others that double precision would
// lose digits of the statistic (column-factors.ts), as for a regressor of the element's own far from zero. Slower some thirty times, and rare.
import { type Allocate, conditionOfUpper, newArray } from "../design/column-factors.js";
import { effectRows, frameOf } from "../design/design-frame.js";
import { type Doubled, doubled } from "../design/double-double.js";
import {
  addExactColumn,
  createExactFactors,
  type ExactFactors,
  orthonormaliseRows,
  precisionOfStored,
} from "../design/exact-factors.js";
import { at } from "../design/matrix.js";
import type { GlmModel } from "./model.js";

/** T and A of a hypothesis, f64 [s][k], in Q's coordinates. */
interface ExactDirections {
  readonly rank: number;
  readonly kind: "t" | "F";
  readonly toEffect: Float64Array;
  readonly tested: Float64Array;
}

export interface ExactDesign {
  /** False: nothing but the condition number is of use. */
  readonly isIndependent: boolean;
  readonly condition: number;
  /** Q f64 [k][n]. */
  readonly basis: Float64Array;
  /** f64 [k][k]. */
  readonly toBeta: Float64Array;
  /** With fewer columns than the contrasts: of their weights on those there are. */
  readonly hypotheses: readonly ExactDirections[];
}

/** Of a thread: nothing here waits for anything. */
let scratch: Doubled = doubled(0);

/** The columns that elements share, and `columns` f64 [..][n], the element's own, zero at missing observations. */
export function factoriseExactly(
  model: GlmModel,
  keep: Uint8Array,
  columns: readonly ArrayLike<number>[],
  allocate: Allocate = newArray,
): ExactDesign {
  const { design } = model;
  const n = design.nRows;
  const k = design.nColumns + columns.length;
  if (scratch.high.length < n * k) scratch = doubled(n * k);
  const factors = createExactFactors(n, k, scratch);
  const { precisions } = frameOf(design);
  let isIndependent = true;
  for (let j = 0; j < k; j++) {
    const own = columns[j - design.nColumns];
    const column = own ?? Float64Array.from(keep, (kept, i) => (kept === 1 ? at(design, i, j) : 0));
    const precision = own === undefined ? precisions[j]! : precisionOfStored(own);
    isIndependent = addExactColumn(factors, column, precision) && isIndependent;
  }
  const { columns: upper, independent, left, inverse, scales } = factors;
  const asTheyAre = new Float64Array(k * k);
  for (const [j, { high }] of upper.entries()) {
    for (let l = 0; l < high.length; l++) asTheyAre[independent[l]! * k + j] = high[l]! / scales[j]!;
    asTheyAre[j * k + j] = left[j]! / scales[j]!;
  }
  const basis = allocate(k * n);
  if (isIndependent) basis.set(factors.q.high.subarray(0, k * n));
  return {
    isIndependent,
    condition: conditionOfUpper(asTheyAre, k),
    basis,
    toBeta: inverse.high.map((value, i) => value * scales[Math.floor(i / k)]!),
    hypotheses: isIndependent ? testedExactly(model, factors) : [],
  };
}

function testedExactly(model: GlmModel, factors: ExactFactors): ExactDirections[] {
  const k = factors.capacity;
  return model.hypotheses.map(({ contrast, rank: s, kind }) => {
    const rows = effectRows(factors, contrast);
    const toEffect = rows.high.slice();
    orthonormaliseRows(rows, s, k);
    return { rank: s, kind, toEffect, tested: rows.high.slice() };
  });
}
