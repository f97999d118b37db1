// Orthonormal rows taken out of the packed columns: nuisance, or a whole design.
import { CONSTANT_COLUMN } from "../../stats/glm/element-test.js";
import type { Context } from "../context.js";

/**
 * `rows`: pointer to f64 [nRows][n]. A column that was nothing but those rows becomes exactly zero. Fills `rawSums` with |y|^2 as it was, `sums` as it is,
 * and `factors` with what remained is multiplied by.
 */
export type RowRemover = (width: number, nRows: number, rows: number) => void;

export function createRowRemover({ job, worker: w, kernels: k, f64 }: Context): RowRemover {
  const n = job.size.nSubjects;
  // single precision: unit columns, so that no product under- or overflows; F does not change
  const toUnit = job.precision === "single";
  return (width, nRows, rows) => {
    k.f64SumSquares(n, width, w.packed, w.rawSums);
    k.f64ProjectOut(n, width, nRows, rows, w.packed, 0);
    k.f64SumSquares(n, width, w.packed, w.sums);
    const rawSums = f64(w.rawSums, width);
    const sums = f64(w.sums, width);
    const factors = f64(w.factors, width);
    for (let c = 0; c < width; c++) {
      const constant = !(sums[c]! > CONSTANT_COLUMN * rawSums[c]!);
      factors[c] = constant ? 0 : toUnit ? 1 / Math.sqrt(sums[c]!) : 1;
      sums[c] = constant ? 0 : toUnit ? 1 : sums[c]!;
    }
    k.f64ScaleColumns(n, width, w.factors, w.packed);
  };
}
