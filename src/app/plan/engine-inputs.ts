// From the plan of a run to what the engine takes: the same for checking its memory and for running it.
import type { EngineInputs } from "../../engine/inputs.js";
import { resolveKernelChoice } from "../../kernels/choose-kernels.js";
import { wholeRange } from "../../run/shuffle-range.js";
import type { ColumnSourceSpec } from "../../store/column-source.js";
import type { FixelCfeOptions } from "../fixel-cfe-options.js";
import type { InferencePlan } from "./resolve-inference.js";
import { resolveModel } from "./resolve-model.js";

export interface EngineData {
  /** Where the values are, or will be. */
  readonly source: ColumnSourceSpec;
  /** The prepared connectivity. */
  readonly connectivityPath: string;
  /** Element-wise columns. */
  readonly columnSources: readonly ColumnSourceSpec[];
  /** Some value of a subject that takes part is not finite. */
  readonly missing: boolean;
  readonly onFallback?: (reason: string) => void;
  readonly signal?: AbortSignal | undefined;
}

export function engineInputs(options: FixelCfeOptions, plan: InferencePlan, data: EngineData): EngineInputs {
  return {
    planHash: "",
    partition: plan.partition,
    model: resolveModel({ ...plan, nElementColumns: plan.columnInputs.length }, data.missing),
    columnSources: data.columnSources,
    source: data.source,
    columns: plan.columns,
    enhancement: {
      kind: "cfe",
      connectivity: { path: data.connectivityPath, io: options.io },
      dh: options.cfeDh,
      extentPower: options.cfeE,
      heightPower: options.cfeH,
      legacy: options.cfeLegacy,
    },
    precision: options.precision,
    kernels: resolveKernelChoice(options.kernels),
    nThreads: options.nThreads,
    memoryBytes: options.memoryBytes,
    ...(plan.posthoc.eligible === undefined ? {} : { eligible: plan.posthoc.eligible }),
    shuffles: { plan: plan.shuffles, range: wholeRange(plan.shuffles, options) },
    onFallback: data.onFallback ?? (() => {}),
    signal: data.signal,
  };
}
