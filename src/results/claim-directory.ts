// A directory that will be written to: made and tried before the long run, and taken away again when the run fails and nothing is in it.
import { accessSync, constants, mkdirSync, rmdirSync, statfsSync, statSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { InputError, isFixelstreamError } from "../errors.js";
import { pathKindOf } from "../formats/path-kind.js";
import { tryToWrite } from "../publish/disk-clock.js";
import { sweepProbes } from "../publish/made-files.js";
import { assertNotInOwn } from "../publish/own-directory.js";
import { describeSystemError, systemErrorCode } from "../system-error.js";
import { formatBytes } from "../units.js";

export interface ClaimedDirectory {
  /** Absolute. */
  readonly path: string;
  /** The claim made it. */
  readonly isNew: boolean;
  /** Removes the directories that the claim made, as far as they are empty. Idempotent. */
  release(): void;
}

export interface Claim {
  /** As typed. */
  readonly path: string;
  /** What cannot be done, up to the colon: `Cannot write results to out/`. */
  readonly purpose: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** Makes the directory where it is missing and writes a file in it for a moment. Throws InputError: it cannot be made or written, or lies in a store. */
export function claimDirectory({ path, purpose, remedy }: Claim): ClaimedDirectory {
  assertNotInOwn(path, purpose);
  const absolute = resolve(path);
  let firstMade: string | undefined;
  let isNew = false;
  const release = () => {
    if (firstMade !== undefined) removeEmpty(absolute, firstMade);
    firstMade = undefined;
  };
  try {
    for (const missing of missingDirectories(absolute)) {
      isNew = makeDirectory(missing);
      if (isNew) firstMade ??= missing;
    }
    sweepProbes(absolute); // of those killed here
    tryToWrite(absolute);
  } catch (cause) {
    release();
    if (isFixelstreamError(cause)) throw cause;
    const message = `${purpose}: expected a directory that can be written, got ${describeObstacle(cause)}. ${remedy}`;
    throw new InputError(message, { path, cause });
  }
  return { path: absolute, isNew, release };
}

/** As claimDirectory, as far as can be told without making or writing anything. The directory that is there: the one meant, or the nearest above it. */
export function rehearseClaim({ path, purpose, remedy }: Claim): string {
  assertNotInOwn(path, purpose);
  const absolute = resolve(path);
  let nearest = absolute;
  while (pathKindOf(nearest) === undefined && dirname(nearest) !== nearest) nearest = dirname(nearest);
  const refuse = (got: string, cause?: unknown) =>
    new InputError(`${purpose}: expected a directory that can be written, got ${got}. ${remedy}`, { path, cause });
  if (pathKindOf(nearest) === "file")
    throw refuse(nearest === absolute ? "a file of that name" : "a part of the path that is not a directory");
  try {
    accessSync(nearest, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw refuse(describeSystemError(cause), cause);
  }
  return nearest;
}

export interface RoomNeeded {
  /** A directory that exists. */
  readonly path: string;
  readonly bytes: number;
  /** What takes it: `results`, `converted store`. */
  readonly what: string;
}

/** Throws InputError when some disk has less room than everything that will be written to it. */
export function checkDiskRoom(needs: readonly RoomNeeded[]): void {
  const byDisk = new Map<number, RoomNeeded[]>();
  for (const need of needs) {
    if (need.bytes === 0) continue;
    const { dev } = statSync(need.path);
    byDisk.set(dev, [...(byDisk.get(dev) ?? []), need]);
  }
  for (const together of byDisk.values()) {
    const { path } = together[0]!;
    const needed = together.reduce((sum, { bytes }) => sum + bytes, 0);
    const { bavail, bsize } = statfsSync(path);
    if (bavail * bsize >= needed) continue;
    const parts = together.map(({ what, bytes }) => `${what} ${formatBytes(bytes)}`).join(", ");
    throw new InputError(
      `Cannot write to the disk of ${path}: expected ${formatBytes(needed)} free (${parts}), got ${formatBytes(bavail * bsize)}. Make room, or write to another disk.`,
      { path },
    );
  }
}

/** False: another process made it just now. */
function makeDirectory(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === "EEXIST" && pathKindOf(path) === "directory") return false;
    throw error;
  }
}

/** From the top down. One by one, because mkdir's own `recursive` says "no such file" on a read-only disk. */
function missingDirectories(absolute: string): string[] {
  const missing: string[] = [];
  for (let at = absolute; dirname(at) !== at; at = dirname(at)) {
    const kind = pathKindOf(at);
    if (kind === "directory") break;
    if (kind === undefined || at === absolute) missing.unshift(at);
    if (kind === "file") break; // making what is below, or itself, says what is wrong
  }
  return missing;
}

function describeObstacle(cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException).code;
  return code === "EEXIST" ? "a file of that name" : describeSystemError(cause);
}

/** From `deepest` up to `topmost`, until one is not empty. */
function removeEmpty(deepest: string, topmost: string): void {
  for (let path = deepest; !relative(topmost, path).startsWith(".."); path = dirname(path)) {
    try {
      rmdirSync(path);
    } catch {
      return; // somebody else put something there
    }
  }
}
