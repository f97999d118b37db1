// What the cache holds: converted stores, prepared matrices, what killed runs left of either, and shuffles of runs that were stopped. Everything in it can be
// made again.
import fs from "node:fs";
import path from "node:path";
import { isPreparedConnectivity, removeConnectivity } from "../../connectivity/publish-connectivity.js";
import { InputError, isFixelstreamError } from "../../errors.js";
import { diskClock } from "../../publish/disk-clock.js";
import { usersOf } from "../../publish/in-use.js";
import { holderOf, tryLock } from "../../publish/lock.js";
import { sweepProbes } from "../../publish/made-files.js";
import { listPartials, removeAbandoned } from "../../publish/partial-directory.js";
import { setAside, sweepEmptyAside } from "../../publish/publish.js";
import { isCheckpoint, removeCheckpoint } from "../../results/checkpoint.js";
import { isStore, removeStore } from "../../store/publish-store.js";
import { describeSystemError } from "../../system-error.js";
import { type CacheEntry, type CacheUser, recogniseEntry, targetOf, targetOfBeside } from "./cache-entry.js";
import { DEFAULT_CACHE } from "./default-cache.js";

export type { CacheEntry, CacheUser };

/** The cache meant: one that was named must be there, the default one need not (undefined). */
export function findCache(named: string | undefined): string | undefined {
  return named ?? (fs.existsSync(DEFAULT_CACHE) ? DEFAULT_CACHE : undefined);
}

export interface CacheContents {
  /** Largest first. */
  readonly entries: readonly CacheEntry[];
  /** Names that are not ours. */
  readonly others: readonly string[];
}

/** Throws InputError when it is no directory or cannot be read. */
export function listCache(cache: string): CacheContents {
  const entries: CacheEntry[] = [];
  const others: string[] = [];
  for (const name of readNames(cache)) {
    if (targetOfBeside(cache, name) !== undefined) continue;
    const entry = recogniseEntry(cache, name);
    if (entry === undefined) others.push(name);
    else entries.push(entry);
  }
  return { entries: entries.sort((a, b) => b.bytes - a.bytes), others };
}

export interface ClearedCache {
  readonly removed: readonly CacheEntry[];
  /** Being written, or used, by a living process. */
  readonly inUse: readonly CacheEntry[];
  /** Used since. */
  readonly recent: readonly CacheEntry[];
  readonly others: readonly string[];
}

/** Removes entries not used for `olderThanMs` (0: all), by the clock of the disk. Throws InputError when one cannot be removed. */
export function clearCache(cache: string, olderThanMs: number, now: () => number = diskClock(cache)): ClearedCache {
  const { entries, others } = listCache(cache);
  const removed: CacheEntry[] = [];
  const inUse: CacheEntry[] = [];
  const recent: CacheEntry[] = [];
  for (const entry of entries) {
    if (entry.writer !== undefined || entry.users.length > 0) inUse.push(entry);
    else if (olderThanMs !== 0 && now() - entry.lastUsed.getTime() <= olderThanMs) recent.push(entry);
    else {
      const usage = removeEntry(cache, entry);
      if (usage === undefined) removed.push(entry);
      else inUse.push({ ...entry, ...usage });
    }
  }
  clearLocks(cache);
  return { removed, inUse, recent, others };
}

/** Who began to write or use it just now; undefined: it is gone. */
function removeEntry(cache: string, { name, kind }: CacheEntry): Partial<CacheEntry> | undefined {
  const entry = path.join(cache, name);
  const target = path.join(cache, targetOf(name)!);
  try {
    // With the lock first and the marks of use after it, nobody begins to use the entry unseen (in-use.ts).
    const attempt = tryLock(target, "clear");
    if ("holder" in attempt) return { writer: attempt.holder };
    try {
      const isPartial = kind.startsWith("unfinished");
      const users = isPartial ? [] : usersOf(target);
      if (users.length > 0) return { users };
      const kept = isPartial ? removePartial(target, entry) : removeWhole(target, entry, kind);
      if (kept === undefined) return undefined;
      throw new InputError(
        `Cannot remove ${entry}: expected nothing in it but what fixelstream made, got ${kept}. Move it away.`,
        { path: entry },
      );
    } finally {
      attempt.lock.release();
    }
  } catch (cause) {
    if (isFixelstreamError(cause)) throw cause;
    throw new InputError(
      `Cannot remove ${entry}: expected a directory that can be removed, got ${describeSystemError(cause)}. Check its permissions.`,
      { path: entry, cause },
    );
  }
}

const WHOLE = {
  store: [isStore, removeStore],
  connectivity: [isPreparedConnectivity, removeConnectivity],
  checkpoint: [isCheckpoint, removeCheckpoint],
} as const;

/** An entry gets another name first: whoever looks for it finds all of it or nothing. */
function removeWhole(target: string, entry: string, kind: CacheEntry["kind"]): string | undefined {
  const [isOurs, remove] = WHOLE[kind as keyof typeof WHOLE];
  const aside = entry === target ? setAside(entry, isOurs) : entry;
  return aside === undefined ? entry : remove(aside);
}

function removePartial(target: string, entry: string): string | undefined {
  const prefix = `${target}.partial-`;
  const found = listPartials(prefix).find((partial) => partial.path === path.resolve(entry));
  return found?.mark && removeAbandoned({ path: found.path, prefix, mark: found.mark });
}

/** Those of dead processes, whose entry was perhaps never made. */
function clearLocks(cache: string): void {
  sweepProbes(cache);
  for (const name of readNames(cache))
    if (targetOf(name) !== undefined) sweepEmptyAside(path.join(cache, targetOf(name)!));
  const targets = new Set(readNames(cache).map((name) => targetOfBeside(cache, name)));
  for (const name of targets) {
    if (name === undefined) continue;
    const target = path.join(cache, name);
    try {
      usersOf(target); // removes those of the dead
      if (holderOf(target) !== undefined) continue;
      const attempt = tryLock(target, "clear");
      if ("lock" in attempt) attempt.lock.release();
    } catch (cause) {
      if (isFixelstreamError(cause)) throw cause;
      throw new InputError(
        `Cannot remove locks of dead processes in ${cache}: expected a directory that can be written, got ${describeSystemError(cause)}. Its entries are cleared; check its permissions.`,
        { path: cache, cause },
      );
    }
  }
}

function readNames(cache: string): string[] {
  try {
    return fs.readdirSync(cache).sort();
  } catch (cause) {
    throw new InputError(
      `Cannot look into the cache ${cache}: expected a directory, got ${describeSystemError(cause)}. Name the one that --cache of fixelcfestats made; by default it is .fixelstream beside the output.`,
      { path: cache, cause },
    );
  }
}
