// vectorstats: inference on vectors of any kind, element by element, with family-wise control over all of them.
import { openEngine } from "../engine/run.js";
import { checkDiskRoom, claimDirectory } from "../results/claim-directory.js";
import { hashFiles, machineOf, peakResidentBytes, RUN_RECORD_VERSION, type RunRecord } from "../results/run-record.js";
import type { ColumnSourceSpec } from "../store/column-source.js";
import { VERSION } from "../version.js";
import type { Warning } from "../warnings.js";
import type { InferenceEvents, InferenceSummary } from "./infer.js";
import { modelWarnings } from "./plan/model-warnings.js";
import type { VectorStatsOptions } from "./vector-options.js";
import {
  describeVectorFacts,
  describeVectorPlan,
  planVectorRun,
  resolveVectors,
  scoreInputs,
  type VectorPlan,
  type VectorPlanSummary,
} from "./vector-plan.js";
import { createVectorResults, type VectorResults } from "./vector-results.js";

export type { VectorStatsOptions };

export interface VectorEvents extends Pick<InferenceEvents, "onWarning" | "onProgress" | "signal"> {
  /** What the inputs are, in one line, before anything long begins. */
  readonly onFacts?: (facts: string) => void;
  readonly onPlan?: (plan: VectorPlanSummary) => void;
}

/**
 * Throws UsageError, InputError, DesignError, BudgetError, or the reason of `events.signal`; no results are left then.
 * Everything that can be checked without converting the vectors is checked before.
 */
export async function inferVectors(options: VectorStatsOptions, events: VectorEvents = {}): Promise<InferenceSummary> {
  const startedAt = new Date();
  const start = performance.now();
  const ms: Record<string, number> = {};
  const timed = async <T>(name: string, work: () => T | Promise<T>): Promise<T> => {
    const from = performance.now();
    const result = await work();
    ms[name] = (ms[name] ?? 0) + performance.now() - from;
    return result;
  };
  const warnings: Warning[] = [];
  const warn = (warning: Warning) => {
    warnings.push(warning);
    events.onWarning?.(warning);
  };
  const plan = await timed("check", () => resolveVectors(options));
  events.onFacts?.(describeVectorFacts(plan));
  for (const warning of plan.warnings) warn(warning);
  planVectorRun(options, plan);
  const places = claimPlaces(options, plan);
  const { output } = places;
  try {
    if (output.replaced.length > 0) {
      const message = `${output.replaced.length} results of an earlier run, ${options.prefix}*.csv, will be overwritten.`;
      warn({ tag: "overwrite", message });
    }
    const { signal, onProgress } = events;
    const onConverted = (share: number) => onProgress?.("convert", share);
    const opened = await timed("convert", () => plan.input.open({ onProgress: onConverted, signal }));
    const columnSources: ColumnSourceSpec[] = [];
    const missing = opened.missing?.some((count) => count > 0) ?? false;
    for (const column of plan.columnInputs) {
      const { spec } = await timed("convert", () => column.open({ onProgress: onConverted, signal }));
      columnSources.push(spec);
    }
    const onFallback = (reason: string) => warn({ tag: "io-fallback", message: reason });
    const inputs = scoreInputs(options, plan, { source: opened.spec, columnSources, missing, onFallback, signal });
    const engine = await timed("plan", () => openEngine(inputs));
    try {
      const summary = describeVectorPlan(engine.plan, inputs);
      events.onPlan?.(summary);
      const observed = await timed("observe", () => engine.observe((share) => onProgress?.("observe", share)));
      for (const warning of modelWarnings(options, inputs, observed.verdicts)) warn(warning);
      const { largestZ } = await timed("write", () => output.writeObserved(observed));
      const outcome = options.notest
        ? undefined
        : await engine.run({ onProgress: (done, all) => onProgress?.("shuffle", done / all) });
      Object.assign(ms, outcome?.cost.ms);
      const significance = await timed("write", () => output.writeInference(outcome?.state));
      const hypotheses = plan.hypotheses.map(({ name }, h) => ({ name, largestZ: largestZ[h]!, ...significance[h]! }));
      const { command, seed, ...typed } = options;
      const record: RunRecord = {
        format: "fixelstream-run",
        formatVersion: RUN_RECORD_VERSION,
        command,
        versions: { fixelstream: VERSION, node: process.versions.node, v8: process.versions.v8 },
        machine: machineOf(),
        startedAt: startedAt.toISOString(),
        options: typed,
        seed,
        inputs: {
          store: { path: opened.storePath, reused: opened.reused, elementType: opened.spec.elementType },
          subjects: opened.sources,
          ...(await hashFiles(namedFiles(options))),
        },
        problem: {
          nElements: plan.input.nElements,
          nSubjects: plan.input.nSubjects,
          rank: plan.partition.rank,
          degreesOfFreedom: plan.partition.dof,
          hypotheses: plan.hypotheses.map(({ name, kind, rank }) => ({ name, kind, rank })),
          nShuffles: options.notest ? 0 : plan.shuffles.count,
          exhaustive: plan.shuffles.exhaustive,
        },
        kernels: inputs.kernels,
        precision: inputs.precision,
        threads: inputs.nThreads,
        plan: { ...summary },
        timings: { ...ms, total: performance.now() - start },
        memory: { plannedBytes: summary.plannedBytes, peakResidentBytes: peakResidentBytes() },
        results: {
          bytesRead: outcome?.cost.bytesRead ?? 0,
          hypotheses: hypotheses.map(({ name, significant, largestFwe }) => ({ name, significant, largestFwe })),
        },
        warnings,
      };
      signal?.throwIfAborted();
      output.publish(record);
      return {
        output: `${options.prefix}*.csv`,
        nSubjects: plan.input.nSubjects,
        nElements: plan.input.nElements,
        nShuffles: options.notest ? 0 : plan.shuffles.count,
        hypotheses,
        warnings,
        elapsedMs: performance.now() - start,
      };
    } finally {
      await engine.close();
    }
  } finally {
    places.release();
  }
}

/** The plan alone (--dry-run): everything is checked, nothing is converted or left behind. */
export async function planVectors(options: VectorStatsOptions, events: VectorEvents = {}): Promise<VectorPlanSummary> {
  const plan = await resolveVectors(options);
  events.onFacts?.(describeVectorFacts(plan));
  for (const warning of plan.warnings) events.onWarning?.(warning);
  const summary = planVectorRun(options, plan);
  claimPlaces(options, plan).release();
  return summary;
}

/** Tries everything that will be written to. Throws InputError; what was made for the trial is gone then. */
function claimPlaces(options: VectorStatsOptions, plan: VectorPlan): { output: VectorResults; release: () => void } {
  const output = createVectorResults(options, plan);
  const bytesToWrite = plan.columnInputs.reduce((sum, column) => sum + column.bytesToWrite, plan.input.bytesToWrite);
  if (bytesToWrite === 0) return { output, release: output.discard };
  const { cache: path } = plan;
  try {
    const purpose = `Cannot keep converted data in ${path}`;
    const claim = claimDirectory({ path, purpose, remedy: "Choose another place with --cache." });
    const release = () => {
      output.discard();
      claim.release();
    };
    try {
      checkDiskRoom([{ path, bytes: bytesToWrite, what: "converted vectors" }]);
    } catch (error) {
      claim.release();
      throw error;
    }
    return { output, release };
  } catch (error) {
    output.discard();
    throw error;
  }
}

function namedFiles(options: VectorStatsOptions): Record<string, string | undefined> {
  const { design, contrast, ftests, ttests, permutations, variance, exchangeWithin, exchangeWhole } = options;
  const rows = (options.ftest ?? []).map((path, i) => [`ftest${i + 1}`, path] as const);
  return {
    design,
    contrast,
    ftests,
    ttests,
    ...Object.fromEntries(rows),
    permutations,
    variance,
    exchangeWithin,
    exchangeWhole,
  };
}
