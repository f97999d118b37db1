// Splits the design for all hypotheses at once, in the coordinates of one orthonormal basis of its columns.
// Freedman & Lane 1983; Ridgway's partition (Winkler et al. 2014, NeuroImage 92:381-397, appendix); mathematics M3.
//
//   Q   [r x n]      orthonormal rows, a basis of the columns of M
//   A_h [r x s_h]    tested directions of hypothesis h in Q's coordinates, as columns: Qx_h = Q' A_h
//   Qs  [q x n]      nuisance directions shared by ALL hypotheses: removed from each block as it is loaded (large means would cost digits)
//   N_h [r x k_h]    the rest of the nuisance space of h: corrected per shuffle, k_h = r - s_h - q
import type { Hypothesis } from "./hypothesis.js";
import {
  at,
  besides,
  columnSpace,
  complement,
  decompose,
  type Matrix,
  matrixOf,
  multiply,
  pseudoInverse,
  RANK_THRESHOLD,
  transpose,
} from "./matrix.js";

export interface HypothesisPartition {
  readonly hypothesis: Hypothesis;
  /** A_h f64 [r x s_h], orthonormal columns; for a t-test oriented so that the statistic has the sign of C beta. */
  readonly tested: Matrix;
  /** N_h f64 [r x k_h], orthonormal columns. */
  readonly residualNuisance: Matrix;
  /** [C (M'M)^+ C']^-1, f64 [s x s]. */
  readonly effectPrecision: Matrix;
}

export interface DesignPartition {
  readonly nSubjects: number;
  readonly nFactors: number;
  /** r. */
  readonly rank: number;
  /** n - r. */
  readonly dof: number;
  /** Q f64 [r x n]. */
  readonly basis: Matrix;
  /** Qs f64 [q x n]. */
  readonly sharedNuisance: Matrix;
  /** pinv(M) f64 [k x n]: least squares of minimum norm. */
  readonly pinv: Matrix;
  readonly hypotheses: readonly HypothesisPartition[];
}

/** Columns scaled to unit length: rank must not depend on units (age in years beside intracranial volume in mm^3). Deviation: the peer ranks M as it is. */
function unitColumns(design: Matrix): Matrix {
  const lengths = Array.from({ length: design.nColumns }, (_, j) => {
    let sum = 0;
    for (let i = 0; i < design.nRows; i++) sum += at(design, i, j) ** 2;
    return Math.sqrt(sum);
  });
  return matrixOf(design.nRows, design.nColumns, (i, j) => (lengths[j]! > 0 ? at(design, i, j) / lengths[j]! : 0));
}

/** Rank of the design, units apart. */
export function designRank(design: Matrix): number {
  const { singular } = decompose(unitColumns(design));
  return singular.filter((s) => s > RANK_THRESHOLD * singular[0]! && s > 0).length;
}

/** Contrasts (by hypothesis) that the design cannot estimate: C is not in the row space of M. */
export function inestimableHypotheses(design: Matrix, hypotheses: readonly Hypothesis[]): Hypothesis[] {
  const basis = designBasis(design);
  const rowSpace = columnSpace(transpose(multiply(basis, design)), 1e-10);
  return hypotheses.filter(({ contrast }) => {
    const inside = multiply(multiply(contrast, rowSpace), transpose(rowSpace));
    const largest = contrast.values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
    return contrast.values.some((v, i) => Math.abs(v - inside.values[i]!) > 1e-6 * largest);
  });
}

function designBasis(design: Matrix): Matrix {
  const scaled = unitColumns(design);
  const { left, singular } = decompose(scaled);
  const rank = singular.filter((s) => s > RANK_THRESHOLD * singular[0]! && s > 0).length;
  return matrixOf(rank, design.nRows, (j, i) => at(left, i, j));
}

/** design f64 [n x k]; hypotheses estimable and non-zero (checked before: check-design.ts). */
export function partitionDesign(design: Matrix, hypotheses: readonly Hypothesis[]): DesignPartition {
  const basis = designBasis(design);
  const rank = basis.nRows;
  const inBasis = multiply(basis, design); // M = Q' (Q M), r x k
  const pinvBasis = pseudoInverse(inBasis); // k x r
  const pinv = multiply(pinvBasis, basis);
  const parts = hypotheses.map((hypothesis) => {
    const { contrast } = hypothesis;
    const toEffect = multiply(contrast, pinvBasis); // C pinv(M) = toEffect Q, s x r
    // A vector of col(M) is untested exactly when C pinv(M) annihilates it, so the tested directions are the row space of toEffect.
    const tested = columnSpace(transpose(toEffect));
    if (hypothesis.kind === "t" && multiply(toEffect, tested).values[0]! < 0) {
      for (let i = 0; i < tested.values.length; i++) tested.values[i] = -tested.values[i]!;
    }
    const effectPrecision = pseudoInverse(multiply(toEffect, transpose(toEffect)));
    return { hypothesis, tested, effectPrecision };
  });
  const allTested = columnSpace(
    parts.reduce(
      (all, p) => besides(all, p.tested),
      matrixOf(rank, 0, () => 0),
    ),
  );
  const shared = complement(allTested);
  return {
    nSubjects: design.nRows,
    nFactors: design.nColumns,
    rank,
    dof: design.nRows - rank,
    basis,
    sharedNuisance: multiply(transpose(shared), basis),
    pinv,
    hypotheses: parts.map((p) => ({ ...p, residualNuisance: complement(besides(p.tested, shared)) })),
  };
}

/** N_h' Q of every hypothesis: f64 [k_h x n]. */
export function nuisanceMoments({ basis, hypotheses }: DesignPartition): Matrix[] {
  return hypotheses.map(({ residualNuisance }) => multiply(transpose(residualNuisance), basis));
}

/** Q P Q'N_h of one shuffle P, f64 [r][k], into `out`: r x k x n multiplications. `moments`: N_h' Q. labels i32, signs i8 [n]. */
export function correctionsInto(
  out: Float64Array,
  { nRows: rank, values: q }: Matrix,
  { nRows: k, values: moments }: Matrix,
  labels: Int32Array,
  signs: Int8Array,
): void {
  const n = labels.length;
  for (let j = 0; j < rank; j++) {
    for (let l = 0; l < k; l++) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += q[j * n + i]! * signs[i]! * moments[l * n + labels[i]!]!;
      out[j * k + l] = sum;
    }
  }
}
