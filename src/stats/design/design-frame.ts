// A design once for all: factorised in double-double arithmetic, so that neither units nor large means cost digits, and rounded to double. Whatever else needs
// the design starts from here, where its columns are an orthonormal basis: rank, estimability, condition, pinv, patterns of missing observations.
//
//   B  f64 [r][n]   orthonormal rows       M = B' R0, R0 [r][k]       beta = toBeta (B y), toBeta = pinv(R0)
import {
  addPairs,
  addScaledPairs,
  type Doubled,
  dotPairs,
  doubled,
  multiplyPairs,
  pair,
  pairAt,
  putPair,
  rootOf,
} from "./double-double.js";
import {
  addExactColumn,
  createExactFactors,
  type ExactFactors,
  orthonormaliseRows,
  precisionOf,
} from "./exact-factors.js";
import { at, type Matrix } from "./matrix.js";

export interface DesignFrame {
  readonly nRows: number;
  /** k. */
  readonly nColumns: number;
  /** r. */
  readonly rank: number;
  /** [r]: columns that are independent of those before them. */
  readonly independent: readonly number[];
  /** B f64 [r][n]. */
  readonly basis: Float64Array;
  /** R0 f64 [r][k]. */
  readonly coordinates: Float64Array;
  /** f64 [k][r]: coefficients of minimum norm. */
  readonly toBeta: Float64Array;
  /** Relative error of the entries of each column, f64 [k]. */
  readonly precisions: Float64Array;
  /** Whether the constant is a combination of the columns. */
  readonly hasConstant: boolean;
  readonly factors: ExactFactors;
}

const frames = new WeakMap<Matrix, DesignFrame>();

/** `design` f64 [n x k], finite, never changed. Made once a design and thread. */
export function frameOf(design: Matrix): DesignFrame {
  const known = frames.get(design);
  if (known !== undefined) return known;
  const frame = makeFrame(design);
  frames.set(design, frame);
  return frame;
}

function makeFrame(design: Matrix): DesignFrame {
  const { nRows: n, nColumns: k } = design;
  const factors = createExactFactors(n, Math.min(n, k));
  const column = new Float64Array(n);
  for (let j = 0; j < k; j++) {
    for (let i = 0; i < n; i++) column[i] = at(design, i, j);
    addExactColumn(factors, column, precisionOf(column));
  }
  const { independent, columns, scales } = factors;
  const rank = independent.length;
  const coordinates = new Float64Array(rank * k);
  for (const [j, { high }] of columns.entries()) {
    for (let i = 0; i < high.length; i++) coordinates[i * k + j] = high[i]! / scales[j]!;
  }
  return {
    ...{ nRows: n, nColumns: k, rank, independent, coordinates, factors },
    basis: factors.q.high.slice(0, rank * n),
    precisions: Float64Array.from(factors.precisions),
    hasConstant: hasConstant(factors),
    toBeta: minimumNorm(factors, k),
  };
}

/** Whether the constant is a combination of the columns. */
function hasConstant({ q, independent, nRows: n, inverse, capacity, lengths, precisions }: ExactFactors): boolean {
  const rank = independent.length;
  if (rank === n) return true;
  const copy: Doubled = { high: new Float64Array((rank + 1) * n), low: new Float64Array((rank + 1) * n) };
  for (const part of ["high", "low"] as const) copy[part].set(q[part].subarray(0, rank * n));
  const within = doubled((rank + 1) ** 2);
  for (let l = 0; l < rank; l++) {
    for (let m = l; m < rank; m++) putPair(within, l * (rank + 1) + m, pairAt(inverse, l * capacity + m));
  }
  const list = (values: readonly number[]) => independent.map((j) => values[j]!);
  const trial: ExactFactors = {
    ...createExactFactors(n, rank + 1, copy),
    ...{ inverse: within, independent: independent.map((_, l) => l) },
    ...{ lengths: list(lengths), precisions: list(precisions), columns: independent.map(() => doubled(0)) },
  };
  return !addExactColumn(trial, new Float64Array(n).fill(1), precisionOf([1]));
}

/** pinv(R0) f64 [k][r]. */
function minimumNorm({ columns, independent, inverse, scales, capacity }: ExactFactors, k: number): Float64Array {
  const r = independent.length;
  const toBeta = new Float64Array(k * r);
  if (r === k) {
    for (let j = 0; j < k; j++)
      for (let i = j; i < k; i++) toBeta[j * r + i] = inverse.high[j * capacity + i]! * scales[j]!;
    return toBeta;
  }
  // orthonormal rows Z = K R0 give pinv(R0) = Z' K: the identity beside R0 undergoes the same steps and becomes K
  const width = k + r;
  const rows = doubled(r * width);
  for (const [j, column] of columns.entries()) {
    for (let i = 0; i < column.high.length; i++) {
      const { high, low } = pairAt(column, i);
      putPair(rows, i * width + j, { high: high / scales[j]!, low: low / scales[j]! });
    }
  }
  for (let i = 0; i < r; i++) rows.high[i * width + k + i] = 1;
  orthonormaliseRows(rows, r, k, width);
  for (let j = 0; j < k; j++) {
    for (let l = 0; l < r; l++) {
      let sum = pair(0);
      for (let i = 0; i < r; i++) {
        sum = addPairs(sum, multiplyPairs(pairAt(rows, i * width + j), pairAt(rows, i * width + k + l)));
      }
      toBeta[j * r + l] = sum.high;
    }
  }
  return toBeta;
}

/** From the coordinates in B to the effects of a contrast that the design can estimate: C pinv(M) B', [s][r]. `contrast` [s x at least k]. */
export function effectRows({ inverse, scales, capacity, independent }: ExactFactors, contrast: Matrix): Doubled {
  const r = independent.length;
  const rows = doubled(contrast.nRows * r);
  for (let q = 0; q < contrast.nRows; q++) {
    for (const [l, j] of independent.entries()) {
      const weight = at(contrast, q, j) * scales[j]!;
      if (weight !== 0) addScaledPairs(rows, q * r + l, pair(weight), inverse, l * capacity + l, r - l);
    }
  }
  return rows;
}

/**
 * Whether C lies in the row space of M: a dependent column x_j = sum a_i x_i needs C_j = sum a_i C_i. Every term has the unit of C_j. What a contrast loses by
 * the digits it was typed with counts as rank does; so does what is not known of x_j.
 */
export function isEstimable({ factors }: DesignFrame, contrast: Matrix): boolean {
  const { combinations, columns, independent, scales, lengths, precisions } = factors;
  const rows = effectRows(factors, contrast);
  const rank = independent.length;
  for (let q = 0; q < contrast.nRows; q++) {
    const along = rootOf(dotPairs(rows, q * rank, rows, q * rank, rank)).high;
    for (const [j, combination] of combinations.entries()) {
      if (combination === undefined) continue;
      const own = at(contrast, q, j) * scales[j]!;
      const found = dotPairs(rows, q * rank, columns[j]!, 0, combination.length);
      let known = precisions[j]! * lengths[j]!;
      let typed = Math.abs(own);
      for (const [l, weight] of combination.entries()) {
        const column = independent[l]!;
        known += precisions[column]! * Math.abs(weight) * lengths[column]!;
        typed += Math.abs(weight * at(contrast, q, column) * scales[column]!);
      }
      if (Math.abs(addPairs(found, pair(-own)).high) > CONTRAST * typed + along * known) return false;
    }
  }
  return true;
}

/** Weights are typed as columns are. */
const CONTRAST = 2 ** -47;

/** Rows of a matrix that are independent of those before them. Units of its columns and rows do not matter. */
export function independentRows(matrix: Matrix): number[] {
  const { nRows: s, nColumns: k } = matrix;
  const factors = createExactFactors(k, Math.min(k, s));
  const rows = Array.from({ length: s }, (_, i) => Float64Array.from({ length: k }, (__, j) => at(matrix, i, j)));
  const units = Float64Array.from({ length: k }, (_, j) => {
    const largest = rows.reduce((most, row) => Math.max(most, Math.abs(row[j]!)), 0);
    return largest > 0 ? 2 ** -Math.floor(Math.log2(largest)) : 1;
  });
  for (const row of rows) {
    addExactColumn(
      factors,
      row.map((value, j) => value * units[j]!),
      precisionOf(row),
    );
  }
  return factors.independent;
}
