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
  extendFactors,
  invertUpper,
  newArray,
} from "../design/column-factors.js";
import { multiply, transpose } from "../design/matrix.js";
import type { DesignPartition } from "../design/partition.js";
import { countFactors, type GlmModel } from "./model.js";

/** Why an element has no statistic; "testable": it has. semantics S6. */
export const VERDICTS = [
  "testable",
  /** Fewer than min(n, 2 k) observations: effects are given. */
  "few-observations",
  /** Fewer than k: nothing is given, cond is 0. */
  "fewer-than-factors",
  /** Condition number above 1e5: nothing but cond is given. */
  "ill-conditioned",
  /** A variance group with one observation at most: effects are given. */
  "small-group",
  /** No degree of freedom: effects are given. */
  "no-freedom",
] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Deviation: none; the peer's bound on the condition number of an element's design. */
export const LARGEST_CONDITION = 1e5;

export interface GroupMoments {
  /** n_g of the observations left. */
  readonly sizes: Float64Array;
  /** Sum over the group of the diagonal of 1 - M pinv(M). */
  readonly rnn: Float64Array;
  /** f64 [G][r][r]. */
  readonly gram: Float64Array;
}

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
  verdict !== "fewer-than-factors" && verdict !== "ill-conditioned";

/** The columns that all elements with these observations share. `keep` u8 [n]: 1 where an observation counts. */
export function factoriseShared(model: GlmModel, keep: Uint8Array, allocate: Allocate = newArray): ColumnFactors {
  const { design } = model;
  const n = design.nRows;
  const factors = createFactors(n, design.nColumns, allocate);
  for (let j = 0; j < design.nColumns; j++) {
    // the place that it gets
    const column = factors.q.subarray(j * n, j * n + n);
    for (let i = 0; i < n; i++) column[i] = keep[i] === 1 ? design.values[i * design.nColumns + j]! : 0;
    addColumn(factors, column);
  }
  return factors;
}

/** `columns` f64 [c][n]: the element's own regressors, zero at missing observations. */
export function resolveElementDesign(
  model: GlmModel,
  keep: Uint8Array,
  shared: ColumnFactors,
  columns: readonly ArrayLike<number>[],
  allocate: Allocate = newArray,
): ElementDesign {
  const factors = columns.length === 0 ? shared : extendFactors(shared, countFactors(model), allocate);
  for (const column of columns) addColumn(factors, column);
  return designOfFactors(model, keep, factors);
}

/** The design of columns that are factorised already. Without variance groups Q is carried along unread, and may be empty. */
export function designOfFactors(model: GlmModel, keep: Uint8Array, factors: ColumnFactors): ElementDesign {
  const n = model.design.nRows;
  const k = countFactors(model);
  let nObservations = 0;
  for (let i = 0; i < n; i++) nObservations += keep[i]!;
  if (nObservations < k) return untestable("fewer-than-factors", 0, nObservations);
  const condition = conditionOfUpper(factors.r, k);
  if (!(condition <= LARGEST_CONDITION)) return untestable("ill-conditioned", condition, nObservations);
  const dof = nObservations - k;
  const toBeta = invertUpper(factors.r, k);
  const groups = groupMoments(model, keep, factors.q, k);
  const verdict =
    nObservations < Math.min(n, 2 * k)
      ? "few-observations"
      : groups?.sizes.some((size) => size <= 1)
        ? "small-group"
        : dof < 1
          ? "no-freedom"
          : "testable";
  const hypotheses = testedDirections(model, toBeta, k);
  return { verdict, condition, nObservations, rank: k, dof, basis: factors.q, toBeta, hypotheses, groups };
}

function untestable(verdict: Verdict, condition: number, nObservations: number): ElementDesign {
  const nothing = new Float64Array(0);
  return {
    verdict,
    condition,
    nObservations,
    rank: 0,
    dof: 0,
    basis: nothing,
    toBeta: nothing,
    hypotheses: [],
    groups: undefined,
  };
}

/** The one design of a fixed model: it may be rank-deficient, and the rules for too few observations do not hold. */
export function fixedElementDesign(model: GlmModel, partition: DesignPartition): ElementDesign {
  const { rank, dof, nSubjects, basis } = partition;
  const toBeta = multiply(partition.pinv, transpose(basis)).values;
  const keep = new Uint8Array(nSubjects).fill(1);
  return {
    verdict: dof < 1 ? "no-freedom" : "testable",
    condition: Number.NaN,
    nObservations: nSubjects,
    rank,
    dof,
    basis: basis.values,
    toBeta,
    hypotheses: testedDirections(model, toBeta, rank),
    groups: groupMoments(model, keep, basis.values, rank),
  };
}

function testedDirections(model: GlmModel, toBeta: Float64Array, r: number): TestedDirections[] {
  return model.hypotheses.map(({ contrast, rank: s, kind }) => {
    const k = contrast.nColumns;
    const toEffect = new Float64Array(s * r);
    for (let i = 0; i < s; i++) {
      for (let l = 0; l < k; l++) {
        const weight = contrast.values[i * k + l]!;
        if (weight !== 0) for (let j = 0; j < r; j++) toEffect[i * r + j]! += weight * toBeta[l * r + j]!;
      }
    }
    const factors = createFactors(r, s);
    for (let i = 0; i < s; i++) addColumn(factors, toEffect.subarray(i * r, i * r + r));
    return { rank: s, kind, toEffect, tested: factors.q };
  });
}

function groupMoments(model: GlmModel, keep: Uint8Array, q: Float64Array, r: number): GroupMoments | undefined {
  if (model.groups === undefined) return undefined;
  const { count, of } = model.groups;
  const n = of.length;
  const sizes = new Float64Array(count);
  const gram = new Float64Array(count * r * r);
  for (let i = 0; i < n; i++) {
    if (keep[i] !== 1) continue;
    const g = of[i]!;
    sizes[g]!++;
    for (let a = 0; a < r; a++) {
      for (let b = 0; b < r; b++) gram[(g * r + a) * r + b]! += q[a * n + i]! * q[b * n + i]!;
    }
  }
  const rnn = sizes.map((size, g) => {
    let trace = 0;
    for (let a = 0; a < r; a++) trace += gram[(g * r + a) * r + a]!;
    // a group that the design fits exactly has no residual, not the rounding of one
    return size - trace > 1e-12 * size ? size - trace : 0;
  });
  return { sizes, rnn, gram };
}
