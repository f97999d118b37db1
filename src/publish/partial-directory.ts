// A directory in which something is made until it is whole: of a name that nobody else gives, marked as ours, with signs of life. What its maker
// leaves when it is killed is found by its name and its mark, and taken over or removed by the next run, whoever that is.
import { lstatSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { InputError } from "../errors.js";
import { systemErrorCode } from "../system-error.js";
import { diskClock } from "./disk-clock.js";
import { type Heartbeat, startHeartbeat } from "./heartbeat.js";
import { namesIn } from "./made-files.js";
import { type Life, lifeOf, type Maker, newId, newIdOfNobody, parseId } from "./maker.js";
import { findForeign, type OwnName, removeDirectory } from "./remove-ours.js";

/** In every partial directory, never changed, and the last that goes when it is removed. */
export const PARTIAL_MARK = "partial.json";
const MARK_DRAFT = `${PARTIAL_MARK}.new`;
/** What is being moved out of it: publish-files.ts. */
export const PUBLISHING = "publishing.json";

export interface PartialKind {
  /** What is made: `store`, `results`. */
  readonly kind: string;
  /** Absolute or not; the id is put behind it: `/data/cohort.fxs.partial-`. */
  readonly prefix: string;
  /** Names of the files that will be in it, or `*.ENDING` and `NAME.*`. Anything else in it is not ours. */
  readonly contents: readonly string[];
}

export interface PartialDirectory {
  readonly path: string;
  /** Nobody has taken it over, and it is still there. */
  isMine(): boolean;
  /** Throws InputError unless it is mine: before anything in it is published. `output`: as typed. */
  assertMine(output: string): void;
  /** Stops the signs of life; it may be another's from now on, or has been published. Idempotent. */
  release(): void;
  /** Leaves it for the next run to continue. Idempotent; throws nothing. */
  leave(): void;
  /** Idempotent. What in it is not ours, or cannot be removed now, stays, and it with that. */
  remove(): void;
}

/** A partial directory whose maker is no more. */
export interface AbandonedPartial {
  readonly path: string;
  readonly prefix: string;
  readonly mark: PartialMark;
}

export interface PartialMark {
  readonly format: "fixelstream-partial";
  readonly kind: string;
  readonly contents: readonly string[];
}

/** Makes one. Throws what the system says. */
export function createPartial({ kind, prefix, contents }: PartialKind): PartialDirectory {
  const path = resolve(`${prefix}${newId()}`);
  mkdirSync(path);
  const mark: PartialMark = { format: "fixelstream-partial", kind, contents };
  try {
    // Written under another name first: it is whole or not there.
    writeFileSync(join(path, MARK_DRAFT), `${JSON.stringify(mark)}\n`);
    renameSync(join(path, MARK_DRAFT), join(path, PARTIAL_MARK));
    return hold(path, prefix, mark, startHeartbeat(join(path, PARTIAL_MARK)));
  } catch (error) {
    removeDirectory(path, ownNamesOf(mark), PARTIAL_MARK);
    throw error;
  }
}

/** Those of the kind whose maker is dead for sure, marked as ours, of our user and with nothing else in them. */
export function findAbandoned(kind: string, prefix: string): AbandonedPartial[] {
  const found: AbandonedPartial[] = [];
  for (const { path, mark, life } of listPartials(prefix)) {
    if (mark?.kind !== kind || life !== "dead") continue;
    if (findForeign(path, ownNamesOf(mark)) === undefined) found.push({ path, prefix, mark });
  }
  return found;
}

export interface FoundPartial {
  readonly path: string;
  readonly maker: Maker;
  readonly life: Life;
  /** Undefined: not marked as ours. */
  readonly mark: PartialMark | undefined;
}

/** Every directory of our user that is named like a partial one. */
export function listPartials(prefix: string): FoundPartial[] {
  const absolute = resolve(prefix);
  const [folder, start] = [dirname(absolute), basename(absolute)];
  const clock = diskClock(folder);
  const found: FoundPartial[] = [];
  for (const name of namesIn(folder)) {
    const maker = name.startsWith(start) ? parseId(name.slice(start.length)) : undefined;
    const path = join(folder, name);
    if (maker === undefined || !isOurDirectory(path)) continue;
    found.push({ path, maker, life: lifeOf(maker, lastSign(path), clock), mark: readMark(path) });
  }
  return found;
}

/** Makes it this process's by one rename; undefined when another was quicker. */
export function adoptPartial({ path, prefix, mark }: AbandonedPartial): PartialDirectory | undefined {
  const own = resolve(`${prefix}${newId()}`);
  let heartbeat: Heartbeat | undefined;
  try {
    // A sign of life before the new name: with the old sign a process of another machine would take it for abandoned.
    heartbeat = startHeartbeat(join(path, PARTIAL_MARK));
    renameSync(path, own);
    return hold(own, prefix, mark, heartbeat);
  } catch (error) {
    heartbeat?.stop();
    if (systemErrorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Removes what is left of one. Undefined: it is gone; else what in it is not ours. */
export function removeAbandoned(abandoned: AbandonedPartial): string | undefined {
  const own = adoptPartial(abandoned);
  if (own === undefined) return undefined;
  own.release();
  return removePartial(own.path, abandoned.mark);
}

/** Removes all that are abandoned, and what was killed before it had its mark. What cannot be removed stays: it is in nobody's way. */
export function sweepAbandoned(kind: string, prefix: string): void {
  for (const abandoned of findAbandoned(kind, prefix)) quietly(() => removeAbandoned(abandoned));
  sweepUnmarked(prefix);
}

/** Removes what was killed before it had its mark, or when it had lost it. */
export function sweepUnmarked(prefix: string): void {
  for (const { path, life, mark } of listPartials(prefix)) {
    if (life !== "dead" || mark !== undefined) continue;
    quietly(() => removeDirectory(path, (name) => name === MARK_DRAFT, MARK_DRAFT));
  }
}

/** Undefined: not marked as ours. */
export function readMark(path: string): PartialMark | undefined {
  try {
    const mark: unknown = JSON.parse(readFileSync(join(path, PARTIAL_MARK), "utf8"));
    return isMark(mark) ? mark : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a file of that name belongs into it. */
export function ownNamesOf({ contents }: Pick<PartialMark, "contents">): OwnName {
  const [exact, patterns] = [new Set(contents), contents.filter((text) => text.includes("*"))];
  const fits = (name: string, pattern: string) =>
    pattern.startsWith("*") ? name.endsWith(pattern.slice(1)) : name.startsWith(pattern.slice(0, -1));
  const always = [PARTIAL_MARK, MARK_DRAFT, PUBLISHING];
  return (name) => always.includes(name) || exact.has(name) || patterns.some((pattern) => fits(name, pattern));
}

function hold(path: string, prefix: string, mark: PartialMark, heartbeat: Heartbeat): PartialDirectory {
  let open = true;
  const isMine = () => readMark(path) !== undefined;
  const release = () => {
    open = false;
    heartbeat.stop();
  };
  return {
    path,
    isMine,
    assertMine(output) {
      if (isMine()) return;
      throw new InputError(
        `Cannot write ${output}: another process took over, or removed, what this one had made so far (${path}). Run the command again.`,
        { path: output },
      );
    },
    release,
    leave() {
      if (!open) return;
      release();
      quietly(() => renameSync(path, resolve(`${prefix}${newIdOfNobody()}`)));
    },
    remove() {
      if (!open) return;
      release();
      quietly(() => removePartial(path, mark));
    },
  };
}

/** What goes wrong while something is cleaned up hides nothing that went wrong before: the next run finds what is left. */
function quietly(cleanUp: () => void): void {
  try {
    cleanUp();
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
  }
}

function removePartial(path: string, mark: PartialMark): string | undefined {
  return removeDirectory(path, ownNamesOf(mark), PARTIAL_MARK);
}

function isMark(value: unknown): value is PartialMark {
  if (value === null || typeof value !== "object") return false;
  const { format, kind, contents } = value as Record<string, unknown>;
  const isTexts = Array.isArray(contents) && contents.every((text) => typeof text === "string" && isPlain(text));
  return format === "fixelstream-partial" && typeof kind === "string" && isTexts;
}

/** A name inside the directory, and no pattern that means everything. */
const isPlain = (text: string) => /^(\*\.[^*/\\]+|[^*/\\]+\.\*|[^*/\\]+)$/.test(text) && !/^\.\.?$/.test(text);

/** Of this user, and no link: in a shared directory anyone may make such a name. */
function isOurDirectory(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat?.isDirectory() === true && (process.getuid === undefined || stat.uid === process.getuid());
}

/** Milliseconds by the clock of the disk. One without a mark may just be made. */
function lastSign(path: string): number {
  const options = { throwIfNoEntry: false } as const;
  return (statSync(join(path, PARTIAL_MARK), options) ?? statSync(path, options))?.mtimeMs ?? 0;
}
