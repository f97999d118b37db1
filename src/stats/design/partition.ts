// Splits the design for all hypotheses at once, in the coordinates of one orthonormal basis of its columns.
// Freedman & Lane 1983; Ridgway's partition (Winkler et al. 2014, NeuroImage 92:381-397, appendix); mathematics M3.
//
//   Q   [r x n]      orthonormal rows, a basis of the columns of M
//   A_h [r x s_h]    tested directions of hypothesis h in Q's coordinates, as columns: Qx_h = Q' A_h
//   Qs  [q x n]      nuisance directions shared by ALL hypotheses: removed from each block as it is loaded (large means would cost digits)
//   N_h [r x k_h]    the rest of the nuisance space of h: corrected per shuffle, k_h = r - s_h - q
import { type DesignFrame, effectRows, frameOf, independentRows, isEstimable } from "./design-frame.js";
import { type Doubled, doubled } from "./double-double.js";
import { complementOf, orthonormaliseRows } from "./exact-factors.js";
import type { Hypothesis } from "./hypothesis.js";
import { at, type Matrix, matrixOf, multiply, transpose } from "./matrix.js";

export interface HypothesisPartition {
  readonly hypothesis: Hypothesis;
  /** T_h f64 [s x r]: from Q's coordinates to the effect C beta. */
  readonly toEffect: Matrix;
  /** A_h f64 [r x s_h], orthonormal columns; for a t-test T_h' / |T_h|, so that the statistic has the sign of C beta. */
  readonly tested: Matrix;
  /** N_h f64 [r x k_h], orthonormal columns. */
  readonly residualNuisance: Matrix;
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
  /** From Q's coordinates to beta, f64 [k x r]: least squares of minimum norm. */
  readonly toBeta: Matrix;
  /** pinv(M) f64 [k x n]. */
  readonly pinv: Matrix;
  readonly hypotheses: readonly HypothesisPartition[];
}

/** Rank of the design. Deviation: units do not matter; the peer ranks M as it is. */
export const designRank = (design: Matrix): number => frameOf(design).rank;

/** Contrasts (by hypothesis) that the design cannot estimate: C is not in the row space of M. */
export function inestimableHypotheses(design: Matrix, hypotheses: readonly Hypothesis[]): Hypothesis[] {
  const frame = frameOf(design);
  return hypotheses.filter(({ contrast }) => !isEstimable(frame, contrast));
}

/** design f64 [n x k]; hypotheses estimable and non-zero (checked before: check-design.ts). */
export function partitionDesign(design: Matrix, hypotheses: readonly Hypothesis[]): DesignPartition {
  const frame = frameOf(design);
  const { rank: r, nRows: n, nColumns: k } = frame;
  const basis: Matrix = { nRows: r, nColumns: n, values: frame.basis };
  const toBeta: Matrix = { nRows: k, nColumns: r, values: frame.toBeta };
  const untested = complementOf(...testedByAny(frame, hypotheses), r);
  const shared = untested.high.length / r;
  return {
    ...{ nSubjects: n, nFactors: k, rank: r, dof: n - r, basis, toBeta },
    sharedNuisance: multiply(rounded(untested, r), basis),
    pinv: multiply(toBeta, basis),
    hypotheses: hypotheses.map((hypothesis) => {
      const rows = effectRows(frame.factors, hypothesis.contrast);
      const toEffect = rounded(rows, r);
      const s = hypothesis.rank;
      // A vector of col(M) is untested exactly when C pinv(M) annihilates it, so the tested directions are the row space of T.
      orthonormaliseRows(rows, s, r);
      const residual = complementOf(stacked(rows, untested), s + shared, r);
      return {
        ...{ hypothesis, toEffect },
        tested: transpose(rounded(rows, r)),
        residualNuisance: transpose(rounded(residual, r)),
      };
    }),
  };
}

/** Orthonormal rows that span what any hypothesis tests, and their number. */
function testedByAny(frame: DesignFrame, hypotheses: readonly Hypothesis[]): [Doubled, number] {
  const { independent, rank: r } = frame;
  const places = hypotheses.flatMap((hypothesis) =>
    Array.from({ length: hypothesis.contrast.nRows }, (_, row) => ({ hypothesis, row })),
  );
  if (places.length === 0) return [doubled(0), 0];
  // of contrasts that can be estimated the weights of independent columns say everything
  const weights = matrixOf(places.length, r, (i, j) =>
    at(places[i]!.hypothesis.contrast, places[i]!.row, independent[j]!),
  );
  const chosen = independentRows(weights);
  const rows = effectRows(
    frame.factors,
    matrixOf(chosen.length, frame.nColumns, (i, j) => {
      const { hypothesis, row } = places[chosen[i]!]!;
      return at(hypothesis.contrast, row, j);
    }),
  );
  orthonormaliseRows(rows, chosen.length, r);
  return [rows, chosen.length];
}

function stacked(a: Doubled, b: Doubled): Doubled {
  const all = doubled(a.high.length + b.high.length);
  for (const part of ["high", "low"] as const) {
    all[part].set(a[part]);
    all[part].set(b[part], a[part].length);
  }
  return all;
}

const rounded = ({ high }: Doubled, nColumns: number): Matrix => ({
  nRows: nColumns === 0 ? 0 : high.length / nColumns,
  nColumns,
  values: high.slice(),
});

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
