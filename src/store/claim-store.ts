// Who may write a store: one process at a time, from the first look at its name to the last.
import fs from "node:fs";
import path from "node:path";
import { InputError, isFixelstreamError } from "../errors.js";
import { describeHolder, type HeldLock, type Holder, holderOf, tryLock } from "../publish/lock.js";
import { assertNotInOwn } from "../publish/own-directory.js";
import { describeSystemError, systemErrorCode } from "../system-error.js";
import { clearUseless, settleAdding } from "./open-partial.js";
import { assertReplaceable, restoreReplaced, tidyStore } from "./publish-store.js";

export interface StoreClaim {
  readonly lock: HeldLock;
  /**
   * What is built under it. `store`: what gets the name. `entry` of a cache: likewise, but a whole store that has the name by then is as good, and stays.
   * `parts`: partial directories that the caller puts together; whether the name is free is the caller's business.
   */
  readonly use: "store" | "entry" | "parts";
  /** Throws when what is read is no longer what it was taken for: asked before the store is published. */
  readonly assertUnchanged?: (() => Promise<void>) | undefined;
}

/** Throws InputError when `output` exists and is not to be replaced, or is being written by another: to be called before long work. */
export function assertOutputFree(output: string, replace: boolean, claim?: StoreClaim): void {
  assertPlaceFor(output);
  reportingWrites(output, () => {
    restoreReplaced(output, claim === undefined ? "free" : "mine");
    settleAdding(output);
    if (claim === undefined) {
      clearUseless(output);
      tidyStore(output);
    }
    if (claim?.use !== "parts") assertReplaceable(output, replace);
  });
  const holder = claim === undefined ? reportingWrites(output, () => holderOf(output)) : undefined;
  if (holder !== undefined) throw isHeldBy(output, holder);
}

/** Throws InputError: no name, no directory for it, or one of ours where nothing else belongs. */
export function assertPlaceFor(output: string): void {
  const target = path.resolve(output);
  if (output === "" || path.basename(target) === "")
    throw new InputError(`Cannot write ${JSON.stringify(output)}: expected a name, got none. Give the output a name.`, {
      path: output,
    });
  if (/[/\\]$/.test(output) && /\.(h5|hdf5|he5)$/i.test(target)) {
    throw new InputError(
      `Cannot write ${output}: expected the name of a file where it ends in ${path.extname(target)}, got one with a slash behind it. Leave the slash away for an HDF5 file, or give a store another ending.`,
      { path: output },
    );
  }
  const parent = path.dirname(target);
  if (!fs.existsSync(parent)) {
    throw new InputError(`Cannot write ${output}: there is no directory ${parent}. Make it first.`, { path: output });
  }
  assertNotInOwn(parent, `Cannot write ${output}`);
}

/** Does the work as the only writer of `output`; `given`: it is that already. Throws InputError when another process is. */
export async function withClaim<T>(
  output: string,
  given: StoreClaim | StoreClaim["use"],
  work: (claim: StoreClaim) => Promise<T>,
): Promise<T> {
  if (typeof given === "object") return await work(given);
  const claim = claimStore(output, given);
  try {
    return await work(claim);
  } finally {
    claim.lock.release();
  }
}

/** Throws InputError when another process writes it. */
export function claimStore(output: string, use: StoreClaim["use"] = "store"): StoreClaim {
  const attempt = reportingWrites(output, () => tryLock(output, "write"));
  if ("holder" in attempt) throw isHeldBy(output, attempt.holder);
  return { lock: attempt.lock, use };
}

/** The system's refusals as InputError. */
export function reportingWrites<T>(output: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw asRefusal(output, cause);
  }
}

/** What the system refused, as InputError; anything else as it is. */
export function asRefusal(output: string, cause: unknown): unknown {
  if (systemErrorCode(cause) === undefined || isFixelstreamError(cause)) return cause;
  return new InputError(
    `Cannot write ${output}: expected a disk with room and a directory that can be written, got ${describeSystemError(cause)}. Mend that and run the command again.`,
    { path: output, cause },
  );
}

function isHeldBy(output: string, holder: Holder): InputError {
  const state = holder.purpose === "clear" ? "it is being removed by" : "it is being written by";
  return new InputError(
    `Cannot write ${output}: ${state} ${describeHolder(holder)}. Wait for it, or end it and run the command again.`,
    { path: output },
  );
}
