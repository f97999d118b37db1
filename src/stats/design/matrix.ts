// Small dense matrices of designs and contrasts (n x k, k small).

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
