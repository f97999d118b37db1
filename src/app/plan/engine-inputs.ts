// From the plan of a run to what the engine takes: the same for checking its memory and for running it.
import type { EngineInputs } from "../../engine/engine.js";
import { resolveKernelChoice } from "../../kernels/choose-kernels.js";
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
  // The unshuffled data are always lane 0: they are shuffle 0 themselves, or come in front of a permutations file that is used as given.
  const offset = !options.notest && !plan.shuffles.startsWithIdentity ? 1 : 0;
  return {
    partition: plan.partition,
    model: resolveModel({ ...plan, nElementColumns: plan.columnInputs.length }, data.missing),
    columnSources: data.columnSources,
    source: data.source,
    columns: plan.columns,
    connectivity: { path: data.connectivityPath, io: options.io },
    enhancement: {
      dh: options.cfeDh,
      extentPower: options.cfeE,
      heightPower: options.cfeH,
      exponent: options.cfeC,
      legacy: options.cfeLegacy,
    },
    precision: options.precision,
    kernels: resolveKernelChoice(options.kernels),
    nThreads: options.nThreads,
    memoryBytes: options.memoryBytes,
    ...(plan.posthoc.eligible === undefined ? {} : { eligible: plan.posthoc.eligible }),
    lanes: { count: options.notest ? 1 : plan.shuffles.count + offset, plan: plan.shuffles, offset },
    onFallback: data.onFallback ?? (() => {}),
    signal: data.signal,
  };
}
