// The design of one element (or of all that miss the same observations), in the coordinates of an orthonormal basis of its columns:
//
//   Q   f64 [r][n]   orthonormal rows, zero at missing observations      M = Q' B, C pinv(M) Q' = T
//   T_h f64 [s][r]   from Q's coordinates to the effect C beta
//   A_h f64 [s][r]   orthonormal rows that span T_h's: the tested directions; for s = 1 A = T / |T|, so A d has the sign of the effect
//   K_g f64 [r][r]   Q_g Q_g', the part of the identity that group g contributes
//
// Whatever was shuffled enters through d = Q P e, per group p_g = Q_g (P e)_g, and the sums of squares |P e|^2, |P e|_g^2.
import {
  type Allocate,
  addColumn,
  type ColumnFactors,
  conditionOfUpper,
  createFactors,
  ENOUGH_LEFT,
  extendFactors,
  invertUpper,
  newArray,
} from "../design/column-factors.js";
import { frameOf } from "../design/design-frame.js";
import { STORED } from "../design/exact-factors.js";
import { transpose } from "../design/matrix.js";
import type { DesignPartition } from "../design/partition.js";
import { type ExactDesign, factoriseExactly } from "./exact-design.js";
import { type GroupMoments, groupMoments } from "./group-moments.js";
import { countFactors, type GlmModel } from "./model.js";
import { workingContrasts } from "./working-contrasts.js";

/** Why an element has no statistic; "testable": it has. semantics S6. */
export const VERDICTS = [
  "testable",
  /** Fewer than min(n, 2 k) observations: effects are given. */
  "few-observations",
  /** Fewer than k: nothing is given, cond is 0. */
  "fewer-than-factors",
  /** Of the observations left, a column is a combination of the others: nothing but cond is given. */
  "dependent-columns",
  /** A variance group with one observation at most: effects are given. */
  "small-group",
  /** No degree of freedom: effects are given. */
  "no-freedom",
  /** The design can be tested, these data cannot: they are one value. Effects are given. */
  "constant-data",
  /** They are explained without a residual (of a variance group, where there are some): no statistic is finite. Effects are given. */
  "no-variance",
] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface TestedDirections {
  readonly rank: number;
  readonly kind: "t" | "F";
  /** T_h f64 [s][r]. */
  readonly toEffect: Float64Array;
  /** A_h f64 [s][r]. */
  readonly tested: Float64Array;
}

export interface ElementDesign {
  readonly verdict: Verdict;
  /** The peer's number, of the columns as they are: it decides nothing. */
  readonly condition: number;
  /** Observations left. */
  readonly nObservations: number;
  /** r. */
  readonly rank: number;
  readonly dof: number;
  /** Q f64 [r][n]. */
  readonly basis: Float64Array;
  /** From Q's coordinates to beta, f64 [k][r]. */
  readonly toBeta: Float64Array;
  readonly hypotheses: readonly TestedDirections[];
  readonly groups: GroupMoments | undefined;
}

/** Whether an element with this verdict has effects and deviations. */
export const hasEffects = (verdict: Verdict): boolean =>
  verdict !== "fewer-than-factors" && verdict !== "dependent-columns";

/** Of the columns that elements share: in the coordinates of the design's own basis B (design-frame.ts), q f64 [k][n], M0 = (q' r) R0. */
export interface SharedFactors extends ColumnFactors {
  /** Where too little of a column is left beside the others for double precision: r is not used, and designs with these observations are factorised anew. */
  readonly exact: ExactDesign | undefined;
}

/** The columns that all elements with these observations share. `keep` u8 [n]: 1 where an observation counts. */
export function factoriseShared(model: GlmModel, keep: Uint8Array, allocate: Allocate = newArray): SharedFactors {
  const frame = frameOf(model.design);
  const { nRows: n, nColumns: k, rank, basis } = frame;
  const factors = createFactors(n, k, allocate);
  let needsExact = false;
  for (let j = 0; j < rank; j++) {
    // the place that it gets
    const column = factors.q.subarray(j * n, j * n + n);
    for (let i = 0; i < n; i++) column[i] = keep[i] === 1 ? basis[j * n + i]! : 0;
    needsExact = !(addColumn(factors, column) > ENOUGH_LEFT) || needsExact;
  }
  factors.count = k;
  // a design whose columns are dependent stays so
  const exact = needsExact && rank === k ? factoriseExactly(model, keep, []) : undefined;
  if (exact !== undefined) factors.q.set(exact.basis);
  return { ...factors, exact };
}

/** `columns` f64 [c][n]: the element's own regressors, zero at missing observations. */
export function resolveElementDesign(
  model: GlmModel,
  keep: Uint8Array,
  shared: SharedFactors,
  columns: readonly ArrayLike<number>[],
  allocate: Allocate = newArray,
): ElementDesign {
  const factors = columns.length === 0 ? shared : extendFactors(shared, countFactors(model), allocate);
  let isEnough = shared.exact === undefined;
  for (const column of columns) isEnough = addColumn(factors, column) > ENOUGH_LEFT && isEnough;
  if (isEnough) return designOfFactors(model, keep, factors);
  if (columns.length === 0) return assembleExact(model, keep, shared.exact!);
  return exactElementDesign(model, keep, columns, allocate);
}

/** The same whatever the columns leave of each other. */
export function exactElementDesign(
  model: GlmModel,
  keep: Uint8Array,
  columns: readonly ArrayLike<number>[],
  allocate: Allocate = newArray,
): ElementDesign {
  const nObservations = countObservations(keep);
  if (nObservations < countFactors(model)) return untestable("fewer-than-factors", 0, nObservations);
  return assembleExact(model, keep, factoriseExactly(model, keep, columns, allocate));
}

function assembleExact(model: GlmModel, keep: Uint8Array, { isIndependent, ...parts }: ExactDesign): ElementDesign {
  const nObservations = countObservations(keep);
  if (nObservations < countFactors(model)) return untestable("fewer-than-factors", 0, nObservations);
  if (!isIndependent) return untestable("dependent-columns", parts.condition, nObservations);
  return elementDesign(model, keep, { nObservations, ...parts });
}

/**
 * The design of columns that are factorised already, those that elements share in the coordinates of B, and which leave enough of each other. Q may be empty
 * where there are no variance groups, or `sizes` gives n_g: then the design has no moments of the groups. `nObservations`: of `keep`, where they are counted.
 */
export function designOfFactors(
  model: GlmModel,
  keep: Uint8Array,
  factors: ColumnFactors,
  known: { readonly sizes?: Float64Array | undefined; readonly nObservations?: number } = {},
): ElementDesign {
  const k = countFactors(model);
  const { sizes, nObservations = countObservations(keep) } = known;
  if (nObservations < k) return untestable("fewer-than-factors", 0, nObservations);
  const upper = upperOf(model, factors);
  const condition = conditionOfUpper(upper, k);
  const frame = frameOf(model.design);
  if (frame.rank < frame.nColumns) return untestable("dependent-columns", condition, nObservations);
  const inverse = invertUpper(factors.r, k);
  const toBeta = toBetaOf(model, inverse);
  if (!isIndependent(model, upper, toBeta)) return untestable("dependent-columns", condition, nObservations);
  const hypotheses = testedDirections(model, inverse, k);
  return elementDesign(model, keep, { condition, nObservations, basis: factors.q, toBeta, hypotheses }, sizes);
}

/** A design whose k columns are independent. */
function elementDesign(
  model: GlmModel,
  keep: Uint8Array,
  parts: Pick<ElementDesign, "condition" | "nObservations" | "basis" | "toBeta" | "hypotheses">,
  sizes?: Float64Array,
): ElementDesign {
  const n = model.design.nRows;
  const k = countFactors(model);
  const { nObservations } = parts;
  const dof = nObservations - k;
  const groups = sizes === undefined ? groupMoments(model, keep, parts.basis, k) : undefined;
  const left = sizes ?? groups?.sizes;
  const verdict =
    nObservations < Math.min(n, 2 * k)
      ? "few-observations"
      : left?.some((size) => size <= 1)
        ? "small-group"
        : dof < 1
          ? "no-freedom"
          : "testable";
  return { ...parts, verdict, rank: k, dof, groups };
}

function countObservations(keep: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < keep.length; i++) count += keep[i]!;
  return count;
}

function untestable(verdict: Verdict, condition: number, nObservations: number): ElementDesign {
  const nothing = new Float64Array(0);
  return {
    ...{ verdict, condition, nObservations, rank: 0, dof: 0 },
    ...{ basis: nothing, toBeta: nothing, hypotheses: [], groups: undefined },
  };
}

/** R of the columns as they are, f64 [k][k]. */
function upperOf(model: GlmModel, { r, capacity }: ColumnFactors): Float64Array {
  const k = countFactors(model);
  const { rank, nColumns, coordinates } = frameOf(model.design);
  const upper = new Float64Array(k * k);
  for (let i = 0; i < k; i++) {
    for (let j = i; j < k; j++) {
      if (j >= nColumns) upper[i * k + j] = r[i * capacity + j]!;
      else for (let l = i; l < rank; l++) upper[i * k + j]! += r[i * capacity + l]! * coordinates[l * nColumns + j]!;
    }
  }
  return upper;
}

/** f64 [k][k], upper triangular: the columns that elements share go back from B. */
function toBetaOf(model: GlmModel, inverse: Float64Array): Float64Array {
  const k = countFactors(model);
  const { nColumns, toBeta: back } = frameOf(model.design);
  const toBeta = new Float64Array(k * k);
  for (let j = 0; j < k; j++) {
    for (let i = j; i < k; i++) {
      if (j >= nColumns) toBeta[j * k + i] = inverse[j * k + i]!;
      else
        for (let l = j; l < nColumns && l <= i; l++)
          toBeta[j * k + i]! += back[j * nColumns + l]! * inverse[l * k + i]!;
    }
  }
  return toBeta;
}

/** The rule of exact-factors.ts: what is left of column j is more than is known of it. */
function isIndependent(model: GlmModel, upper: Float64Array, toBeta: Float64Array): boolean {
  const k = countFactors(model);
  const { precisions, nColumns } = frameOf(model.design);
  const errors = Float64Array.from({ length: k }, (_, j) => {
    let squared = 0;
    for (let i = 0; i <= j; i++) squared += upper[i * k + j]! ** 2;
    // of an element's own at most this, and most is left of it
    return (j < nColumns ? precisions[j]! : STORED) * Math.sqrt(squared);
  });
  for (let j = 0; j < k; j++) {
    let known = 0;
    for (let i = 0; i <= j; i++) known += errors[i]! * Math.abs(toBeta[i * k + j]!);
    if (!(known < 1)) return false;
  }
  return true;
}

/** The one design of a fixed model: it may be rank-deficient, and the rules for too few observations do not hold. */
export function fixedElementDesign(model: GlmModel, partition: DesignPartition): ElementDesign {
  const { rank, dof, nSubjects, basis, toBeta } = partition;
  const keep = new Uint8Array(nSubjects).fill(1);
  return {
    verdict: dof < 1 ? "no-freedom" : "testable",
    condition: Number.NaN,
    nObservations: nSubjects,
    rank,
    dof,
    basis: basis.values,
    toBeta: toBeta.values,
    hypotheses: partition.hypotheses.map(({ hypothesis, toEffect, tested }) => ({
      ...{ rank: hypothesis.rank, kind: hypothesis.kind },
      ...{ toEffect: toEffect.values, tested: transpose(tested).values },
    })),
    groups: groupMoments(model, keep, basis.values, rank),
  };
}

/** `inverse` f64 [r][r]: from Q's coordinates to those of the contrasts (working-contrasts.ts). */
function testedDirections(model: GlmModel, inverse: Float64Array, r: number): TestedDirections[] {
  return workingContrasts(model).map(({ rank: s, kind, weights, directions }) => {
    const rowsOf = (from: Float64Array) => {
      const rows = new Float64Array(s * r);
      for (let i = 0; i < s; i++) {
        for (let l = 0; l < r; l++) {
          const weight = from[i * r + l]!;
          if (weight !== 0) for (let j = l; j < r; j++) rows[i * r + j]! += weight * inverse[l * r + j]!;
        }
      }
      return rows;
    };
    const toEffect = rowsOf(weights);
    const rows = s === 1 ? toEffect : rowsOf(directions);
    const factors = createFactors(r, s);
    for (let i = 0; i < s; i++) addColumn(factors, rows.subarray(i * r, i * r + r));
    return { rank: s, kind, toEffect, tested: factors.q };
  });
}
