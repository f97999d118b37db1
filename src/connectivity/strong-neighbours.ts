// Which fixels a row connects to with at least some connectivity: kept in memory where they fit, because clusters visit rows in any order; else read row by row.
import { createTurns, type Turns } from "../turns.js";
import { assertConnection } from "./examine-matrix.js";
import { type MatrixDirectory, openMatrixDirectory } from "./matrix-directory.js";

export interface StrongNeighbours {
  /** In memory, or read when they are asked for. */
  readonly isHeld: boolean;
  readonly heldBytes: number;
  forEach(fixel: number, visit: (other: number) => void): void;
  close(): void;
}

export interface NeighbourInputs {
  readonly directory: string;
  readonly nFixels: number;
  readonly maxRowConnections: number;
  /** float32: of a connection at least. */
  readonly least: number;
  /** u8 [nFixels]; undefined: all. Connections from and to fixels outside are left out. */
  readonly inside: Uint8Array | undefined;
  readonly memoryBytes: number;
  readonly onProgress?: ((share: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Fixels whose rows are read at once. */
const WINDOW_FIXELS = 2 ** 12;

/** Throws InputError for connections to fixels outside the template, or whose value is negative or not finite; the reason of the signal. */
export async function openStrongNeighbours(inputs: NeighbourInputs): Promise<StrongNeighbours> {
  const { directory, nFixels } = inputs;
  const matrix = openMatrixDirectory(directory, nFixels);
  try {
    const row = createRow(matrix, inputs);
    const turns = createTurns(inputs.signal);
    const starts = new Float64Array(nFixels + 1);
    await forEachRow(matrix, inputs, turns, 0, (fixel, first, count) => {
      starts[fixel + 1] = starts[fixel]! + row.read(fixel, first, count);
    });
    const nKept = starts[nFixels]!;
    const heldBytes = 8 * (nFixels + 1) + 4 * nKept + row.bytes;
    if (heldBytes > inputs.memoryBytes || nKept >= 2 ** 32) return openRowByRow(matrix, row);
    const kept = new Uint32Array(nKept);
    await forEachRow(matrix, inputs, turns, 0.5, (fixel, first, count) => {
      row.read(fixel, first, count);
      kept.set(row.kept(), starts[fixel]!);
    });
    matrix.close();
    return {
      ...{ isHeld: true, heldBytes },
      forEach(fixel, visit) {
        for (let p = starts[fixel]!; p < starts[fixel + 1]!; p++) visit(kept[p]!);
      },
      close() {},
    };
  } catch (error) {
    matrix.close();
    throw error;
  }
}

type Row = ReturnType<typeof createRow>;

function openRowByRow(matrix: MatrixDirectory, row: Row): StrongNeighbours {
  const counts = new Float64Array(1);
  const firsts = new Float64Array(1);
  return {
    ...{ isHeld: false, heldBytes: row.bytes },
    forEach(fixel, visit) {
      matrix.copyRowsInto(counts, firsts, fixel, 1);
      row.read(fixel, firsts[0]!, counts[0]!);
      for (const other of row.kept()) visit(other);
    },
    close: () => matrix.close(),
  };
}

/** One row of the matrix, and what of it is kept. */
function createRow(matrix: MatrixDirectory, { nFixels, maxRowConnections, least, inside }: NeighbourInputs) {
  const connected = new Uint32Array(maxRowConnections);
  const values = new Float32Array(maxRowConnections);
  let nKept = 0;
  return {
    bytes: 8 * maxRowConnections,
    /** How many are kept. */
    read(fixel: number, first: number, count: number): number {
      nKept = 0;
      if (count === 0) return 0;
      matrix.copyConnectedInto(connected, first, count);
      matrix.copyValuesInto(values, first, count);
      const isOut = inside !== undefined && inside[fixel] === 0;
      for (let p = 0; p < count; p++) {
        const [other, value] = [connected[p]!, values[p]!];
        if (!(other < nFixels && value >= 0 && value < Number.POSITIVE_INFINITY))
          assertConnection(matrix, nFixels, fixel, other, value);
        if (isOut || !(value >= least) || (inside !== undefined && inside[other] === 0)) continue;
        connected[nKept++] = other; // behind what is still to be looked at
      }
      return nKept;
    },
    /** Valid until the next row is read. */
    kept: () => connected.subarray(0, nKept),
  };
}

/** `from`: share of the progress. */
async function forEachRow(
  matrix: MatrixDirectory,
  { nFixels, onProgress }: NeighbourInputs,
  turns: Turns,
  from: number,
  visit: (fixel: number, first: number, count: number) => void,
): Promise<void> {
  const counts = new Float64Array(Math.min(WINDOW_FIXELS, nFixels));
  const firsts = new Float64Array(counts.length);
  for (let first = 0; first < nFixels; first += counts.length) {
    const n = Math.min(counts.length, nFixels - first);
    matrix.copyRowsInto(counts, firsts, first, n);
    for (let i = 0; i < n; i++) {
      visit(first + i, firsts[i]!, counts[i]!);
      if (!turns.isDue()) continue;
      onProgress?.(from + (first + i) / nFixels / 2);
      await turns.take();
    }
  }
}
