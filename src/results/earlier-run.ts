// What an earlier run left in the directory of results, by its own account: run.json lists the files it wrote, with their checksums. Nothing else is ever
// replaced or removed.
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../errors.js";
import { checksumFile, checksumSteps } from "../publish/checksum-file.js";
import { type FileIdentity, identityOf, isSameIdentity } from "../publish/file-identity.js";
import { syncPaths } from "../publish/publish.js";
import { lstatAt, thingAt } from "../publish/remove-ours.js";
import { createTurns, inTurns } from "../turns.js";
import { type FileChecksum, RUN_RECORD_FORMAT } from "./run-record.js";

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

export interface EarlierRun {
  /** Names of the results that the record lists and that are still as they were written. */
  readonly files: readonly string[];
  /** Of everything that was published with the record. */
  readonly checksums: Readonly<Record<string, FileChecksum>>;
  /** Why a file that is there must not be replaced; undefined: it is as a run wrote it. */
  obstacle(name: string): string | undefined;
}

/** A record of megabytes of options and subjects is none. */
const MOST_RECORD_BYTES = 2 ** 28;

/** Throws InputError for a record that names something outside the directory: it was not written by a run. */
export function readEarlierRun({ directory, record, base, purpose }: EarlierPlace): EarlierRun {
  const found = readRecord(join(directory, record));
  const outside = found?.files.find((name) => /[/\\\0]/.test(name) || name === "" || name === "." || name === "..");
  if (outside !== undefined) {
    throw new InputError(
      `${purpose}: expected plain file names in the list of an earlier run in ${record}, got ${JSON.stringify(outside)}. Remove that ${record}, or choose another place for the results.`,
      { path: join(directory, record) },
    );
  }
  const looked = new Map<string, { readonly identity: FileIdentity | undefined; readonly isAsListed: boolean }>();
  /** Read once: gigabytes, asked for where they are listed and where they are in the way. */
  const isUnchanged = (name: string, listed: FileChecksum): boolean => {
    const path = join(directory, name);
    const identity = identityOf(path);
    const before = looked.get(name);
    if (before !== undefined && isSameIdentity(before.identity, identity)) return before.isAsListed;
    const found = isAsListed(path, listed);
    looked.set(name, { identity, isAsListed: found });
    return found;
  };
  const obstacle = (name: string): string | undefined => {
    const thing = thingAt(join(directory, name));
    if (thing !== "a file") return thing;
    if (name === record) return found === undefined ? "another file" : undefined;
    if (found === undefined) return "a file without the record of a run beside it";
    const listed = Object.hasOwn(found.checksums, name) ? found.checksums[name] : undefined;
    if (listed === undefined) return "a file that the record of the run does not list";
    return isUnchanged(name, listed) ? undefined : "a file that was changed since";
  };
  const isResult = (name: string) => name !== record && name.startsWith(base);
  const isOurs = (name: string) => thingAt(join(directory, name)) !== undefined && obstacle(name) === undefined;
  return {
    files: (found?.files ?? []).filter((name) => isResult(name) && isOurs(name)),
    checksums: found?.checksums ?? {},
    obstacle,
  };
}

/** Of those files that are there. Throws InputError naming the first that no run wrote, or that was changed since. */
export function identifyOurs(
  names: readonly string[],
  earlier: EarlierRun,
  { directory, purpose, remedy }: { readonly directory: string; readonly purpose: string; readonly remedy: string },
): Map<string, FileIdentity> {
  const found = new Map<string, FileIdentity>();
  for (const name of names) {
    const identity = identityOf(join(directory, name));
    if (identity === undefined) continue;
    const got = earlier.obstacle(name);
    if (got !== undefined) {
      throw new InputError(
        `${purpose}: expected ${name} to be a result of an earlier run, got ${got}. -force replaces only what fixelstream wrote: move it away. ${remedy}`,
        { path: join(directory, name) },
      );
    }
    found.set(name, identity);
  }
  return found;
}

/**
 * In turns: results of millions of elements are gigabytes. Meanwhile they are brought to the disk, where who publishes them wants them next. Throws the
 * reason of the signal, and what the system says.
 */
export async function checksumsOf(
  directory: string,
  names: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Record<string, FileChecksum>> {
  const turns = createTurns(signal);
  const checksums: Record<string, FileChecksum> = {};
  const syncing = syncPaths(names.map((name) => join(directory, name)));
  syncing.catch(() => {}); // told below
  try {
    for (const name of names) {
      const path = join(directory, name);
      checksums[name] = { sizeBytes: statSync(path).size, crc32: await inTurns(checksumSteps(path), turns) };
    }
  } catch (error) {
    await syncing.catch(() => {}); // no file is open when they are removed
    throw error;
  }
  await syncing;
  return checksums;
}

/** Throws what the system says. */
export function checksumOf(path: string): FileChecksum {
  return { sizeBytes: statSync(path).size, crc32: checksumFile(path) };
}

export function isFileChecksum(value: unknown): value is FileChecksum {
  if (value === null || typeof value !== "object") return false;
  const { sizeBytes, crc32 } = value as Record<string, unknown>;
  return typeof sizeBytes === "number" && typeof crc32 === "number";
}

/** Undefined: there is none, it is damaged, or somebody else's. */
function readRecord(path: string): Pick<EarlierRun, "files" | "checksums"> | undefined {
  const stat = lstatAt(path);
  if (stat === undefined || !stat.isFile() || stat.size > MOST_RECORD_BYTES) return undefined;
  try {
    const record: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (typeof record !== "object" || record === null) return undefined;
    const { format, files, checksums } = record as Record<string, unknown>;
    if (format !== RUN_RECORD_FORMAT || !Array.isArray(files)) return undefined;
    return {
      files: files.filter((name): name is string => typeof name === "string"),
      checksums: typeof checksums === "object" && checksums !== null ? (checksums as EarlierRun["checksums"]) : {},
    };
  } catch {
    return undefined;
  }
}

function isAsListed(path: string, { sizeBytes, crc32 }: FileChecksum): boolean {
  return statSync(path).size === sizeBytes && checksumFile(path) === crc32;
}
