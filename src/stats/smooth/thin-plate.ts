// The thin-plate regression spline of one covariate, with second derivatives penalised: a knot at every value, of whose radial functions the leading
// eigenvectors are kept. Wood 2003, "Thin plate regression splines", J. R. Statist. Soc. B 65:95-114.
import { type Basis, scaleColumns, uniqueValues } from "./basis.js";
import { largestEigen } from "./symmetric-eigen.js";

/** Functions without a penalty: the constant, and the line. */
const NULL_DIMENSION = 2;
export const LEAST_THIN_PLATE = NULL_DIMENSION + 1;
/** Values from which on mgcv draws knots at random. */
export const MOST_KNOTS = 2000;

/**
 * `k` functions of `x`: k - 2 bent ones, then 1 and x - mean; each of root mean square 1. `x`: f64 [n], finite, at least k different values and MOST_KNOTS
 * at most; k >= LEAST_THIN_PLATE. Columns are mgcv's up to their signs.
 */
export function thinPlateBasis(x: Float64Array, k: number): Basis {
  const knots = uniqueValues(x);
  const m = knots.length;
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  // eta(r) = Gamma(-3/2) / (2^4 sqrt(pi)) r^3 = r^3 / 12
  const kernel = new Float64Array(m * m);
  for (let i = 0; i < m; i++) for (let j = 0; j < m; j++) kernel[i * m + j] = Math.abs(knots[i]! - knots[j]!) ** 3 / 12;
  const largest = largestEigen(kernel, m, k);
  // by value: the order of the columns of what follows
  const order = Array.from(largest.values.keys()).sort((i, j) => largest.values[j]! - largest.values[i]!);
  const values = order.map((i) => largest.values[i]!);
  const vectors = order.map((i) => largest.vectors[i]!);
  const rotation = orthogonalTo(
    [
      vectors.map((u) => u.reduce((sum, v) => sum + v, 0)),
      vectors.map((u) => u.reduce((sum, v, i) => sum + v * (knots[i]! - mean), 0)),
    ],
    k,
  );
  const bent = k - NULL_DIMENSION;
  const atKnots = Array.from({ length: bent }, (_, j) => {
    const column = new Float64Array(m);
    for (let l = 0; l < k; l++) {
      const weight = values[l]! * rotation[l * k + j]!;
      for (let i = 0; i < m; i++) column[i]! += weight * vectors[l]![i]!;
    }
    return column;
  });
  const place = new Map(Array.from(knots, (knot, i) => [knot, i]));
  const columns = [
    ...atKnots.map((column) => Float64Array.from(x, (value) => column[place.get(value)!]!)),
    new Float64Array(x.length).fill(1),
    x.map((value) => value - mean),
  ];
  const penalty = new Float64Array(k * k);
  for (let i = 0; i < bent; i++)
    for (let j = 0; j < bent; j++)
      for (let l = 0; l < k; l++) penalty[i * k + j]! += rotation[l * k + i]! * values[l]! * rotation[l * k + j]!;
  return scaleColumns({ columns, penalty, nullDimension: NULL_DIMENSION });
}

/** An orthogonal matrix [k][k] whose first columns are orthogonal to each of `rows`: Householder reflections that clear a row from its end. */
function orthogonalTo(rows: readonly (readonly number[])[], k: number): Float64Array {
  const q = new Float64Array(k * k);
  for (let i = 0; i < k; i++) q[i * k + i] = 1;
  const left = rows.map((row) => Float64Array.from(row));
  for (const [i, row] of left.entries()) {
    const length = k - i;
    const v = new Float64Array(k);
    v.set(row.subarray(0, length));
    const size = Math.sqrt(v.reduce((sum, value) => sum + value * value, 0));
    v[length - 1]! += v[length - 1]! < 0 ? -size : size;
    const square = v.reduce((sum, value) => sum + value * value, 0);
    const reflect = (target: Float64Array, start: number) => {
      let along = 0;
      for (let j = 0; j < length; j++) along += target[start + j]! * v[j]!;
      for (let j = 0; j < length; j++) target[start + j]! -= (2 * along * v[j]!) / square;
    };
    for (const other of left) reflect(other, 0);
    for (let r = 0; r < k; r++) reflect(q, r * k);
  }
  return q;
}
