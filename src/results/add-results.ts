// Results that are put beside those of a run that is done: all of them, and a record that lists them, or none.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../errors.js";
import type { identityOf } from "../publish/file-identity.js";
import type { PartialDirectory } from "../publish/partial-directory.js";
import { publishFiles } from "../publish/publish-files.js";
import { thingAt } from "../publish/remove-ours.js";
import { describeSystemError } from "../system-error.js";
import { checksumsOf, identifyOurs, readEarlierRun } from "./earlier-run.js";
import type { FinishedRun } from "./finished-run.js";
import { RUN_RECORD_FILE } from "./result-folder.js";
import { gatheredNames, gatherResults, settleResults, underResultsLock } from "./results-partial.js";
import { type RunRecord, writeRunRecord } from "./run-record.js";

export interface AddedResults {
  /** Where a file is written until all are there. */
  pathOf(file: string): string;
  /** `record` is told the names of all files, those of the run first. */
  publish(record: (files: readonly string[]) => RunRecord, signal: AbortSignal | undefined): Promise<void>;
  /** Idempotent. */
  discard(): void;
}

/** Throws InputError: exists already, or is there and was not written by fixelstream, or cannot be written. */
export function openAddedResults(
  { directory, base, record }: Pick<FinishedRun, "directory" | "base" | "record">,
  {
    files,
    overwrite,
    purpose,
  }: { readonly files: readonly string[]; readonly overwrite: boolean; readonly purpose: string },
): AddedResults {
  const recordName = `${base}${RUN_RECORD_FILE}`;
  const remedy = "Free that name, or make room.";
  const asInputError = (cause: unknown): unknown => {
    if (!(cause instanceof Error && "syscall" in cause)) return cause;
    const message = `${purpose}: expected a disk with room and a directory that can be written, got ${describeSystemError(cause)}. ${remedy}`;
    return new InputError(message, { path: directory, cause });
  };
  let partial: PartialDirectory;
  const replaceable = new Map<string, NonNullable<ReturnType<typeof identityOf>>>();
  try {
    settleResults(directory, purpose);
    const there = files.filter((name) => thingAt(join(directory, name)) !== undefined);
    if (there.length > 0 && !overwrite) {
      const more = there.length > 3 ? ` and ${there.length - 3} more` : "";
      throw new InputError(
        `${purpose}: ${there.slice(0, 3).join(", ")}${more} ${there.length === 1 ? "exists" : "exist"} already. Give -force to overwrite.`,
        { path: directory },
      );
    }
    const before = readEarlierRun({ directory, record: recordName, base, purpose });
    for (const [name, identity] of identifyOurs([...there, recordName], before, { directory, purpose, remedy }))
      replaceable.set(name, identity);
    partial = gatherResults({ directory, results: [...files, recordName], others: [], purpose, remedy });
  } catch (cause) {
    throw asInputError(cause);
  }
  const isReplacing = replaceable.size > 1;
  return {
    pathOf: (file) => join(partial.path, file),
    discard: () => partial.remove(),
    async publish(recordOf, signal) {
      try {
        // its place, so that it is gathered last
        writeFileSync(join(partial.path, recordName), "");
        const names = gatheredNames(partial, recordName);
        const added = names.slice(0, -1);
        const checksums = { ...record.checksums, ...(await checksumsOf(partial.path, added, signal)) };
        const all = [...record.files.filter((name) => !added.includes(name)), ...added];
        writeRunRecord(join(partial.path, recordName), { ...recordOf(all), checksums });
        const under = (move: Parameters<typeof underResultsLock>[2]) => void underResultsLock(directory, purpose, move);
        const ifKilled = isReplacing ? "finish" : "undo";
        publishFiles(partial, { into: directory, names, replaceable, ifKilled, purpose, under });
      } catch (cause) {
        throw asInputError(cause);
      }
    },
  };
}
