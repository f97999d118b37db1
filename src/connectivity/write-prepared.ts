// The files of a prepared connectivity from MRtrix3's matrix directory: one pass in windows, any size.
import { crc32 } from "node:zlib";
import { InputError } from "../errors.js";
import { statusOf } from "../publish/file-status.js";
import { createTurns } from "../turns.js";
import { assertConnection, checkRow } from "./examine-matrix.js";
import type { MatrixDirectory } from "./matrix-directory.js";
import { openPreparedFiles, type SourceNames, WINDOW_FIXELS, weightOf, writeManifest } from "./prepared-files.js";

export interface PreparedContents {
  /** Fixels of the template. */
  readonly nFixels: number;
  /** i32 [nFixels]: element of each fixel, -1 outside the mask; absent: every fixel is an element. */
  readonly elementOfFixel: Int32Array | undefined;
  readonly nElements: number;
  /** C: weights are value^C. */
  readonly exponent: number;
  readonly onProgress?: ((doneConnections: number, nConnections: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Connections read at once: 2^19 x (4 + 4 + 8) B = 8 MiB. */
const WINDOW_CONNECTIONS = 2 ** 19;
const LARGEST_FLOAT32 = 3.4028234663852886e38;

/** Into the directory `path`, the manifest last. Throws InputError: fixel numbers outside the template, weights that cannot be used. */
export async function writePrepared(
  matrix: MatrixDirectory,
  inputs: PreparedContents,
  path: string,
  key: string,
): Promise<void> {
  const { files } = matrix;
  // before anything is read: what is changed meanwhile has another one
  const status = { index: statusOf(files.index), fixels: statusOf(files.fixels), values: statusOf(files.values) };
  const output = openPreparedFiles(path);
  const turns = createTurns(inputs.signal);
  const crcs = { index: 0, fixels: 0, values: 0 };
  const totals = { nConnections: 0, maxRowConnections: 0, nUnconnected: 0, nTooWeak: 0 };
  try {
    const counts = new Float64Array(WINDOW_FIXELS);
    const firsts = new Float64Array(WINDOW_FIXELS);
    const row = createRowReader(matrix, crcs);
    let connectionsRead = 0;
    for (let f0 = 0; f0 < inputs.nFixels; f0 += WINDOW_FIXELS) {
      const nRows = Math.min(WINDOW_FIXELS, inputs.nFixels - f0);
      matrix.copyRowsInto(counts, firsts, f0, nRows);
      crcs.index = crc32(new Uint8Array(counts.buffer, 0, nRows * 8), crcs.index);
      crcs.index = crc32(new Uint8Array(firsts.buffer, 0, nRows * 8), crcs.index);
      for (let i = 0; i < nRows; i++) {
        if (turns.isDue()) await turns.take();
        const count = counts[i]!;
        checkRow(matrix, f0 + i, count, firsts[i]!);
        connectionsRead += count;
        if (inputs.elementOfFixel !== undefined && inputs.elementOfFixel[f0 + i]! < 0) continue;
        const kept = output.beginRow();
        let largest = 0;
        row.forEach(firsts[i]!, count, (fixel, value) => {
          assertConnection(matrix, inputs.nFixels, f0 + i, fixel, value);
          const element = inputs.elementOfFixel === undefined ? fixel : inputs.elementOfFixel[fixel]!;
          if (element < 0) return;
          kept.add(element, weightOf(value, inputs.exponent));
          if (value > largest) largest = value;
        });
        const { nKept, sum, norm } = kept.end();
        if (sum > LARGEST_FLOAT32) throw weightsTooLarge(matrix, f0 + i, inputs.exponent, sum);
        totals.nConnections += nKept;
        totals.maxRowConnections = Math.max(totals.maxRowConnections, nKept);
        if (norm > 0) continue;
        if (largest === 0) totals.nUnconnected++;
        else totals.nTooWeak++;
      }
      inputs.onProgress?.(connectionsRead, matrix.nConnections);
      await turns.take();
    }
    output.finish();
  } finally {
    output.close();
  }
  const source = (name: SourceNames) => ({ path: files[name], status: status[name], crc32: crcs[name] });
  writeManifest(path, {
    ...{ nFixels: inputs.nFixels, nElements: inputs.nElements, exponent: inputs.exponent, key, totals },
    crc32: output.crc32,
    sources: { index: source("index"), fixels: source("fixels"), values: source("values") },
  });
}

function weightsTooLarge(matrix: MatrixDirectory, fixel: number, exponent: number, sum: number): InputError {
  return new InputError(
    `Cannot use the connectivity ${matrix.path} with an exponent of ${exponent}: expected weights, value^${exponent}, whose sum is at most 3.4e38, got ${sum.toPrecision(3)} for fixel ${fixel} (counted from 0). Values are from 0 to 1: make the matrix again with fixelconnectivity, or lower -cfe_c.`,
    { path: matrix.path },
  );
}

/** Rows come in order of fixels but may lie anywhere: keeps one window of connections in memory. */
export function createRowReader(matrix: MatrixDirectory, crcs: { fixels: number; values: number }) {
  const connected = new Uint32Array(WINDOW_CONNECTIONS);
  const values = new Float32Array(WINDOW_CONNECTIONS);
  let start = 0;
  let end = 0;
  const load = (first: number) => {
    start = first;
    end = Math.min(first + WINDOW_CONNECTIONS, matrix.nConnections);
    matrix.copyConnectedInto(connected.subarray(0, end - start), start, end - start);
    matrix.copyValuesInto(values.subarray(0, end - start), start, end - start);
    crcs.fixels = crc32(new Uint8Array(connected.buffer, 0, (end - start) * 4), crcs.fixels);
    crcs.values = crc32(new Uint8Array(values.buffer, 0, (end - start) * 4), crcs.values);
  };
  return {
    forEach(first: number, count: number, visit: (fixel: number, value: number) => void) {
      for (let p = first; p < first + count; p++) {
        if (p < start || p >= end) load(p);
        visit(connected[p - start]!, values[p - start]!);
      }
    },
  };
}
