// Where a run's results are gathered until they are whole: a hidden folder in their directory, moved in place together at the end, so that a run that
// dies leaves nothing that looks like a result.
import { join } from "node:path";
import { InputError, InternalError } from "../errors.js";
import { type FileIdentity, identityOf } from "../publish/file-identity.js";
import type { HeldLock } from "../publish/lock.js";
import { assertNotInOwn } from "../publish/own-directory.js";
import type { PartialDirectory } from "../publish/partial-directory.js";
import { publishFiles } from "../publish/publish-files.js";
import { thingAt } from "../publish/remove-ours.js";
import { describeSystemError } from "../system-error.js";
import { checkDiskRoom, claimDirectory, rehearseClaim } from "./claim-directory.js";
import { checksumsOf, type EarlierRun, identifyOurs, readEarlierRun } from "./earlier-run.js";
import {
  assertNobodyElse,
  gatheredNames,
  gatherResults,
  namesToBeUndone,
  settleResults,
  underResultsLock,
} from "./results-partial.js";
import { type RunRecord, writeRunRecord } from "./run-record.js";

export interface ResultFolderInputs {
  /** As typed; made where it is missing. */
  readonly directory: string;
  /** What cannot be done, up to the colon: `Cannot write results to out/`. */
  readonly purpose: string;
  /** What to do when it cannot be written. */
  readonly remedy: string;
  /** What is said behind the names of results that exist. */
  readonly existing: string;
  /** As typed: where errors point. */
  readonly path: string;
  /** In front of the names of all files. */
  readonly base: string;
  /** All files that may be written, with base and ending. */
  readonly files: readonly string[];
  /** Files that come with the results and are none: never removed, whatever an earlier run says. */
  readonly companions?: readonly string[];
  readonly overwrite: boolean;
  /** Of all files together, at most. */
  readonly bytes: number;
  /** Everything is checked, and nothing made, settled or left behind: nothing can be written then. */
  readonly rehearse: boolean;
}

/** Results of an earlier run; only where they may be overwritten. */
export interface EarlierResults {
  /** In the way of this run's. */
  readonly replaced: number;
  /** Of which this run has none. */
  readonly removed: number;
}

export interface ResultFolder {
  readonly earlier: EarlierResults;
  /** Where a file is written until the results are published. It counts as a result from then on. */
  pathOf(file: string): string;
  /** Where what comes with the results but is none of them is put: `publish` moves it too. Undefined: only rehearsed. */
  readonly partial: string | undefined;
  /** A companion that is there will be replaced. Throws InputError when no earlier run wrote it, or it was changed since. */
  replaceCompanion(name: string): void;
  /** Throws an error that says what to do, for one of the system. */
  fail(error: unknown): never;
  /** Moves everything in place, the record last: where it is, everything else is. Throws InputError. */
  publish(record: (files: readonly string[]) => RunRecord, signal?: AbortSignal): Promise<void>;
  /** Removes what was not published, and directories made for it. Idempotent. */
  discard(): void;
}

/** Its name ends in this, behind the base. */
export const RUN_RECORD_FILE = "run.json";

/** Everything that can fail is tried here, before the run. Throws InputError: exists already, cannot be written, disk too small. */
export function openResultFolder(inputs: ResultFolderInputs): ResultFolder {
  try {
    return openFolder(inputs);
  } catch (error) {
    throw asInputError(error, inputs);
  }
}

function openFolder(inputs: ResultFolderInputs): ResultFolder {
  const { directory, purpose, base, overwrite, companions = [] } = inputs;
  const record = `${base}${RUN_RECORD_FILE}`;
  assertNotInOwn(directory, purpose);
  if (!inputs.rehearse) settleResults(directory, purpose);
  const undone = inputs.rehearse ? namesToBeUndone(directory) : new Set();
  const isThere = (name: string) => !undone.has(name) && thingAt(join(directory, name)) !== undefined;
  const inTheWay = [...inputs.files, record].filter(isThere);
  if (inTheWay.length > 0 && !overwrite) {
    const more = inTheWay.length > 3 ? ` and ${inTheWay.length - 3} more` : "";
    throw new InputError(`${purpose}: ${inTheWay.slice(0, 3).join(", ")}${more} ${inputs.existing}`, {
      path: inputs.path,
    });
  }
  const before = readEarlierRun({ directory, record, base, purpose });
  const listed = overwrite ? before.files.filter((name) => !companions.includes(name)) : [];
  /** Of ours that may be replaced or removed, as they are now. */
  const ours = identifyOurs(inTheWay, before, inputs);
  const removable = new Map(listed.map((name) => [name, identityOf(join(directory, name))!] as const));
  const earlier = { replaced: inTheWay.length, removed: listed.filter((name) => !inputs.files.includes(name)).length };
  if (inputs.rehearse) return rehearse(inputs, { earlier, record, before });
  const claim = claimDirectory({ path: directory, purpose, remedy: inputs.remedy });
  let gathered: PartialDirectory | undefined;
  const discard = () => {
    gathered?.remove();
    claim.release();
  };
  const fail = (error: unknown): never => {
    throw asInputError(error, inputs);
  };
  try {
    checkDiskRoom([{ path: directory, bytes: inputs.bytes, what: "results" }]);
    const { remedy, files } = inputs;
    gathered = gatherResults({ directory, results: [...files, record], others: companions, purpose, remedy });
  } catch (error) {
    discard();
    return fail(error);
  }
  const partial = gathered;
  const written = new Set<string>();
  return {
    earlier,
    partial: partial.path,
    fail,
    discard,
    replaceCompanion(name) {
      for (const [companion, identity] of identifyOurs([name], before, inputs)) ours.set(companion, identity);
    },
    pathOf(file) {
      written.add(file);
      return join(partial.path, file);
    },
    async publish(recordOf, signal) {
      const removes = new Map<string, FileIdentity>([...removable].filter(([name]) => !written.has(name)));
      try {
        const names = gatheredNames(partial, record);
        const checksums = { ...before.checksums, ...(await checksumsOf(partial.path, names.slice(0, -1), signal)) };
        for (const name of removes.keys()) delete checksums[name];
        writeRunRecord(join(partial.path, record), { ...recordOf([...written]), checksums });
        const ifKilled = ours.size + removes.size > 0 ? "finish" : "undo";
        const under = (move: (lock: HeldLock) => void) => underResultsLock(directory, purpose, move);
        const { isNew } = claim;
        publishFiles(partial, { into: directory, names, replaceable: ours, removes, ifKilled, isNew, purpose, under });
      } catch (error) {
        fail(error);
      }
      claim.release(); // removes nothing: the directory is in use
    },
  };
}

/** What the run would check. */
function rehearse(
  inputs: ResultFolderInputs,
  { earlier, record, before }: { earlier: EarlierResults; record: string; before: EarlierRun },
): ResultFolder {
  const { directory, purpose, remedy, files, bytes } = inputs;
  const nearest = rehearseClaim({ path: directory, purpose, remedy });
  checkDiskRoom([{ path: nearest, bytes, what: "results" }]);
  assertNobodyElse({ directory, results: [...files, record], purpose, remedy });
  const never = (): never => {
    throw new InternalError("Results of a rehearsal are not written.");
  };
  return {
    ...{ earlier, partial: undefined, pathOf: never, publish: never, discard() {} },
    fail(error) {
      throw asInputError(error, inputs);
    },
    replaceCompanion: (name) => void identifyOurs([name], before, inputs),
  };
}

function asInputError(cause: unknown, { purpose, remedy, path }: ResultFolderInputs): unknown {
  const system = cause instanceof Error && "syscall" in cause;
  if (!system) return cause;
  const message = `${purpose}: expected a disk with room and a directory that can be written, got ${describeSystemError(cause)}. ${remedy}`;
  return new InputError(message, { path, cause });
}
