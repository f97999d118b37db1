// fixelstream status: how far the parts of a run are, from their files alone.
import { resolve } from "node:path";
import { isFixelstreamError } from "../../errors.js";
import { describeCheckpoint } from "../../results/checkpoint.js";
import { type BegunShard, listBegun, listShards, readShardRecord, type ShardRecord } from "../../results/shard-file.js";
import { rangeOfShard } from "../../run/shards.js";
import { commandOf, folderOfShards } from "./read-shards.js";

export interface ShardStatus {
  readonly index: number;
  /** `stopped`: begun, and nobody is at it. */
  readonly state: "done" | "running" | "stopped" | "missing" | "damaged";
  readonly nShuffles: number;
  /** Of its shuffles, done or kept; undefined: not known. */
  readonly nDone: number | undefined;
  /** Who is at it. */
  readonly process?: { readonly host: string; readonly pid: number };
  /** That makes it, or goes on with it; undefined: done or running, or no other shard says how. */
  readonly command?: string;
}

export interface RunStatus {
  readonly folder: string;
  readonly of: number;
  readonly nShuffles: number | undefined;
  readonly nDone: number;
  readonly shards: readonly ShardStatus[];
  /** In which the commands were typed. */
  readonly directory: string | undefined;
  /** Nothing is missing. */
  readonly isComplete: boolean;
  /** Files of another number of shards. */
  readonly others: readonly string[];
}

/** Nothing is changed. Throws InputError where there are no shards. */
export function readStatus(output: string): RunStatus {
  const folder = folderOfShards(output);
  const files = listShards(folder);
  const begun = listBegun(folder);
  const of = mostFrequent([...files, ...begun].map((shard) => shard.of));
  const records = new Map<number, ShardRecord | undefined>();
  for (const { index, path, of: own } of files) if (own === of) records.set(index, recordOf(path));
  const record = [...records.values()].find((found) => found !== undefined);
  const note = begun.find((shard) => shard.of === of && shard.note !== undefined)?.note;
  const nShuffles = record?.nShuffles ?? note?.nShuffles;
  const command = record?.command ?? note?.command;
  const shards = Array.from({ length: of }, (_, i): ShardStatus => {
    const shard = { index: i + 1, of };
    const { first, end } = rangeOfShard({ first: 0, end: nShuffles ?? 0, leadingIdentity: false }, shard);
    const size = { index: shard.index, nShuffles: end - first };
    if (records.get(shard.index) !== undefined) return { ...size, state: "done", nDone: size.nShuffles };
    const makes = (more = "") => (command === undefined ? {} : { command: commandOf(shard, command, more) });
    if (records.has(shard.index)) return { ...size, state: "damaged", nDone: 0, ...makes(" -force") };
    const own = begun.filter((other) => other.index === shard.index && other.of === of);
    const running = own.find(({ isAlive }) => isAlive);
    if (running !== undefined) {
      const { host, pid } = running.maker;
      return { ...size, state: "running", nDone: keptBy(running), process: { host, pid } };
    }
    const [stopped] = own;
    if (stopped !== undefined) return { ...size, state: "stopped", nDone: keptBy(stopped), ...makes() };
    return { ...size, state: "missing", nDone: undefined, ...makes() };
  });
  return {
    ...{ folder, of, nShuffles, shards, directory: record?.directory ?? note?.directory },
    nDone: shards.reduce((sum, { nDone = 0 }) => sum + nDone, 0),
    isComplete: shards.every(({ state }) => state === "done"),
    others: files.filter((file) => file.of !== of).map(({ path }) => path),
  };
}

/** Undefined: damaged, as far as its beginning tells. */
function recordOf(path: string): ShardRecord | undefined {
  try {
    return readShardRecord(path)?.record;
  } catch (error) {
    if (isFixelstreamError(error, "InputError")) return undefined;
    throw error;
  }
}

/** Shuffles in its checkpoint. */
function keptBy({ note }: BegunShard): number | undefined {
  if (note === undefined) return undefined;
  const found = describeCheckpoint(resolve(note.directory, note.checkpoint));
  return found === undefined ? 0 : found.end - note.first;
}

function mostFrequent(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]![0];
}
