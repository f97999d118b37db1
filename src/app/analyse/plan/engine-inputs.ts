// From the plan of a run to what the engine takes: the same for checking its memory and for running it.
import type { EngineInputs, Enhancement } from "../../../engine/inputs.js";
import { rangeOfShard } from "../../../run/shards.js";
import { type ShuffleRange, wholeRange } from "../../../run/shuffle-range.js";
import { looksOf } from "../../../stats/inference/settled.js";
import type { ColumnSourceSpec } from "../../../store/column-source.js";
import type { ChosenKernels } from "../choose-kernels.js";
import type { AnalysisOptions } from "../options.js";
import type { AnalysisPlan } from "../resolve-analysis.js";
import { resolveModel } from "./resolve-model.js";
import { resolvePrecision } from "./resolve-precision.js";

export interface EngineData {
  /** Of the RunPlan; empty while the data are not opened, and nothing is computed. */
  readonly planHash: string;
  /** Where the values are, or will be. */
  readonly source: ColumnSourceSpec;
  /** The prepared connectivity, or where it will be. */
  readonly connectivityPath: string | undefined;
  /** Groups of its sketch, or how many there will be at most; undefined: none is used. */
  readonly sketchGroups?: number | undefined;
  /** Element-wise columns. */
  readonly columnSources: readonly ColumnSourceSpec[];
  readonly kernels: Pick<ChosenKernels, "kernels" | "native">;
  /** Some value of a subject that takes part is not finite. */
  readonly missing: boolean;
  /** Which shuffles. Default: all of the plan. */
  readonly range?: ShuffleRange | undefined;
  readonly onFallback?: (reason: string) => void;
  readonly signal?: AbortSignal | undefined;
}

export function engineInputs(options: AnalysisOptions, plan: AnalysisPlan, data: EngineData): EngineInputs {
  const { eligible, columns } = plan.selection;
  const model = resolveModel({ ...plan, nElementColumns: plan.columnInputs.length }, data.missing);
  return {
    planHash: data.planHash,
    partition: plan.partition,
    model,
    columnSources: data.columnSources,
    source: data.source,
    columns,
    enhancement: enhancementOf(options, plan, data),
    precision: resolvePrecision(options.precision, model),
    kernels: data.kernels.kernels,
    native: data.kernels.native,
    nThreads: options.nThreads,
    memoryBytes: options.memoryBytes,
    ...(eligible === undefined ? {} : { eligible }),
    uncorrectedShuffles: plan.enhancement.uncorrectedShuffles,
    negativeBinomial: options.negativeBinomial,
    looksAt: options.stopWhenSettled ? looksOf(plan.shuffles.count) : undefined,
    nonStationarity: nonStationarityOf(plan),
    shuffles: { plan: plan.shuffles, range: data.range ?? rangeOf(options, plan) },
    onFallback: data.onFallback ?? (() => {}),
    signal: data.signal,
  };
}

function nonStationarityOf({ nonStationarity }: AnalysisPlan): EngineInputs["nonStationarity"] {
  if (nonStationarity === undefined) return undefined;
  const { skew, shuffles: plan } = nonStationarity;
  return { skew, shuffles: { plan, range: { first: 0, end: plan.count, leadingIdentity: false } } };
}

/** Every shuffle of the plan, or those of the part that is asked for. */
export function rangeOf(
  options: Pick<AnalysisOptions, "notest" | "shard">,
  { shuffles }: Pick<AnalysisPlan, "shuffles">,
): ShuffleRange {
  const whole = wholeRange(shuffles, options);
  return options.shard === undefined ? whole : rangeOfShard(whole, options.shard);
}

function enhancementOf(
  { io }: AnalysisOptions,
  { enhancement }: AnalysisPlan,
  { connectivityPath, sketchGroups }: EngineData,
): Enhancement {
  if (enhancement.kind === "none") return { kind: "none" };
  if (enhancement.kind === "graph") return enhancement.enhancement;
  const { exponent: _, ...parameters } = enhancement.parameters;
  const sketch = sketchGroups === undefined ? undefined : { nGroups: sketchGroups };
  return { kind: "cfe", connectivity: { path: connectivityPath!, io }, sketch, ...parameters };
}
