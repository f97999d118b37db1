// What a part of a run needs, so that the others fit it.
import { UsageError } from "../../errors.js";
import type { AnalysisOptions } from "./options.js";

/** Kernels that nobody named are those that give the same bits on every machine. Throws UsageError. */
export function resolveShardOptions<Options extends AnalysisOptions>(options: Options): Options {
  const { shard, notest, seedIsDrawn, permutations, kernels, prepareOnly } = options;
  if (shard === undefined) return options;
  const what = `--shard ${shard.index}/${shard.of}`;
  if (notest) {
    throw new UsageError(
      `Cannot use ${what} together with -notest: expected shuffles to divide, got none. Leave one out.`,
    );
  }
  if (prepareOnly) {
    throw new UsageError(
      `Cannot use ${what} together with --prepare-only: nothing is divided there. Prepare once, without --shard.`,
    );
  }
  if (seedIsDrawn && permutations === undefined) {
    throw new UsageError(
      `Cannot use ${what} without --seed: expected a seed that all shards share, got one that is drawn. Give the same --seed to every shard.`,
    );
  }
  return kernels === "auto" ? { ...options, kernels: "simd" } : options;
}
