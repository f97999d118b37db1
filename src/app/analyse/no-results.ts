// Runs without results of their own: a part of the shuffles, and the preparation alone. What a run would write of its data is made by whoever merges the parts.
import { InternalError } from "../../errors.js";
import { checkpointPathOf } from "../../results/checkpoint.js";
import type { ResultFiles } from "../../results/result-files.js";
import { type BegunNote, claimShard, type ShardPlace, type ShardRecord } from "../../results/shard-file.js";
import type { NullState } from "../../run/null-state.js";
import type { RunPlan } from "../../run/run-plan.js";
import type { ElementKind } from "./element-kind.js";
import type { AnalysisOptions } from "./options.js";
import { rangeOf } from "./plan/engine-inputs.js";
import type { AnalysisPlan } from "./resolve-analysis.js";

export interface ShardFiles {
  /** For people: the file's path. */
  readonly output: string;
  begin(runPlan: RunPlan): void;
  write(state: NullState, signal: AbortSignal | undefined): Promise<void>;
}

/** Takes everything and keeps nothing. */
function noResults(directory: string, bytes: number, discard: () => void): ResultFiles {
  return {
    ...{ directory, bytes, discard, earlier: { replaced: 0, removed: 0 }, copied: {} },
    describeInput() {},
    async write() {},
    async publish() {
      throw new InternalError("A run without results has nothing to publish.");
    },
  };
}

/** Of --prepare-only. */
export const openNoResults = (cache: string): ResultFiles => noResults(cache, 0, () => {});

type Kind<Options extends AnalysisOptions> = Pick<ElementKind<Options, never>, "kind" | "shardsOf">;

/** Throws InputError as claimShard; `rehearse`: nothing is made or looked at. */
export function openShard<Options extends AnalysisOptions>(
  { kind, shardsOf }: Kind<Options>,
  options: Options,
  plan: AnalysisPlan,
  { rehearse }: { readonly rehearse: boolean },
): { readonly results: ResultFiles; readonly shard: ShardFiles } {
  const folder = shardsOf(options);
  const shard = options.shard!;
  const { first, end } = rangeOf(options, plan);
  const { command, ...typed } = options;
  const nShuffles = plan.shuffles.count;
  const shared = { nShuffles, first, end, command, directory: process.cwd() };
  const nHypotheses = plan.hypotheses.length;
  const bytes = nHypotheses * (plan.selection.columns.length * 12 + (end - first) * 12);
  const place: ShardPlace | undefined = rehearse ? undefined : claimShard(folder, shard, { overwrite: options.force });
  let output = folder;
  return {
    results: noResults(folder, bytes, () => place?.release()),
    shard: {
      get output() {
        return output;
      },
      begin({ hash }) {
        const note: BegunNote = { ...shared, checkpoint: checkpointPathOf(plan.cache, hash, { first, end }) };
        place?.begin(note);
      },
      async write(state, signal) {
        const made: ShardRecord = { format: "fixelstream-shard", ...shard, kind, ...shared, options: typed };
        output = (await place?.write(state, made, signal)) ?? folder;
      },
    },
  };
}
