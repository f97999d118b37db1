// The files of a prepared connectivity as they are written, row after row, and the manifest that goes last (FORMAT.md).
import { closeSync, openSync, statSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { signed } from "../checksum.js";
import { CONNECTIVITY_FORMAT, CONNECTIVITY_VERSION, type ConnectivityManifest, MANIFEST_FILE } from "./manifest.js";

/** Fixels whose rows are read at once: 2^14 x 16 B = 256 KiB. The checksum of the index is made of windows of so many. */
export const WINDOW_FIXELS = 2 ** 14;

export type SourceNames = "index" | "fixels" | "values";

export interface PreparedFacts extends Pick<ConnectivityManifest, "nFixels" | "nElements" | "exponent" | "key"> {
  readonly totals: Pick<ConnectivityManifest, "nConnections" | "maxRowConnections" | "nUnconnected" | "nTooWeak">;
  /** Of the files that were written. */
  readonly crc32: ConnectivityManifest["files"];
  /** The matrix directory's; `status` as it was before they were read. */
  readonly sources: Readonly<
    Record<SourceNames, { readonly path: string; readonly status: string; readonly crc32: number }>
  >;
}

/** Into the directory `path`: it is whole then. */
export function writeManifest(
  path: string,
  { nFixels, nElements, totals, exponent, key, crc32, sources }: PreparedFacts,
): void {
  const manifest: ConnectivityManifest = {
    format: CONNECTIVITY_FORMAT,
    formatVersion: CONNECTIVITY_VERSION,
    nFixels,
    nElements,
    ...totals,
    exponent,
    key,
    files: crc32,
    sources: { index: sourceOf(sources.index), fixels: sourceOf(sources.fixels), values: sourceOf(sources.values) },
  };
  writeFileSync(join(path, MANIFEST_FILE), `${JSON.stringify(signed(manifest), null, 2)}\n`);
}

function sourceOf({ path, status, crc32 }: PreparedFacts["sources"][SourceNames]) {
  const { size, mtimeMs } = statSync(path);
  return { path, sizeBytes: size, mtimeMs, status, contentCrc32: crc32 };
}

/** value^C. */
export const weightOf = (value: number, exponent: number): number =>
  exponent === 0.5 ? Math.sqrt(value) : value ** exponent;

/** 0 also where the weights are so small that float32 has no 1 / sum: infinity times a weight of 0 is no number. */
function normOf(sum: number): number {
  const norm = Math.fround(1 / sum);
  return norm < Number.POSITIVE_INFINITY ? norm : 0;
}

/** Buffers what is written; 1 MiB of connections at a time. */
export function openPreparedFiles(path: string) {
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
