// The record of a run, by the directory of its results or their prefix.
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { signatureOf } from "../../checksum.js";
import { InputError } from "../../errors.js";
import { pathKindOf } from "../../formats/path-kind.js";
import { RUN_RECORD_FILE } from "../../results/result-folder.js";
import { RUN_RECORD_FORMAT, type RunRecord } from "../../results/run-record.js";

export interface FoundResults {
  readonly record: RunRecord;
  /** In which the files are. */
  readonly directory: string;
  /** In front of their names. */
  readonly base: string;
  /** As it should be shown: the directory, or the prefix. */
  readonly place: string;
  /** run.json is not as it was written: somebody changed it. */
  readonly isChanged: boolean;
}

/** `given`: the output of fixelcfestats, the prefix of the other commands, or a run.json. Throws InputError. */
export function findResults(given: string): FoundResults {
  const file = recordBehind(given);
  if (file === undefined) {
    throw new InputError(
      `Cannot report ${given}: expected results with a ${RUN_RECORD_FILE}, got none. Give the output of fixelcfestats, or the prefix of the other commands as it was typed (out/x_).`,
      { path: given },
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw notARecord(given, file, "a file that cannot be read as JSON", cause);
  }
  if (!isRecord(json)) throw notARecord(given, file, "another JSON file");
  const signature = signatureOf(json);
  return {
    record: json,
    directory: dirname(file),
    base: basename(file).slice(0, -RUN_RECORD_FILE.length),
    place: dirname(file) === "." ? given : file.slice(0, -RUN_RECORD_FILE.length),
    isChanged: signature !== undefined && signature.expectedCrc32 !== signature.gotCrc32,
  };
}

/** The record of a run or of joint; undefined: none. */
export function recordBehind(given: string): string | undefined {
  const candidates = [
    ...(pathKindOf(given) === "directory" ? [join(given, RUN_RECORD_FILE)] : []),
    `${given}${RUN_RECORD_FILE}`,
    ...(basename(given).endsWith(RUN_RECORD_FILE) ? [given] : []),
  ];
  return candidates.find((path) => existsSync(path) && pathKindOf(path) === "file");
}

const notARecord = (given: string, file: string, got: string, cause?: unknown): InputError =>
  new InputError(
    `Cannot report ${given}: expected the record of a run in ${file}, got ${got}. Is it the output of a statistical command?`,
    { path: file, cause },
  );

function isRecord(json: unknown): json is RunRecord {
  if (json === null || typeof json !== "object") return false;
  const { format, problem, runPlan, files, results, options, inputs } = json as Record<string, unknown>;
  const areObjects = [problem, runPlan, results, options, inputs].every(
    (one) => one !== null && typeof one === "object",
  );
  const { hypotheses } = (problem ?? {}) as { hypotheses?: unknown };
  return format === RUN_RECORD_FORMAT && areObjects && Array.isArray(files) && Array.isArray(hypotheses);
}
