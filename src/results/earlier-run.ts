// What an earlier run left in the directory of results, by its own account: run.json lists the files it wrote. Nothing else is ever removed.
import { lstatSync, readFileSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../errors.js";
import { RUN_RECORD_FORMAT } from "./run-record.js";

export interface EarlierPlace {
  /** As typed. */
  readonly directory: string;
  /** Name of its run record. */
  readonly record: string;
  /** In front of the names of its files. */
  readonly base: string;
  /** What cannot be done, up to the colon. */
  readonly purpose: string;
}

/** A record of megabytes of options and subjects is none. */
const MOST_RECORD_BYTES = 2 ** 28;

/**
 * Names of the files that the record lists and that are still there as files; none without a record that can be read. Throws InputError for a record
 * that names something outside the directory: it was not written by a run.
 */
export function listEarlierFiles({ directory, record, base, purpose }: EarlierPlace): string[] {
  const listed = readListed(join(directory, record));
  const outside = listed.find((name) => /[/\\\0]/.test(name) || name === "" || name === "." || name === "..");
  if (outside !== undefined) {
    throw new InputError(
      `${purpose}: expected plain file names in the list of an earlier run in ${record}, got ${JSON.stringify(outside)}. Remove that ${record}, or choose another place for the results.`,
      { path: join(directory, record) },
    );
  }
  return listed.filter((name) => name !== record && name.startsWith(base) && isPlainFile(join(directory, name)));
}

/** Those that are still files. Throws the system's error. */
export function removeEarlierFiles(directory: string, names: readonly string[]): void {
  for (const name of names) if (isPlainFile(join(directory, name))) unlinkSync(join(directory, name));
}

/** What a link leads to was not written by a run. */
const isPlainFile = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isFile() ?? false;

function readListed(path: string): string[] {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined || !stat.isFile() || stat.size > MOST_RECORD_BYTES) return [];
  try {
    const record: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (typeof record !== "object" || record === null) return [];
    const { format, files } = record as { format?: unknown; files?: unknown };
    if (format !== RUN_RECORD_FORMAT || !Array.isArray(files)) return [];
    return files.filter((name): name is string => typeof name === "string");
  } catch {
    return []; // damaged, or somebody else's
  }
}
