// The files of a prepared connectivity from MRtrix3's matrix directory: one pass in windows, any size.
import { closeSync, openSync, statSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { signed } from "../checksum.js";
import { InputError } from "../errors.js";
import { statusOf } from "../publish/file-status.js";
import { createTurns } from "../turns.js";
import { checkRow } from "./examine-matrix.js";
import { CONNECTIVITY_FORMAT, CONNECTIVITY_VERSION, type ConnectivityManifest, MANIFEST_FILE } from "./manifest.js";
import type { MatrixDirectory } from "./matrix-directory.js";

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
/** Fixels whose rows are read at once: 2^14 x 16 B = 256 KiB. */
export const WINDOW_FIXELS = 2 ** 14;
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
  const output = openOutput(path);
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
          checkConnection(matrix, inputs.nFixels, f0 + i, fixel, value);
          const element = inputs.elementOfFixel === undefined ? fixel : inputs.elementOfFixel[fixel]!;
          if (element < 0) return;
          kept.add(element, inputs.exponent === 0.5 ? Math.sqrt(value) : value ** inputs.exponent);
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
  const manifest: ConnectivityManifest = {
    format: CONNECTIVITY_FORMAT,
    formatVersion: CONNECTIVITY_VERSION,
    nFixels: inputs.nFixels,
    nElements: inputs.nElements,
    ...totals,
    exponent: inputs.exponent,
    key,
    files: output.crc32,
    sources: {
      index: sourceOf(files.index, status.index, crcs.index),
      fixels: sourceOf(files.fixels, status.fixels, crcs.fixels),
      values: sourceOf(files.values, status.values, crcs.values),
    },
  };
  writeFileSync(join(path, MANIFEST_FILE), `${JSON.stringify(signed(manifest), null, 2)}\n`);
}

function sourceOf(path: string, status: string, crc: number) {
  const { size, mtimeMs } = statSync(path);
  return { path, sizeBytes: size, mtimeMs, status, contentCrc32: crc };
}

function checkConnection(matrix: MatrixDirectory, nFixels: number, from: number, to: number, value: number): void {
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

function weightsTooLarge(matrix: MatrixDirectory, fixel: number, exponent: number, sum: number): InputError {
  return new InputError(
    `Cannot use the connectivity ${matrix.path} with an exponent of ${exponent}: expected weights, value^${exponent}, whose sum is at most 3.4e38, got ${sum.toPrecision(3)} for fixel ${fixel} (counted from 0). Values are from 0 to 1: make the matrix again with fixelconnectivity, or lower -cfe_c.`,
    { path: matrix.path },
  );
}

/** 0 also where the weights are so small that float32 has no 1 / sum: infinity times a weight of 0 is no number. */
function normOf(sum: number): number {
  const norm = Math.fround(1 / sum);
  return norm < Number.POSITIVE_INFINITY ? norm : 0;
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

/** Buffers what is written; 1 MiB of connections at a time. */
function openOutput(path: string) {
  const open = (name: string) => openSync(join(path, name), "wx");
  const files = { counts: open("counts.u32"), connections: open("connections.bin"), norms: open("norms.f32") };
  const pairs = new ArrayBuffer(2 ** 20);
  const elements = new Uint32Array(pairs);
  const weights = new Float32Array(pairs);
  let nWords = 0;
  const counts = new Uint32Array(2 ** 16);
  const norms = new Float32Array(2 ** 16);
  let nRows = 0;
  let rowCount = 0;
  let rowSum = 0;
  const sums = { "counts.u32": 0, "connections.bin": 0, "norms.f32": 0 };
  const writeAll = (name: keyof typeof sums, fd: number, bytes: Uint8Array) => {
    if (bytes.byteLength === 0) return; // of nothing zlib starts anew
    sums[name] = crc32(bytes, sums[name]);
    for (let done = 0; done < bytes.byteLength; ) done += writeSync(fd, bytes, done, bytes.byteLength - done);
  };
  const flushPairs = () => {
    writeAll("connections.bin", files.connections, new Uint8Array(pairs, 0, nWords * 4));
    nWords = 0;
  };
  const flushRows = () => {
    writeAll("counts.u32", files.counts, new Uint8Array(counts.buffer, 0, nRows * 4));
    writeAll("norms.f32", files.norms, new Uint8Array(norms.buffer, 0, nRows * 4));
    nRows = 0;
  };
  const rowWriter = {
    add(element: number, weight: number) {
      if (nWords === elements.length) flushPairs();
      elements[nWords] = element;
      weights[nWords + 1] = weight;
      nWords += 2;
      rowCount++;
      rowSum += weight;
    },
    end(): { readonly nKept: number; readonly sum: number; readonly norm: number } {
      if (nRows === counts.length) flushRows();
      counts[nRows] = rowCount;
      const norm = normOf(rowSum);
      norms[nRows] = norm;
      nRows++;
      return { nKept: rowCount, sum: rowSum, norm };
    },
  };
  return {
    /** Of what was written so far. */
    crc32: sums,
    beginRow() {
      rowCount = 0;
      rowSum = 0;
      return rowWriter;
    },
    finish() {
      flushPairs();
      flushRows(); // publishing brings every file to the disk
    },
    close() {
      for (const fd of Object.values(files)) closeSync(fd);
    },
  };
}
