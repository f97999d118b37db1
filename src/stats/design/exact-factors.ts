// M = Q R column by column in double-double arithmetic: modified Gram-Schmidt, twice where a column loses much (Giraud, Langou & Rozloznik 2005).
// And the one rule of rank. The entries of a design are doubles, but they stand for numbers that were typed or computed, and carry an error of their own. What is
// left of column j beside those before it, x_j - sum a_i x_i, is known to
//
//   u_j + sum |a_i| u_i        u_i = precision_i |x_i|
//
// and where no more than that is left, the column is dependent. Each term has the unit of column j whatever the units of the others: scaling columns changes
// nothing. A constant added to a column changes u by as many digits as its numbers got longer: that much is really lost.
import {
  addPairs,
  addScaledPairs,
  type Doubled,
  dividePairs,
  dotPairs,
  doubled,
  multiplyPairs,
  negative,
  type Pair,
  pair,
  pairAt,
  putPair,
  rootOf,
  scalePairs,
} from "./double-double.js";

/** 15 significant digits, which is what tables are written with. */
const TYPED = 2 ** -47;
/** Whole numbers are what they are: only the arithmetic's own error counts, with room for what it grows by. */
const WHOLE = 2 ** -66;
/** float32, as images store values. */
export const STORED = 2 ** -22;
/** After one pass with so much of a column left, the second finds nothing. */
const ONE_PASS = 0.5;

/** Relative error of the entries of a column. */
export function precisionOf(column: ArrayLike<number>): number {
  for (let i = 0; i < column.length; i++) if (!Number.isSafeInteger(column[i]!)) return TYPED;
  return WHOLE;
}

/** The same of an element's own column, which may come from images. */
export function precisionOfStored(column: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < column.length; i++) {
    if (Math.fround(column[i]!) !== column[i]!) return precisionOf(column);
    largest = Math.max(largest, Math.abs(column[i]!));
  }
  // float32 has no fractions above that
  return largest <= 2 ** 24 && precisionOf(column) === WHOLE ? WHOLE : STORED;
}

/** Of columns that are scaled by powers of two. Rows are numbered by independent columns, l = 0, 1, .. */
export interface ExactFactors {
  readonly nRows: number;
  /** Independent columns that there is room for. */
  readonly capacity: number;
  /** [capacity][n]: orthonormal rows. */
  readonly q: Doubled;
  /** Column of each row. */
  readonly independent: number[];
  /** R by columns: entries of the rows there were, and of an independent column the one on the diagonal. */
  readonly columns: Doubled[];
  /** [capacity][capacity]: inverse of the independent columns' part of R. */
  readonly inverse: Doubled;
  /** By column: the power of two. */
  readonly scales: number[];
  /** By column: its length; what was left of it. */
  readonly lengths: number[];
  readonly left: number[];
  readonly precisions: number[];
  /** By column: undefined, it is independent of those before it; or the weights of the rows there were, which make it. */
  readonly combinations: (Float64Array | undefined)[];
}

/** At most `capacity` columns can be independent: as many as there are of them, or rows. */
export function createExactFactors(nRows: number, capacity: number, q = doubled(capacity * nRows)): ExactFactors {
  return {
    ...{ nRows, capacity, q, inverse: doubled(capacity * capacity) },
    ...{ independent: [], columns: [], scales: [], lengths: [], left: [], precisions: [], combinations: [] },
  };
}

/** `column` f64 [n], finite, zero at missing observations; `precision`: relative error of its entries. Whether it is independent of those before it. */
export function addExactColumn(factors: ExactFactors, column: ArrayLike<number>, precision: number): boolean {
  const { nRows: n, capacity, independent, inverse, lengths, precisions } = factors;
  const rank = independent.length;
  const scale = scaleOf(column);
  factors.scales.push(scale);
  precisions.push(precision);
  // every direction there is has been taken: as many columns as somebody may type are not worked through
  if (rank === capacity) {
    factors.columns.push(doubled(0));
    lengths.push(0);
    factors.left.push(0);
    factors.combinations.push(new Float64Array(0));
    return false;
  }
  const { q } = factors;
  const own = rank * n;
  for (let i = 0; i < n; i++) {
    q.high[own + i] = column[i]! * scale;
    q.low[own + i] = 0;
  }
  const length = rootOf(dotPairs(q, own, q, own, n)).high;
  const entries = doubled(rank + 1);
  let left = pair(length);
  for (let pass = 0; pass < 2; pass++) {
    for (let l = 0; l < rank; l++) {
      const along = dotPairs(q, l * n, q, own, n);
      addScaledPairs(q, own, negative(along), q, l * n, n);
      putPair(entries, l, addPairs(pairAt(entries, l), along));
    }
    left = rootOf(dotPairs(q, own, q, own, n));
    if (left.high > ONE_PASS * length) break;
  }
  const weights = Array.from({ length: rank }, (_, l) => dotRow(inverse, l, entries, rank, capacity));
  let known = precision * length;
  for (const [l, { high }] of weights.entries()) {
    const column = independent[l]!;
    known += precisions[column]! * Math.abs(high) * lengths[column]!;
  }
  lengths.push(length);
  factors.left.push(left.high);
  if (!(left.high > known)) {
    factors.columns.push({ high: entries.high.slice(0, rank), low: entries.low.slice(0, rank) });
    factors.combinations.push(Float64Array.from(weights, ({ high }) => high));
    return false;
  }
  putPair(entries, rank, left);
  const factor = dividePairs(pair(1), left);
  scalePairs(q, own, factor, n);
  for (const [l, weight] of weights.entries()) {
    putPair(inverse, l * capacity + rank, multiplyPairs(negative(weight), factor));
  }
  putPair(inverse, rank * capacity + rank, factor);
  independent.push(factors.columns.length);
  factors.columns.push(entries);
  factors.combinations.push(undefined);
  return true;
}

/** Row l of the inverse times entries 0..rank of a column of R. */
function dotRow(inverse: Doubled, l: number, entries: Doubled, rank: number, capacity: number): Pair {
  let sum = pair(0);
  for (let m = l; m < rank; m++) {
    sum = addPairs(sum, multiplyPairs(pairAt(inverse, l * capacity + m), pairAt(entries, m)));
  }
  return sum;
}

/** A power of two that makes the largest entry about 1. */
function scaleOf(column: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < column.length; i++) largest = Math.max(largest, Math.abs(column[i]!));
  if (largest === 0) return 1;
  return 2 ** -Math.max(-1000, Math.min(1000, Math.floor(Math.log2(largest))));
}

/**
 * Rows of `rows` [s][width], independent in their first r entries, of which they are made orthonormal in place, the first kept in direction. What stands behind
 * undergoes the same steps.
 */
export function orthonormaliseRows(rows: Doubled, s: number, r: number, width = r): void {
  for (let i = 0; i < s; i++) {
    removeRowsBefore(rows, i, r, width);
    const length = rootOf(dotPairs(rows, i * width, rows, i * width, r));
    if (length.high > 0) scalePairs(rows, i * width, dividePairs(pair(1), length), width);
  }
}

/** Takes the rows before row i, orthonormal in their first r entries, out of it. */
function removeRowsBefore(rows: Doubled, i: number, r: number, width: number): void {
  for (let pass = 0; pass < 2; pass++) {
    for (let l = 0; l < i; l++) {
      const along = negative(dotPairs(rows, l * width, rows, i * width, r));
      addScaledPairs(rows, i * width, along, rows, l * width, width);
    }
  }
}

/** Orthonormal rows [r - s][r] beside those of `rows`, orthonormal, [s][r]. */
export function complementOf(rows: Doubled, s: number, r: number): Doubled {
  const all = doubled(r * r);
  all.high.set(rows.high.subarray(0, s * r));
  all.low.set(rows.low.subarray(0, s * r));
  // what is left of each unit vector
  const free = Float64Array.from({ length: r }, (_, j) => {
    let inside = 0;
    for (let i = 0; i < s; i++) inside += all.high[i * r + j]! ** 2;
    return 1 - inside;
  });
  for (let i = s; i < r; i++) {
    let axis = 0;
    for (let j = 1; j < r; j++) if (free[j]! > free[axis]!) axis = j;
    all.high[i * r + axis] = 1;
    removeRowsBefore(all, i, r, r);
    scalePairs(all, i * r, dividePairs(pair(1), rootOf(dotPairs(all, i * r, all, i * r, r))), r);
    for (let j = 0; j < r; j++) free[j]! -= all.high[i * r + j]! ** 2;
  }
  return { high: all.high.slice(s * r), low: all.low.slice(s * r) };
}
