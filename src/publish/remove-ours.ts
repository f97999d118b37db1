// The one way to remove a directory: name by name, never a tree. A directory goes when everything in it is a plain file that we would have put there;
// one thing more and nothing is touched. Links are never followed.
import { lstatSync, readdirSync, rmdirSync, type Stats, unlinkSync } from "node:fs";
import { join } from "node:path";
import { systemErrorCode } from "../system-error.js";

/** Whether we would have given a file that name. */
export type OwnName = (name: string) => boolean;

/** What lies at a path, no link followed; undefined: nothing. */
export function thingAt(path: string): "a symbolic link" | "a directory" | "a file" | "a device" | undefined {
  const stat = lstatAt(path);
  if (stat === undefined) return undefined;
  if (stat.isSymbolicLink()) return "a symbolic link";
  return stat.isDirectory() ? "a directory" : stat.isFile() ? "a file" : "a device";
}

/** Undefined: there is nothing of that name, nor can there be: below a file, or too long a name. No link is followed. */
export function lstatAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (["ENOTDIR", "ENAMETOOLONG"].includes(systemErrorCode(error) ?? "")) return undefined;
    throw error;
  }
}

/** The first thing in a directory that is not ours; the directory itself when it is none. Undefined: all is ours. */
export function findForeign(directory: string, isOwnName: OwnName): string | undefined {
  if (thingAt(directory) !== "a directory") return directory;
  for (const name of readdirSync(directory).sort()) {
    const path = join(directory, name);
    const thing = thingAt(path);
    if (thing !== undefined && !(thing === "a file" && isOwnName(name))) return path;
  }
  return undefined;
}

/**
 * Removes a directory of ours; `last` is the file that marks it, and goes last, so that half of it is still known as ours. Nothing is done when
 * something in it is not ours: what that is, is the answer. Undefined: it is gone. Throws what the system says.
 */
export function removeDirectory(directory: string, isOwnName: OwnName, last: string): string | undefined {
  if (thingAt(directory) === undefined) return undefined;
  const foreign = findForeign(directory, isOwnName);
  if (foreign !== undefined) return foreign;
  for (const name of readdirSync(directory)) if (name !== last && isOwnName(name)) removeFile(join(directory, name));
  removeFile(join(directory, last));
  try {
    rmdirSync(directory);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === "ENOENT") return undefined;
    if (code === "ENOTEMPTY" || code === "EEXIST") return directory; // somebody put something there just now
    throw error;
  }
  return undefined;
}

/** A file that is there or not. */
export function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!["ENOENT", "ENOTDIR"].includes(systemErrorCode(error) ?? "")) throw error;
  }
}
