// M = Q R column by column, by modified Gram-Schmidt with a second pass (Giraud, Langou & Rozloznik 2005: "twice is enough" unless a column
// is numerically dependent). Columns can be added later, which is how an element's own regressors join the design that all elements share.
//
//   Q f64 [k][n]   orthonormal rows; zero at observations that are missing; a dependent column leaves a row of zeros
//   R f64 [k][k]   upper triangular, row-major

export interface ColumnFactors {
  readonly nRows: number;
  /** Columns so far. */
  count: number;
  /** k: room for columns. */
  readonly capacity: number;
  readonly q: Float64Array;
  readonly r: Float64Array;
}

/** Where arrays of zeros come from: whoever makes factors of many designs brings arrays that are used again. */
export type Allocate = (length: number) => Float64Array;

export const newArray: Allocate = (length) => new Float64Array(length);

/** What is left of a column below this share of it is rounding: no direction. Whether the column is dependent, exact-factors.ts says. */
export const NO_DIRECTION = 1e-14;

/** A column that keeps so much of itself keeps 12 digits of its direction: where less is left, exact-factors.ts does the work. */
export const ENOUGH_LEFT = 1e-4;

export function createFactors(nRows: number, capacity: number, allocate: Allocate = newArray): ColumnFactors {
  const q = allocate(capacity * nRows);
  return { nRows, count: 0, capacity, q, r: allocate(capacity * capacity) };
}

/** Room for more columns, with what `factors` holds already. */
export function extendFactors(factors: ColumnFactors, capacity: number, allocate: Allocate = newArray): ColumnFactors {
  const extended = createFactors(factors.nRows, capacity, allocate);
  extended.q.set(factors.q.subarray(0, factors.count * factors.nRows));
  for (let i = 0; i < factors.count; i++) {
    for (let j = i; j < factors.count; j++) extended.r[i * capacity + j] = factors.r[i * factors.capacity + j]!;
  }
  extended.count = factors.count;
  return extended;
}

/** `column` f64 [n], zero at missing observations. Returns what is left of it beside the others, as a share of it; NaN where its squares leave the doubles. */
export function addColumn(factors: ColumnFactors, column: ArrayLike<number>): number {
  const { nRows: n, count, capacity, q, r } = factors;
  const own = q.subarray(count * n, count * n + n);
  own.set(column);
  const length = norm(own);
  for (let pass = 0; pass < 2; pass++) {
    for (let j = 0; j < count; j++) {
      const along = removeDirection(q.subarray(j * n, j * n + n), own);
      r[j * capacity + count]! += along;
    }
  }
  const left = count === 0 ? length : norm(own);
  r[count * capacity + count] = left;
  if (left > NO_DIRECTION * length) for (let i = 0; i < n; i++) own[i]! /= left;
  else own.fill(0);
  factors.count++;
  return isUsual(length) ? left / length : Number.NaN;
}

/** Whether the square of a length keeps its digits. */
export const isUsual = (length: number): boolean => length > 1e-140 && length < 1e140;

/** e -= q (q'e); returns q'e. */
export function removeDirection(q: Float64Array, e: Float64Array): number {
  let along = 0;
  for (let i = 0; i < e.length; i++) along += q[i]! * e[i]!;
  for (let i = 0; i < e.length; i++) e[i]! -= along * q[i]!;
  return along;
}

function norm(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!;
  return Math.sqrt(sum);
}

/** R^-1, f64 [k][k] upper triangular. Not finite where a column is dependent. */
export function invertUpper(r: Float64Array, k: number): Float64Array {
  const inverse = new Float64Array(k * k);
  for (let j = 0; j < k; j++) {
    inverse[j * k + j] = 1 / r[j * k + j]!;
    for (let i = j - 1; i >= 0; i--) {
      let sum = 0;
      for (let l = i + 1; l <= j; l++) sum += r[i * k + l]! * inverse[l * k + j]!;
      inverse[i * k + j] = -sum / r[i * k + i]!;
    }
  }
  return inverse;
}

/** What a decomposition in double precision says at most, of columns that depend on each other: the peer's are about as large. */
const LARGEST_CONDITION = 2 ** 60;

/** Largest over smallest singular value of R, which are those of M; at most 2^60. One-sided Jacobi: relative accuracy in the smallest one too. */
export function conditionOfUpper(r: Float64Array, k: number): number {
  const columns = Array.from({ length: k }, (_, j) => Float64Array.from({ length: k }, (__, i) => r[i * k + j]!));
  for (let sweep = 0; sweep < 40; sweep++) {
    let rotated = false;
    for (let p = 0; p < k - 1; p++) {
      for (let q = p + 1; q < k; q++) rotated = rotate(columns[p]!, columns[q]!) || rotated;
    }
    if (!rotated) break;
  }
  const lengths = columns.map(norm);
  const condition = Math.max(...lengths) / Math.min(...lengths);
  return Number.isNaN(condition) ? LARGEST_CONDITION : Math.min(condition, LARGEST_CONDITION);
}

/** Makes two columns orthogonal; false when they are. */
function rotate(x: Float64Array, y: Float64Array): boolean {
  let alpha = 0;
  let beta = 0;
  let gamma = 0;
  for (let i = 0; i < x.length; i++) {
    alpha += x[i]! * x[i]!;
    beta += y[i]! * y[i]!;
    gamma += x[i]! * y[i]!;
  }
  if (!(Math.abs(gamma) > 1e-15 * Math.sqrt(alpha * beta))) return false;
  const zeta = (beta - alpha) / (2 * gamma);
  const t = (zeta >= 0 ? 1 : -1) / (Math.abs(zeta) + Math.hypot(1, zeta));
  const c = 1 / Math.hypot(1, t);
  for (let i = 0; i < x.length; i++) {
    const kept = x[i]!;
    x[i] = c * (kept - t * y[i]!);
    y[i] = c * (t * kept + y[i]!);
  }
  return true;
}
