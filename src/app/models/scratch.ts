// Results of all elements on disk while they are computed, statistic by statistic, with a journal of what is there: a run that was stopped is continued by the same command.
import { createHash } from "node:crypto";
import fs from "node:fs";
import { join, resolve } from "node:path";
import { crc32 } from "node:zlib";
import type { GroupPlace } from "../../engine/elementwise/run.js";
import {
  adoptPartial,
  createPartial,
  findAbandoned,
  type PartialDirectory,
  removeAbandoned,
} from "../../publish/partial-directory.js";

export interface GroupCounts {
  readonly nFitted: number;
  readonly nTooFew: number;
  readonly nUnusable: number;
  readonly nPerfect: number;
}

export interface Scratch {
  /** What an earlier run has of a group, if it is as it was written. */
  find(place: GroupPlace): GroupCounts | undefined;
  /** `results`: f64 [statistics][count]. */
  write(place: GroupPlace, results: Float64Array, counts: GroupCounts): void;
  /** f64 [elements] of one statistic. */
  read(statistic: number): Float64Array;
  /** A directory of our own, for files needed meanwhile: `model.h5`. */
  readonly directory: string;
  /** For the next run. */
  leave(): void;
  remove(): void;
}

const KIND = "model";
const VALUES = "values.f64";
const JOURNAL = "journal.jsonl";
const CONTENTS = [VALUES, JOURNAL, "model.h5", "results.csv"] as const;

interface Entry extends GroupPlace, GroupCounts {
  readonly crc: number;
}

/** `recipe`: all that the numbers depend on; only a run of the same is continued. Throws what the system says. */
export function openScratch(output: string, recipe: unknown, nStatistics: number, nElements: number): Scratch {
  const key = createHash("sha256").update(JSON.stringify(recipe)).digest("hex");
  const { partial, entries } = continueOrBegin(`${resolve(output)}.model-`, key);
  const fd = fs.openSync(join(partial.path, VALUES), entries.size > 0 ? "r+" : "w+");
  const journal = fs.openSync(join(partial.path, JOURNAL), "a");
  let isOpen = true;
  const close = () => {
    if (!isOpen) return;
    isOpen = false;
    fs.closeSync(fd);
    fs.closeSync(journal);
  };
  const at = (statistic: number, element: number) => 8 * (statistic * nElements + element);
  return {
    directory: partial.path,
    find({ group, first, count }) {
      const entry = entries.get(group);
      if (entry === undefined || entry.first !== first || entry.count !== count) return undefined;
      let crc = 0;
      const row = new Uint8Array(8 * count);
      for (let statistic = 0; statistic < nStatistics; statistic++) {
        if (readAll(fd, row, at(statistic, first)) < row.length) return undefined;
        crc = crc32(row, crc);
      }
      return crc === entry.crc ? entry : undefined;
    },
    write({ group, first, count }, results, { nFitted, nTooFew, nUnusable, nPerfect }) {
      const crc = crc32(new Uint8Array(results.buffer, results.byteOffset, results.byteLength));
      for (let statistic = 0; statistic < nStatistics; statistic++) {
        const row = new Uint8Array(results.buffer, results.byteOffset + 8 * statistic * count, 8 * count);
        writeAll(fd, row, at(statistic, first));
      }
      const entry: Entry = { group, first, count, nFitted, nTooFew, nUnusable, nPerfect, crc };
      fs.writeSync(journal, `${JSON.stringify(entry)}\n`);
    },
    read(statistic) {
      const values = new Float64Array(nElements);
      readAll(fd, new Uint8Array(values.buffer), at(statistic, 0));
      return values;
    },
    leave() {
      close();
      partial.leave();
    },
    remove() {
      close();
      partial.remove();
    },
  };
}

function continueOrBegin(prefix: string, key: string): { partial: PartialDirectory; entries: Map<number, Entry> } {
  for (const abandoned of findAbandoned(KIND, prefix)) {
    const lines = journalOf(abandoned.path);
    if (lines[0] !== key) {
      removeAbandoned(abandoned);
      continue;
    }
    const partial = adoptPartial(abandoned);
    if (partial === undefined) continue;
    const entries = new Map<number, Entry>();
    for (const line of lines.slice(1)) {
      const entry = parseEntry(line);
      if (entry !== undefined) entries.set(entry.group, entry);
    }
    return { partial, entries };
  }
  const partial = createPartial({ kind: KIND, prefix, contents: CONTENTS });
  fs.writeFileSync(join(partial.path, JOURNAL), `${key}\n`);
  return { partial, entries: new Map() };
}

function journalOf(path: string): string[] {
  try {
    return fs.readFileSync(join(path, JOURNAL), "utf8").split("\n");
  } catch {
    return [];
  }
}

/** Undefined: the line that was being written. */
function parseEntry(line: string): Entry | undefined {
  try {
    return JSON.parse(line) as Entry;
  } catch {
    return undefined;
  }
}

function readAll(fd: number, target: Uint8Array, position: number): number {
  let done = 0;
  while (done < target.length) {
    const got = fs.readSync(fd, target, done, target.length - done, position + done);
    if (got === 0) break;
    done += got;
  }
  return done;
}

function writeAll(fd: number, bytes: Uint8Array, position: number): void {
  // libuv copies what lies in shared memory no further than it must
  const own = Buffer.from(bytes);
  for (let done = 0; done < own.length; ) done += fs.writeSync(fd, own, done, own.length - done, position + done);
}
