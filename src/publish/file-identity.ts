// Whether a file is the one that was seen before, whatever its name.
import { realpathSync } from "node:fs";
import { lstatAt } from "./remove-ours.js";

/** Enough to know a file again, under another name of the same disk too. Plain data. */
export interface FileIdentity {
  readonly inode: number;
  readonly sizeBytes: number;
  readonly mtimeMs: number;
}

/** Undefined: nothing there. No link is followed. */
export function identityOf(path: string): FileIdentity | undefined {
  const stat = lstatAt(path);
  return stat && { inode: stat.ino, sizeBytes: stat.size, mtimeMs: stat.mtimeMs };
}

/** Of the file that a path leads to. Undefined: there is none. */
export function identityBehind(path: string): FileIdentity | undefined {
  try {
    return identityOf(realpathSync(path));
  } catch {
    return undefined;
  }
}

export function isSameIdentity(one: FileIdentity | undefined, other: FileIdentity | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.inode === other.inode && one.sizeBytes === other.sizeBytes && one.mtimeMs === other.mtimeMs;
}
