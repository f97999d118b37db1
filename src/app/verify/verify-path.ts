// The use case "is this as it was written": for whatever fixelstream writes, told by what it is.
import { closeSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import path from "node:path";
import { formatCrc32 } from "../../checksum.js";
import { readConnectivityManifest } from "../../connectivity/open-connectivity.js";
import { readSketchHeader } from "../../connectivity/sketch-header.js";
import { SKETCH_FILE } from "../../connectivity/sketch-layout.js";
import { findDamaged, findDamagedSketch } from "../../connectivity/verify-connectivity.js";
import { InputError, isFixelstreamError } from "../../errors.js";
import { isHdf5Path } from "../../formats/hdf5/hdf5-path.js";
import { checkResults } from "../../results/check-results.js";
import { NULL_STATE_MAGIC, readNullState } from "../../results/null-state-file.js";
import { RUN_RECORD_FILE } from "../../results/result-folder.js";
import { describeSystemError, systemErrorCode } from "../../system-error.js";
import { createTurns, inTurns } from "../../turns.js";
import type { CheckReport, VerifyEvents } from "./check-report.js";
import { type VerifyReport, verifySteps } from "./verify.js";
import { verifyHdf5 } from "./verify-hdf5.js";

export type { CheckReport };

export type AnyReport =
  | { readonly kind: "store"; readonly report: VerifyReport }
  | { readonly kind: "other"; readonly report: CheckReport };

/**
 * A store, a prepared connectivity (.fxc), a ModelArray file (.h5), a state of shuffles, or results: their directory, or the prefix of vectorstats. Damage is in
 * the report; throws InputError when it is none of them or cannot be read, or the reason of the signal.
 */
export async function verifyPath(input: string, events: VerifyEvents = {}): Promise<AnyReport> {
  try {
    return await verifyAny(input, events);
  } catch (cause) {
    if (systemErrorCode(cause) === undefined || isFixelstreamError(cause)) throw cause;
    const message = `Cannot check ${input}: expected files that can be read, got ${describeSystemError(cause)}. Check their permissions and the disk.`;
    throw new InputError(message, { path: input, cause });
  }
}

async function verifyAny(input: string, events: VerifyEvents): Promise<AnyReport> {
  const other = (report: CheckReport) => ({ kind: "other", report }) as const;
  if (isHdf5Path(input)) return other(await verifyHdf5(input, events));
  if (isFile(path.join(input, "store.json")) || /\.fxs[/\\]*$/.test(input)) return verifyStore(input, events);
  if (isFile(path.join(input, "connectivity.json")) || /\.fxc[/\\]*$/.test(input))
    return other(await verifyConnectivity(input, events));
  const records = findRecords(input);
  if (records.length > 0) return other(verifyResults(input, records));
  if (isNullState(input)) return other(verifyNullState(input));
  return verifyStore(input, events);
}

async function verifyStore(input: string, { onProgress, signal }: VerifyEvents): Promise<AnyReport> {
  return { kind: "store", report: await inTurns(verifySteps(input, onProgress), createTurns(signal)) };
}

async function verifyConnectivity(input: string, events: VerifyEvents): Promise<CheckReport> {
  const remedy = "Delete the directory: it is made again from the matrix directory by the next run.";
  const manifest = readConnectivityManifest(input);
  if (manifest === undefined) {
    const damaged = [
      "connectivity.json: damaged, missing, of another version, or of other sizes than the files beside it",
    ];
    return { path: input, checked: "", damaged, unchecked: [], isChecked: true, remedy };
  }
  const found = await findDamaged(input, manifest, events);
  const hasSketch = isFile(path.join(input, SKETCH_FILE));
  const sketch = hasSketch ? readSketchHeader(input, manifest) : undefined;
  if (sketch !== undefined) found.push(...(await findDamagedSketch(input, sketch, events)));
  const damaged = found.map(
    ({ file, expectedCrc32, gotCrc32 }) =>
      `${file}: expected CRC-32 ${formatCrc32(expectedCrc32)}, got ${formatCrc32(gotCrc32)}`,
  );
  if (hasSketch && sketch === undefined)
    damaged.push(`${SKETCH_FILE}: its beginning damaged, or of another version or matrix`);
  return { path: input, checked: `all ${hasSketch ? 5 : 4} files`, damaged, unchecked: [], isChecked: true, remedy };
}

interface Record {
  readonly directory: string;
  readonly name: string;
}

/** Run records: in the directory, those of any prefix included, or of the prefix. */
function findRecords(input: string): Record[] {
  if (isFile(`${input}${RUN_RECORD_FILE}`)) {
    const file = `${input}${RUN_RECORD_FILE}`;
    return [{ directory: path.dirname(file), name: path.basename(file) }];
  }
  if (!statSync(input, { throwIfNoEntry: false })?.isDirectory()) return [];
  const names = readdirSync(input).filter((name) => name.endsWith(RUN_RECORD_FILE) && isFile(path.join(input, name)));
  return names.sort().map((name) => ({ directory: input, name }));
}

function verifyResults(input: string, records: readonly Record[]): CheckReport {
  const checks = records.map(({ directory, name }) => ({ name, ...checkResults(directory, name) }));
  const damaged = checks.flatMap((check) =>
    check.damaged.map(({ file, expected, got }) => `${file}: expected ${expected}, got ${got}`),
  );
  const nFiles = checks.reduce((sum, { files }) => sum + files.length, 0);
  const unsigned = checks.filter(({ isSigned }) => !isSigned);
  return {
    path: input,
    checked: nFiles === 1 ? "its 1 file" : `all ${nFiles} files`,
    damaged,
    unchecked: unsigned.map(({ name }) => `${name}: without checksum`),
    isChecked: true,
    remedy: "Restore the results, or run the analysis again: run.json has its command.",
  };
}

function isNullState(input: string): boolean {
  if (!isFile(input)) return false;
  const fd = openSync(input, "r");
  try {
    const start = Buffer.alloc(NULL_STATE_MAGIC.length);
    return readSync(fd, start) === start.length && start.equals(NULL_STATE_MAGIC);
  } finally {
    closeSync(fd);
  }
}

function verifyNullState(input: string): CheckReport {
  const remedy = "Copy the file again, or compute its shuffles again.";
  const damaged: string[] = [];
  try {
    readNullState(input);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    damaged.push(error.message);
  }
  return { path: input, checked: "every byte", damaged, unchecked: [], isChecked: true, remedy };
}

/** False also where a directory in the path is none. */
function isFile(file: string): boolean {
  try {
    return statSync(file).isFile();
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(systemErrorCode(error) ?? "")) return false;
    throw error;
  }
}
