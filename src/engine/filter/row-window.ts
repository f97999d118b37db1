// Rows of the matrix as a thread claims them: a piece of fixels in as many windows of connections as it needs.
import { assertConnection } from "../../connectivity/examine-matrix.js";
import { type MatrixDirectory, openMatrixDirectory } from "../../connectivity/matrix-directory.js";
import { InternalError } from "../../errors.js";
import { PIECE_FIXELS } from "./plan.js";

export interface RowWindowInputs {
  /** Matrix directory, as typed. */
  readonly matrix: string;
  readonly nFixels: number;
  /** u32 [PIECE_FIXELS + 1]. */
  readonly rowStarts: Uint32Array;
  /** u32, f32 [window]. */
  readonly connected: Uint32Array;
  readonly connectivity: Float32Array;
}

export interface RowWindow {
  /** Rows of the piece: each time they lie in the arrays of the inputs, until the next. */
  windows(piece: number): Generator<{ readonly firstRow: number; readonly nRows: number }, void, void>;
  /** Throws InputError for a connection of the window that cannot be. */
  refuse(firstRow: number, connection: number): never;
  close(): void;
}

/** Throws InputError when the matrix cannot be read. */
export function createRowWindow({
  matrix: path,
  nFixels,
  rowStarts,
  connected,
  connectivity,
}: RowWindowInputs): RowWindow {
  const counts = new Float64Array(PIECE_FIXELS);
  const firsts = new Float64Array(PIECE_FIXELS);
  let matrix: MatrixDirectory | undefined;

  /** As many rows from `i` as the window takes, into it; rows that lie one after the other are read together. */
  function load(from: MatrixDirectory, i: number, end: number): number {
    let filled = 0;
    let run = { first: 0, to: 0, count: 0 };
    const read = () => {
      if (run.count === 0) return;
      from.copyConnectedInto(connected.subarray(run.to, run.to + run.count), run.first, run.count);
      from.copyValuesInto(connectivity.subarray(run.to, run.to + run.count), run.first, run.count);
    };
    rowStarts[0] = 0;
    let n = 0;
    for (; i + n < end; n++) {
      const count = counts[i + n]!;
      if (filled + count > connected.length) break;
      rowStarts[n + 1] = filled + count;
      if (count === 0) continue; // points anywhere
      const first = firsts[i + n]!;
      if (first !== run.first + run.count) {
        read();
        run = { first, to: filled, count: 0 };
      }
      run.count += count;
      filled += count;
    }
    read();
    return n;
  }

  return {
    *windows(piece) {
      matrix ??= openMatrixDirectory(path, nFixels);
      const first = piece * PIECE_FIXELS;
      const count = Math.min(PIECE_FIXELS, nFixels - first);
      matrix.copyRowsInto(counts, firsts, first, count);
      for (let i = 0; i < count; ) {
        const nRows = load(matrix, i, count);
        if (nRows === 0) throw new InternalError(`Row ${first + i} has ${counts[i]} connections.`);
        yield { firstRow: first + i, nRows };
        i += nRows;
      }
    },
    refuse(firstRow, connection) {
      const row = rowStarts.findIndex((start, i) => connection >= start && connection < rowStarts[i + 1]!);
      assertConnection(matrix!, nFixels, firstRow + row, connected[connection]!, connectivity[connection]!);
      throw new InternalError(`Connection ${connection} from row ${firstRow} was refused for nothing.`);
    },
    close: () => matrix?.close(),
  };
}
