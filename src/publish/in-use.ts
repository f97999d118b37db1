// Marks of use: beside an entry of a cache, `KEY.fxs.used-ID` says that a living process reads it. Whoever removes entries takes the entry's lock and
// then looks for marks; whoever reads puts its mark and then looks for such a lock: one of the two sees the other.
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { describeSystemError, systemErrorCode } from "../system-error.js";
import { diskClock } from "./disk-clock.js";
import { type Heartbeat, startHeartbeat } from "./heartbeat.js";
import { sweepLock } from "./lock.js";
import { findMade, namesIn, sweepMade, sweepProbes } from "./made-files.js";
import { newId, thisProcess } from "./maker.js";
import { removeFile } from "./remove-ours.js";

const USED = ".used-";

export interface UseMark {
  /** Idempotent. At the latest when the process ends. */
  release(): void;
}

export interface User {
  readonly host: string;
  readonly pid: number;
}

const held = new Set<() => void>();

/**
 * Says that this process uses the entry, before it looks whether it is there; the directory is made where it is missing, and stays as long as the mark is
 * in it. Where no mark can be put `onUnmarked` is told why, and the entry may be cleared away by those who can write there.
 */
export function useEntry(entry: string, onUnmarked?: (reason: string) => void): UseMark {
  for (let attempt = 1; ; attempt++) {
    try {
      mkdirSync(dirname(resolve(entry)), { recursive: true });
      sweepMade(`${resolve(entry)}${USED}`);
      return markUse(entry, onUnmarked);
    } catch (error) {
      // Another process removed the empty directory that it had made.
      if (systemErrorCode(error) !== "ENOENT" || attempt === MOST_ATTEMPTS) throw error;
    }
  }
}

const MOST_ATTEMPTS = 10;

function markUse(entry: string, onUnmarked?: (reason: string) => void): UseMark {
  const path = `${resolve(entry)}${USED}${newId()}`;
  const { host, pid } = thisProcess();
  let heartbeat: Heartbeat;
  try {
    writeFileSync(path, `${JSON.stringify({ format: "fixelstream-use", host, pid })}\n`, { flag: "wx" });
    heartbeat = startHeartbeat(path);
  } catch (error) {
    discard(path); // where the disk is full, an empty one
    if (!["EROFS", "EACCES", "EPERM", "ENOSPC", "EDQUOT"].includes(systemErrorCode(error) ?? "")) throw error;
    onUnmarked?.(describeSystemError(error));
    return { release() {} };
  }
  if (held.size === 0) process.once("exit", releaseAll);
  const release = () => {
    if (!held.delete(release)) return;
    heartbeat.stop();
    discard(path);
    if (held.size === 0) process.removeListener("exit", releaseAll);
  };
  held.add(release);
  return { release };
}

function discard(mark: string): void {
  try {
    removeFile(mark);
  } catch {
    // Found to be of a dead process by the next who looks.
  }
}

/** Processes that use the entry; marks of dead ones are removed. */
export function usersOf(entry: string): User[] {
  const prefix = `${resolve(entry)}${USED}`;
  sweepMade(prefix);
  return findMade(prefix)
    .filter(({ life }) => life !== "dead")
    .map(({ path, maker: { host, pid } }) => ({ host: hostIn(path) ?? host, pid }));
}

/** Removes what dead processes left beside an entry: marks of use, and locks. */
export function sweepEntry(entry: string): void {
  sweepMade(`${resolve(entry)}${USED}`);
  sweepLock(entry);
}

/** As sweepEntry, of every entry of a cache. */
export function sweepCache(cache: string): void {
  const entries = new Set(namesIn(cache).map((name) => /^([0-9a-f]{24}\.fx[scr])\.(?:used-|lock)/.exec(name)?.[1]));
  for (const entry of entries) if (entry !== undefined) sweepEntry(join(cache, entry));
  sweepProbes(cache);
}

/** Somebody beside the one who asks, who has a mark of its own where it replaces an entry of a cache that it wants to use. */
export function isUsedByOthers(entry: string): boolean {
  const { host, pid } = thisProcess();
  const users = usersOf(entry);
  const own = users.filter((user) => user.host === host && user.pid === pid).length;
  return users.length - Math.min(own, 1) > 0;
}

/** An entry was used again: `cache clear --older-than` counts from now. A cache that cannot be written stays as it is. */
export function noteUse(entry: string): void {
  try {
    const now = new Date(diskClock(dirname(resolve(entry)))());
    utimesSync(entry, now, now);
  } catch {
    // Only the date is lost.
  }
}

function releaseAll(): void {
  for (const release of held) release();
}

/** In full; in the name of the mark it is cut. */
function hostIn(path: string): string | undefined {
  try {
    const { host } = JSON.parse(readFileSync(path, "utf8"));
    return typeof host === "string" ? host : undefined;
  } catch {
    return undefined;
  }
}
