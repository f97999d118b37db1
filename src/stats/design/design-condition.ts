// How near the columns of a design are to being dependent.
import { decompose } from "./decompose.js";
import type { DesignFrame } from "./design-frame.js";
import { addScaledPairs, dividePairs, dotPairs, doubled, negative, pair, putPair, rootOf } from "./double-double.js";
import { matrixOf } from "./matrix.js";

/** What the columns have of their own, units and means apart: each is centred where the constant is among them, and scaled to length 1. */
export interface Condition {
  /** Largest over smallest singular value; Infinity when columns are dependent. */
  readonly number: number;
  /** The column of which the others say most, from 0; -1: none. */
  readonly worst: number;
}

const EQUAL_SHARES = 1 - 1e-6;

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
    const along = Math.hypot(...toBeta.subarray(j * rank, (j + 1) * rank));
    // |scaled column| / what is its own
    return { j, share: lengths[j]! * (along / factors.scales[j]!) };
  });
  // of columns that say the same of each other the last, whatever rounding makes of their shares
  const most = shares.reduce((largest, { share }) => Math.max(largest, share), 0);
  const worst = shares.findLast(({ share }) => share > EQUAL_SHARES * most)!.j;
  return { number: singular[0]! / singular[wanted - 1]!, worst };
}

/** R of the scaled columns, without the constant where it is among them: f64 [r][k]. */
function centredCoordinates({ factors, hasConstant, nRows: n, nColumns: k, rank }: DesignFrame): Float64Array {
  const { q, columns } = factors;
  const centred = new Float64Array(rank * k);
  const ones = { high: new Float64Array(n).fill(1), low: new Float64Array(n) };
  const constant = doubled(rank);
  for (let i = 0; i < rank && hasConstant; i++) {
    putPair(constant, i, dividePairs(dotPairs(q, i * n, ones, 0, n), rootOf(pair(n))));
  }
  for (const [j, column] of columns.entries()) {
    const along = negative(dotPairs(constant, 0, column, 0, column.high.length));
    const left = doubled(rank);
    for (const part of ["high", "low"] as const) left[part].set(column[part]);
    addScaledPairs(left, 0, along, constant, 0, rank);
    for (let i = 0; i < rank; i++) centred[i * k + j] = left.high[i]!;
  }
  return centred;
}
