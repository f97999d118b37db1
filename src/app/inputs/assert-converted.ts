// That an entry of the cache was made of what the inputs hold now. Its key is of names, sizes and times of writing, which a file put back, or written twice
// within the tick of a clock, keeps: contents are compared where the disk says that a file was touched since (publish/file-status.ts). Copies, moves and other
// rights cost a reading then, and no conversion.

import { formatCrc32 } from "../../checksum.js";
import { InputError } from "../../errors.js";
import { statusOf } from "../../publish/file-status.js";
import type { SourceEntry } from "../../store/manifest.js";
import { createTurns, inTurns } from "../../turns.js";
import type { Warning } from "../../warnings.js";
import { checksumSourceSteps, dataFileBeside } from "./source-checksum.js";

export interface ConvertedFile {
  /** As it is now. */
  readonly path: string;
  /** Where its status is looked at beside: the data of an image of two files. */
  readonly beside?: string | undefined;
  /** Of when it was converted. Undefined: an early version kept none. */
  readonly status: string | undefined;
  readonly crc32: number | undefined;
  /** In steps. */
  sum(path: string): Generator<unknown, number>;
}

export interface ConvertedEntry {
  /** Compared whether touched or not. */
  readonly always: readonly Omit<ConvertedFile, "status">[];
  readonly files: readonly ConvertedFile[];
}

export interface ConvertedCheck {
  /** --verify-inputs: all contents are compared. */
  readonly verifyInputs: boolean | undefined;
  readonly onWarning: ((warning: Warning) => void) | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Named; the rest is counted. */
const MOST_PROBLEMS = 10;

/** Throws InputError naming the files, or the reason of the signal. */
export async function assertConverted(
  { always, files }: ConvertedEntry,
  { verifyInputs, onWarning, signal }: ConvertedCheck,
): Promise<void> {
  const turns = createTurns(signal);
  const suspected: ConvertedFile[] = [];
  for (const file of files) {
    const { path, beside, status } = file;
    if (verifyInputs || status !== statusOf(...(beside === undefined ? [path] : [path, beside]))) suspected.push(file);
    if (turns.isDue()) await turns.take();
  }
  const paths = [...new Set(suspected.map(({ path }) => path))];
  if (!verifyInputs && paths.length > 0)
    onWarning?.(touchedWarning(paths, new Set(files.map(({ path }) => path)).size));
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const { path, crc32, sum } of [...always, ...suspected]) {
    if (crc32 === undefined || seen.has(path)) continue;
    seen.add(path);
    const got = await inTurns(sum(path), turns);
    if (got !== crc32) problems.push(differs(path, crc32, got));
  }
  if (problems.length === 0) return;
  const rest = problems.length > MOST_PROBLEMS ? [`${problems.length - MOST_PROBLEMS} more files hold others.`] : [];
  throw new InputError([...problems.slice(0, MOST_PROBLEMS), ...rest].join("\n"));
}

/** Files of subjects, one a row. `sources`: of the same rows, as they were converted. */
export function subjectsConverted(
  paths: readonly string[],
  sources: readonly Pick<SourceEntry, "crc32" | "status">[],
): [ConvertedFile, ...ConvertedFile[]] {
  return paths.map((path, row) => {
    const { crc32, status } = sources[row]!;
    return { path, beside: dataFileBeside(path), status, crc32, sum: checksumSourceSteps };
  }) as [ConvertedFile, ...ConvertedFile[]];
}

const differs = (path: string, expected: number, got: number): string =>
  `Cannot use ${path}: expected the bytes that were converted, CRC-32 ${formatCrc32(expected)}, got others (${formatCrc32(got)}), though its size and time are the same. It is damaged: restore it. If it was changed on purpose, give it a new time (touch), and it is converted again.`;

/** A reading of inputs that nobody expects, and why. */
export function touchedWarning(paths: readonly string[], nFiles: number): Warning {
  const which = paths.length === 1 ? `${paths[0]} was` : `${paths.length} of ${nFiles} files (${paths[0]}, ..) were`;
  const message = `${which} touched since what is in the cache was made, with the same size and time: contents are compared with what was read then.`;
  return { tag: "touched-inputs", message };
}
