// The prepared connectivity of MRtrix3's matrix directory: found in the cache, waited for while another process prepares it, or prepared now.
import { createHash } from "node:crypto";
import { existsSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { InputError, isFixelstreamError } from "../errors.js";
import { statusOf } from "../publish/file-status.js";
import { useEntry } from "../publish/in-use.js";
import type { HeldLock, Holder } from "../publish/lock.js";
import { makeOrWait } from "../publish/make-or-wait.js";
import { describeSystemError, systemErrorCode } from "../system-error.js";
import { assertPreparedFrom } from "./check-sources.js";
import { examineMatrix } from "./examine-matrix.js";
import { CONNECTIVITY_VERSION, type ConnectivityManifest } from "./manifest.js";
import { type MatrixDirectory, openMatrixDirectory } from "./matrix-directory.js";
import { readConnectivityManifest } from "./open-connectivity.js";
import {
  createConnectivityPartial,
  publishConnectivity,
  sweepConnectivityPartials,
  tidyConnectivity,
} from "./publish-connectivity.js";
import { readSketchHeader } from "./sketch-header.js";
import { mostGroups, sketchBytes } from "./sketch-layout.js";
import { assertAsWritten } from "./verify-connectivity.js";
import { type PreparedContents, writePrepared } from "./write-prepared.js";

export interface PrepareInputs extends PreparedContents {
  /** Directory made by fixelconnectivity, as typed. */
  readonly directory: string;
  /** Where prepared matrices are kept. */
  readonly cache: string;
  /** Whether a sketch is wanted beside it (prepare-sketch.ts). */
  readonly sketch?: boolean | undefined;
  /** False: a prepared one is used without comparing its checksums. */
  readonly verify?: boolean | undefined;
  /** Whatever their times say, the files of the matrix are compared with what was prepared. */
  readonly verifyInputs?: boolean | undefined;
  /** These of its files were touched since it was prepared, and are compared. */
  readonly onTouched?: ((paths: readonly string[]) => void) | undefined;
  /** Another process is preparing the same matrix, and is waited for. */
  readonly onWaiting?: ((path: string, holder: Holder) => void) | undefined;
  /** The prepared matrix cannot be marked as used, for that reason. */
  readonly onUnmarked?: ((path: string, reason: string) => void) | undefined;
  /** Stops the work between two windows, and waiting, by throwing its reason; nothing is left then. */
  readonly signal?: AbortSignal | undefined;
}

/** What is known before the matrix itself is read. */
export interface ConnectivityPlan {
  /** Where it is, or will be. */
  readonly path: string;
  /** A usable one is in the cache. */
  readonly ready: boolean;
  /** Bytes that preparing it, and its sketch, will write. */
  readonly bytesToWrite: number;
  /** Exact when `exact`; else at most this many, because the mask takes away connections that index.mif still counts. */
  readonly nConnections: number;
  readonly maxRowConnections: number;
  readonly exact: boolean;
}

export interface PreparedConnectivity {
  readonly path: string;
  readonly reused: boolean;
  readonly manifest: ConnectivityManifest;
  /** Until then nobody clears it away. Idempotent; at the latest when the process ends. */
  release(): void;
}

/** Looks at headers and index.mif, writes nothing. Throws InputError: not a matrix directory, of another template, rows outside fixels.mif. */
export function planConnectivity(inputs: PrepareInputs): ConnectivityPlan {
  const matrix = openMatrixDirectory(inputs.directory, inputs.nFixels);
  try {
    const { path, known } = locate(matrix, inputs);
    if (known !== undefined) {
      const { nConnections, maxRowConnections } = known;
      const sketched = inputs.sketch !== true || readSketchHeader(path, known) !== undefined;
      const bytesToWrite = sketched ? 0 : bytesOfSketch(inputs, nConnections);
      return { path, ready: true, bytesToWrite, nConnections, maxRowConnections, exact: true };
    }
    const examined = examineMatrix(matrix, inputs.elementOfFixel);
    const sketch = inputs.sketch === true ? bytesOfSketch(inputs, examined.nConnections) : 0;
    const bytesToWrite = 8 * examined.nConnections + 8 * inputs.nElements + sketch;
    return { path, ready: false, bytesToWrite, ...examined, exact: inputs.elementOfFixel === undefined };
  } finally {
    matrix.close();
  }
}

const bytesOfSketch = ({ nElements }: PrepareInputs, nConnections: number) =>
  sketchBytes(nElements, mostGroups(nElements, nConnections));

/** Name of the entry with that key. */
export const entryOf = (cache: string, key: string): string => join(cache, `${key.slice(0, 24)}.fxc`);

/** Where the prepared matrix belongs in the cache, and its manifest when a usable one is there. */
function locate(matrix: MatrixDirectory, inputs: PrepareInputs) {
  const key = keyOf(matrix, inputs);
  const path = entryOf(inputs.cache, key);
  const found = existsSync(path) ? readConnectivityManifest(path) : undefined;
  return { key, path, known: found?.key === key ? found : undefined };
}

/**
 * Uses the prepared one, waits for the process that prepares it, or prepares it. Throws InputError when it is damaged, for a matrix of another template, rows outside fixels.mif,
 * fixel numbers outside the template, values that are negative or not finite.
 */
export async function prepareConnectivity(inputs: PrepareInputs): Promise<PreparedConnectivity> {
  const matrix = openMatrixDirectory(inputs.directory, inputs.nFixels);
  let release = () => {};
  try {
    const { key, path } = locate(matrix, inputs);
    release = useEntry(path, (reason) => inputs.onUnmarked?.(path, reason)).release;
    sweepConnectivityPartials(inputs.cache);
    const find = () => {
      const found = existsSync(path) ? readConnectivityManifest(path) : undefined;
      return found?.key === key ? found : undefined;
    };
    const { value: manifest, made } = await makeOrWait({
      target: path,
      find,
      make: (lock) => makePrepared(matrix, inputs, { path, key, lock, isUsable: () => find() !== undefined }),
      onWaiting: (holder) => inputs.onWaiting?.(path, holder),
      signal: inputs.signal,
    });
    if (!made) {
      tidyConnectivity(path);
      await checkSources(matrix, inputs, manifest);
    }
    // one made a moment ago too: what counts is what is on the disk
    if (inputs.verify !== false) await assertAsWritten(path, manifest, inputs.signal);
    return { path, reused: !made, manifest, release };
  } catch (error) {
    release();
    throw asPreparingError(error, inputs.cache);
  } finally {
    matrix.close();
  }
}

async function checkSources(
  matrix: MatrixDirectory,
  inputs: PrepareInputs,
  manifest: ConnectivityManifest,
): Promise<void> {
  if (!inputs.verifyInputs) {
    if (inputs.verify === false) return;
    const names = ["index", "fixels", "values"] as const;
    const touched = names.filter((name) => statusOf(matrix.files[name]) !== manifest.sources[name].status);
    if (touched.length === 0) return;
    inputs.onTouched?.(touched.map((name) => matrix.files[name]));
  }
  await assertPreparedFrom(matrix, inputs, manifest);
}

async function makePrepared(
  matrix: MatrixDirectory,
  inputs: PrepareInputs,
  {
    path,
    key,
    lock,
    isUsable,
  }: { readonly path: string; readonly key: string; readonly lock: HeldLock; isUsable(): boolean },
): Promise<void> {
  const partial = createConnectivityPartial(path);
  try {
    await writePrepared(matrix, inputs, partial.path, key);
    if (keyOf(matrix, inputs) !== key) throw changedMeanwhile(matrix);
    publishConnectivity(partial, { entry: path, lock, isUsable });
  } finally {
    partial.remove(); // nothing when it was published
  }
}

function changedMeanwhile({ path }: MatrixDirectory): InputError {
  return new InputError(
    `Cannot use the connectivity ${path}: expected files as they were when the run began, got others, changed meanwhile. Make sure that nothing writes to them, and run the command again.`,
    { path },
  );
}

export function asPreparingError(cause: unknown, cache: string): unknown {
  if (isFixelstreamError(cause) || systemErrorCode(cause) === undefined) return cause;
  return new InputError(
    `Cannot keep the prepared connectivity in ${cache}: expected a disk with room and a directory that can be written, got ${describeSystemError(cause)}. Make room, or choose another place with --cache.`,
    { path: cache, cause },
  );
}

/** Paths, sizes and times of the inputs, C, and the mask itself. */
export function keyOf(
  matrix: Pick<MatrixDirectory, "files">,
  inputs: Pick<PrepareInputs, "exponent" | "nFixels" | "elementOfFixel">,
): string {
  const hash = createHash("sha256");
  hash.update(`fixelstream-connectivity ${CONNECTIVITY_VERSION} C=${inputs.exponent} m=${inputs.nFixels}\n`);
  for (const file of Object.values(matrix.files)) {
    const stat = statSync(file, { bigint: true });
    // not by device and inode: those of a network disk differ between the hosts that share a cache
    hash.update(`${realpathSync(file)} ${stat.size} ${stat.mtimeNs}\n`);
  }
  if (inputs.elementOfFixel !== undefined) hash.update(inputs.elementOfFixel);
  return hash.digest("hex");
}
