// What index.mif alone tells about a matrix directory: read through once, before anything longer is begun.
import { InputError } from "../errors.js";
import { formatCount } from "../units.js";
import type { MatrixDirectory } from "./matrix-directory.js";

export interface MatrixExamination {
  /** Sum of the counts of the rows looked at. */
  readonly nConnections: number;
  readonly maxRowConnections: number;
}

/** Fixels whose rows are read at once: 2^14 x 16 B = 256 KiB. */
const WINDOW_FIXELS = 2 ** 14;

/**
 * Counts connections of the fixels with elementOfFixel >= 0 (i32 [nFixels]; absent: of all). Throws InputError: a row outside fixels.mif, in or out of the mask.
 */
export function examineMatrix(matrix: MatrixDirectory, elementOfFixel: Int32Array | undefined): MatrixExamination {
  const counts = new Float64Array(Math.min(WINDOW_FIXELS, matrix.nFixels));
  const firsts = new Float64Array(counts.length);
  let nConnections = 0;
  let maxRowConnections = 0;
  for (let f0 = 0; f0 < matrix.nFixels; f0 += counts.length) {
    const nRows = Math.min(counts.length, matrix.nFixels - f0);
    matrix.copyRowsInto(counts, firsts, f0, nRows);
    for (let i = 0; i < nRows; i++) {
      const count = counts[i]!;
      checkRow(matrix, f0 + i, count, firsts[i]!);
      if (elementOfFixel !== undefined && elementOfFixel[f0 + i]! < 0) continue;
      nConnections += count;
      if (count > maxRowConnections) maxRowConnections = count;
    }
  }
  return { nConnections, maxRowConnections };
}

/** Throws InputError unless the row lies inside fixels.mif; an index.mif of floats may hold fractions. */
export function checkRow(matrix: MatrixDirectory, fixel: number, count: number, first: number): void {
  const whole = Number.isInteger(count) && Number.isInteger(first);
  if (count === 0 || (whole && count > 0 && first >= 0 && first + count <= matrix.nConnections)) return;
  const got =
    whole && count > 0 && first >= 0
      ? `connections ${first} to ${first + count - 1}`
      : `${formatCount(count, "connections")} from ${first}`;
  throw new InputError(
    `Cannot read the connectivity ${matrix.path}: expected connections below ${matrix.nConnections}, the number in fixels.mif, got ${got} for fixel ${fixel} in index.mif (all counted from 0). Make the matrix again with fixelconnectivity.`,
    { path: matrix.path },
  );
}

/** Throws InputError: a fixel outside the template, or a value that is negative or not finite. */
export function assertConnection(
  matrix: MatrixDirectory,
  nFixels: number,
  from: number,
  to: number,
  value: number,
): void {
  if (to >= nFixels) {
    throw new InputError(
      `Cannot read the connectivity ${matrix.path}: expected fixels below ${nFixels}, the number in the template, got fixel ${to} connected to fixel ${from} in fixels.mif (counted from 0). Make the matrix again with fixelconnectivity.`,
      { path: matrix.path },
    );
  }
  if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) {
    throw new InputError(
      `Cannot read the connectivity ${matrix.path}: expected values from 0 to 1, got ${value} for fixel ${to} connected to fixel ${from} in values.mif (counted from 0). Make the matrix again with fixelconnectivity.`,
      { path: matrix.path },
    );
  }
}
