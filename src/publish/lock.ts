// One writer a target. The lock is a file beside it, `cohort.fxs.lock`, that says who holds it and shows signs of life (heartbeat.ts). It saves work
// and gives one clear refusal; that nobody's data are mixed does not rest on it but on names of one's own and on publishing by rename.
//
// A lock of a dead holder is replaced under a second lock, `cohort.fxs.lock.next`: of those who find it dead only one may replace it, and a lock that
// was taken since is never mistaken for the dead one. A holder of the second lock that is killed is replaced under a third, by the same rule.
import { closeSync, linkSync, lstatSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { InputError, isFixelstreamError } from "../errors.js";
import { systemErrorCode } from "../system-error.js";
import type { Clock } from "./disk-clock.js";
import { diskClock } from "./disk-clock.js";
import { type Heartbeat, startHeartbeat } from "./heartbeat.js";
import { isOursAsFarAsWritten, namesIn, sweepMade, sweepProbes } from "./made-files.js";
import { BEAT_EVERY_MS, lifeOf, newId, parseId, thisProcess } from "./maker.js";
import { isSameFile, isWithoutLinks } from "./publish.js";
import { lstatAt, removeFile } from "./remove-ours.js";

export const LOCK_SUFFIX = ".lock";
const DRAFT = ".draft-";
const BEGINNING = '{"format":"fixelstream-lock"';

/** What the holder does: `clear` is short. */
export type LockPurpose = "write" | "clear";

export interface Holder {
  readonly host: string;
  /** 0: it has not said. */
  readonly pid: number;
  readonly since: Date;
  readonly purpose: LockPurpose;
  /** Differs for every lock ever taken. */
  readonly id: string;
}

export interface HeldLock {
  /** False when another has replaced it, because this process gave no sign of life for too long. */
  isMine(): boolean;
  /** Throws InputError unless it is mine: before anything made under it is published. `output`: as typed. */
  assertMine(output: string): void;
  /** Idempotent. */
  release(): void;
}

export type LockAttempt = { readonly lock: HeldLock } | { readonly holder: Holder };

/** Takes the lock of `target`, or says who holds it. Throws InputError for a file of that name that is no lock, and what the system says. */
export function tryLock(target: string, purpose: LockPurpose): LockAttempt {
  return attempt(lockPathOf(target), purpose);
}

export function lockPathOf(target: string): string {
  return `${resolve(target)}${LOCK_SUFFIX}`;
}

/** The living holder, if there is one. */
export function holderOf(target: string): Holder | undefined {
  const path = lockPathOf(target);
  const found = readLock(path);
  return found !== undefined && isHeld(found, diskClock(dirname(path))) ? found.holder : undefined;
}

/** Removes what killed processes left of locks, where nobody holds one. What cannot be removed stays: it is in nobody's way. */
export function sweepLock(target: string): void {
  const path = lockPathOf(target);
  if (!namesIn(dirname(path)).some((name) => name.startsWith(basename(path)))) return;
  releaseAtOnce(path);
}

/** `process 4711 of node7, since 2026-11-26 14:02:11 UTC` */
export function describeHolder({ host, pid, since }: Holder): string {
  const who = pid === 0 ? "a process that is just taking the lock" : `process ${pid} of ${host}`;
  return `${who}, since ${since.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

function attempt(path: string, purpose: LockPurpose): LockAttempt {
  const id = newId();
  const draft = `${path}${DRAFT}${id}`;
  try {
    writeDraft(draft, id, purpose);
    // By the clock of the disk that both signs were written to.
    const writtenMs = lstatSync(draft).mtimeMs;
    for (;;) {
      if (linkOrMove(draft, path)) return { lock: hold(path, id) };
      const found = readLock(path);
      if (found === undefined) continue; // released just now
      if (isHeld(found, () => writtenMs)) return { holder: found.holder };
      const next = attempt(`${path}.next`, purpose);
      if ("holder" in next) return { holder: next.holder }; // replaces it just now
      try {
        if (!isSame(readLock(path), found)) continue;
        renameSync(draft, path);
        return { lock: hold(path, id) };
      } finally {
        next.lock.release();
      }
    }
  } finally {
    removeFile(draft);
  }
}

function writeDraft(draft: string, id: string, purpose: LockPurpose): void {
  const { host, pid } = thisProcess();
  const text = { format: "fixelstream-lock", id, host, pid, since: new Date().toISOString(), purpose };
  try {
    writeFileSync(draft, `${JSON.stringify(text)}\n`, { flag: "wx", flush: true });
  } catch (error) {
    // A full disk has room for a name, which is enough to clear it: the lock says nothing, and holds for some seconds.
    const isFull = ["ENOSPC", "EDQUOT"].includes(systemErrorCode(error) ?? "");
    if (purpose !== "clear" || !isFull || lstatAt(draft) === undefined) throw error;
  }
}

/** Gives the draft the name of the lock unless that is taken. */
function linkOrMove(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    // The answer to a first try was lost on the way from the server, and this is that to the second.
    if (systemErrorCode(error) === "EEXIST") return isSameFile(draft, path);
    if (!isWithoutLinks(error)) throw error;
  }
  // Disks without links: an empty file takes the name, and the text takes its place.
  try {
    closeSync(openSync(path, "wx"));
  } catch (error) {
    if (systemErrorCode(error) === "EEXIST") return false;
    throw error;
  }
  try {
    renameSync(draft, path);
  } catch (error) {
    removeFile(path);
    throw error;
  }
  return true;
}

function hold(path: string, id: string): HeldLock {
  let heartbeat: Heartbeat;
  try {
    heartbeat = startHeartbeat(path);
  } catch (error) {
    removeFile(path);
    throw error;
  }
  sweepMade(`${path}${DRAFT}`); // of those killed on the way
  sweepProbes(dirname(path));
  sweepNext(`${path}.next`);
  const isMine = () => {
    const found = readLock(path)?.holder.id;
    return found === id || (found === "" && heartbeat.isAt(path));
  };
  let held = true;
  return {
    isMine: () => held && isMine(),
    assertMine(output) {
      if (held && isMine()) return;
      throw new InputError(
        `Cannot write ${output}: another process took it over, because this one gave no sign of life for minutes. Run the command again.`,
        { path: output },
      );
    },
    release() {
      if (!held) return;
      held = false;
      try {
        if (isMine()) removeFile(path);
      } catch (error) {
        if (systemErrorCode(error) === undefined && !isFixelstreamError(error)) throw error;
        // It stays until somebody finds it dead: what was done under it is done.
      }
      heartbeat.stop();
    },
  };
}

/** The second lock of one that was killed while it replaced the first. */
function sweepNext(path: string): void {
  if (lstatAt(path) !== undefined) releaseAtOnce(path);
}

/** Takes a lock that nobody holds, and with it what is left of others; and lets it go. */
function releaseAtOnce(path: string): void {
  try {
    const attempted = attempt(path, "clear");
    if ("lock" in attempted) attempted.lock.release();
  } catch (error) {
    if (!isFixelstreamError(error) && systemErrorCode(error) === undefined) throw error;
    // Somebody else's, or not to be removed: in nobody's way until it is needed.
  }
}

interface FoundLock {
  readonly holder: Holder;
  readonly lastSignMs: number;
  readonly inode: number;
}

const isSame = (one: FoundLock | undefined, other: FoundLock) =>
  one !== undefined && one.holder.id === other.holder.id && one.inode === other.inode;

/** Undefined: there is none. Throws InputError for something else of that name. */
function readLock(path: string): FoundLock | undefined {
  const stat = lstatAt(path);
  if (stat === undefined) return undefined;
  if (stat.isFile()) {
    let text: string;
    try {
      text = readFileSync(path, "utf8");
    } catch (error) {
      if (systemErrorCode(error) === "ENOENT") return undefined;
      throw error;
    }
    const holder = parseHolder(text) ?? holderOfTorn(text, stat.mtime);
    if (holder !== undefined) return { holder, lastSignMs: stat.mtimeMs, inode: stat.ino };
  }
  throw new InputError(
    `Cannot use ${path}: expected a lock of fixelstream or nothing of that name, got something else. Move it away.`,
    { path },
  );
}

function parseHolder(text: string): Holder | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (json === null || typeof json !== "object") return undefined;
  const { format, id, host, pid, since, purpose } = json as Record<string, unknown>;
  if (format !== "fixelstream-lock" || typeof id !== "string" || parseId(id) === undefined) return undefined;
  if (typeof host !== "string" || typeof pid !== "number" || typeof since !== "string") return undefined;
  if (Number.isNaN(Date.parse(since)) || (purpose !== "write" && purpose !== "clear")) return undefined;
  return { id, host, pid, since: new Date(since), purpose };
}

/** Of a lock whose text is not there, or not all of it: being written, on a disk without links or a full one; or its writer was killed, or the power failed. */
function holderOfTorn(text: string, since: Date): Holder | undefined {
  return isOursAsFarAsWritten(text, BEGINNING) ? { id: "", host: "", pid: 0, since, purpose: "write" } : undefined;
}

/** A holder that is only silent loses it too: no lock blocks for ever. */
function isHeld({ holder, lastSignMs }: FoundLock, now: Clock): boolean {
  const maker = parseId(holder.id);
  if (maker === undefined) return Math.abs(now() - lastSignMs) < BEAT_EVERY_MS;
  return lifeOf(maker, lastSignMs, now) === "alive";
}
