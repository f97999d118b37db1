// fixelcfestats: inference on fixel data with connectivity-based enhancement, out of a store.
import { openConnectivity } from "../connectivity/open-connectivity.js";
import { type PreparedConnectivity, prepareConnectivity } from "../connectivity/prepare-connectivity.js";
import { type EngineInputs, openEngine, planEngine } from "../engine/engine.js";
import { InputError } from "../errors.js";
import { resolveKernelChoice } from "../kernels/choose-kernels.js";
import type { Warning } from "../warnings.js";
import type { FixelCfeOptions } from "./fixel-cfe-options.js";
import type { OpenedInput } from "./fixel-input.js";
import { createInferenceOutput } from "./inference-output.js";
import { createRunRecord, type Timings } from "./inference-record.js";
import { describePlan, type PlanSummary } from "./plan/describe-plan.js";
import { type InferencePlan, resolveInference } from "./plan/resolve-inference.js";

export type { FixelCfeOptions };

export type InferencePhase = "convert" | "connectivity" | "observe" | "shuffle";

export interface InferenceEvents {
  readonly onPlan?: (plan: PlanSummary) => void;
  readonly onWarning?: (warning: Warning) => void;
  /** share 0..1 of the phase. */
  readonly onProgress?: (phase: InferencePhase, share: number) => void;
}

export interface InferenceSummary {
  readonly output: string;
  readonly nSubjects: number;
  readonly nElements: number;
  readonly nShuffles: number;
  readonly hypotheses: readonly {
    readonly name: string;
    readonly largestZ: number;
    /** Fixels with fwe_1mpvalue above 0.95; undefined with -notest. */
    readonly significant: number | undefined;
    readonly largestFwe: number | undefined;
  }[];
  readonly warnings: readonly Warning[];
  readonly elapsedMs: number;
}

/** Throws UsageError, InputError, DesignError, BudgetError; nothing is left in the output directory then. */
export async function inferFixels(options: FixelCfeOptions, events: InferenceEvents = {}): Promise<InferenceSummary> {
  const timings: Timings = { startedAt: new Date(), start: performance.now(), ms: {} };
  const timed = async <T>(name: string, work: () => T | Promise<T>): Promise<T> => {
    const start = performance.now();
    const result = await work();
    timings.ms[name] = (timings.ms[name] ?? 0) + performance.now() - start;
    return result;
  };
  const warnings: Warning[] = [];
  const warn = (warning: Warning) => {
    warnings.push(warning);
    events.onWarning?.(warning);
  };
  const plan = await timed("check", () =>
    resolveInference(options, options.seed, (share) => events.onProgress?.("convert", share)),
  );
  for (const warning of plan.warnings) warn(warning);
  const output = createInferenceOutput(options, plan);
  try {
    const opened = await timed("convert", () => plan.input.open());
    checkMissing(opened, plan, options);
    output.describeInput(opened.header);
    const prepared = await timed("connectivity", () => prepare(options, plan, events));
    warnUnconnected(prepared, warn);
    const connectivity = openConnectivity(prepared.path, { io: options.io });
    const inputs = engineInputs(options, plan, opened, prepared, warn);
    const engine = await timed("plan", () => openEngine(inputs, connectivity));
    connectivity.close();
    try {
      events.onPlan?.(describePlan(engine.plan, inputs));
      const observed = await timed("observe", () => engine.observe((share) => events.onProgress?.("observe", share)));
      const { largestZ } = await timed("write", () => output.writeObserved(observed));
      const onProgress = (done: number, nShuffles: number) => events.onProgress?.("shuffle", done / nShuffles);
      const results = await engine.runShuffles({ onProgress });
      for (const [name, ms] of Object.entries(results.timings))
        if (name.endsWith("Ms")) timings.ms[name.slice(0, -2)] = ms;
      const significance = await timed("write", () => output.writeInference(engine, results));
      const record = await createRunRecord({
        options,
        plan,
        opened,
        prepared,
        enginePlan: engine.plan,
        inputs,
        results,
        significance,
        warnings,
        timings,
      });
      output.publish(record);
      return {
        output: options.output,
        nSubjects: plan.partition.nSubjects,
        nElements: plan.columns.length,
        nShuffles: options.notest ? 0 : plan.shuffles.count,
        hypotheses: plan.hypotheses.map(({ name }, h) => ({ name, largestZ: largestZ[h]!, ...significance[h]! })),
        warnings,
        elapsedMs: performance.now() - timings.start,
      };
    } finally {
      await engine.close();
    }
  } finally {
    output.discard();
  }
}

/** The plan alone (--dry-run): converts and prepares nothing; without a prepared connectivity its size is taken from fixels.mif. */
export async function planInference(options: FixelCfeOptions): Promise<PlanSummary> {
  const plan = await resolveInference(options, options.seed);
  const opened = await plan.input.open();
  const prepared = prepare(options, plan, {});
  const inputs = engineInputs(options, plan, opened, prepared, () => {});
  return describePlan(planEngine(inputs, prepared.manifest), inputs);
}

function prepare(options: FixelCfeOptions, plan: InferencePlan, events: InferenceEvents): PreparedConnectivity {
  return prepareConnectivity({
    directory: options.connectivity,
    nFixels: plan.input.nFixels,
    elementOfFixel: plan.elementOfFixel,
    nElements: plan.columns.length,
    exponent: options.cfeC,
    cache: plan.cache,
    onProgress: (done, all) => events.onProgress?.("connectivity", all === 0 ? 1 : done / all),
  });
}

function engineInputs(
  options: FixelCfeOptions,
  plan: InferencePlan,
  opened: OpenedInput,
  prepared: PreparedConnectivity,
  warn: (warning: Warning) => void,
): EngineInputs {
  // The unshuffled data are always lane 0: they are shuffle 0 themselves, or come in front of a permutations file that is used as given.
  const offset = !options.notest && !plan.shuffles.startsWithIdentity ? 1 : 0;
  return {
    partition: plan.partition,
    source: opened.spec,
    columns: plan.columns,
    connectivity: { path: prepared.path, io: options.io },
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
    lanes: { count: options.notest ? 1 : plan.shuffles.count + offset, plan: plan.shuffles, offset },
    onFallback: (reason) => warn({ tag: "io-fallback", message: reason }),
  };
}

/** A value missing in a subject that takes part: known from the store before any block is read. */
function checkMissing(opened: OpenedInput, plan: InferencePlan, options: FixelCfeOptions): void {
  if (opened.missing === undefined || opened.spec.rows !== undefined) return;
  const affected = plan.columns.reduce((count, column) => count + (opened.missing![column]! > 0 ? 1 : 0), 0);
  if (affected === 0) return;
  const first = plan.columns.find((column) => opened.missing![column]! > 0)!;
  throw new InputError(
    `Cannot analyse ${options.input}: expected finite values${options.mask === undefined ? "" : " inside the mask"}, but ${affected} of ${plan.columns.length} fixels have a subject with NaN or infinity (the first is fixel ${first}, counted from 0). Missing data is not supported yet: leave out those subjects, or those fixels with -mask.`,
    { path: options.input },
  );
}

function warnUnconnected({ manifest }: PreparedConnectivity, warn: (warning: Warning) => void): void {
  if (manifest.nUnconnected === 0) return;
  warn({
    tag: "fixels-without-connections",
    message: `${manifest.nUnconnected} of ${manifest.nElements} fixels have no connection in the matrix; their enhanced statistic is 0 and they cannot become significant. Exclude them with -mask.`,
  });
}
