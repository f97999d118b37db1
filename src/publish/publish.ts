// From something finished under a name of its own to the name that was asked for: on the disk first, then one rename. Whoever is first has published.
import { closeSync, fsyncSync, linkSync, openSync, readdirSync, renameSync, rmdirSync } from "node:fs";
import { open } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { InputError } from "../errors.js";
import { describeSystemError, systemErrorCode } from "../system-error.js";
import { namesIn } from "./made-files.js";
import { newId, parseId } from "./maker.js";
import { lstatAt, removeFile, thingAt } from "./remove-ours.js";

/** Brings every file of a directory to the disk, but those that are `synced`, and the directory. */
export function syncDirectory(directory: string, synced: ReadonlySet<string> = new Set()): void {
  for (const name of readdirSync(directory)) if (!synced.has(name)) syncPath(join(directory, name));
  syncPath(directory);
}

/** Brings a file or directory to the disk. */
export function syncPath(file: string): void {
  const fd = openSync(file, "r");
  try {
    fsyncSync(fd);
  } catch (error) {
    // Windows does not sync directories, nor files opened for reading.
    if (systemErrorCode(error) !== "EPERM") throw error;
  } finally {
    closeSync(fd);
  }
}

/** Files that are on their way to the disk together. */
const SYNCED_AT_ONCE = 4;

/** Brings files to the disk, several at a time and without keeping the thread: what follows waits once, not once a file. Rejects with what the system says. */
export async function syncPaths(paths: readonly string[]): Promise<void> {
  const left = [...paths];
  const syncLeft = async (): Promise<void> => {
    for (let path = left.shift(); path !== undefined; path = left.shift()) {
      const file = await open(path, "r");
      try {
        await file.sync();
      } catch (error) {
        if (systemErrorCode(error) !== "EPERM") throw error; // as syncPath
      } finally {
        await file.close();
      }
    }
  };
  await Promise.all(Array.from({ length: SYNCED_AT_ONCE }, syncLeft));
}

/** What has its name by now is whole, and is said to be. Throws InputError. */
export function syncName(target: string): void {
  try {
    syncPath(dirname(resolve(target)));
  } catch (cause) {
    throw new InputError(
      `Cannot bring the name of ${target} to the disk: expected a directory that is written, got ${describeSystemError(cause)}. ${target} itself is complete, but may be gone if the machine stops now: check the disk.`,
      { path: target, cause },
    );
  }
}

/** Renames a directory that is not empty. False when something has the name already: nothing is done then. */
export function publishDirectory(from: string, target: string): boolean {
  // Of two directories rename refuses the second, but one that is empty it would replace.
  if (thingAt(target) !== undefined) return false;
  try {
    renameSync(from, target);
  } catch (error) {
    if (["ENOTEMPTY", "EEXIST", "ENOTDIR", "EISDIR"].includes(systemErrorCode(error) ?? "")) return false;
    throw error;
  }
  syncName(target);
  return true;
}

/** Renames a file. False when something has the name already. */
export function publishFile(from: string, target: string): boolean {
  try {
    linkSync(from, target);
  } catch (error) {
    if (systemErrorCode(error) === "EEXIST") {
      // It may be our own: the answer to a first try was lost on the way from the server.
      if (!isSameFile(from, target)) return false;
    } else if (!isWithoutLinks(error)) throw error;
    // Disks without links: a name taken between the two lines is replaced.
    else if (thingAt(target) !== undefined) return false;
    else renameSync(from, target);
  }
  removeFile(from);
  syncName(target);
  return true;
}

/** The disk has no hard links. */
export function isWithoutLinks(error: unknown): boolean {
  return ["EPERM", "ENOTSUP", "ENOSYS", "EMLINK"].includes(systemErrorCode(error) ?? "");
}

/** Both names are of one file. */
export function isSameFile(one: string, other: string): boolean {
  const [a, b] = [lstatAt(one), lstatAt(other)];
  return a !== undefined && b !== undefined && a.isFile() && a.ino === b.ino && a.dev === b.dev;
}

/** Where a directory waits while another takes its place. */
export function asidePrefixOf(target: string): string {
  return `${resolve(target)}.replaced-`;
}

/** Gives `target` another name, from which it comes back (bringBack) or is removed. `undefined`: it was not what it was taken for, and is where it was. */
export function setAside(target: string, isOurs: (path: string) => boolean): string | undefined {
  const aside = `${asidePrefixOf(target)}${newId()}`;
  renameSync(target, aside);
  if (isOurs(aside)) return aside;
  renameSync(aside, target);
  return undefined;
}

/** Removes what is left of one whose removal was killed before its last step: it has no mark any more, and nothing in it. */
export function sweepEmptyAside(target: string): void {
  for (const aside of findAside(target)) {
    try {
      rmdirSync(aside);
    } catch (error) {
      if (systemErrorCode(error) === undefined) throw error; // not empty, as a rule
    }
  }
}

/** Directories that were set aside for `target`, with whoever did it living or dead. */
export function findAside(target: string): string[] {
  const prefix = asidePrefixOf(target);
  const [folder, start] = [dirname(prefix), basename(prefix)];
  return namesIn(folder)
    .filter((name) => name.startsWith(start) && parseId(name.slice(start.length)) !== undefined)
    .map((name) => join(folder, name))
    .filter((path) => thingAt(path) === "a directory");
}
