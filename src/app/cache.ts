// What the cache holds: converted stores, prepared matrices, and what killed runs left of either. Everything in it can be made again.
// An entry is a directory with a name that only we give and nothing in it but files of ours; anything else is left alone.
import fs from "node:fs";
import path from "node:path";
import { connectivityManifest } from "../connectivity/manifest.js";
import { InputError } from "../errors.js";
import { JOURNAL_FILE, LOCK_FILE } from "../store/build-store.js";
import { readJournal } from "../store/journal.js";
import { MANIFEST_FILE } from "../store/manifest.js";
import { readManifest } from "../store/open-store.js";
import { livingOwner } from "../store/partial-lock.js";
import { describeSystemError } from "../system-error.js";

/** In the working directory. */
export const DEFAULT_CACHE = ".fixelstream";

/** The cache meant: one that was named must be there, the default one need not (undefined). */
export function findCache(named: string | undefined): string | undefined {
  return named ?? (fs.existsSync(DEFAULT_CACHE) ? DEFAULT_CACHE : undefined);
}

export interface CacheEntry {
  readonly kind: "store" | "connectivity" | "unfinished store" | "unfinished connectivity";
  /** In the cache directory. */
  readonly name: string;
  readonly bytes: number;
  /** For people: `FD of 40 subjects in /data/fd`. */
  readonly madeFrom: string;
  readonly lastUsed: Date;
  /** The process that is writing it now. */
  readonly writer: number | undefined;
}

export interface CacheContents {
  /** Largest first. */
  readonly entries: readonly CacheEntry[];
  /** Names that are not ours. */
  readonly others: readonly string[];
}

/** 24 hexadecimal digits of a hash: app/fixel-input.ts and connectivity/prepare-connectivity.ts. */
const NAME = /^[0-9a-f]{24}\.(fxs|fxc)(\.partial|\.partial-(\d+)|\.replaced)?$/;
const OUR_FILES = {
  fxs: new RegExp(
    `^(${[MANIFEST_FILE, JOURNAL_FILE, LOCK_FILE].join("|")}|(index|directions)\\..*|.*\\.(f32|f64|missing))$`,
  ),
  fxc: /^(connectivity\.json|counts\.u32|norms\.f32|connections\.bin)$/,
};

/** Throws InputError when it is no directory or cannot be read. */
export function listCache(cache: string): CacheContents {
  const entries: CacheEntry[] = [];
  const others: string[] = [];
  for (const name of readNames(cache)) {
    const entry = recognise(cache, name);
    if (entry === undefined) others.push(name);
    else entries.push(entry);
  }
  return { entries: entries.sort((a, b) => b.bytes - a.bytes), others };
}

/** An entry was used again: `cache clear --older-than` counts from now. A cache that cannot be written stays as it is. */
export function noteUse(entry: string): void {
  try {
    const now = new Date();
    fs.utimesSync(entry, now, now);
  } catch {
    // Only the date is lost.
  }
}

export interface ClearedCache {
  readonly removed: readonly CacheEntry[];
  /** Being written by a living process. */
  readonly inUse: readonly CacheEntry[];
  /** Used since. */
  readonly recent: readonly CacheEntry[];
  readonly others: readonly string[];
}

/** Removes entries not used for `olderThanMs` (0: all). Throws InputError when one cannot be removed. */
export function clearCache(cache: string, olderThanMs: number, now = Date.now()): ClearedCache {
  const { entries, others } = listCache(cache);
  const inUse = entries.filter(({ writer }) => writer !== undefined);
  const free = entries.filter(({ writer }) => writer === undefined);
  const isOld = ({ lastUsed }: CacheEntry) => olderThanMs === 0 || now - lastUsed.getTime() > olderThanMs;
  const removed = free.filter(isOld);
  for (const { name } of removed) removeEntry(path.join(cache, name));
  return { removed, inUse, recent: free.filter((entry) => !isOld(entry)), others };
}

/** The file that makes it whole goes first: removed by half it is a leftover, never a store. Links are unlinked, not followed. */
function removeEntry(entry: string): void {
  try {
    for (const marker of [MANIFEST_FILE, "connectivity.json"]) fs.rmSync(path.join(entry, marker), { force: true });
    fs.rmSync(entry, { recursive: true, force: true });
  } catch (cause) {
    throw new InputError(
      `Cannot remove ${entry}: expected a directory that can be removed, got ${describeSystemError(cause)}. Check its permissions.`,
      { path: entry, cause },
    );
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

/** Undefined: not ours. */
function recognise(cache: string, name: string): CacheEntry | undefined {
  const [, ending, suffix, pid] = NAME.exec(name) ?? [];
  const entry = path.join(cache, name);
  const stat = fs.lstatSync(entry, { throwIfNoEntry: false });
  if (ending === undefined || stat?.isDirectory() !== true) return undefined;
  let bytes = 0;
  for (const file of fs.readdirSync(entry)) {
    const inside = fs.lstatSync(path.join(entry, file), { throwIfNoEntry: false });
    if (inside === undefined) continue; // a running conversion moved it
    if (!inside.isFile() || !OUR_FILES[ending as "fxs" | "fxc"].test(file)) return undefined;
    bytes += inside.size;
  }
  const isStore = ending === "fxs";
  const whole = suffix === undefined && fs.existsSync(path.join(entry, isStore ? MANIFEST_FILE : "connectivity.json"));
  const what = isStore ? "store" : "connectivity";
  return {
    kind: whole ? what : `unfinished ${what}`,
    name,
    bytes,
    madeFrom: (isStore ? describeStore(entry, whole) : describeConnectivity(entry)) ?? "unknown",
    lastUsed: stat.mtime,
    writer: isStore ? livingOwner(path.join(entry, LOCK_FILE)) : livingProcess(pid),
  };
}

function describeStore(entry: string, whole: boolean): string | undefined {
  if (!whole) {
    const plan = readJournal(path.join(entry, JOURNAL_FILE))?.plan;
    const first = plan?.inputs?.[0]?.path;
    return first === undefined ? undefined : `${plan?.scalar} of ${plan?.nSubjects} subjects in ${path.dirname(first)}`;
  }
  try {
    const { scalars, nSubjects, nElements } = readManifest(entry);
    const [[scalar, { sources }]] = Object.entries(scalars) as [[string, (typeof scalars)[string]]];
    return `${scalar} of ${nSubjects} subjects x ${nElements} fixels in ${path.dirname(sources[0]!.path)}`;
  } catch {
    return undefined; // of another version, or damaged
  }
}

function describeConnectivity(entry: string): string | undefined {
  try {
    const json = JSON.parse(fs.readFileSync(path.join(entry, "connectivity.json"), "utf8"));
    const { nElements, nFixels, exponent, sources } = connectivityManifest.parse(json);
    const masked = nElements < nFixels ? `${nElements} of ${nFixels} fixels (-mask)` : `${nFixels} fixels`;
    return `matrix of ${masked}, -cfe_c ${exponent}, from ${path.dirname(sources.fixels.path)}`;
  } catch {
    return undefined;
  }
}

function livingProcess(pid: string | undefined): number | undefined {
  if (pid === undefined) return undefined;
  try {
    process.kill(Number(pid), 0);
    return Number(pid);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM" ? Number(pid) : undefined;
  }
}
