// The use case of every statistical command: check, convert, prepare, observe, shuffle, write. What differs between kinds of elements is in their row
// (kinds.ts); the order of things, and what is said and kept of them, is the same for all.
import { openConnectivity } from "../../connectivity/open-connectivity.js";
import type { EngineInputs } from "../../engine/inputs.js";
import { type EnginePlan, openEngine } from "../../engine/run.js";
import { fitWarnings, joinMore } from "../../results/more-p-values.js";
import type { EarlierResults } from "../../results/result-folder.js";
import type { ResultSpec } from "../../results/result-list.js";
import { peakResidentBytes } from "../../results/run-record.js";
import {
  type LargestZ,
  type Significance,
  writeEmpirical,
  writeInference,
  writeObserved,
} from "../../results/write-results.js";
import type { NullState } from "../../run/null-state.js";
import { describeStopping } from "../../stats/inference/negative-binomial.js";
import { factsOfFirst } from "../../stats/inference/p-values.js";
import { SETTLED_CONFIDENCE } from "../../stats/inference/settled.js";
import { boundThreads } from "../../system-cores.js";
import { boundMemory } from "../../system-memory.js";
import type { Warning } from "../../warnings.js";
import { type ChosenKernels, fitKernels } from "./choose-kernels.js";
import { claimPlaces } from "./claim-places.js";
import { createRunRecord, type Timings } from "./create-record.js";
import type { DataInput, OpenedColumn, OpenedData } from "./data-input.js";
import type { ElementKind, PreparedEnhancement } from "./element-kind.js";
import type { InferenceEvents, InferenceSummary, MergedShuffles, Settled } from "./inference.js";
import { KernelSearch } from "./kernel-search.js";
import { type MemoryWatch, watchMemory } from "./memory-course.js";
import type { AnalysisOptions } from "./options.js";
import { obstacleWarning, searchWarnings } from "./plan/bound-warnings.js";
import { describeFacts } from "./plan/describe-facts.js";
import { describePlan, type PlanSummary } from "./plan/describe-plan.js";
import { engineInputs, rangeOf } from "./plan/engine-inputs.js";
import { modelWarnings } from "./plan/model-warnings.js";
import { hasMissingValues } from "./plan/resolve-model.js";
import { looksFor } from "./plan/stop-when-settled.js";
import { checkBudget, type ExpectedPlan, planExpected } from "./plan-memory.js";
import { type AnalysisPlan, resolveAnalysis } from "./resolve-analysis.js";
import { runPlanOf } from "./run-plan.js";
import { NO_SHUFFLES, type PlannedShuffles, planRun, runMerged, runShuffles } from "./run-shuffles.js";
import { findEarlier, lineOf } from "./same-line.js";
import { resolveShardOptions } from "./shard-options.js";

export type { InferenceEvents, InferencePhase, InferenceSummary, MergedShuffles } from "./inference.js";

type Timed = <T>(name: string, work: () => T | Promise<T>) => Promise<T>;

/** What is told and noted of a run while it goes on. */
interface Watched {
  readonly events: InferenceEvents;
  readonly timings: Timings;
  readonly memory: MemoryWatch;
  readonly timed: Timed;
  readonly warnings: readonly Warning[];
  readonly warn: (warning: Warning) => void;
}

interface Run<Input extends DataInput> extends Watched {
  readonly plan: AnalysisPlan<Input>;
  readonly expected: Pick<ExpectedPlan, "missing">;
  readonly places: ReturnType<typeof claimPlaces>;
  readonly kernels: Promise<ChosenKernels>;
  /** What an earlier run of the same command line kept. */
  readonly earlier: ReturnType<typeof findEarlier>;
  readonly merged: MergedShuffles | undefined;
}

/**
 * Throws UsageError, InputError, DesignError, BudgetError, or the reason of `events.signal`; no results are left then.
 * Everything that can be checked without converting the subjects or preparing the connectivity is checked before either begins.
 */
export async function analyse<Options extends AnalysisOptions, Input extends DataInput>(
  kind: ElementKind<Options, Input>,
  asked: Options,
  listeners: InferenceEvents = {},
  merged?: MergedShuffles,
): Promise<InferenceSummary> {
  const given = resolveShardOptions(asked);
  const timings: Timings = { startedAt: new Date(), start: performance.now(), ms: {} };
  const memory = watchMemory(timings.start);
  const events: InferenceEvents = {
    ...listeners,
    onProgress(phase, share) {
      memory.look();
      listeners.onProgress?.(phase, share);
    },
  };
  const timed: Timed = async (name, work) => {
    memory.enter(name);
    const start = performance.now();
    const result = await work();
    timings.ms[name] = (timings.ms[name] ?? 0) + performance.now() - start;
    return result;
  };
  const warnings: Warning[] = [];
  const warn = (warning: Warning) => {
    // of files of several kinds, for several reasons: one is enough to know
    if (["io-fallback", "cache-not-marked"].includes(warning.tag) && warnings.some(({ tag }) => tag === warning.tag))
      return;
    warnings.push(warning);
    events.onWarning?.(warning);
  };
  try {
    return await analyseWithin(
      kind,
      withinMachine(given, warn),
      { events, timings, memory, timed, warnings, warn },
      merged,
    );
  } finally {
    memory.stop();
  }
}

/** Threads and memory as far as the machine, the container or the job has them. Throws BudgetError. */
function withinMachine<Options extends AnalysisOptions>(given: Options, warn: (warning: Warning) => void): Options {
  const threads = boundThreads(given.nThreads);
  const memory = boundMemory(given.memoryBytes, threads.nThreads);
  for (const { warning } of [threads, memory]) if (warning !== undefined) warn(warning);
  return { ...given, nThreads: threads.nThreads, memoryBytes: memory.memoryBytes };
}

async function analyseWithin<Options extends AnalysisOptions, Input extends DataInput>(
  kind: ElementKind<Options, Input>,
  options: Options,
  watched: Watched,
  merged: MergedShuffles | undefined,
): Promise<InferenceSummary> {
  const search = new KernelSearch();
  try {
    return await analyseSearching(kind, options, search, watched, merged);
  } finally {
    search.stop();
  }
}

async function analyseSearching<Options extends AnalysisOptions, Input extends DataInput>(
  kind: ElementKind<Options, Input>,
  options: Options,
  search: KernelSearch,
  watched: Watched,
  merged: MergedShuffles | undefined,
): Promise<InferenceSummary> {
  const { events, timed, warn } = watched;
  const onData = (data: DataInput) => search.begin(options, data);
  const plan = await timed("check", () => resolveAnalysis(kind, options, events.signal, onData));
  events.onFacts?.(describeFacts(kind, plan));
  for (const warning of plan.warnings) warn(warning);
  const expected = await timed("check", () => checkBudget(options, plan, events.signal));
  // The subjects' own headers are looked at when they are converted, first of all; these would come after.
  for (const column of plan.columnInputs) await column.checkSources(events.signal);
  const places = claimPlaces(kind, options, plan, { rehearse: false });
  const earlier = findEarlier(plan.cache, lineOf(kind.kind, options), options);
  const chosen = options.kernels === "auto" ? (earlier?.kernels ?? "auto") : options.kernels;
  const kernels = search.choose({ ...options, kernels: chosen }, plan);
  try {
    warnOfEarlier(places.results.earlier, kind.describeEarlier(options), warn);
    return await runAnalysis(kind, options, { plan, expected, places, kernels, earlier, merged, ...watched });
  } finally {
    places.release();
    for (const input of [plan.input, ...plan.columnInputs]) input.close();
  }
}

async function runAnalysis<Options extends AnalysisOptions, Input extends DataInput>(
  kind: ElementKind<Options, Input>,
  options: Options,
  run: Run<Input>,
): Promise<InferenceSummary> {
  const { plan, expected, places, events, timed, warn } = run;
  const { results } = places;
  const { signal } = events;
  signal?.throwIfAborted();
  const onConverted = (share: number) => events.onProgress?.("convert", share);
  const opened = await timed("convert", () => plan.input.open({ onProgress: onConverted, onWarning: warn, signal }));
  const columns: OpenedColumn[] = [];
  for (const column of plan.columnInputs) {
    columns.push(await timed("convert", () => column.open({ onProgress: onConverted, onWarning: warn, signal })));
  }
  const missing = await timed(
    "check",
    () => expected.missing ?? hasMissingValues(opened.spec, opened.missing, plan.selection.columns),
  );
  if (opened.header !== undefined) results.describeInput(opened.header);
  const prepared = await prepare(plan, run);
  if (options.prepareOnly) {
    prepared?.prepared.release();
    const memory = { plannedBytes: 0, peakResidentBytes: peakResidentBytes() };
    const { warnings, timings } = run;
    return summaryOf(plan, { output: plan.cache, nShuffles: 0, warnings, timings, memory });
  }
  try {
    return await runPrepared(kind, options, run, { opened, columns, missing, prepared });
  } finally {
    prepared?.prepared.release();
  }
}

interface ReadyData {
  readonly opened: OpenedData;
  readonly columns: readonly OpenedColumn[];
  readonly missing: boolean;
  /** Released by the caller. */
  readonly prepared: PreparedEnhancement | undefined;
}

async function runPrepared<Options extends AnalysisOptions, Input extends DataInput>(
  kind: ElementKind<Options, Input>,
  options: Options,
  run: Run<Input>,
  { opened, columns, missing, prepared: enhancement }: ReadyData,
): Promise<InferenceSummary> {
  const { plan, places, events, timings, memory, timed, warnings, warn } = run;
  const { results, spec } = places;
  const { signal } = events;
  const { uncorrectedShuffles } = plan.enhancement;
  const { prepared, sketch } = enhancement ?? {};
  const inputsWith = (kernels: ChosenKernels, planHash: string, range?: PlannedShuffles["range"]) =>
    engineInputs(options, plan, {
      kernels,
      planHash,
      range,
      source: opened.spec,
      connectivityPath: prepared?.path,
      sketchGroups: sketch?.nGroups,
      columnSources: columns.map((column) => column.spec),
      missing,
      onFallback: (reason) => warn({ tag: "io-fallback", message: reason }),
      signal,
    });
  const found = await timed("plan", () => run.kernels);
  if (found.warning !== undefined) warn(found.warning);
  const kernels = fitKernels(options, found, (chosen) => inputsWith(chosen, ""), prepared?.manifest);
  const runPlan = runPlanOf({
    ...{ kind: kind.kind, options, plan, opened, columns, missing, kernels },
    connectivity: prepared?.manifest,
  });
  const { merged } = run;
  if (merged !== undefined && merged.state.planHash !== runPlan.hash) merged.refuse(runPlan.hash);
  places.shard?.begin(runPlan);
  const shuffles = planRun({ kind: kind.kind, options, plan, runPlan, earlier: run.earlier, events, warn });
  const inputs = inputsWith(kernels, runPlan.hash, merged === undefined ? shuffles.range : NO_SHUFFLES);
  const connectivity = prepared && openConnectivity(prepared.path, { io: options.io });
  const engine = await timed("plan", () => openEngine(inputs, connectivity)).finally(() => connectivity?.close());
  try {
    const summary = describePlan(kind, engine.plan, inputs, plan);
    warnOfObstacle(engine.plan, inputs, warn);
    events.onPlan?.(summary);
    const observed = await timed("observe", () => engine.observe((share) => events.onProgress?.("observe", share)));
    for (const warning of modelWarnings(kind, options, inputs.model, observed.verdicts)) warn(warning);
    const largestZ = await timed("write", () => writeObserved(results, spec, observed, signal));
    memory.enter("shuffle");
    const onShuffled = (phase: "empirical" | "shuffle", share: number) => events.onProgress?.(phase, share);
    const { state, empirical, cost } =
      merged === undefined
        ? await runShuffles(
            engine,
            inputs,
            shuffles,
            { isNeeded: needsShuffles(options, spec), looks: looksFor(options, plan, spec.eligible) },
            onShuffled,
          )
        : await runMerged(engine, merged.state, plan, onShuffled);
    const memoryParts = memory.divide();
    Object.assign(timings.ms, cost.ms);
    const names = plan.hypotheses.map(({ name }) => name);
    for (const warning of searchWarnings(cost, names)) warn(warning);
    await timed("write", () => writeEmpirical(results, spec, empirical, signal));
    await events.onNullState?.(state);
    const settled = settledOf(options, plan, state);
    const stopping = stoppingOf(options, plan, state);
    const nShuffles = options.notest ? 0 : (settled?.done ?? stopping?.done ?? plan.shuffles.count);
    const nullFacts = plan.nullFacts.map((of) => factsOfFirst(of, nShuffles, plan.shuffles.count));
    const { plannedBytes } = summary;
    if (places.shard !== undefined) {
      await timed("write", () => places.shard!.write(state, signal));
      shuffles.checkpoints?.remove();
      const { first, end } = rangeOf(options, plan);
      const memory = { plannedBytes, peakResidentBytes: peakResidentBytes() };
      return {
        ...summaryOf(plan, { output: places.shard.output, nShuffles, warnings, timings, memory }),
        shard: { ...options.shard!, first, end },
        ...(shuffles.resumed && { resumedFrom: shuffles.resumed.fromShuffle }),
      };
    }
    const significance = await timed("write", () => writeInference(results, spec, state, signal, nullFacts));
    signal?.throwIfAborted();
    const { bytesRead, byPattern, wideBatches, search } = cost;
    const peakBytes = peakResidentBytes();
    const found = significance.map((one, h) => ({
      ...{ ...shown(one), ...joinMore(largestZ[h]!.more, shown(one)), ...namesOf(kind, plan, largestZ[h]!, one) },
    }));
    for (const warning of fitWarnings(found.map((one, h) => ({ ...one, name: names[h]! })))) warn(warning);
    const recordOf = (files: readonly string[]) =>
      createRunRecord({
        ...{
          options,
          plan,
          runPlan,
          opened,
          columns,
          prepared,
          summary,
          inputs,
          kernels,
          significance: found,
          files,
          warnings,
          timings,
          memory,
          memoryParts,
          peakBytes,
          resumed: shuffles.resumed,
          settled,
          stopping,
          shards: merged?.shards,
        },
        copied: results.copied,
        problem: kind.describeProblem(plan.input),
        cost: { bytesRead, byPattern, wideBatches, ...(search && { search }) },
      });
    await results.publish(recordOf, signal);
    shuffles.checkpoints?.remove();
    const used = {
      ...{ plannedBytes, peakResidentBytes: peakBytes },
      ...(memoryParts && { fileBytes: memoryParts.residentBytes - memoryParts.anonymousBytes }),
    };
    return {
      ...summaryOf(plan, { output: kind.describeOutput(options), nShuffles, warnings, timings, memory: used }),
      ...(shuffles.resumed && { resumedFrom: shuffles.resumed.fromShuffle }),
      ...(settled && { settled }),
      ...(stopping && { negativeBinomial: stopping }),
      ...(uncorrectedShuffles === undefined ? {} : { uncorrectedShuffles }),
      hypotheses: plan.hypotheses.map(({ name, test }, h) => {
        const label = plan.labels.get(test ?? name);
        return { name, ...(label && { label }), largestZ: largestZ[h]!.value, ...found[h]! };
      }),
    };
  } catch (error) {
    await shuffles.end(engine, error);
    throw error;
  } finally {
    shuffles.checkpoints?.close();
    await engine.close();
  }
}

/** Names of what was found, of kinds whose elements have names. */
function namesOf<Input extends DataInput>(
  { nameElement }: Pick<ElementKind<never, Input>, "nameElement">,
  { input, selection: { columns } }: AnalysisPlan<Input>,
  { element }: LargestZ,
  { significantElements }: Significance,
): { readonly largestAt?: string; readonly significantNodes?: readonly string[] } {
  if (nameElement === undefined) return {};
  const largestAt = nameElement(input, columns[element]!).name;
  if (significantElements === undefined) return { largestAt };
  const parts = significantElements.flatMap((e) => nameElement(input, columns[e]!).parts);
  return { largestAt, significantNodes: [...new Set(parts)] };
}

function settledOf(
  { stopWhenSettled }: AnalysisOptions,
  { shuffles: { count } }: AnalysisPlan,
  { ranges }: NullState,
): Settled | undefined {
  if (!stopWhenSettled) return undefined;
  const done = ranges.reduce((sum, { first, end }) => sum + end - first, 0);
  return { asked: count, done, confidence: SETTLED_CONFIDENCE };
}

const stoppingOf = (
  { negativeBinomial: n }: AnalysisOptions,
  { shuffles: { count: asked }, selection: { eligible } }: AnalysisPlan,
  { hypotheses }: NullState,
) =>
  n === undefined
    ? undefined
    : describeStopping(
        hypotheses.map(({ counters }) => counters),
        { n, asked, eligible },
      );

/** With -notest the observed pass has said it all, unless what enhancement makes of it is a result. */
const needsShuffles = ({ notest }: AnalysisOptions, { enhanced }: ResultSpec) => !notest || enhanced !== undefined;

/** Without the list, which is in the names. */
const shown = ({ significantElements: _, ...significance }: Significance) => significance;

function summaryOf(
  { partition, selection }: AnalysisPlan,
  {
    timings,
    ...found
  }: Pick<InferenceSummary, "output" | "nShuffles" | "warnings" | "memory"> & { readonly timings: Timings },
): InferenceSummary {
  const { nSubjects } = partition;
  const elapsedMs = performance.now() - timings.start;
  return { ...found, nSubjects, nElements: selection.columns.length, hypotheses: [], elapsedMs };
}

async function prepare(
  { enhancement }: AnalysisPlan,
  { events, timed, warn }: Pick<Run<DataInput>, "events" | "timed" | "warn">,
): Promise<PreparedEnhancement | undefined> {
  if (enhancement.kind !== "cfe") return undefined;
  const onProgress = (share: number) => events.onProgress?.("connectivity", share);
  const { signal } = events;
  const found = await timed("connectivity", () => enhancement.prepare({ onProgress, onWarning: warn, signal }));
  for (const warning of found.warnings) warn(warning);
  return found;
}

function warnOfObstacle(
  { search }: EnginePlan,
  { enhancement, memoryBytes, uncorrectedShuffles, nonStationarity }: EngineInputs,
  warn: (warning: Warning) => void,
): void {
  if (enhancement.kind !== "cfe" || uncorrectedShuffles === undefined) return;
  // without a sketch for its bounds nothing was planned
  const unsketched = nonStationarity ? "nonstationarity" : enhancement.extentPower < 1 ? "extent" : undefined;
  const { obstacle = unsketched } = search;
  const warning = obstacleWarning({ obstacle }, { cfeE: enhancement.extentPower, memoryBytes });
  if (warning !== undefined) warn(warning);
}

function warnOfEarlier({ replaced, removed }: EarlierResults, where: string, warn: (warning: Warning) => void): void {
  if (replaced + removed === 0) return;
  const more = removed === 0 ? "" : ` ${removed} more, which this run does not make, will be removed.`;
  warn({ tag: "overwrite", message: `${replaced} results of an earlier run${where} will be overwritten.${more}` });
}

/** The plan alone (--dry-run): everything is checked; nothing is converted or prepared, and nothing on the disk changed. Throws as `analyse`. */
export async function planAnalysis<Options extends AnalysisOptions, Input extends DataInput>(
  kind: ElementKind<Options, Input>,
  asked: Options,
  events: InferenceEvents = {},
): Promise<PlanSummary> {
  const given = resolveShardOptions(asked);
  const options = withinMachine(given, (warning) => events.onWarning?.(warning));
  const plan = await resolveAnalysis(kind, options, events.signal);
  events.onFacts?.(describeFacts(kind, plan));
  for (const warning of plan.warnings) events.onWarning?.(warning);
  const { engine, inputs, assumptions } = await planExpected(options, plan, events.signal);
  claimPlaces(kind, options, plan, { rehearse: true }).release();
  warnOfObstacle(engine, inputs, (warning) => events.onWarning?.(warning));
  return describePlan(kind, engine, inputs, { ...plan, assumptions });
}
