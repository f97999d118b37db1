// Assembles run.json of an analysis.
import type { PreparedConnectivity } from "../../connectivity/prepare-connectivity.js";
import type { EngineInputs } from "../../engine/inputs.js";
import type { RunOutcome } from "../../engine/run.js";
import type { ResultFiles } from "../../results/result-files.js";
import {
  type MemoryParts,
  MOST_MODEL_NUMBERS,
  machineOf,
  type RecordedModel,
  RUN_RECORD_FORMAT,
  RUN_RECORD_VERSION,
  type RunRecord,
} from "../../results/run-record.js";
import type { Significance } from "../../results/write-results.js";
import type { RunPlan } from "../../run/run-plan.js";
import type { NegativeBinomial } from "../../stats/inference/negative-binomial.js";
import { factsOfFirst, smallestPossibleP } from "../../stats/inference/p-values.js";
import { VERSION } from "../../version.js";
import type { Warning } from "../../warnings.js";
import type { ChosenKernels } from "./choose-kernels.js";
import type { OpenedColumn, OpenedData } from "./data-input.js";
import type { MergedShuffles, Settled } from "./inference.js";
import type { MemoryWatch } from "./memory-course.js";
import type { AnalysisOptions } from "./options.js";
import type { PlanSummary } from "./plan/describe-plan.js";
import { testsOf } from "./plan/resolve-relabellings.js";
import type { AnalysisPlan } from "./resolve-analysis.js";
import type { Resumed } from "./run-shuffles.js";

export interface Timings {
  readonly startedAt: Date;
  /** performance.now() at the start. */
  readonly start: number;
  readonly ms: Record<string, number>;
}

export interface RecordInputs {
  readonly options: AnalysisOptions;
  readonly plan: AnalysisPlan;
  readonly runPlan: RunPlan;
  readonly opened: OpenedData;
  readonly columns: readonly OpenedColumn[];
  readonly prepared: PreparedConnectivity | undefined;
  readonly copied: ResultFiles["copied"];
  readonly summary: PlanSummary;
  readonly inputs: EngineInputs;
  readonly cost: Pick<RunOutcome["cost"], "bytesRead" | "byPattern" | "wideBatches"> &
    Partial<Pick<RunOutcome["cost"], "search">>;
  readonly kernels: Pick<ChosenKernels, "search">;
  readonly significance: readonly Omit<Significance, "significantElements">[];
  readonly problem: Readonly<Record<string, unknown>>;
  readonly files: readonly string[];
  readonly warnings: readonly Warning[];
  readonly timings: Timings;
  readonly resumed: Resumed | undefined;
  readonly settled: Settled | undefined;
  readonly stopping: NegativeBinomial | undefined;
  readonly shards: MergedShuffles["shards"] | undefined;
  readonly memory: MemoryWatch;
  readonly memoryParts: MemoryParts | undefined;
  readonly peakBytes: number;
}

export function createRunRecord(found: RecordInputs): RunRecord {
  const { options, plan, runPlan, inputs, cost, summary, timings } = found;
  const { command, seed, ...typed } = options;
  return {
    format: RUN_RECORD_FORMAT,
    formatVersion: RUN_RECORD_VERSION,
    command,
    versions: { fixelstream: VERSION, node: process.versions.node, v8: process.versions.v8 },
    machine: machineOf(),
    startedAt: timings.startedAt.toISOString(),
    options: typed,
    seed,
    inputs: describeInputs(found),
    runPlan,
    problem: describeProblem(found),
    ...(isRecordable(plan) && { model: describeModel(plan) }),
    kernels: inputs.kernels,
    ...(found.kernels.search === undefined ? {} : { product: found.kernels.search }),
    precision: inputs.precision,
    threads: inputs.nThreads,
    plan: { ...summary },
    timings: { ...timings.ms, total: performance.now() - timings.start },
    ...(found.resumed && { resumed: describeResumed(found.resumed) }),
    ...(found.settled && { settled: found.settled }),
    ...(found.stopping && { negativeBinomial: found.stopping }),
    ...(found.shards && { shards: found.shards }),
    memory: {
      ...{ plannedBytes: summary.plannedBytes, peakResidentBytes: found.peakBytes },
      ...(found.memoryParts && { parts: found.memoryParts }),
      course: found.memory.course(),
    },
    results: {
      ...cost,
      hypotheses: plan.hypotheses.map(({ name }, h) => ({ name, ...found.significance[h]! })),
    },
    files: found.files,
    warnings: found.warnings,
  };
}

const isRecordable = ({ design }: AnalysisPlan): boolean => design.nRows * design.nColumns <= MOST_MODEL_NUMBERS;

function describeModel({ design, hypotheses, groups }: AnalysisPlan): RecordedModel {
  const rowsOf = ({ nRows, nColumns, values }: typeof design) =>
    Array.from({ length: nRows }, (_, i) => values.subarray(i * nColumns, (i + 1) * nColumns).join(" "));
  return {
    design: rowsOf(design),
    contrasts: Object.fromEntries(hypotheses.map(({ name, contrast }) => [name, rowsOf(contrast)])),
    ...(groups === undefined ? {} : { varianceGroups: Array.from(groups.of) }),
  };
}

const describeResumed = ({ fromShuffle, savedAt }: Resumed) => ({ fromShuffle, savedAt: savedAt.toISOString() });

function describeInputs({ opened, columns, prepared, copied, plan, options }: RecordInputs): RunRecord["inputs"] {
  const { path, reused, manifest } = prepared ?? {};
  const { storePath, spec, sources } = opened;
  return {
    store: { path: storePath, reused: opened.reused, elementType: spec.elementType },
    ...(plan.input.scalar === undefined ? {} : { scalar: plan.input.scalar }),
    subjects: sources,
    ...(plan.notes.length === 0 ? {} : { notes: plan.notes }),
    ...(prepared === undefined ? {} : { connectivity: { path, reused, ...manifest!.sources } }),
    ...plan.files.read,
    ...(columns.length === 0
      ? {}
      : { columns: columns.map((column, i) => ({ path: options.column![i], subjects: column.sources })) }),
    ...(Object.keys(copied).length === 0 ? {} : { template: copied }),
  };
}

function describeProblem({ problem, plan, options, settled, stopping }: RecordInputs): RunRecord["problem"] {
  const { partition, columnInputs, selection, groups, hypotheses, shuffles, factors, labels } = plan;
  return {
    ...problem,
    nElements: selection.columns.length,
    ...(selection.eligible === undefined ? {} : { nPosthoc: selection.nEligible }),
    nSubjects: partition.nSubjects,
    // of an element with all observations; own columns count as independent
    rank: partition.rank + columnInputs.length,
    degreesOfFreedom: partition.dof - columnInputs.length,
    varianceGroups: groups?.count ?? 1,
    ...(factors === undefined ? {} : { factors }),
    hypotheses: hypotheses.map(({ name, kind, rank, test, direction }) => {
      const label = labels.get(test ?? name);
      return { name, kind, rank, ...(direction && { test, direction }), ...(label === undefined ? {} : { label }) };
    }),
    nShuffles: options.notest ? 0 : (settled?.done ?? stopping?.done ?? shuffles.count),
    // where not all make the uncorrected image: how many of the first do; 0: there is none
    ...(plan.enhancement.uncorrectedShuffles === undefined
      ? {}
      : { uncorrectedShuffles: plan.enhancement.uncorrectedShuffles }),
    exhaustive: shuffles.exhaustive,
    ...(plan.nonStationarity === undefined ? {} : { nonStationarity: describeCorrection(plan.nonStationarity) }),
    ...(plan.relabellings === undefined
      ? {}
      : { relabellings: describeRelabellings(plan, settled?.done ?? shuffles.count) }),
  };
}

const describeCorrection = ({ skew, shuffles }: NonNullable<AnalysisPlan["nonStationarity"]>) => ({
  ...{ skew, nShuffles: shuffles.count, exhaustive: shuffles.exhaustive },
});

/** Of each test that has p-values; null: as good as all shuffles differ, or not known. */
function describeRelabellings({ relabellings, nullFacts, shuffles }: AnalysisPlan, done: number) {
  return testsOf(relabellings!).map(({ name, nDifferent, nSame, nExist }) => {
    const { count, of } = smallestPossibleP(factsOfFirst({ ...nullFacts[0]!, nSame }, done, shuffles.count), done);
    return { name, nDifferent: nDifferent ?? null, nExist: nExist ?? null, smallestPossibleP: count / of };
  });
}
