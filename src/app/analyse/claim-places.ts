// Everything that a run will write to, tried before anything long begins.
import { sweepCache, sweepEntry } from "../../publish/in-use.js";
import { type ClaimedDirectory, checkDiskRoom, claimDirectory, rehearseClaim } from "../../results/claim-directory.js";
import type { ResultFiles } from "../../results/result-files.js";
import type { ResultSpec } from "../../results/result-list.js";
import type { DataInput } from "./data-input.js";
import type { ElementKind } from "./element-kind.js";
import { openNoResults, openShard, type ShardFiles } from "./no-results.js";
import type { AnalysisOptions } from "./options.js";
import { morePValuesOf } from "./plan/check-p-values.js";
import type { AnalysisPlan } from "./resolve-analysis.js";

export interface ClaimedPlaces {
  readonly results: ResultFiles;
  /** Of a run that computes a part of the shuffles. */
  readonly shard: ShardFiles | undefined;
  readonly spec: ResultSpec;
  /** Takes away what was not published. Idempotent. */
  release(): void;
}

/** Throws InputError; what was made for the trial is gone then. `rehearse`: nothing is made, and nothing can be written. */
export function claimPlaces<Options extends AnalysisOptions, Input extends DataInput>(
  kind: ElementKind<Options, Input>,
  options: Options,
  plan: AnalysisPlan<Input>,
  { rehearse }: { readonly rehearse: boolean },
): ClaimedPlaces {
  if (!rehearse) {
    // Of a run killed at its end, whose results are there: this one is refused, and nobody else would come by.
    sweepCache(plan.cache);
    sweepEntry(options.input);
  }
  const spec = resultSpecOf(kind, options, plan);
  const { results, shard } = openOutput(kind, options, plan, { spec, rehearse });
  let cache: ClaimedDirectory | undefined;
  const release = () => {
    results.discard();
    cache?.release();
  };
  try {
    const { cache: path, columnInputs, input, enhancement } = plan;
    const stored = columnInputs.reduce((sum, column) => sum + column.bytesToWrite, input.bytesToWrite);
    const connections = enhancement.kind === "cfe" ? enhancement.connectivity.bytesToWrite : 0;
    if (stored + connections > 0) {
      const purpose = `Cannot keep converted data in ${path}`;
      const claim = { path, purpose, remedy: "Choose another place with --cache." };
      if (!rehearse) cache = claimDirectory(claim);
      const [cacheDisk, resultsDisk] = rehearse
        ? [rehearseClaim(claim), rehearseClaim({ ...claim, path: results.directory })]
        : [path, results.directory];
      checkDiskRoom([
        { path: cacheDisk, bytes: stored, what: kind.converted },
        { path: cacheDisk, bytes: connections, what: "prepared connectivity" },
        { path: resultsDisk, bytes: results.bytes, what: "results" },
      ]);
    }
    return { results, shard, spec, release };
  } catch (error) {
    release();
    throw error;
  }
}

function openOutput<Options extends AnalysisOptions, Input extends DataInput>(
  kind: ElementKind<Options, Input>,
  options: Options,
  plan: AnalysisPlan<Input>,
  { spec, rehearse }: { readonly spec: ResultSpec; readonly rehearse: boolean },
): Pick<ClaimedPlaces, "results" | "shard"> {
  if (options.prepareOnly) return { results: openNoResults(plan.cache), shard: undefined };
  if (options.shard !== undefined) return openShard(kind, options, plan, { rehearse });
  const results = kind.openResults(options, plan.input, plan.selection, { results: spec, rehearse });
  return { results, shard: undefined };
}

function resultSpecOf<Options extends AnalysisOptions>(
  kind: Pick<ElementKind<Options, DataInput>, "enhanced" | "uncorrectedInText" | "nameElement">,
  options: Options,
  { hypotheses, nFactors, groups, shuffles, selection, enhancement, nonStationarity }: AnalysisPlan,
): ResultSpec {
  const { contrast, strong, notest } = options;
  const enhanced = kind.enhanced(options);
  return {
    ...{ hypotheses, nFactors, nGroups: groups?.count, enhanced, strong, notest, eligible: selection.eligible },
    empirical: nonStationarity && (enhanced === "cfe" ? "cfe_empirical" : "empirical"),
    nShuffles: notest ? 0 : shuffles.count,
    isExhaustive: shuffles.exhaustive,
    more: morePValuesOf(options),
    uncorrectedShuffles: enhancement.uncorrectedShuffles,
    negativeBinomial: options.negativeBinomial,
    // 3.0.x and the development branch differ in one name; the form of the arguments tells which is meant
    uncorrected: kind.uncorrectedInText ?? (contrast === undefined ? "uncorrected_1mpvalue" : "uncorrected_pvalue"),
    inDouble: kind.uncorrectedInText !== undefined,
    listsSignificant: kind.nameElement !== undefined,
  };
}
