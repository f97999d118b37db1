// Small dense matrices of designs and contrasts (n x k, k small). Decompositions come from ml-matrix (JAMA's SVD, ~1e-15).
import { Matrix as MlMatrix, SingularValueDecomposition } from "ml-matrix";

/** f64 [nRows x nColumns], row-major. */
export interface Matrix {
  readonly nRows: number;
  readonly nColumns: number;
  readonly values: Float64Array;
}

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
