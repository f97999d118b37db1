// What a run holds over time: resident memory of the process, a few hundred points however long it takes, and how the kernel divides it up.
import { readFileSync } from "node:fs";
import type { MemoryCourse, MemoryParts } from "../../results/run-record.js";

/** Points at most: two neighbours become one, the larger, when there are more. Even. */
export const MOST_POINTS = 256;
/** Milliseconds between points at first. */
const FIRST_INTERVAL_MS = 100;

export interface MemoryWatch {
  /** What is done from now on. */
  enter(phase: string): void;
  /** Takes a point if one is due: for work that leaves the timer no turn. */
  look(): void;
  /** How the kernel divides up what is resident now; undefined where it does not say (not Linux). */
  divide(): MemoryParts | undefined;
  /** Everything so far. */
  course(): MemoryCourse;
  /** Idempotent. */
  stop(): void;
}

/** Bytes. */
export interface Resident {
  readonly residentBytes: number;
  /** Of them of mapped files: other processes share them, and the kernel takes them back when it needs room. Undefined: not told (not Linux). */
  readonly fileBytes: number | undefined;
}

interface Point extends Resident {
  readonly ms: number;
}

/** `now` and `read`: for tests. `start`: milliseconds of `now` at the start of the run. */
export function watchMemory(start: number, { now = () => performance.now(), read = residentMemory } = {}): MemoryWatch {
  const phases: { phase: string; ms: number }[] = [];
  let points: Point[] = [];
  /** The largest since the last point. */
  let pending: Point | undefined;
  let intervalMs = FIRST_INTERVAL_MS;
  let looked = Number.NEGATIVE_INFINITY;
  let taken = Number.NEGATIVE_INFINITY;
  const take = () => {
    taken = now();
    points.push(pending!);
    pending = undefined;
    if (points.length <= MOST_POINTS) return;
    const halved: Point[] = [];
    for (let i = 0; i < points.length; i += 2) halved.push(larger(points[i]!, points[i + 1]));
    points = halved;
    intervalMs *= 2;
  };
  const look = () => {
    if (now() - looked < FIRST_INTERVAL_MS) return;
    looked = now();
    pending = larger({ ms: Math.round(looked - start), ...read() }, pending);
    if (looked - taken >= intervalMs) take();
  };
  const timer = setInterval(look, FIRST_INTERVAL_MS).unref();
  return {
    look,
    enter(phase) {
      if (phases.at(-1)?.phase !== phase) phases.push({ phase, ms: Math.round(now() - start) });
      look();
    },
    divide: divideMemory,
    course() {
      if (pending !== undefined) take();
      pending = { ms: Math.round(now() - start), ...read() };
      take();
      const fileBytes = points.map((point) => point.fileBytes);
      return {
        phases,
        ms: points.map(({ ms }) => ms),
        residentBytes: points.map(({ residentBytes }) => residentBytes),
        ...(fileBytes.includes(undefined) ? {} : { fileBytes: fileBytes as number[] }),
      };
    },
    stop: () => clearInterval(timer),
  };
}

const larger = (a: Point, b: Point | undefined): Point =>
  b === undefined || a.residentBytes > b.residentBytes ? a : b;

function residentMemory(): Resident {
  const status = readSystem("/proc/self/status");
  const kibibytes = (name: string) => kibibytesOf(status, name);
  const [anonymous, file, shared] = ["RssAnon", "RssFile", "RssShmem"].map(kibibytes);
  if (anonymous === undefined || file === undefined)
    return { residentBytes: process.memoryUsage.rss(), fileBytes: undefined };
  return { residentBytes: (anonymous + file + (shared ?? 0)) * 1024, fileBytes: file * 1024 };
}

/** https://www.kernel.org/doc/html/latest/filesystems/proc.html, smaps_rollup: milliseconds, as it looks at every page. */
function divideMemory(): MemoryParts | undefined {
  const text = readSystem("/proc/self/smaps_rollup");
  const bytesOf = (...names: string[]) => names.reduce((sum, name) => sum + (kibibytesOf(text, name) ?? 0) * 1024, 0);
  if (kibibytesOf(text, "Pss") === undefined) return undefined;
  return {
    residentBytes: bytesOf("Rss"),
    proportionalBytes: bytesOf("Pss"),
    privateBytes: bytesOf("Private_Clean", "Private_Dirty"),
    sharedBytes: bytesOf("Shared_Clean", "Shared_Dirty"),
    referencedBytes: bytesOf("Referenced"),
    anonymousBytes: bytesOf("Anonymous"),
  };
}

function kibibytesOf(text: string, name: string): number | undefined {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text);
  return found === null ? undefined : Number(found[1]);
}

function readSystem(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // not Linux
  }
}
