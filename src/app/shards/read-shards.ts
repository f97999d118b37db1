// The parts of a run, compared with each other before anything is made of them: every one once, of one plan, whole, and with the same data.
import { InputError, isFixelstreamError, ShardMismatchError } from "../../errors.js";
import { readNullState } from "../../results/null-state-file.js";
import {
  type FoundShard,
  findShards,
  listBegun,
  listShards,
  readShardRecord,
  type ShardRecord,
  shardPathOf,
} from "../../results/shard-file.js";
import { haveSameDefaults, mergeNullStates } from "../../run/merge-null-states.js";
import type { NullState } from "../../run/null-state.js";
import { rangeOfShard, type Shard } from "../../run/shards.js";

export interface WholeShards {
  readonly state: NullState;
  /** Of the first part: the others differ in what they are parts of alone. */
  readonly record: ShardRecord;
  readonly planHash: string;
  readonly shards: readonly (FoundShard & { readonly first: number; readonly end: number })[];
}

/** Throws InputError where there are none. */
export function folderOfShards(output: string): string {
  const folder = findShards(output);
  if (folder !== undefined && (listShards(folder).length > 0 || listBegun(folder).length > 0)) return folder;
  throw new InputError(
    `Cannot find shards of ${output}: expected files such as 1-of-5.fxn in ${output}/.shards or ${output}.shards, got none. Give the output, or the prefix, that the shards were computed for.`,
    { path: output },
  );
}

/** The line that makes a part, out of that of another. */
export function commandOf({ index, of }: Shard, command: string, more = ""): string {
  const own = command.replace(/(\s--?shard(?:\s+|=))\S+/, `$1${index}/${of}`);
  return `${own}${more}`;
}

/** As if nothing had been divided. */
export const undividedCommand = (command: string): string => command.replace(/\s--?shard(?:\s+|=)\S+/, "");

interface Known extends FoundShard {
  readonly record: ShardRecord;
  readonly planHash: string;
}

/** One part is in memory beside the sum of those before. Throws ShardMismatchError with everything that is wrong. */
export function readShards(folder: string): WholeShards {
  const problems: string[] = [];
  const files = listShards(folder);
  const known: Known[] = [];
  const damaged: (FoundShard & { readonly reason: string })[] = [];
  for (const file of files) {
    try {
      const found = readShardRecord(file.path);
      if (found === undefined)
        problems.push(`${file.path} is no part of a run: it was made by something else. Move it away.`);
      else known.push({ ...file, ...found });
    } catch (error) {
      if (!isFixelstreamError(error, "InputError")) throw error;
      damaged.push({ ...file, reason: error.message });
    }
  }
  const of = most(known.map((file) => file.record.of)) ?? files[0]!.of;
  const planHash = most(known.filter(({ record }) => record.of === of).map((file) => file.planHash));
  const first = known.find((file) => file.record.of === of && file.planHash === planHash);
  const making = (shard: Shard, more = "") =>
    first === undefined ? "the command of the others, with its number" : commandOf(shard, first.record.command, more);
  const again = (shard: Shard) => `Make it again: ${making(shard, " -force")}`;
  for (const { path, reason, ...shard } of damaged) problems.push(`${path} cannot be used. ${reason} ${again(shard)}`);
  const fitting: Known[] = [];
  for (const file of known) {
    const { path, record, index } = file;
    if (record.of !== of || file.of !== of)
      problems.push(`${path} is one of ${file.of} shards, the others of ${of}. Remove it, or make all of one number.`);
    else if (record.index !== index)
      problems.push(
        `${path} is shard ${record.index} of ${of} under another name, and would count twice. ${again({ index, of })}`,
      );
    else if (file.planHash !== planHash || record.nShuffles !== first!.record.nShuffles)
      problems.push(
        `${path} is of another plan (${file.planHash.slice(0, 12)}) than ${first!.path} (${planHash!.slice(0, 12)}): computed from other data, another design or with other options. ${again({ index, of })}`,
      );
    else fitting.push(file);
  }
  const present = new Set(files.filter((file) => file.of === of).map(({ index }) => index));
  for (let index = 1; index <= of; index++) {
    if (present.has(index)) continue;
    const shard = { index, of };
    problems.push(`${shardPathOf(folder, shard)} is missing. Make it: ${making(shard)}`);
  }
  if (first === undefined || problems.length > 0) throw new ShardMismatchError(problems);
  return { ...sum(fitting, again), record: first.record, planHash: planHash! };
}

function sum(files: readonly Known[], again: (shard: Shard) => string): Pick<WholeShards, "state" | "shards"> {
  const problems: string[] = [];
  let state: NullState | undefined;
  const [{ record: one }] = files as [Known];
  const whole = { first: one.first, end: one.first + one.nShuffles, leadingIdentity: false };
  const shards: WholeShards["shards"][number][] = [];
  for (const { path, index, of, planHash, record } of files) {
    const { first, end } = rangeOfShard(whole, { index, of });
    try {
      const part = readNullState(path, { planHash });
      const [range, more] = part.ranges;
      const isIts =
        record.first === first &&
        record.end === end &&
        (range?.first ?? first) === first &&
        (range?.end ?? first) === end;
      if (!isIts || more !== undefined) {
        problems.push(`${path} has other shuffles than ${first} to ${end}. ${again({ index, of })}`);
      } else if (state !== undefined && !haveSameDefaults(state, part)) {
        problems.push(
          `${path} has other statistics of the unshuffled data than ${files[0]!.path}: the machine that made it computes otherwise. ${again({ index, of })}`,
        );
      } else state = state === undefined ? part : mergeNullStates([state, part]);
      shards.push({ path, index, of, first, end });
    } catch (error) {
      if (!isFixelstreamError(error, "InputError")) throw error;
      problems.push(`${path} cannot be used. ${error.message} ${again({ index, of })}`);
    }
  }
  if (problems.length > 0) throw new ShardMismatchError(problems);
  return { state: state!, shards };
}

/** The most frequent; of equals the first. */
function most<T>(values: readonly T[]): T | undefined {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}
