// fixelcfestats: inference on fixel data with connectivity-based enhancement, out of a store.
import { openConnectivity } from "../connectivity/open-connectivity.js";
import { type PreparedConnectivity, prepareConnectivity } from "../connectivity/prepare-connectivity.js";
import type { EngineInputs } from "../engine/inputs.js";
import { openEngine, planEngine } from "../engine/run.js";
import { type ClaimedDirectory, checkDiskRoom, claimDirectory } from "../results/claim-directory.js";
import type { ColumnSourceSpec } from "../store/column-source.js";
import type { Warning } from "../warnings.js";
import { noteUse } from "./cache.js";
import type { FixelCfeOptions } from "./fixel-cfe-options.js";
import { createInferenceOutput, type InferenceOutput } from "./inference-output.js";
import { createRunRecord, type Timings } from "./inference-record.js";
import { describeFacts, type InferenceFacts } from "./plan/describe-facts.js";
import { describePlan, type PlanSummary } from "./plan/describe-plan.js";
import { engineInputs } from "./plan/engine-inputs.js";
import { modelWarnings } from "./plan/model-warnings.js";
import { connectivityInputs, type InferencePlan, resolveInference } from "./plan/resolve-inference.js";
import { hasMissingValues } from "./plan/resolve-model.js";

export type { FixelCfeOptions };

export type InferencePhase = "convert" | "connectivity" | "observe" | "shuffle";

export interface InferenceEvents {
  /** What was found out about the inputs, before anything long begins. */
  readonly onFacts?: (facts: InferenceFacts) => void;
  readonly onPlan?: (plan: PlanSummary) => void;
  readonly onWarning?: (warning: Warning) => void;
  /** share 0..1 of the phase. */
  readonly onProgress?: (phase: InferencePhase, share: number) => void;
  /** Stops the run soon, by throwing its reason. */
  readonly signal?: AbortSignal | undefined;
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

/**
 * Throws UsageError, InputError, DesignError, BudgetError, or the reason of `events.signal`; nothing is left in the output directory then.
 * Everything that can be checked without converting the subjects or preparing the connectivity is checked before either begins.
 */
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
  const plan = await timed("check", () => resolveInference(options, options.seed));
  events.onFacts?.(describeFacts(plan));
  for (const warning of plan.warnings) warn(warning);
  planMemory(options, plan);
  // The subjects' own headers are looked at when they are converted, first of all; these would come after.
  for (const column of plan.columnInputs) column.checkSources();
  const places = claimPlaces(options, plan);
  try {
    if (places.output.replaced.length > 0) warn(replacedWarning(options, places.output.replaced.length));
    return await runInference(options, plan, { output: places.output, events, timings, timed, warnings, warn });
  } finally {
    places.release();
  }
}

interface Run {
  readonly output: InferenceOutput;
  readonly events: InferenceEvents;
  readonly timings: Timings;
  readonly timed: <T>(name: string, work: () => T | Promise<T>) => Promise<T>;
  readonly warnings: readonly Warning[];
  readonly warn: (warning: Warning) => void;
}

async function runInference(options: FixelCfeOptions, plan: InferencePlan, run: Run): Promise<InferenceSummary> {
  const { output, events, timings, timed, warnings, warn } = run;
  const { signal } = events;
  signal?.throwIfAborted();
  const onConverted = (share: number) => events.onProgress?.("convert", share);
  const opened = await timed("convert", () => plan.input.open({ onProgress: onConverted, signal }));
  const columnSources: ColumnSourceSpec[] = [];
  for (const column of plan.columnInputs) {
    columnSources.push(await timed("convert", () => column.open({ onProgress: onConverted, signal })));
  }
  const missing = await timed("check", () => hasMissingValues(opened.spec, opened.missing, plan.columns));
  output.describeInput(opened.header);
  const prepared = await timed("connectivity", () => prepare(options, plan, events));
  warnUnconnected(prepared, warn);
  const connectivity = openConnectivity(prepared.path, { io: options.io });
  const inputs = engineInputs(options, plan, {
    source: opened.spec,
    connectivityPath: prepared.path,
    columnSources,
    missing,
    onFallback: (reason) => warn({ tag: "io-fallback", message: reason }),
    signal,
  });
  const engine = await timed("plan", () => openEngine(inputs, connectivity)).finally(() => connectivity.close());
  try {
    events.onPlan?.(describePlan(engine.plan, inputs));
    const observed = await timed("observe", () => engine.observe((share) => events.onProgress?.("observe", share)));
    for (const warning of modelWarnings(options, inputs, observed.verdicts)) warn(warning);
    const { largestZ } = await timed("write", () => output.writeObserved(observed));
    const onProgress = (done: number, nShuffles: number) => events.onProgress?.("shuffle", done / nShuffles);
    const { state, cost } = await engine.run({ onProgress });
    Object.assign(timings.ms, cost.ms);
    const significance = await timed("write", () => output.writeInference(state));
    const record = await createRunRecord({
      options,
      plan,
      opened,
      prepared,
      enginePlan: engine.plan,
      inputs,
      cost,
      significance,
      warnings,
      timings,
    });
    signal?.throwIfAborted();
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
}

/** The plan alone (--dry-run): everything is checked, nothing is converted, prepared or left behind. */
export async function planInference(options: FixelCfeOptions, events: InferenceEvents = {}): Promise<PlanSummary> {
  const plan = await resolveInference(options, options.seed);
  events.onFacts?.(describeFacts(plan));
  for (const warning of plan.warnings) events.onWarning?.(warning);
  plan.input.checkSources();
  for (const column of plan.columnInputs) column.checkSources();
  planMemory(options, plan);
  claimPlaces(options, plan).release();
  const inputs = expectedEngineInputs(options, plan);
  return describePlan(planEngine(inputs, plan.connectivity), inputs);
}

function expectedEngineInputs(options: FixelCfeOptions, plan: InferencePlan): EngineInputs {
  return engineInputs(options, plan, {
    source: plan.input.expected,
    connectivityPath: plan.connectivity.path,
    columnSources: plan.columnInputs.map(({ expected }) => expected),
    missing: false,
  });
}

/** Throws BudgetError. Where a mask leaves open how many connections remain, none are counted: openEngine plans again with the exact number. */
function planMemory(options: FixelCfeOptions, plan: InferencePlan): void {
  const known = plan.connectivity.exact ? plan.connectivity : { nConnections: 0, maxRowConnections: 0 };
  planEngine(expectedEngineInputs(options, plan), known);
}

/** Tries everything that will be written to. Throws InputError; what was made for the trial is gone then. */
function claimPlaces(options: FixelCfeOptions, plan: InferencePlan) {
  const output = createInferenceOutput(options, plan);
  let cache: ClaimedDirectory | undefined;
  const release = () => {
    output.discard();
    cache?.release();
  };
  try {
    const stored = plan.columnInputs.reduce((sum, column) => sum + column.bytesToWrite, plan.input.bytesToWrite);
    const connections = plan.connectivity.bytesToWrite;
    if (stored + connections > 0) {
      const { cache: path } = plan;
      const purpose = `Cannot keep converted data in ${path}`;
      cache = claimDirectory({ path, purpose, remedy: "Choose another place with --cache." });
      checkDiskRoom([
        { path, bytes: stored, what: "converted subjects" },
        { path, bytes: connections, what: "prepared connectivity" },
        { path: options.output, bytes: output.bytes, what: "results" },
      ]);
    }
    return { output, release };
  } catch (error) {
    release();
    throw error;
  }
}

async function prepare(
  options: FixelCfeOptions,
  plan: InferencePlan,
  { onProgress, signal }: InferenceEvents,
): Promise<PreparedConnectivity> {
  const prepared = await prepareConnectivity({
    ...connectivityInputs(options, plan),
    onProgress: (done, all) => onProgress?.("connectivity", all === 0 ? 1 : done / all),
    signal,
  });
  if (prepared.reused) noteUse(prepared.path);
  return prepared;
}

function replacedWarning(options: FixelCfeOptions, nFiles: number): Warning {
  return { tag: "overwrite", message: `${nFiles} results of an earlier run in ${options.output} will be overwritten.` };
}

function warnUnconnected({ manifest }: PreparedConnectivity, warn: (warning: Warning) => void): void {
  if (manifest.nTooWeak > 0) {
    warn({
      tag: "connections-too-weak",
      message: `${manifest.nTooWeak} of ${manifest.nElements} fixels have connections whose weights, value^${manifest.exponent}, are too small for float32; their enhanced statistic is 0 and they cannot become significant. Lower -cfe_c.`,
    });
  }
  if (manifest.nUnconnected === 0) return;
  warn({
    tag: "fixels-without-connections",
    message: `${manifest.nUnconnected} of ${manifest.nElements} fixels have no connection in the matrix; their enhanced statistic is 0 and they cannot become significant. Exclude them with -mask.`,
  });
}
