// Several files that appear together in a directory that others see. What is to be moved is written down first (publishing.json, in the partial
// directory), so that the next run can settle what a killed one has begun: finish it, because everything that is missing lies whole in what was left; or
// undo it, because every file is known again.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { InputError } from "../errors.js";
import { systemErrorCode } from "../system-error.js";
import { type FileIdentity, identityOf, isSameIdentity } from "./file-identity.js";
import type { HeldLock } from "./lock.js";
import { openStage, type Stage } from "./new-directory.js";
import { adoptPartial, findAbandoned, type PartialDirectory, PUBLISHING } from "./partial-directory.js";
import { syncPath } from "./publish.js";
import { removeFile } from "./remove-ours.js";

export interface FilesToPublish {
  readonly into: string;
  /** Of the partial directory, in the order of moving. The last says that all are there. */
  readonly names: readonly string[];
  /** Files of ours that may be replaced, as they were found. */
  readonly replaceable: ReadonlyMap<string, FileIdentity>;
  /** Files of ours that go, unless they are others by then; with `finish` only. */
  readonly removes?: ReadonlyMap<string, FileIdentity>;
  /**
   * What the next run does if this one is killed meanwhile. `undo`: nothing but the last may be replaced, and that in the last step. `finish`: all that is
   * old goes first, the last name before all, so that old and new never lie side by side: what is new is whole on the disk by then.
   */
  readonly ifKilled: "undo" | "finish";
  /** This run has made the directory: it can appear with everything in it, in one step. */
  readonly isNew?: boolean;
  /** What cannot be done, up to the colon. */
  readonly purpose: string;
  /** Runs the moving as the only one who moves anything to `into`: from the look at what is in the way to the last file. */
  under(move: (lock: HeldLock) => void): void;
}

interface Publishing {
  /** As seen from the partial directory: both may be moved together. */
  readonly into: string;
  readonly ifKilled: "undo" | "finish";
  readonly files: readonly {
    readonly name: string;
    readonly identity: FileIdentity;
    readonly replaces: FileIdentity | null;
  }[];
  readonly removes: readonly { readonly name: string; readonly identity: FileIdentity }[];
}

/**
 * Moves the files and removes the partial directory. Throws InputError when something else has one of the names by now (nothing is moved then), and what the
 * system says.
 */
export function publishFiles(partial: PartialDirectory, wanted: FilesToPublish): void {
  const { into, names, replaceable, ifKilled, purpose } = wanted;
  for (const name of names) syncPath(join(partial.path, name));
  const publishing: Publishing = {
    into: relative(partial.path, resolve(into)),
    ifKilled,
    files: names.map((name) => ({
      name,
      identity: identityOf(join(partial.path, name))!,
      replaces: replaceable.get(name) ?? null,
    })),
    removes: [...(wanted.removes ?? [])].map(([name, identity]) => ({ name, identity })),
  };
  let stage: Stage | undefined;
  wanted.under((lock) => {
    partial.assertMine(into);
    lock.assertMine(into);
    assertUntouched(partial.path, publishing, purpose);
    stage = wanted.isNew === true && ifKilled === "undo" ? openStage(into, names) : undefined;
    if (stage !== undefined) {
      fillStage(stage, partial);
      return;
    }
    // Half of it is as good as none: nothing is moved before it is on the disk.
    writeFileSync(join(partial.path, PUBLISHING), `${JSON.stringify(publishing)}\n`, { flush: true });
    syncPath(partial.path);
    try {
      move(partial.path, publishing);
    } catch (error) {
      takeBack(partial, publishing);
      throw error;
    }
    partial.remove();
  });
  // without the lock, which is a file in the directory: it must be empty
  revealStage(stage, purpose);
}

function fillStage(stage: Stage, partial: PartialDirectory): void {
  try {
    stage.fill(partial.path);
    partial.remove();
  } catch (error) {
    stage.remove();
    throw error;
  }
}

function revealStage(stage: Stage | undefined, purpose: string): void {
  try {
    stage?.reveal(purpose);
  } finally {
    stage?.remove();
  }
}

/** After a failure half-way: as it was, where that can be; else it is left for the next run to settle, and must not be removed now. */
function takeBack(partial: PartialDirectory, publishing: Publishing): void {
  try {
    if (publishing.ifKilled === "undo") {
      moveBack(partial.path, publishing);
      return;
    }
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
  }
  partial.leave();
}

/** Finishes or undoes what killed runs had begun to move into `into`. What is undone is left as their partial directory. */
export function settlePublications(kind: string, prefix: string, into: string, purpose: string): void {
  for (const abandoned of findAbandoned(kind, prefix)) {
    const publishing = readPublishing(abandoned.path);
    if (publishing === undefined || resolve(abandoned.path, publishing.into) !== resolve(into)) continue;
    const isDone = isMoved(abandoned.path, publishing, publishing.files.at(-1)?.name);
    if (!isDone && publishing.ifKilled === "finish") assertUntouched(abandoned.path, publishing, purpose);
    const partial = adoptPartial(abandoned);
    if (partial === undefined) continue;
    if (!isDone && publishing.ifKilled === "undo") {
      moveBack(partial.path, publishing);
      partial.leave();
    } else {
      if (!isDone) move(partial.path, publishing);
      partial.remove();
    }
  }
}

/** Names of files in `into` that settlePublications would take away again. */
export function namesBegun(kind: string, prefix: string, into: string): Set<string> {
  const names = new Set<string>();
  for (const { path } of findAbandoned(kind, prefix)) {
    const publishing = readPublishing(path);
    if (publishing?.ifKilled !== "undo" || resolve(path, publishing.into) !== resolve(into)) continue;
    if (isMoved(path, publishing, publishing.files.at(-1)?.name)) continue;
    for (const { name } of publishing.files) if (isMoved(path, publishing, name)) names.add(name);
  }
  return names;
}

function move(from: string, publishing: Publishing): void {
  const into = resolve(from, publishing.into);
  const last = publishing.files.at(-1);
  if (publishing.ifKilled === "finish" && last !== undefined && !isMoved(from, publishing, last.name))
    removeFile(join(into, last.name));
  const replaced = publishing.files.flatMap(({ name, replaces }) =>
    replaces === null ? [] : [{ name, identity: replaces }],
  );
  for (const { name, identity } of [...(publishing.ifKilled === "finish" ? replaced : []), ...publishing.removes])
    if (isSameIdentity(identityOf(join(into, name)), identity)) removeFile(join(into, name));
  for (const { name } of publishing.files) {
    if (!isMoved(from, publishing, name)) renameSync(join(from, name), join(into, name));
  }
  syncPath(into);
}

function moveBack(from: string, publishing: Publishing): void {
  const into = resolve(from, publishing.into);
  for (const { name } of publishing.files) {
    if (isMoved(from, publishing, name)) renameSync(join(into, name), join(from, name));
  }
  removeFile(join(from, PUBLISHING));
  syncPath(into);
}

/** It is no longer in the partial directory, and the very file is where it should go. */
function isMoved(from: string, { into, files }: Publishing, name: string | undefined): boolean {
  const file = files.find((file) => file.name === name);
  if (file === undefined || identityOf(join(from, file.name)) !== undefined) return false;
  return isSameIdentity(identityOf(resolve(from, into, file.name)), file.identity);
}

/** What is in the way must be what was found before the run, or nothing. */
function assertUntouched(from: string, publishing: Publishing, purpose: string): void {
  for (const { name, replaces } of publishing.files) {
    const path = resolve(from, publishing.into, name);
    const found = identityOf(path);
    if (
      found === undefined ||
      (replaces !== null && isSameIdentity(found, replaces)) ||
      isMoved(from, publishing, name)
    )
      continue;
    throw new InputError(
      `${purpose}: expected ${replaces === null ? `no ${name}` : `${name} as it was when the run began`}, got another one, made meanwhile. Move it away and run the command again.`,
      { path },
    );
  }
}

/** Undefined: nothing was moved yet. */
function readPublishing(partial: string): Publishing | undefined {
  try {
    const json: unknown = JSON.parse(readFileSync(join(partial, PUBLISHING), "utf8"));
    return isPublishing(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

function isPublishing(value: unknown): value is Publishing {
  if (value === null || typeof value !== "object") return false;
  const { into, ifKilled, files, removes } = value as Record<string, unknown>;
  const isKnown = ifKilled === "undo" || ifKilled === "finish";
  const areFiles = (list: unknown) => Array.isArray(list) && list.every(isFile);
  return typeof into === "string" && isKnown && areFiles(files) && areFiles(removes);
}

function isFile(value: unknown): boolean {
  if (value === null || typeof value !== "object") return false;
  const { name, identity, replaces } = value as Record<string, unknown>;
  const isName = typeof name === "string" && /^[^/\\]+$/.test(name) && !/^\.\.?$/.test(name);
  return (
    isName && identity !== null && typeof identity === "object" && ["object", "undefined"].includes(typeof replaces)
  );
}
