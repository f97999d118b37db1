// What `joint` left, and the runs that it is of.
import { readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { signatureOf } from "../../checksum.js";
import { InputError, isFixelstreamError } from "../../errors.js";
import type { HypothesisData } from "../../report/report-data.js";
import { RUN_RECORD_FILE } from "../../results/result-folder.js";
import { RUN_RECORD_FORMAT, type RunRecord } from "../../results/run-record.js";
import { type FoundResults, findResults, recordBehind } from "./find-results.js";

/** Its record has no plan: `joint` says what it is of. */
export type JointRecord = Pick<RunRecord, "command" | "startedAt" | "versions" | "machine" | "files" | "warnings"> & {
  readonly joint: {
    readonly shufflesHash: string;
    readonly runs: readonly { readonly name: string; readonly path: string; readonly planHash: string }[];
  };
  readonly problem: { readonly nSubjects: number; readonly nShuffles: number };
  readonly results: {
    readonly runs: readonly {
      readonly name: string;
      readonly hypotheses: readonly ({ readonly name: string } & HypothesisData["summary"])[];
    }[];
  };
};

export interface FoundJoint {
  readonly record: JointRecord;
  readonly directory: string;
  /** As it should be shown. */
  readonly place: string;
  readonly isChanged: boolean;
  readonly runs: readonly FoundResults[];
}

/** Undefined: no results of joint. Throws InputError: its runs are not where they were, or not what they were. */
export function findJoint(given: string): FoundJoint | undefined {
  const file = recordBehind(given);
  const record = file === undefined ? undefined : jointRecord(file);
  if (file === undefined || record === undefined) return undefined;
  const signature = signatureOf(record);
  return {
    record,
    directory: dirname(file),
    place: basename(given) === RUN_RECORD_FILE ? dirname(given) : given,
    isChanged: signature !== undefined && signature.expectedCrc32 !== signature.gotCrc32,
    runs: record.joint.runs.map(({ path, planHash }) => joinedRun(given, path, planHash)),
  };
}

function jointRecord(file: string): JointRecord | undefined {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined; // who looks for the record of a run says so
  }
  const { format, joint } = (json ?? {}) as { format?: unknown; joint?: { runs?: unknown } };
  return format === RUN_RECORD_FORMAT && Array.isArray(joint?.runs) ? (json as JointRecord) : undefined;
}

function joinedRun(given: string, path: string, planHash: string): FoundResults {
  const refuse = (got: string, cause?: unknown) =>
    new InputError(
      `Cannot report ${given}: expected the runs that were joined where they were, as joint was told, got ${got} at ${path}. Go to the directory in which joint was run, or join the runs again.`,
      { path, cause },
    );
  let run: FoundResults;
  try {
    run = findResults(path);
  } catch (cause) {
    if (!isFixelstreamError(cause)) throw cause;
    throw refuse("none", cause);
  }
  if (run.record.runPlan.hash !== planHash) throw refuse("results of another plan");
  return run;
}
