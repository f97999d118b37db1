// fixelstream merge: the parts of a run become its results. The run is done again without its shuffles: data are opened and observed, the plan must have the
// same hash, and the sum of the parts takes the place of what would be computed.
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { isFixelstreamError, ShardMismatchError } from "../../errors.js";
import { RUN_RECORD_FILE } from "../../results/result-folder.js";
import type { RunRecord } from "../../results/run-record.js";
import {
  type FoundShard,
  findShards,
  listShards,
  readShardRecord,
  removeShards,
  type ShardRecord,
} from "../../results/shard-file.js";
import type { InferenceEvents, InferenceSummary, MergedShuffles } from "../analyse/analyse.js";
import { mergeEdges, mergeFixels, mergeVectors, mergeVoxels } from "../analyse/kinds.js";
import type {
  AnalysisOptions,
  EdgeStatsOptions,
  FixelCfeOptions,
  VectorStatsOptions,
  VoxelStatsOptions,
} from "../analyse/options.js";
import { folderOfShards, readShards, undividedCommand } from "./read-shards.js";

export interface MergeOptions {
  /** The output, or the prefix, of the runs. */
  readonly output: string;
  readonly force: boolean;
  /** Parts stay when the results are there. Default: they are removed. */
  readonly keepShards?: boolean | undefined;
  /** Other places than those of the parts. */
  readonly cache?: string | undefined;
  readonly memoryBytes: number;
  readonly nThreads: number;
}

/** Several elements of a kind, for people. */
export const ELEMENTS_OF = { fixel: "fixels", voxel: "voxels", edge: "edges", vector: "elements" } as const;

export interface MergeSummary extends InferenceSummary {
  readonly kind: ShardRecord["kind"];
  readonly nShards: number;
}

/** Throws InputError, ShardMismatchError, what the analysis throws, and the reason of `events.signal`; no results are left then, and every part. */
export async function mergeShards(asked: MergeOptions, events: InferenceEvents = {}): Promise<MergeSummary> {
  finishRemoval(asked.output);
  const folder = folderOfShards(asked.output);
  const { state, record, planHash, shards } = readShards(folder);
  const { kind } = record;
  const { shard: _, ...told } = asMadeIn(record) as unknown as AnalysisOptions & { shard: unknown };
  const own = { force: asked.force, memoryBytes: asked.memoryBytes, nThreads: asked.nThreads };
  const places = asked.cache === undefined ? {} : { cache: asked.cache };
  const command = undividedCommand(record.command);
  const merged: MergedShuffles = {
    state,
    shards: shards.map(({ path, first, end }) => ({ path, first, end })),
    refuse(found) {
      throw new ShardMismatchError([
        `Cannot merge the shards in ${folder}: expected inputs of the plan that they were computed from (${planHash.slice(0, 12)}), got others (${found.slice(0, 12)}). Put the data, the design and the options back as they were, or compute the shards again.`,
      ]);
    },
  };
  const common = { ...told, ...own, ...places, command };
  // `out` may stand for the prefix `out/`
  const prefixed = { ...common, prefix: folder.slice(0, -".shards".length) };
  const run = {
    fixel: () => mergeFixels({ ...common, output: asked.output } as FixelCfeOptions, events, merged),
    voxel: () => mergeVoxels(prefixed as VoxelStatsOptions, events, merged),
    edge: () => mergeEdges(prefixed as EdgeStatsOptions, events, merged),
    vector: () => mergeVectors(prefixed as VectorStatsOptions, events, merged),
  };
  const summary = await run[kind]();
  if (!asked.keepShards) removeShards(folder, shards);
  return { ...summary, kind, nShards: shards.length };
}

/** A merge that was killed while it removed the shards: its results are there, and what is left of the shards is in them. */
function finishRemoval(output: string): void {
  const folder = findShards(output);
  if (folder === undefined) return;
  const left = listShards(folder);
  for (const place of [join(output, RUN_RECORD_FILE), `${folder.slice(0, -".shards".length)}${RUN_RECORD_FILE}`]) {
    const { runPlan, shards } = readRecord(place);
    const isIts = ({ path }: FoundShard) => planHashOf(path) === runPlan?.hash;
    const isBegun = shards !== undefined && left.length < shards.length && left.every(isIts);
    if (isBegun) removeShards(folder, left);
  }
}

function readRecord(path: string): Partial<Pick<RunRecord, "runPlan" | "shards">> {
  try {
    return JSON.parse(readFileSync(path, "utf8")) ?? {};
  } catch {
    return {};
  }
}

function planHashOf(path: string): string | undefined {
  try {
    return readShardRecord(path)?.planHash;
  } catch (error) {
    if (isFixelstreamError(error, "InputError")) return undefined;
    throw error;
  }
}

/** Options that are paths, or lists of them. */
const PATHS = [
  ...["input", "design", "contrast", "ftests", "ttests", "ftest", "variance", "column", "exchangeWithin"],
  ...[
    "exchangeWhole",
    "exchangeabilityBlocks",
    "permutations",
    "cache",
    "subjects",
    "connectivity",
    "mask",
    "posthoc",
    "template",
    "nodes",
  ],
];

/** Paths are looked up where the parts were made. */
function asMadeIn({ options, directory, kind }: ShardRecord): Record<string, unknown> {
  if (directory === process.cwd()) return { ...options };
  const place = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(place);
    return typeof value === "string" && value !== "-" ? resolve(directory, value) : value;
  };
  const found = Object.entries(options).map(([key, value]) => [key, PATHS.includes(key) ? place(value) : value]);
  const moved: Record<string, unknown> = Object.fromEntries(found);
  // the default lies beside an output that may be named otherwise here
  const output = resolve(directory, String(kind === "fixel" ? options.output : `${options.prefix}x`));
  return { ...moved, cache: moved.cache ?? resolve(output, "..", ".fixelstream") };
}
