// A design once for all: factorised in double-double arithmetic, so that neither units nor large means cost digits, and rounded to double. Whatever else needs
// the design starts from here, where its columns are an orthonormal basis: rank, estimability, condition, pinv, patterns of missing observations.
//
//   B  f64 [r][n]   orthonormal rows       M = B' R0, R0 [r][k]       beta = toBeta (B y), toBeta = pinv(R0)
import {
  addPairs,
  type Doubled,
  dividePairs,
  dotPairs,
  doubled,
  multiplyPairs,
  negative,
  pair,
  pairAt,
  putPair,
  rootOf,
} from "./double-double.js";
import {
  addExactColumn,
  createExactFactors,
  type ExactFactors,
  independentColumns,
  precisionOf,
} from "./exact-factors.js";
import { at, decompose, type Matrix, matrixOf } from "./matrix.js";

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
  // room for the constant
  const factors = createExactFactors(n, k + 1);
  for (let j = 0; j < k; j++) {
    const column = Float64Array.from({ length: n }, (_, i) => at(design, i, j));
    addExactColumn(factors, column, precisionOf(column));
  }
  const independent = independentColumns(factors);
  const rank = independent.length;
  const basis = new Float64Array(rank * n);
  const coordinates = new Float64Array(rank * k);
  for (const [i, l] of independent.entries()) {
    basis.set(factors.q.high.subarray(l * n, l * n + n), i * n);
    for (let j = l; j < k; j++) coordinates[i * k + j] = factors.r.high[l * (k + 1) + j]! / factors.scales[j]!;
  }
  const hasConstant = !addExactColumn(factors, new Float64Array(n).fill(1), precisionOf([1]));
  const precisions = factors.precisions.slice(0, k);
  return {
    ...{ nRows: n, nColumns: k, rank, independent, basis, coordinates, precisions, hasConstant, factors },
    toBeta: minimumNorm(factors, independent, k),
  };
}

/** pinv(R0) f64 [k][r]. */
function minimumNorm(factors: ExactFactors, independent: readonly number[], k: number): Float64Array {
  const { r: upper, inverse, scales, capacity } = factors;
  const r = independent.length;
  const toBeta = new Float64Array(k * r);
  if (r === k) {
    for (let j = 0; j < k; j++)
      for (let i = j; i < k; i++) toBeta[j * r + i] = inverse.high[j * capacity + i]! * scales[j]!;
    return toBeta;
  }
  // orthonormal rows Z = K R0 give pinv(R0) = Z' K: the identity beside R0 undergoes the same steps and becomes K
  const rows = doubled(r * (k + r));
  const width = k + r;
  for (const [i, l] of independent.entries()) {
    for (let j = 0; j < k; j++) {
      if (j < l) continue;
      const { high, low } = pairAt(upper, l * capacity + j);
      putPair(rows, i * width + j, { high: high / scales[j]!, low: low / scales[j]! });
    }
    rows.high[i * width + k + i] = 1;
  }
  for (let i = 0; i < r; i++) {
    for (let pass = 0; pass < 2; pass++) {
      for (let l = 0; l < i; l++) {
        const along = negative(dotPairs(rows, l * width, rows, i * width, k));
        for (let j = 0; j < width; j++) {
          const moved = addPairs(pairAt(rows, i * width + j), multiplyPairs(along, pairAt(rows, l * width + j)));
          putPair(rows, i * width + j, moved);
        }
      }
    }
    const length = rootOf(dotPairs(rows, i * width, rows, i * width, k));
    for (let j = 0; j < width; j++) {
      putPair(rows, i * width + j, dividePairs(pairAt(rows, i * width + j), length));
    }
  }
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
export function effectRows({ factors, independent }: DesignFrame, contrast: Matrix): Doubled {
  const { inverse, scales, capacity } = factors;
  const r = independent.length;
  const rows = doubled(contrast.nRows * r);
  for (let q = 0; q < contrast.nRows; q++) {
    for (const [i, to] of independent.entries()) {
      let sum = pair(0);
      for (const l of independent) {
        const weight = at(contrast, q, l) * scales[l]!;
        if (l <= to && weight !== 0)
          sum = addPairs(sum, multiplyPairs(pair(weight), pairAt(inverse, l * capacity + to)));
      }
      putPair(rows, q * r + i, sum);
    }
  }
  return rows;
}

/**
 * Whether C lies in the row space of M: a dependent column x_j = sum a_i x_i needs C_j = sum a_i C_i. Every term has the unit of C_j. What a contrast loses by
 * the digits it was typed with counts as rank does; so does what is not known of x_j.
 */
export function isEstimable(frame: DesignFrame, contrast: Matrix): boolean {
  const { factors, independent, nColumns: k } = frame;
  const { combinations, scales, lengths, precisions, r, capacity } = factors;
  const rows = effectRows(frame, contrast);
  const rank = independent.length;
  for (let q = 0; q < contrast.nRows; q++) {
    const along = Math.sqrt(dotPairs(rows, q * rank, rows, q * rank, rank).high);
    for (let j = 0; j < k; j++) {
      const combination = combinations[j];
      if (combination === undefined) continue;
      const own = at(contrast, q, j) * scales[j]!;
      let found = pair(0);
      let known = precisions[j]! * lengths[j]!;
      let typed = Math.abs(own);
      for (const [i, l] of independent.entries()) {
        if (l > j) continue;
        found = addPairs(found, multiplyPairs(pairAt(rows, q * rank + i), pairAt(r, l * capacity + j)));
        known += precisions[l]! * Math.abs(combination[l]!) * lengths[l]!;
        typed += Math.abs(combination[l]! * at(contrast, q, l) * scales[l]!);
      }
      const off = Math.abs(addPairs(found, pair(-own)).high);
      if (off > CONTRAST * typed + along * known) return false;
    }
  }
  return true;
}

/** Weights are typed as columns are. */
const CONTRAST = 2 ** -47;

/** Rows of a matrix that are independent of those before them. Units of its columns and rows do not matter. */
export function independentRows(matrix: Matrix): number[] {
  const { nRows: s, nColumns: k } = matrix;
  const factors = createExactFactors(k, s);
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
  return independentColumns(factors);
}

/** What the columns have of their own, units and means apart: each is centred where the constant is among them, and scaled to length 1. */
export interface Condition {
  /** Largest over smallest singular value; Infinity when columns are dependent. */
  readonly number: number;
  /** The column of which the others say most, from 0; -1: none. */
  readonly worst: number;
}

export function conditionOf(frame: DesignFrame): Condition {
  const { rank, nColumns: k, factors, hasConstant, toBeta } = frame;
  if (rank < k) return { number: Number.POSITIVE_INFINITY, worst: -1 };
  const centred = centredCoordinates(frame);
  const lengths = Array.from({ length: k }, (_, j) => {
    let sum = 0;
    for (let i = 0; i < rank; i++) sum += centred[i * k + j]! ** 2;
    return Math.sqrt(sum);
  });
  // a column that is the constant is nothing, centred
  const left = lengths.flatMap((length, j) => (length > factors.precisions[j]! * factors.lengths[j]! ? [j] : []));
  const wanted = rank - (hasConstant ? 1 : 0);
  if (wanted === 0) return { number: 1, worst: -1 };
  const { singular } = decompose(
    matrixOf(rank, left.length, (i, j) => centred[i * k + left[j]!]! / lengths[left[j]!]!),
  );
  const shares = left.map((j) => {
    let sum = 0;
    for (let i = 0; i < rank; i++) sum += toBeta[j * rank + i]! ** 2;
    // |scaled column| / what is its own
    return { j, share: lengths[j]! * (Math.sqrt(sum) / factors.scales[j]!) };
  });
  const worst = shares.reduce((most, one) => (one.share > most.share ? one : most)).j;
  return { number: singular[0]! / singular[wanted - 1]!, worst };
}

/** R of the scaled columns, without the constant where it is among them: f64 [r][k]. */
function centredCoordinates({ factors, hasConstant, nRows: n, nColumns: k, rank }: DesignFrame): Float64Array {
  const { q, r, capacity } = factors;
  const centred = new Float64Array(rank * k);
  const ones = { high: new Float64Array(n).fill(1), low: new Float64Array(n) };
  const constant = Array.from({ length: rank }, (_, i) =>
    hasConstant ? dividePairs(dotPairs(q, i * n, ones, 0, n), rootOf(pair(n))) : pair(0),
  );
  for (let j = 0; j < k; j++) {
    let along = pair(0);
    for (let i = 0; i <= j; i++) along = addPairs(along, multiplyPairs(constant[i]!, pairAt(r, i * capacity + j)));
    for (let i = 0; i < rank; i++) {
      const own = i <= j ? pairAt(r, i * capacity + j) : pair(0);
      centred[i * k + j] = addPairs(own, negative(multiplyPairs(along, constant[i]!))).high;
    }
  }
  return centred;
}
