// What a run keeps of itself in the cache while it goes on: KEY.fxr, a directory with the last two states of its shuffles and a mark that says whose they are.
// A state is whole or not there: it is written under another name and takes the place of the older of the two. FORMAT.md.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { signatureOf, signed } from "../checksum.js";
import { isFixelstreamError } from "../errors.js";
import { writeFileInPieces } from "../formats/write-file.js";
import { namesIn } from "../publish/made-files.js";
import { newId } from "../publish/maker.js";
import { syncPath } from "../publish/publish.js";
import { findForeign, removeDirectory, removeFile, thingAt } from "../publish/remove-ours.js";
import type { NullState } from "../run/null-state.js";
import { VERSION } from "../version.js";
import { readNullState, readNullStateHeader } from "./null-state-file.js";
import { piecesOf } from "./null-state-layout.js";

export const CHECKPOINT_SUFFIX = ".fxr";
const NAME = /^[0-9a-f]{24}\.fxr$/;
const MARK = "checkpoint.json";
const DRAFT = ".new";
const GENERATIONS = ["state-0.fxnull", "state-1.fxnull"] as const;
const isOwnName = (name: string) => name === MARK || name.endsWith(DRAFT) || GENERATIONS.some((own) => own === name);

export interface CheckpointMark {
  readonly planHash: string;
  /** Of the command line: what was typed, without what may differ when it is typed again. */
  readonly line: string;
  readonly seed: number;
  readonly seedIsDrawn: boolean;
  readonly kernels: "simd" | "reference" | "native";
  /** That the run does. */
  readonly first: number;
  readonly end: number;
  /** It may end before (--stop-when-settled). */
  readonly stops?: true;
  /** As typed, for people. */
  readonly command: string;
}

/**
 * Of the shuffles first..end of a plan: a part of a run has a checkpoint of its own. So has a run that may end before: one that does them all looks at nothing
 * on its way, and its state may be of more shuffles than the other would have done.
 */
export function checkpointPathOf(
  cache: string,
  planHash: string,
  { first, end, stops }: Pick<CheckpointMark, "first" | "end" | "stops">,
): string {
  const told = `${planHash} ${first} ${end}${stops ? " stops" : ""}`;
  const key = createHash("sha256").update(told).digest("hex").slice(0, 24);
  return join(resolve(cache), `${key}${CHECKPOINT_SUFFIX}`);
}

/** By its name and what is in it, which nobody else puts there. */
export function isCheckpoint(path: string): boolean {
  return findForeign(path, isOwnName) === undefined;
}

/** Undefined: it is gone; else what in it is not ours. Throws what the system says. */
export function removeCheckpoint(path: string): string | undefined {
  return removeDirectory(path, isOwnName, MARK);
}

/** Undefined: none, or damaged. */
export function readCheckpointMark(path: string): CheckpointMark | undefined {
  try {
    const found = JSON.parse(readFileSync(join(path, MARK), "utf8"));
    const sum = signatureOf(found);
    if (found?.format !== "fixelstream-checkpoint" || sum?.expectedCrc32 !== sum?.gotCrc32) return undefined;
    return found;
  } catch {
    return undefined;
  }
}

/** Those in a cache whose mark is whole. */
export function listCheckpoints(cache: string): { readonly path: string; readonly mark: CheckpointMark }[] {
  const names = namesIn(cache).filter((name) => NAME.test(name));
  return names.flatMap((name) => {
    const path = join(resolve(cache), name);
    const mark = readCheckpointMark(path);
    return mark === undefined ? [] : [{ path, mark }];
  });
}

export interface KeptState {
  readonly state: NullState;
  /** By the clock of the disk. */
  readonly savedAt: Date;
  readonly generation: 0 | 1;
}

export interface FoundStates {
  /** With the most shuffles of those that are whole. */
  readonly newest: KeptState | undefined;
  /** Paths of those that are not. */
  readonly damaged: readonly string[];
}

/** One state is in memory at a time. */
export function readCheckpoint(path: string, wanted: { planHash: string; first: number; end: number }): FoundStates {
  const damaged: string[] = [];
  const whole = <T>(file: string, read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!isFixelstreamError(error, "InputError")) throw error;
      damaged.push(file);
      return undefined;
    }
  };
  const found = ([0, 1] as const).flatMap((generation) => {
    const file = join(path, GENERATIONS[generation]);
    if (thingAt(file) === undefined) return [];
    const header = whole(file, () => readNullStateHeader(file));
    return header === undefined ? [] : [{ generation, file, end: header.ranges[0]?.end ?? 0 }];
  });
  for (const { generation, file } of found.sort((a, b) => b.end - a.end)) {
    const savedAt = statSync(file).mtime;
    const state = whole(file, () => readNullState(file, { planHash: wanted.planHash }));
    if (state === undefined) continue;
    const [range, more] = state.ranges;
    const isPart = range?.first === wanted.first && range.end <= wanted.end && more === undefined;
    if (isPart && state.defaultsCrc32 !== undefined) return { newest: { state, savedAt, generation }, damaged };
    damaged.push(file);
  }
  return { newest: undefined, damaged };
}

/** How far a checkpoint is, without reading it. */
export function describeCheckpoint(path: string): { mark: CheckpointMark; end: number } | undefined {
  const mark = readCheckpointMark(path);
  if (mark === undefined) return undefined;
  const ends = GENERATIONS.map((name) => {
    try {
      return readNullStateHeader(join(path, name)).ranges[0]?.end ?? mark.first;
    } catch {
      return mark.first;
    }
  });
  return { mark, end: Math.max(...ends) };
}

export interface Saving {
  readonly mark: CheckpointMark;
  readonly generation: 0 | 1;
  /** It is on the disk when the promise resolves, and not on its way there. */
  readonly flush: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Whoever calls holds the lock. Throws InputError, what the system says, and the reason of the signal: the other generation stands then. */
export async function saveCheckpoint(
  path: string,
  state: NullState,
  { mark, generation, flush, signal }: Saving,
): Promise<void> {
  mkdirSync(path, { recursive: true });
  const draft = join(path, `${newId()}${DRAFT}`);
  try {
    if (readCheckpointMark(path) === undefined) {
      const text = { format: "fixelstream-checkpoint", formatVersion: 1, creator: `fixelstream ${VERSION}`, ...mark };
      writeFileSync(draft, `${JSON.stringify(signed(text))}\n`);
      renameSync(draft, join(path, MARK));
    }
    await writeFileInPieces(draft, piecesOf(state), { flush, signal });
    renameSync(draft, join(path, GENERATIONS[generation]));
    if (flush) syncPath(path);
  } finally {
    removeFile(draft);
  }
}

/** What killed runs left in it. Whoever calls holds the lock. */
export function sweepDrafts(path: string): void {
  for (const name of namesIn(path)) if (name.endsWith(DRAFT)) removeFile(join(path, name));
}
