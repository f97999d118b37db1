// What a filter needs of index.mif before it begins: read through once.
import { InputError } from "../errors.js";
import { checkRow } from "./examine-matrix.js";
import { openMatrixDirectory } from "./matrix-directory.js";

export interface ConnectedRows {
  /** u8 [nFixels]: 1 where the row has a connection, itself included. */
  readonly connected: Uint8Array;
  readonly nConnections: number;
  readonly maxRowConnections: number;
}

/** Fixels whose rows are read at once: 2^14 x 16 B = 256 KiB. */
const WINDOW_FIXELS = 2 ** 14;
/** Of a row: positions inside it are 32 bits. */
const MOST_CONNECTIONS = 2 ** 28;

/** Throws InputError: no matrix directory, of another template, a row outside fixels.mif. */
export function examineRows(directory: string, nFixels: number): ConnectedRows {
  const matrix = openMatrixDirectory(directory, nFixels);
  try {
    const connected = new Uint8Array(nFixels);
    const counts = new Float64Array(Math.min(WINDOW_FIXELS, nFixels));
    const firsts = new Float64Array(counts.length);
    let nConnections = 0;
    let maxRowConnections = 0;
    for (let first = 0; first < nFixels; first += counts.length) {
      const n = Math.min(counts.length, nFixels - first);
      matrix.copyRowsInto(counts, firsts, first, n);
      for (let i = 0; i < n; i++) {
        const count = counts[i]!;
        checkRow(matrix, first + i, count, firsts[i]!);
        if (count > 0) connected[first + i] = 1;
        nConnections += count;
        if (count > maxRowConnections) maxRowConnections = count;
      }
    }
    if (maxRowConnections > MOST_CONNECTIONS) {
      throw new InputError(
        `Cannot use the connectivity ${directory}: expected at most ${MOST_CONNECTIONS} connections of a fixel, got ${maxRowConnections}. Make the matrix again with fixelconnectivity.`,
        { path: directory },
      );
    }
    return { connected, nConnections, maxRowConnections };
  } finally {
    matrix.close();
  }
}
