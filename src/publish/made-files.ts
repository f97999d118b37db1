// Single small files with their maker's id in the name: drafts of locks, marks of use, probes. What they say begins alike, so that nothing else is mistaken
// for one; killed between making and writing it leaves an empty one, which nobody else gives such a name.
import { closeSync, lstatSync, openSync, readdirSync, readSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { type Clock, diskClock, PROBE } from "./disk-clock.js";
import { type Life, lifeOf, type Maker, parseId } from "./maker.js";
import { removeFile } from "./remove-ours.js";

export interface MadeFile {
  readonly path: string;
  readonly maker: Maker;
  readonly life: Life;
}

/** Files named `prefix` and an id. */
export function findMade(prefix: string, clock: Clock = diskClock(dirname(resolve(prefix)))): MadeFile[] {
  const absolute = resolve(prefix);
  const [folder, start] = [dirname(absolute), basename(absolute)];
  const found: MadeFile[] = [];
  for (const name of namesIn(folder)) {
    const maker = name.startsWith(start) ? parseId(name.slice(start.length)) : undefined;
    if (maker === undefined) continue;
    const path = join(folder, name);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat?.isFile() !== true || !isOurs(path)) continue;
    found.push({ path, maker, life: lifeOf(maker, stat.mtimeMs, clock) });
  }
  return found;
}

/** Removes those whose maker is dead. */
export function sweepMade(prefix: string): void {
  for (const { path, life } of findMade(prefix)) {
    if (life !== "dead") continue;
    try {
      removeFile(path);
    } catch {
      // It stays, and is in nobody's way.
    }
  }
}

/** Removes what was killed while it asked for the time. */
export function sweepProbes(directory: string): void {
  sweepMade(join(directory, PROBE));
}

/** Names in a folder; none when it is not there or not to be looked into. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

const BEGINNING = '{"format":"fixelstream-';

/** The text is that of a small file of ours, or as much of it as was written. */
export function isOursAsFarAsWritten(text: string, beginning = BEGINNING): boolean {
  return text.startsWith(beginning) || beginning.startsWith(text);
}

function isOurs(path: string): boolean {
  try {
    const fd = openSync(path, "r");
    try {
      const bytes = Buffer.alloc(BEGINNING.length);
      return isOursAsFarAsWritten(bytes.toString("latin1", 0, readSync(fd, bytes, 0, bytes.length, 0)));
    } finally {
      closeSync(fd);
    }
  } catch {
    return false;
  }
}
