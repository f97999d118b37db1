// From a finished partial directory to a store, so that at every instant the name holds a whole store or none; and which directories are stores of ours,
// because nothing else is ever replaced or removed.
import fs from "node:fs";
import path from "node:path";
import { InputError } from "../errors.js";
import { isUsedByOthers } from "../publish/in-use.js";
import { type HeldLock, holderOf, sweepLock } from "../publish/lock.js";
import { PARTIAL_MARK, type PartialDirectory } from "../publish/partial-directory.js";
import { findAside, publishDirectory, setAside, sweepEmptyAside, syncDirectory } from "../publish/publish.js";
import { findForeign, type OwnName, removeDirectory, removeFile, thingAt } from "../publish/remove-ours.js";
import { systemErrorCode } from "../system-error.js";
import { JOURNAL_FILE } from "./journal.js";
import { MANIFEST_FILE, PARTIAL_SUFFIX, parseManifest } from "./manifest.js";
import { listFileProblems } from "./store-files.js";

/** Where it is written until published: the maker's id follows. */
export function partialPrefixOf(output: string): string {
  return `${path.resolve(output)}${PARTIAL_SUFFIX}-`;
}

/** What may lie in it. */
export const PARTIAL_CONTENTS = [
  MANIFEST_FILE,
  JOURNAL_FILE,
  "*.f32",
  "*.f64",
  "*.missing",
  "index.*",
  "directions.*",
  // of a compressed HDF5 file that is read
  "chunk",
] as const;

/** Throws InputError when `output` exists and is not to be replaced, or is no store of ours. */
export function assertReplaceable(output: string, replace: boolean): void {
  const target = path.resolve(output);
  if (thingAt(target) === undefined) return;
  if (!replace) throw existsAlready(output);
  const got = whatStandsInTheWay(target);
  if (got === undefined) return;
  throw new InputError(
    `Cannot replace ${output}: expected a store that fixelstream made, got ${got}. Give another name, or move it away.`,
    { path: output },
  );
}

/**
 * Puts an old store back that a run killed between two renames left aside, and removes those that were replaced. Nothing is done while another process
 * writes the store.
 */
export function restoreReplaced(output: string, lock: "mine" | "free"): void {
  const target = path.resolve(output);
  sweepEmptyAside(target);
  const asides = findAside(target);
  if (asides.length === 0 || (lock === "free" && holderOf(target) !== undefined)) return;
  for (const aside of asides) {
    if (ownNamesIn(aside) === undefined) continue;
    if (thingAt(target) === undefined && isWhole(aside)) publishDirectory(aside, target);
    else if (thingAt(target) !== undefined && !isUsedByOthers(target)) removeStore(aside);
  }
}

export interface Publication {
  /** Files of the partial directory that are on the disk as they are. */
  readonly synced?: ReadonlySet<string> | undefined;
  readonly output: string;
  readonly replace: boolean;
  /** Of the output. */
  readonly lock: HeldLock;
}

/** A store of that name waits aside while another takes its place; or a run that was to do that was killed. */
export function isSetAside(output: string): boolean {
  return findAside(path.resolve(output)).length > 0;
}

/**
 * Brings every file of the partial directory to the disk, then renames it to `output`. With `replace` an old store goes aside first and is removed last,
 * unless a process uses it. Throws InputError when `output` exists and is not to be replaced, is no store of ours, or is another's to write by now.
 */
export function publishStore(partial: PartialDirectory, { synced, output, replace, lock }: Publication): void {
  const target = path.resolve(output);
  syncDirectory(partial.path, synced);
  partial.assertMine(output);
  lock.assertMine(output);
  assertReplaceable(output, replace);
  const aside =
    thingAt(target) === undefined ? undefined : setAside(target, (found) => whatStandsInTheWay(found) === undefined);
  let isPublished = false;
  try {
    isPublished = publishDirectory(partial.path, target);
  } finally {
    if (!isPublished && aside !== undefined) publishDirectory(aside, target);
  }
  if (!isPublished) throw takenMeanwhile(output, aside);
  // The journal goes last: killed before the rename, the next run resumes; after it, whoever comes next tidies up (tidyStore).
  try {
    partial.release();
    for (const name of [PARTIAL_MARK, JOURNAL_FILE]) removeFile(path.join(target, name));
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error; // the store is whole all the same
  }
  if (aside !== undefined && !isUsedByOthers(target)) removeStore(aside);
}

/** Removes what a run that was killed right after it had published the store left in it and beside it. What cannot be removed is in nobody's way. */
export function tidyStore(store: string): void {
  try {
    sweepLock(store);
    const left = [PARTIAL_MARK, JOURNAL_FILE].filter((name) => thingAt(path.join(store, name)) === "a file");
    if (left.length > 0 && isStore(store) && isWhole(store))
      for (const name of left) removeFile(path.join(store, name));
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
  }
}

/** Undefined: it is gone; else what in it, or about it, is not ours. */
export function removeStore(store: string): string | undefined {
  const isOwnName = ownNamesIn(store);
  return isOwnName === undefined ? store : removeDirectory(store, isOwnName, MANIFEST_FILE);
}

/** It is one of ours, with nothing else in it. */
export function isStore(store: string): boolean {
  return whatStandsInTheWay(store) === undefined && thingAt(store) !== undefined;
}

/** Everything is there, in the size that store.json says. */
export function isWhole(store: string): boolean {
  try {
    const manifest = parseManifest(fs.readFileSync(path.join(store, MANIFEST_FILE), "utf8"), store);
    return listFileProblems(store, manifest).length === 0;
  } catch {
    return false;
  }
}

function takenMeanwhile(output: string, aside: string | undefined): InputError {
  const kept =
    aside === undefined || thingAt(aside) === undefined ? "" : ` The store that was there is kept in ${aside}.`;
  return new InputError(
    `Cannot write ${output}: expected nothing of that name once the work was done, got something, made meanwhile.${kept} Move it away and run the command again.`,
    { path: output },
  );
}

function existsAlready(output: string): InputError {
  return new InputError(`Cannot write ${output}: it exists. Give another name, or --force to replace it.`, {
    path: output,
  });
}

/** Why it must not be replaced; undefined: a store of ours with nothing else in it. */
function whatStandsInTheWay(target: string): string | undefined {
  const thing = thingAt(target);
  if (thing !== "a directory") return thing;
  const isOwnName = ownNamesIn(target);
  if (isOwnName === undefined) {
    const has = thingAt(path.join(target, MANIFEST_FILE)) !== undefined;
    return `a directory ${has ? `whose ${MANIFEST_FILE} is not fixelstream's` : `without ${MANIFEST_FILE}`}`;
  }
  const foreign = findForeign(target, isOwnName);
  return foreign === undefined ? undefined : `one with ${path.relative(target, foreign)} in it`;
}

/**
 * By what store.json says of itself, whatever its version: who made it, and every file that it names. Undefined: the directory is no store of ours. No link
 * is followed.
 */
function ownNamesIn(store: string): OwnName | undefined {
  const file = path.join(store, MANIFEST_FILE);
  if (thingAt(store) !== "a directory" || thingAt(file) !== "a file") return undefined;
  let json: unknown;
  try {
    json = JSON.parse(fs.readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
  if (json === null || typeof json !== "object" || !("formatVersion" in json) || !("creator" in json)) return undefined;
  if (typeof json.creator !== "string" || !json.creator.startsWith("fixelstream ")) return undefined;
  const names = new Set([MANIFEST_FILE, JOURNAL_FILE, PARTIAL_MARK]);
  collectFiles(json, names);
  return (name) => names.has(name);
}

/** Values of every key `file`. */
function collectFiles(json: object, names: Set<string>): void {
  for (const [key, value] of Object.entries(json)) {
    if (key === "file" && typeof value === "string") names.add(value);
    else if (value !== null && typeof value === "object") collectFiles(value, names);
  }
}
