// Small dense matrices of designs and contrasts (n x k, k small). Decompositions come from ml-matrix (JAMA's SVD, ~1e-15).
import { Matrix as MlMatrix, SingularValueDecomposition } from "ml-matrix";

/** f64 [nRows x nColumns], row-major. */
export interface Matrix {
  readonly nRows: number;
  readonly nColumns: number;
  readonly values: Float64Array;
}

/** Singular values below this share of the largest count as zero (mathematics M15). */
export const RANK_THRESHOLD = 1e-5;

export function matrixOf(nRows: number, nColumns: number, entry: (i: number, j: number) => number): Matrix {
  const values = new Float64Array(nRows * nColumns);
  for (let i = 0; i < nRows; i++) for (let j = 0; j < nColumns; j++) values[i * nColumns + j] = entry(i, j);
  return { nRows, nColumns, values };
}

export const at = (m: Matrix, i: number, j: number): number => m.values[i * m.nColumns + j]!;
export const transpose = (m: Matrix): Matrix => matrixOf(m.nColumns, m.nRows, (i, j) => at(m, j, i));

export function multiply(a: Matrix, b: Matrix): Matrix {
  return matrixOf(a.nRows, b.nColumns, (i, j) => {
    let sum = 0;
    for (let l = 0; l < a.nColumns; l++) sum += at(a, i, l) * at(b, l, j);
    return sum;
  });
}

/** Columns of `a` beside those of `b`. */
export function besides(a: Matrix, b: Matrix): Matrix {
  return matrixOf(Math.max(a.nRows, b.nRows), a.nColumns + b.nColumns, (i, j) =>
    j < a.nColumns ? at(a, i, j) : at(b, i, j - a.nColumns),
  );
}

export interface Decomposition {
  /** Left singular vectors, columns [nRows x min]. */
  readonly left: Matrix;
  /** Descending. */
  readonly singular: readonly number[];
  /** Right singular vectors, columns [nColumns x min]. */
  readonly right: Matrix;
}

export function decompose(m: Matrix): Decomposition {
  const svd = new SingularValueDecomposition(toMl(m), { autoTranspose: true });
  const size = Math.min(m.nRows, m.nColumns);
  const u = svd.leftSingularVectors;
  const v = svd.rightSingularVectors;
  return {
    left: matrixOf(m.nRows, size, (i, j) => u.get(i, j)),
    singular: Array.from(svd.diagonal).slice(0, size),
    right: matrixOf(m.nColumns, size, (i, j) => v.get(i, j)),
  };
}

function toMl(m: Matrix): MlMatrix {
  const out = new MlMatrix(m.nRows, m.nColumns);
  for (let i = 0; i < m.nRows; i++) for (let j = 0; j < m.nColumns; j++) out.set(i, j, at(m, i, j));
  return out;
}

export function rankOf(m: Matrix, threshold = RANK_THRESHOLD): number {
  if (m.nRows === 0 || m.nColumns === 0) return 0;
  const { singular } = decompose(m);
  return singular.filter((s) => s > threshold * singular[0]! && s > 0).length;
}

/** Orthonormal basis (columns) of the column space; [nRows x rank]. */
export function columnSpace(m: Matrix, threshold = 1e-10): Matrix {
  if (m.nColumns === 0 || m.nRows === 0) return matrixOf(m.nRows, 0, () => 0);
  const { left, singular } = decompose(m);
  const rank = singular.filter((s) => s > threshold * singular[0]! && s > 0).length;
  return matrixOf(m.nRows, rank, (i, j) => at(left, i, j));
}

/** Orthonormal basis (columns) of what is orthogonal to the columns of `m` in R^nRows. */
export function complement(m: Matrix, threshold = 1e-10): Matrix {
  const n = m.nRows;
  const basis = columnSpace(m, threshold);
  if (basis.nColumns === n) return matrixOf(n, 0, () => 0);
  // I - B B' is a projector: its singular values are 0 or 1, so the split is unmistakable.
  const projector = matrixOf(n, n, (i, j) => {
    let sum = i === j ? 1 : 0;
    for (let l = 0; l < basis.nColumns; l++) sum -= at(basis, i, l) * at(basis, j, l);
    return sum;
  });
  const { left } = decompose(projector);
  return matrixOf(n, n - basis.nColumns, (i, j) => at(left, i, j));
}

/** Moore-Penrose inverse of a matrix of full row rank; [nColumns x nRows]. */
export function pseudoInverse(m: Matrix): Matrix {
  const { left, singular, right } = decompose(m);
  return matrixOf(m.nColumns, m.nRows, (i, j) => {
    let sum = 0;
    for (let l = 0; l < singular.length; l++) {
      if (singular[l]! > 1e-14 * singular[0]!) sum += (at(right, i, l) * at(left, j, l)) / singular[l]!;
    }
    return sum;
  });
}

/** Largest over smallest singular value; Infinity for a singular matrix. */
export function conditionNumber(m: Matrix): number {
  const { singular } = decompose(m);
  return singular[0]! / singular[singular.length - 1]!;
}
