// A small least squares fit for pictures of clusters: subjects' values, adjusted for what is not asked.
import { decompose } from "../stats/design/decompose.js";
import { at, type Matrix, matrixOf } from "../stats/design/matrix.js";

export interface LinearFit {
  /** [nColumns]; of a design without full rank the shortest. */
  readonly coefficients: readonly number[];
  /** Of the residuals; NaN without degrees of freedom. */
  readonly sd: number;
  readonly degreesOfFreedom: number;
  /** Half of the 95 % interval of the fitted value at a row of the design. */
  halfWidth(row: readonly number[]): number;
}

/** Rows whose value is not finite are left out. */
export function fitLinear(design: readonly (readonly number[])[], values: readonly number[]): LinearFit {
  const rows = design.filter((_, i) => Number.isFinite(values[i]!));
  const y = values.filter((value) => Number.isFinite(value));
  const nColumns = design[0]?.length ?? 0;
  const { left, singular, right } = decompose(matrixOf(rows.length, nColumns, (i, j) => rows[i]![j]!));
  const most = (singular[0] ?? 0) * 1e-10;
  const kept = singular.flatMap((value, i) => (value > most ? [i] : []));
  const scores = kept.map((k) => y.reduce((sum, value, i) => sum + at(left, i, k) * value, 0) / singular[k]!);
  const coefficients = Array.from({ length: nColumns }, (_, j) =>
    kept.reduce((sum, k, s) => sum + at(right, j, k) * scores[s]!, 0),
  );
  const degreesOfFreedom = rows.length - kept.length;
  const squares = rows.reduce((sum, row, i) => sum + (y[i]! - dot(row, coefficients)) ** 2, 0);
  const sd = degreesOfFreedom > 0 ? Math.sqrt(squares / degreesOfFreedom) : Number.NaN;
  return {
    ...{ coefficients, sd, degreesOfFreedom },
    halfWidth: (row) => studentQuantile(degreesOfFreedom) * sd * Math.sqrt(leverage(row, right, kept, singular)),
  };
}

const leverage = (
  row: readonly number[],
  right: Matrix,
  kept: readonly number[],
  singular: readonly number[],
): number =>
  kept.reduce((sum, k) => sum + (row.reduce((s, value, j) => s + value * at(right, j, k), 0) / singular[k]!) ** 2, 0);

export const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, i) => sum + value * b[i]!, 0);

/** Of 0.975; a thousandth at most is wrong from 4 degrees of freedom on: Abramowitz & Stegun 26.7.5. */
function studentQuantile(dof: number): number {
  const z = 1.959964;
  return (
    z +
    (z ** 3 + z) / (4 * dof) +
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * dof ** 2) +
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * dof ** 3) +
    (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / (92160 * dof ** 4)
  );
}
