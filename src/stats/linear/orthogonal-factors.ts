// X = Q R of a design by Gram and Schmidt, each column twice ("twice is enough": Giraud, Langou & Rozloznik 2005), which is as orthogonal as Householder's
// reflections. A column that the ones before it explain is left out, by R's criterion (lm: tol = 1e-7).
import { invertUpper } from "../design/column-factors.js";

export interface OrthogonalFactors {
  readonly n: number;
  /** Columns of X that Q stands for, ascending. */
  readonly kept: readonly number[];
  /** f64 [rank][n]: orthonormal rows. */
  readonly q: Float64Array;
  /** f64 [rank][rank], row-major, upper triangular: the inverse of R. */
  readonly inverse: Float64Array;
  /** f64 [rank][rank], row-major: R. */
  readonly upper: Float64Array;
  /** ln |R|, the sum over its diagonal. */
  readonly logDeterminant: number;
}

/** What is left of a column, relative to it, where it counts as explained. */
const EXPLAINED = 1e-7;

/** `columns`: f64 [n] each, finite. */
export function orthogonalFactors(columns: readonly Float64Array[], n: number): OrthogonalFactors {
  const q = new Float64Array(columns.length * n);
  const r: Float64Array[] = [];
  const kept: number[] = [];
  const rest = new Float64Array(n);
  for (const [j, column] of columns.entries()) {
    const rank = kept.length;
    rest.set(column);
    const size = Math.sqrt(squares(rest));
    const above = new Float64Array(rank + 1);
    for (let pass = 0; pass < 2; pass++) {
      for (let k = 0; k < rank; k++) {
        let share = 0;
        for (let i = 0; i < n; i++) share += q[k * n + i]! * rest[i]!;
        above[k]! += share;
        for (let i = 0; i < n; i++) rest[i]! -= share * q[k * n + i]!;
      }
    }
    const left = Math.sqrt(squares(rest));
    // a column of zeros is explained by none
    if (rank === n || !(left > EXPLAINED * size)) continue;
    above[rank] = left;
    for (let i = 0; i < n; i++) q[rank * n + i] = rest[i]! / left;
    r.push(above);
    kept.push(j);
  }
  const rank = kept.length;
  const upper = fillUpper(r);
  return {
    ...{ n, kept, q: q.subarray(0, rank * n), upper, inverse: invertUpper(upper, rank) },
    logDeterminant: r.reduce((sum, column, k) => sum + Math.log(column[k]!), 0),
  };
}

function squares(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!;
  return sum;
}

function fillUpper(columns: readonly Float64Array[]): Float64Array {
  const rank = columns.length;
  const upper = new Float64Array(rank * rank);
  for (const [j, column] of columns.entries()) for (let i = 0; i <= j; i++) upper[i * rank + j] = column[i]!;
  return upper;
}
