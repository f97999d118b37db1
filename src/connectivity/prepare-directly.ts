// A prepared connectivity of a matrix that is just being made: written row by row beside it, without reading it again. The bytes are those that prepareConnectivity
// would write for all fixels.
import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { crc32 } from "node:zlib";
import { statusOf } from "../publish/file-status.js";
import { sweepCache, useEntry } from "../publish/in-use.js";
import { makeOrWait } from "../publish/make-or-wait.js";
import type { PartialDirectory } from "../publish/partial-directory.js";
import { openMatrixDirectory } from "./matrix-directory.js";
import { readConnectivityManifest } from "./open-connectivity.js";
import { asPreparingError, entryOf, keyOf } from "./prepare-connectivity.js";
import { openPreparedFiles, type SourceNames, WINDOW_FIXELS, weightOf, writeManifest } from "./prepared-files.js";
import { createConnectivityPartial, publishConnectivity, sweepConnectivityPartials } from "./publish-connectivity.js";

export interface DirectPreparation {
  /** The next rows: connections of each, and all of their columns and values. */
  addRows(counts: Uint32Array, nRows: number, columns: Uint32Array, values: Float32Array, nConnections: number): void;
  /** Into the cache, once the matrix has its name. The path of the entry. Throws InputError, and the reason of the signal. */
  publish(signal: AbortSignal | undefined): Promise<string>;
  /** Removes what was not published. Idempotent. */
  close(): void;
}

export interface DirectPreparationInputs {
  readonly cache: string;
  /** The matrix directory that is made, as typed. */
  readonly directory: string;
  readonly nFixels: number;
  /** C: weights are value^C. */
  readonly exponent: number;
}

/** Throws InputError where the cache cannot be written; so does what it returns. */
export function prepareDirectly(inputs: DirectPreparationInputs): DirectPreparation {
  const { cache, directory, nFixels, exponent } = inputs;
  let partial: PartialDirectory | undefined;
  try {
    mkdirSync(cache, { recursive: true });
    sweepConnectivityPartials(cache);
    // the key has the times of the matrix' files: to the entry of a run killed under its lock nobody comes back
    sweepCache(cache);
    // the key is known when the matrix has its name: until then any will do
    partial = createConnectivityPartial(entryOf(cache, randomBytes(12).toString("hex")));
    return writeInto(partial, { directory, cache, nFixels, exponent });
  } catch (error) {
    partial?.remove();
    throw asPreparingError(error, cache);
  }
}

function writeInto(partial: PartialDirectory, inputs: DirectPreparationInputs): DirectPreparation {
  const { cache, directory, nFixels, exponent } = inputs;
  const output = openPreparedFiles(partial.path);
  const crcs = { index: 0, fixels: 0, values: 0 };
  const totals = { nConnections: 0, maxRowConnections: 0, nUnconnected: 0, nTooWeak: 0 };
  const window = { counts: new Float64Array(WINDOW_FIXELS), firsts: new Float64Array(WINDOW_FIXELS), nRows: 0 };
  const add = (name: SourceNames, array: Float64Array | Float32Array | Uint32Array, n: number) => {
    if (n === 0) return; // of nothing zlib starts anew
    const bytes = new Uint8Array(array.buffer, array.byteOffset, n * array.BYTES_PER_ELEMENT);
    crcs[name] = crc32(bytes, crcs[name]);
  };
  const flushWindow = () => {
    add("index", window.counts, window.nRows);
    add("index", window.firsts, window.nRows);
    window.nRows = 0;
  };
  let isClosed = false;
  const closeFiles = () => {
    if (!isClosed) output.close();
    isClosed = true;
  };
  const isWhole = (entry: string, key: string) => {
    const found = readConnectivityManifest(entry);
    return found?.key === key ? found : undefined;
  };
  const addRows: DirectPreparation["addRows"] = (counts, nRows, columns, values, nConnections) => {
    add("fixels", columns, nConnections);
    add("values", values, nConnections);
    for (let row = 0, at = 0; row < nRows; row++) {
      const count = counts[row]!;
      window.counts[window.nRows] = count;
      window.firsts[window.nRows] = count === 0 ? 0 : totals.nConnections;
      if (++window.nRows === WINDOW_FIXELS) flushWindow();
      const kept = output.beginRow();
      let largest = 0;
      for (const end = at + count; at < end; at++) {
        const value = values[at]!;
        kept.add(columns[at]!, weightOf(value, exponent));
        if (value > largest) largest = value;
      }
      const { norm } = kept.end();
      totals.nConnections += count;
      totals.maxRowConnections = Math.max(totals.maxRowConnections, count);
      if (norm > 0) continue;
      if (largest === 0) totals.nUnconnected++;
      else totals.nTooWeak++;
    }
  };
  return {
    addRows(...rows) {
      try {
        addRows(...rows);
      } catch (error) {
        throw asPreparingError(error, cache);
      }
    },
    async publish(signal) {
      try {
        flushWindow();
        output.finish();
        closeFiles();
        const matrix = openMatrixDirectory(directory, nFixels);
        matrix.close();
        const key = keyOf(matrix, { exponent, nFixels, elementOfFixel: undefined });
        const source = (name: SourceNames) => {
          const path = matrix.files[name];
          return { path, status: statusOf(path), crc32: crcs[name] };
        };
        writeManifest(partial.path, {
          ...{ nFixels, nElements: nFixels, exponent, key, totals, crc32: output.crc32 },
          sources: { index: source("index"), fixels: source("fixels"), values: source("values") },
        });
        const entry = entryOf(cache, key);
        const use = useEntry(entry);
        try {
          await makeOrWait({
            target: entry,
            find: () => isWhole(entry, key),
            async make(lock) {
              publishConnectivity(partial, { entry, lock, isUsable: () => isWhole(entry, key) !== undefined });
            },
            signal,
          });
        } finally {
          use.release();
        }
        return entry;
      } catch (error) {
        throw asPreparingError(error, cache);
      }
    },
    close() {
      closeFiles();
      partial.remove(); // nothing when it was published
    },
  };
}
