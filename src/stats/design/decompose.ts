// Decompositions of small matrices, from ml-matrix (JAMA's SVD, ~1e-15). Beside the matrices and not among them: threads have no use for it, and it is 100 kB.
import { Matrix as MlMatrix, SingularValueDecomposition } from "ml-matrix";
import { at, type Matrix, matrixOf } from "./matrix.js";

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
