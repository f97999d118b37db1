// Single files with their maker's id in the name: drafts of locks, marks of use. A JSON object each, so that nothing else is mistaken for one.
import { closeSync, lstatSync, openSync, readdirSync, readSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { type Life, lifeOf, type Maker, parseId } from "./maker.js";
import { removeFile } from "./remove-ours.js";

export interface MadeFile {
  readonly path: string;
  readonly maker: Maker;
  readonly life: Life;
}

/** Files named `prefix` and an id. `nowMs`: by the clock of the disk. */
export function findMade(prefix: string, nowMs = Date.now()): MadeFile[] {
  const absolute = resolve(prefix);
  const [folder, start] = [dirname(absolute), basename(absolute)];
  const found: MadeFile[] = [];
  for (const name of namesIn(folder)) {
    const maker = name.startsWith(start) ? parseId(name.slice(start.length)) : undefined;
    if (maker === undefined) continue;
    const path = join(folder, name);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat?.isFile() !== true || !isObject(path)) continue;
    found.push({ path, maker, life: lifeOf(maker, stat.mtimeMs, nowMs) });
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

/** Names in a folder; none when it is not there or not to be looked into. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isObject(path: string): boolean {
  try {
    const fd = openSync(path, "r");
    try {
      const first = new Uint8Array(1);
      return readSync(fd, first, 0, 1, 0) === 1 && first[0] === 0x7b;
    } finally {
      closeSync(fd);
    }
  } catch {
    return false;
  }
}
