// One writer a target. The lock is a file beside it, `cohort.fxs.lock`, that says who holds it and shows signs of life (heartbeat.ts). It saves work
// and gives one clear refusal; that nobody's data are mixed does not rest on it but on names of one's own and on publishing by rename.
//
// A lock of a dead holder is replaced under a second lock, `cohort.fxs.lock.next`: of those who find it dead only one may replace it, and a lock that
// was taken since is never mistaken for the dead one. A holder of the second lock that is killed is replaced under a third, by the same rule.
import { linkSync, lstatSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { InputError } from "../errors.js";
import { systemErrorCode } from "../system-error.js";
import { type Heartbeat, startHeartbeat } from "./heartbeat.js";
import { sweepMade } from "./made-files.js";
import { lifeOf, newId, parseId, thisProcess } from "./maker.js";
import { removeFile } from "./remove-ours.js";

export const LOCK_SUFFIX = ".lock";
const DRAFT = ".draft-";

/** What the holder does: `clear` is short. */
export type LockPurpose = "write" | "clear";

export interface Holder {
  readonly host: string;
  readonly pid: number;
  readonly since: Date;
  readonly purpose: LockPurpose;
  /** Differs for every lock ever taken. */
  readonly id: string;
}

export interface HeldLock {
  /** False when another has replaced it, because this process gave no sign of life for too long. */
  isMine(): boolean;
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
export function holderOf(target: string, nowMs = Date.now()): Holder | undefined {
  const found = readLock(lockPathOf(target));
  return found !== undefined && isHeld(found, nowMs) ? found.holder : undefined;
}

/** `process 4711 of node7, since 2026-11-26 14:02:11 UTC` */
export function describeHolder({ host, pid, since }: Holder): string {
  return `process ${pid} of ${host}, since ${since.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

function attempt(path: string, purpose: LockPurpose): LockAttempt {
  const id = newId();
  const draft = `${path}${DRAFT}${id}`;
  const { host, pid } = thisProcess();
  const text = { format: "fixelstream-lock", id, host, pid, since: new Date().toISOString(), purpose };
  try {
    writeFileSync(draft, `${JSON.stringify(text)}\n`, { flag: "wx", flush: true });
    for (;;) {
      if (linkOrMove(draft, path)) return { lock: hold(path, id) };
      const found = readLock(path);
      if (found === undefined) continue; // released just now
      // By the clock of the disk that both signs were written to.
      if (isHeld(found, lstatSync(draft).mtimeMs)) return { holder: found.holder };
      const next = attempt(`${path}.next`, purpose);
      if ("holder" in next) return { holder: next.holder }; // replaces it just now
      try {
        if (readLock(path)?.holder.id !== found.holder.id) continue;
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

/** Gives the draft the name of the lock unless that is taken. */
function linkOrMove(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === "EEXIST") return false;
    // Disks without links: the text may be seen while it is written.
    if (code !== "EPERM" && code !== "ENOTSUP" && code !== "ENOSYS" && code !== "EMLINK") throw error;
  }
  try {
    writeFileSync(path, readFileSync(draft), { flag: "wx", flush: true });
    return true;
  } catch (error) {
    if (systemErrorCode(error) === "EEXIST") return false;
    throw error;
  }
}

function hold(path: string, id: string): HeldLock {
  const heartbeat: Heartbeat = startHeartbeat(path);
  sweepMade(`${path}${DRAFT}`); // of those killed on the way
  const isMine = () => readLock(path)?.holder.id === id;
  let held = true;
  return {
    isMine: () => held && isMine(),
    release() {
      if (!held) return;
      held = false;
      heartbeat.stop();
      if (isMine()) removeFile(path);
    },
  };
}

interface FoundLock {
  readonly holder: Holder;
  readonly lastSignMs: number;
}

/** Undefined: there is none. Throws InputError for something else of that name. */
function readLock(path: string): FoundLock | undefined {
  try {
    const stat = lstatSync(path);
    const json: unknown = stat.isFile() ? JSON.parse(readFileSync(path, "utf8")) : undefined;
    const holder = parseHolder(json);
    if (holder !== undefined) return { holder, lastSignMs: stat.mtimeMs };
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return undefined;
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new InputError(
    `Cannot use ${path}: expected a lock of fixelstream or nothing of that name, got something else. Move it away.`,
    { path },
  );
}

function parseHolder(json: unknown): Holder | undefined {
  if (json === null || typeof json !== "object") return undefined;
  const { format, id, host, pid, since, purpose } = json as Record<string, unknown>;
  if (format !== "fixelstream-lock" || typeof id !== "string" || parseId(id) === undefined) return undefined;
  if (typeof host !== "string" || typeof pid !== "number" || typeof since !== "string") return undefined;
  if (Number.isNaN(Date.parse(since)) || (purpose !== "write" && purpose !== "clear")) return undefined;
  return { id, host, pid, since: new Date(since), purpose };
}

/** A holder that is only silent loses it too: no lock blocks for ever. */
function isHeld({ holder, lastSignMs }: FoundLock, nowMs: number): boolean {
  return lifeOf(parseId(holder.id)!, lastSignMs, nowMs) === "alive";
}
