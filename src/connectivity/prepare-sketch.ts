// The sketch of a prepared connectivity: found beside it, waited for while another process makes it, or made now. Runs that enhance every fixel of every
// shuffle do without one.
import { renameSync } from "node:fs";
import { join } from "node:path";
import { isFixelstreamError } from "../errors.js";
import type { Holder } from "../publish/lock.js";
import { makeOrWait } from "../publish/make-or-wait.js";
import { syncPath } from "../publish/publish.js";
import { describeSystemError, systemErrorCode } from "../system-error.js";
import { createTurns } from "../turns.js";
import { openConnectivityFiles } from "./connectivity-files.js";
import type { ConnectivityManifest } from "./manifest.js";
import { mortonOrder, type TemplatePlaces } from "./order-rows.js";
import { createConnectivityPartial } from "./publish-connectivity.js";
import { readSketchHeader, type SketchHeader } from "./sketch-header.js";
import { SKETCH_FILE } from "./sketch-layout.js";
import { assertSketchAsWritten } from "./verify-connectivity.js";
import { writeSketch } from "./write-sketch.js";

export interface SketchInputs {
  /** The prepared connectivity, marked as used. */
  readonly path: string;
  readonly manifest: ConnectivityManifest;
  /** i32 [fixels of the template]; absent: every fixel is an element. */
  readonly elementOfFixel: Int32Array | undefined;
  /** Undefined: rows stay in the order of the matrix. */
  readonly template: TemplatePlaces | undefined;
  /** False: one that is there is used without comparing its checksums. */
  readonly verify?: boolean | undefined;
  readonly onProgress?: ((doneConnections: number, nConnections: number) => void) | undefined;
  readonly onWaiting?: ((path: string, holder: Holder) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type PreparedSketch =
  | { readonly header: SketchHeader; readonly reused: boolean }
  /** It cannot be kept there. */
  | { readonly reason: string };

/** Throws InputError when it is damaged, or the reason of the signal. */
export async function prepareSketch(inputs: SketchInputs): Promise<PreparedSketch> {
  const { path, manifest, signal, onWaiting } = inputs;
  try {
    const { value: header, made } = await makeOrWait({
      target: path,
      find: () => readSketchHeader(path, manifest),
      make: () => makeSketch(inputs),
      onWaiting: (holder) => onWaiting?.(path, holder),
      signal,
    });
    if (inputs.verify !== false) await assertSketchAsWritten(path, header, signal);
    return { header, reused: !made };
  } catch (error) {
    if (isFixelstreamError(error) || systemErrorCode(error) === undefined) throw error;
    return { reason: describeSystemError(error) };
  }
}

async function makeSketch({ path, manifest, template, onProgress, signal, ...inputs }: SketchInputs): Promise<void> {
  const turns = createTurns(signal);
  const { nElements, nFixels } = manifest;
  const elements = { nElements, nFixels, elementOfFixel: inputs.elementOfFixel };
  const order = template && (await mortonOrder(template, elements, turns));
  const files = openConnectivityFiles(path, { io: "read" });
  try {
    const partial = createConnectivityPartial(path, [SKETCH_FILE]);
    try {
      const made = join(partial.path, SKETCH_FILE);
      await writeSketch(made, { manifest, files, order, onProgress, turns });
      syncPath(made);
      partial.assertMine(path);
      // one that is there cannot be used, and one that another process has made meanwhile is the same
      renameSync(made, join(path, SKETCH_FILE));
      syncPath(path);
    } finally {
      partial.remove();
    }
  } finally {
    files.close();
  }
}
