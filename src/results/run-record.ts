// run.json: what was run, on what, how long it took and what it warned of. Written beside the results, last.

import { readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { signed } from "../checksum.js";
import type { RunPlan } from "../run/run-plan.js";
import type { NegativeBinomial } from "../stats/inference/negative-binomial.js";
import type { Warning } from "../warnings.js";

export const RUN_RECORD_FORMAT = "fixelstream-run";
/** Format of run.json; raised when a field changes its meaning. */
export const RUN_RECORD_VERSION = 1;

/** What was fitted and tested, so that results can be told without the files that it was read from. */
export interface RecordedModel {
  /** A row a subject: its values, blanks between. */
  readonly design: readonly string[];
  /** By the name of the hypothesis: a row a row, over the columns of the design and element-wise ones. */
  readonly contrasts: Readonly<Record<string, readonly string[]>>;
  /** Of each subject, from 0. Absent: one variance for all. */
  readonly varianceGroups?: readonly number[];
}

/** Numbers of a design that are recorded: two megabytes of text at most. */
export const MOST_MODEL_NUMBERS = 100_000;

export interface FileChecksum {
  readonly sizeBytes: number;
  readonly crc32: number;
}

/** Bytes of what is resident at one moment, as the kernel counts them (Linux: /proc/self/smaps_rollup). */
export interface MemoryParts {
  readonly residentBytes: number;
  /** Pss: of what several processes share, this one's part. */
  readonly proportionalBytes: number;
  /** Nobody else has these pages. */
  readonly privateBytes: number;
  /** Pages of files that others have mapped too, libraries above all. */
  readonly sharedBytes: number;
  /** Touched lately. */
  readonly referencedBytes: number;
  /** Of no file. The rest are pages of files, which the kernel takes back when it needs room. */
  readonly anonymousBytes: number;
}

/** Memory over time: at most 256 points, each the largest since the one before; the last is the end. */
export interface MemoryCourse {
  /** What was begun when. Milliseconds from the start of the run, ascending. */
  readonly phases: readonly { readonly phase: string; readonly ms: number }[];
  /** [points] milliseconds from the start, ascending. */
  readonly ms: readonly number[];
  /** [points] */
  readonly residentBytes: readonly number[];
  /** [points] of mapped files, in `residentBytes`; absent where it is not told (not Linux). */
  readonly fileBytes?: readonly number[];
}

export interface RunRecord {
  readonly format: typeof RUN_RECORD_FORMAT;
  readonly formatVersion: typeof RUN_RECORD_VERSION;
  readonly command: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly machine: { readonly processor: string; readonly cores: number; readonly memoryBytes: number };
  readonly startedAt: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly seed: number;
  /** Small files: SHA-256 of the bytes that were used. Subjects and connectivity: CRC-32 taken when they were converted or prepared. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** What decides the numbers. Runs with the same `hash` have the same results. */
  readonly runPlan: RunPlan;
  readonly problem: Readonly<Record<string, unknown>>;
  /** Absent where it is larger than MOST_MODEL_NUMBERS: then the files that `inputs` names have it. */
  readonly model?: RecordedModel | undefined;
  readonly kernels: string;
  /** The library that multiplies, with its rates, and what else was tried; or why none does. Absent where none was looked for. */
  readonly product?: Readonly<Record<string, unknown>>;
  readonly precision: string;
  readonly threads: number;
  readonly plan: Readonly<Record<string, unknown>>;
  /** Milliseconds of each phase; `total` is the whole command. */
  readonly timings: Readonly<Record<string, number>>;
  /** An earlier run had done the shuffles before `fromShuffle`, and kept them at that time. Absent where one run did all. `timings` are of the last one. */
  readonly resumed?: { readonly fromShuffle: number; readonly savedAt: string };
  /** Of a run whose elements stopped one by one (--negbin). */
  readonly negativeBinomial?: NegativeBinomial;
  /** The run was to stop when more shuffles would move no family-wise p across 0.05. `done` is `asked` where it never came to that. */
  readonly settled?: { readonly asked: number; readonly done: number; readonly confidence: number };
  /** The shuffles were computed in parts, by runs of their own. Absent where one run did all. */
  readonly shards?: readonly { readonly path: string; readonly first: number; readonly end: number }[];
  readonly memory: {
    readonly plannedBytes: number;
    readonly peakResidentBytes: number;
    /** After the last shuffle, while everything is still held; absent where the kernel does not say (not Linux). */
    readonly parts?: MemoryParts;
    readonly course: MemoryCourse;
  };
  readonly results: Readonly<Record<string, unknown>>;
  /** What was put beside the results when the run was done, by which commands. Absent: nothing was. */
  readonly added?: readonly {
    readonly command: string;
    readonly addedAt: string;
    readonly version: string;
    readonly files: readonly string[];
  }[];
  /** Every result, by its name in the directory of this record; with -force the next run removes those that it does not write. */
  readonly files: readonly string[];
  /** Of everything that is published with the record, when that is done: only what is still so is replaced or removed. */
  readonly checksums?: Readonly<Record<string, FileChecksum>>;
  readonly warnings: readonly Warning[];
}

export function machineOf(): RunRecord["machine"] {
  const cores = cpus();
  return { processor: cores[0]?.model.trim() ?? "unknown", cores: cores.length, memoryBytes: totalmem() };
}

/** Peak resident bytes of this process: VmHWM on Linux, else what the system counts as the maximum. */
export function peakResidentBytes(): number {
  try {
    const match = /VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"));
    if (match !== null) return Number(match[1]) * 1024;
  } catch {
    // not Linux
  }
  return process.resourceUsage().maxRSS * 1024;
}

/** With its own checksum as the last key. */
export function writeRunRecord(path: string, record: RunRecord): void {
  writeFileSync(path, `${JSON.stringify(signed(record), null, 2)}\n`);
}
