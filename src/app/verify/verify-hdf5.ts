// A ModelArray file against what it has checksums of. Only files of ours have any: rows of values, names, fixels and voxels, results.
import path from "node:path";
import { createTemplateFolder } from "../../../converters/template-folder.js";
import { InputError, isFixelstreamError } from "../../errors.js";
import { assertRows, createRowSums, readChecksum, readRowChecksums } from "../../formats/hdf5/checksums.js";
import { readFixelTables } from "../../formats/hdf5/fixel-tables.js";
import { openMatrixReader } from "../../formats/hdf5/matrix-reader.js";
import {
  assertFinished,
  describeScalar,
  listAnalyses,
  namesPath,
  VALUES,
  valuesPath,
} from "../../formats/hdf5/modelarray-layout.js";
import { type Hdf5File, openHdf5 } from "../../formats/hdf5/open.js";
import { describeResults, readResults, resultNamesPath, resultsPath } from "../../formats/hdf5/results-matrix.js";
import type { PartialDirectory } from "../../publish/partial-directory.js";
import type { CheckReport, VerifyEvents } from "./check-report.js";

/** Bytes of values read at once. */
const PART_BYTES = 2 ** 22;

/** Throws InputError when it is no HDF5 file that opens, or the reason of the signal. */
export async function verifyHdf5(input: string, events: VerifyEvents): Promise<CheckReport> {
  const file = await openHdf5(input, events.signal);
  let folder: PartialDirectory | undefined;
  try {
    folder = createTemplateFolder(); // an open file holds the process: whatever fails, it is closed
    await assertFinished(file);
    const pieces = await listPieces(file, path.join(folder.path, "chunk"), events.signal);
    const checked: string[] = [];
    const unchecked: string[] = [];
    const damaged: string[] = [];
    for (const [i, { what, hasChecksum, read }] of pieces.entries()) {
      try {
        if (await hasChecksum()) {
          await read();
          checked.push(what);
        } else unchecked.push(what);
      } catch (error) {
        if (!isFixelstreamError(error, "InputError") && !isFixelstreamError(error, "UsageError")) throw error;
        damaged.push(error.message.replace(/ Give the fixel directory with --template\.$/, "")); // for who computes
      }
      events.onProgress?.(i + 1, pieces.length);
      await new Promise((resolve) => setImmediate(resolve));
      events.signal?.throwIfAborted();
    }
    const isForeign = checked.length === 0 && damaged.length === 0;
    return {
      path: input,
      checked: `all that has checksums (${checked.join(", ")})`,
      damaged,
      unchecked: isForeign
        ? ["it carries no checksums of fixelstream, so there is nothing to compare"]
        : unchecked.map((what) => `${what}: without checksum`),
      isChecked: !isForeign,
      remedy: "Make the file again, or copy it again.",
    };
  } finally {
    await file.close();
    folder?.remove();
  }
}

interface Piece {
  /** Path in the file, and what of it. */
  readonly what: string;
  hasChecksum(): Promise<boolean>;
  /** Throws InputError when it is not as it was written, or cannot be read. */
  read(): Promise<void>;
}

async function listPieces(file: Hdf5File, scratchPath: string, signal: AbortSignal | undefined): Promise<Piece[]> {
  const pieces: Piece[] = [];
  const has = (objectPath: string) => async () => (await readChecksum(file, objectPath)) !== undefined;
  for (const name of await file.groupsWith("/scalars", VALUES)) {
    pieces.push({
      what: `names of ${name}`,
      hasChecksum: has(valuesPath(name)),
      read: async () => assertSameTexts(file, namesPath(name), (await describeScalar(file, name)).subjectNames),
    });
    pieces.push({
      what: `values of ${name}`,
      hasChecksum: async () => (await readRowChecksums(file, await describeScalar(file, name))) !== undefined,
      read: () => readRows(file, name, scratchPath, signal),
    });
  }
  if ((await file.kindOf("/fixels")) === "dataset")
    pieces.push({
      what: "/fixels and /voxels",
      hasChecksum: has("/fixels"),
      read: async () => void (await readFixelTables(file)),
    });
  for (const analysis of await listAnalyses(file)) {
    pieces.push({
      what: `results of ${analysis}`,
      hasChecksum: has(resultsPath(analysis)),
      async read() {
        const found = await describeResults(file, analysis);
        await assertSameTexts(file, resultNamesPath(analysis), found.names);
        for await (const _ of readResults(file, found, { memoryBytes: 0, scratchPath })) signal?.throwIfAborted();
      },
    });
  }
  return pieces;
}

/** Names stand twice in files of ours, in an attribute and in a dataset: readers differ in which they take. */
async function assertSameTexts(file: Hdf5File, objectPath: string, expected: readonly string[]): Promise<void> {
  if ((await file.kindOf(objectPath)) !== "dataset") return;
  const got = await file.readTexts(objectPath);
  const other = expected.findIndex((name, i) => name !== got[i]);
  if (other < 0 && got.length === expected.length) return;
  const [one, two] = other < 0 ? [expected.length, got.length] : [expected[other], got[other]];
  throw new InputError(
    `Cannot use ${objectPath} of ${file.path}: expected the names of the attribute beside it, ${one}, got ${two} (place ${other < 0 ? "after the last" : other}, counted from 0).`,
    { path: file.path },
  );
}

async function readRows(
  file: Hdf5File,
  name: string,
  scratchPath: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const scalar = await describeScalar(file, name);
  const rows = createRowSums(scalar.nSubjects);
  const reader = await openMatrixReader(file, scalar, { partBytes: PART_BYTES, scratchPath });
  try {
    for await (const part of reader.parts()) {
      rows.add(part);
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
    }
  } finally {
    reader.close();
  }
  assertRows(file.path, scalar, (await readRowChecksums(file, scalar))!, rows.sums);
}
