// A part of a run on the disk: OUT.shards/2-of-5.fxn, a state of shuffles that says in its header how it was made. While it is computed a hidden folder beside
// it says by whom.
import { readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { InputError } from "../errors.js";
import { pathKindOf } from "../formats/path-kind.js";
import { namesIn } from "../publish/made-files.js";
import type { Maker } from "../publish/maker.js";
import { createPartial, listPartials, type PartialDirectory, sweepAbandoned } from "../publish/partial-directory.js";
import { removeFile, thingAt } from "../publish/remove-ours.js";
import type { NullState } from "../run/null-state.js";
import type { RunPlan } from "../run/run-plan.js";
import { nameOfShard, type Shard } from "../run/shards.js";
import { systemErrorCode } from "../system-error.js";
import { claimDirectory } from "./claim-directory.js";
import { readNullStateHeader, writeNullState } from "./null-state-file.js";

/** How a part was made: what its file has in `made`. */
export interface ShardRecord {
  readonly format: "fixelstream-shard";
  readonly index: number;
  readonly of: number;
  /** Of the whole run. */
  readonly nShuffles: number;
  readonly first: number;
  readonly end: number;
  readonly kind: RunPlan["kind"];
  /** In which paths of the options are looked up. */
  readonly directory: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** As typed. */
  readonly command: string;
}

const ENDING = ".fxn";
const NAME = /^([1-9]\d*)-of-([1-9]\d*)\.fxn$/;
const KIND = "shard";
const NOTE = "shard.json";

export const shardPathOf = (folder: string, shard: Shard): string => join(folder, `${nameOfShard(shard)}${ENDING}`);

/** Where the parts of a run are: in a directory of results, or beside what begins with a prefix. Undefined: there are none. */
export function findShards(output: string): string | undefined {
  return [join(output, ".shards"), `${output}.shards`].find((folder) => pathKindOf(folder) === "directory");
}

export interface FoundShard extends Shard {
  readonly path: string;
}

/** Every file that is named like a part, in order. */
export function listShards(folder: string): FoundShard[] {
  return namesIn(folder)
    .flatMap((name) => {
      const [, index, of] = NAME.exec(name) ?? [];
      return index === undefined ? [] : [{ index: Number(index), of: Number(of), path: join(folder, name) }];
    })
    .sort((a, b) => a.of - b.of || a.index - b.index);
}

/** Undefined: it was not made as a part of a run. Throws InputError as readNullState. */
export function readShardRecord(path: string): { record: ShardRecord; planHash: string } | undefined {
  const { made, planHash } = readNullStateHeader(path);
  if (made?.format !== "fixelstream-shard") return undefined;
  return { record: made as unknown as ShardRecord, planHash };
}

/** A part that is being computed, or was and is not there. */
export interface BegunShard extends Shard {
  readonly maker: Maker;
  readonly isAlive: boolean;
  /** Undefined: its data are not open yet. */
  readonly note: BegunNote | undefined;
}

export interface BegunNote {
  readonly first: number;
  readonly end: number;
  readonly nShuffles: number;
  readonly command: string;
  readonly directory: string;
  /** Absolute path of what it keeps of its shuffles. */
  readonly checkpoint: string;
}

export function listBegun(folder: string): BegunShard[] {
  const prefixes = new Set(namesIn(folder).map((name) => /^\.([1-9]\d*-of-[1-9]\d*)\.running-/.exec(name)?.[1]));
  return [...prefixes].flatMap((name) => {
    if (name === undefined) return [];
    const [index, of] = name.split("-of-").map(Number) as [number, number];
    return listPartials(runningPrefix(folder, { index, of })).map(({ path, maker, life }) => ({
      ...{ index, of, maker, isAlive: life !== "dead", note: readNote(join(path, NOTE)) },
    }));
  });
}

const runningPrefix = (folder: string, shard: Shard) => join(resolve(folder), `.${nameOfShard(shard)}.running-`);

function readNote(path: string): BegunNote | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

export interface ShardPlace {
  /** The data are open. */
  begin(note: BegunNote): void;
  /** Throws InputError as writeNullState, or the reason of the signal. */
  write(state: NullState, made: ShardRecord, signal: AbortSignal | undefined): Promise<string>;
  /** Idempotent. What a killed run leaves is removed by the next. */
  release(): void;
}

/** Tries everything that will be written to. Throws InputError: it exists already, another process computes it, the folder cannot be written. */
export function claimShard(folder: string, shard: Shard, { overwrite }: { readonly overwrite: boolean }): ShardPlace {
  const path = shardPathOf(folder, shard);
  const purpose = `Cannot write shard ${shard.index} of ${shard.of} to ${folder}`;
  sweepShard(folder, shard);
  if (thingAt(path) !== undefined && !overwrite) {
    const message = `${purpose}: ${nameOfShard(shard)}${ENDING} exists already. It is done; or give -force to compute it again.`;
    throw new InputError(message, { path });
  }
  const claim = claimDirectory({ path: folder, purpose, remedy: "Choose another place for the results." });
  let partial: PartialDirectory | undefined;
  const release = () => {
    partial?.remove();
    claim.release();
  };
  try {
    const other = listPartials(runningPrefix(folder, shard)).find(({ life }) => life !== "dead");
    if (other !== undefined) {
      const { pid, host } = other.maker;
      const message = `${purpose}: expected nobody else to compute it, got process ${pid} of ${host}, which is at it. Wait for it, or end it.`;
      throw new InputError(message, { path });
    }
    partial = createPartial({ kind: KIND, prefix: runningPrefix(folder, shard), contents: [NOTE] });
  } catch (error) {
    release();
    throw error;
  }
  return {
    begin: (note) => writeFileSync(join(partial.path, NOTE), JSON.stringify(note)),
    async write(state, made, signal) {
      await writeNullState(path, state, { overwrite, made: { ...made }, signal });
      return path;
    },
    release,
  };
}

/** What killed runs left beside it. */
function sweepShard(folder: string, shard: Shard): void {
  sweepAbandoned(KIND, runningPrefix(folder, shard));
  sweepAbandoned("null-state", `${resolve(shardPathOf(folder, shard))}.partial-`);
}

/** Those that were merged, and what was left of killed runs beside them. Other files in the folder stay, and the folder with them. */
export function removeShards(folder: string, shards: readonly FoundShard[]): void {
  for (const { path } of shards) removeFile(path);
  for (let index = 1, of = shards[0]?.of ?? 0; index <= of; index++) sweepShard(folder, { index, of });
  try {
    rmdirSync(folder);
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error; // something of somebody else's is in it
  }
}
