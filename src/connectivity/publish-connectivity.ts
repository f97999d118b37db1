// Where a prepared connectivity is made, how it gets its name in the cache, and how it is removed: name by name, and only what its manifest marks as ours.
import fs from "node:fs";
import path from "node:path";
import { InputError } from "../errors.js";
import { isUsedByOthers } from "../publish/in-use.js";
import { type HeldLock, sweepLock } from "../publish/lock.js";
import { namesIn } from "../publish/made-files.js";
import { createPartial, PARTIAL_MARK, type PartialDirectory, sweepAbandoned } from "../publish/partial-directory.js";
import { findAside, publishDirectory, setAside, sweepEmptyAside, syncDirectory } from "../publish/publish.js";
import { findForeign, removeDirectory, removeFile, thingAt } from "../publish/remove-ours.js";
import { systemErrorCode } from "../system-error.js";
import { CONNECTIVITY_FORMAT, MANIFEST_FILE } from "./manifest.js";
import { SKETCH_FILE } from "./sketch-layout.js";

export const CONNECTIVITY_PARTIAL = "connectivity";
const CONTENTS = [MANIFEST_FILE, "counts.u32", "connections.bin", "norms.f32"] as const;
const OWN_NAMES: readonly string[] = [...CONTENTS, SKETCH_FILE, PARTIAL_MARK];
const isOwnName = (name: string) => OWN_NAMES.includes(name);

/** For an entry of the cache, or files that come into one. Throws what the system says. */
export function createConnectivityPartial(entry: string, contents: readonly string[] = CONTENTS): PartialDirectory {
  return createPartial({ kind: CONNECTIVITY_PARTIAL, prefix: `${entry}.partial-`, contents });
}

/** Removes what killed runs left in the cache, of whatever matrix: it cannot be continued. */
export function sweepConnectivityPartials(cache: string): void {
  const prefixes = new Set(namesIn(cache).map((name) => /^[0-9a-f]{24}\.fxc\.partial-/.exec(name)?.[0]));
  for (const prefix of prefixes)
    if (prefix !== undefined) sweepAbandoned(CONNECTIVITY_PARTIAL, path.join(cache, prefix));
}

/**
 * Gives it the name of the entry; one that is there and `isUsable` stays, and is as good. One that cannot be used goes aside first and is removed, unless a
 * process uses it. Throws InputError when what has the name is not ours.
 */
export function publishConnectivity(
  partial: PartialDirectory,
  { entry, lock, isUsable }: { readonly entry: string; readonly lock: HeldLock; isUsable(): boolean },
): void {
  if (isUsable()) {
    partial.remove();
    return;
  }
  syncDirectory(partial.path);
  partial.assertMine(entry);
  lock.assertMine(entry);
  if (thingAt(entry) !== undefined && !isPreparedConnectivity(entry)) throw refuse(entry);
  const aside = thingAt(entry) === undefined ? undefined : setAside(entry, isPreparedConnectivity);
  let isPublished = false;
  try {
    isPublished = publishDirectory(partial.path, entry);
  } finally {
    if (!isPublished && aside !== undefined) publishDirectory(aside, entry);
  }
  if (!isPublished) throw refuse(entry);
  partial.release();
  removeFile(path.join(entry, PARTIAL_MARK));
  if (aside !== undefined) clearAside(entry);
}

/** Removes what a run that was killed right after it had published the entry left in it and beside it. */
export function tidyConnectivity(entry: string): void {
  try {
    sweepLock(entry);
    if (thingAt(path.join(entry, PARTIAL_MARK)) === "a file" && isPreparedConnectivity(entry))
      removeFile(path.join(entry, PARTIAL_MARK));
    sweepEmptyAside(entry);
    clearAside(entry);
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error; // in nobody's way
  }
}

/** Removes those that were replaced, unless a process uses them. */
function clearAside(entry: string): void {
  if (isUsedByOthers(entry)) return;
  for (const aside of findAside(entry)) removeConnectivity(aside);
}

/** Undefined: it is gone; else what in it, or about it, is not ours. */
export function removeConnectivity(entry: string): string | undefined {
  return isPreparedConnectivity(entry) ? removeDirectory(entry, isOwnName, MANIFEST_FILE) : entry;
}

/** It is one of ours, of whatever version, with nothing else in it. */
export function isPreparedConnectivity(entry: string): boolean {
  const file = path.join(entry, MANIFEST_FILE);
  if (findForeign(entry, isOwnName) !== undefined || thingAt(file) !== "a file") return false;
  try {
    const manifest: unknown = JSON.parse(fs.readFileSync(file, "utf8"));
    return (
      manifest !== null &&
      typeof manifest === "object" &&
      "format" in manifest &&
      manifest.format === CONNECTIVITY_FORMAT
    );
  } catch {
    return false;
  }
}

function refuse(entry: string): InputError {
  return new InputError(
    `Cannot replace ${entry}: expected a prepared connectivity that fixelstream made, got ${thingAt(entry) ?? "nothing"} with something else in it. Move it away, or choose another place with --cache.`,
    { path: entry },
  );
}
