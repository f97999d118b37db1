// From what was typed to a checked plan: every small file is read and every shape compared before the first block of data.
import { dirname, join } from "node:path";
import type { EngineInputs } from "../engine/inputs.js";
import { type EnginePlan, planEngine } from "../engine/run.js";
import { InputError } from "../errors.js";
import { resolveKernelChoice } from "../kernels/choose-kernels.js";
import { countLanes, wholeRange } from "../run/shuffle-range.js";
import { designWarnings } from "../stats/design/check-design.js";
import type { Hypothesis } from "../stats/design/hypothesis.js";
import { conditionNumber, type Matrix } from "../stats/design/matrix.js";
import { type DesignPartition, partitionDesign } from "../stats/design/partition.js";
import type { VarianceGroups } from "../stats/glm/model.js";
import type { ShufflePlan } from "../stats/shuffle/shuffle-plan.js";
import type { ColumnSourceSpec } from "../store/column-source.js";
import { formatBytes, formatDuration } from "../units.js";
import type { Warning } from "../warnings.js";
import { COST_NS, FIXED_BYTES } from "./plan/describe-plan.js";
import { resolveDesign } from "./plan/resolve-design.js";
import { readVarianceGroups, resolveModel } from "./plan/resolve-model.js";
import { resolveShuffles } from "./plan/resolve-shuffles.js";
import { resolveVectorInput, type VectorInput } from "./vector-input.js";
import type { VectorStatsOptions } from "./vector-options.js";

export interface VectorPlan {
  readonly input: VectorInput;
  readonly design: Matrix;
  readonly hypotheses: readonly Hypothesis[];
  /** Of the design alone; with element-wise columns without hypotheses. */
  readonly partition: DesignPartition;
  readonly groups: VarianceGroups | undefined;
  /** Element-wise regressors. */
  readonly columnInputs: readonly VectorInput[];
  /** Columns of the design and element-wise ones. */
  readonly nFactors: number;
  readonly shuffles: ShufflePlan;
  readonly cache: string;
  readonly warnings: readonly Warning[];
}

/** Throws UsageError, InputError, DesignError (with all problems found), BudgetError. */
export async function resolveVectors(options: VectorStatsOptions): Promise<VectorPlan> {
  const cache = options.cache ?? join(dirname(`${options.prefix}x`), ".fixelstream");
  const input = await resolveVectorInput({ ...options, scalar: options.scalar, cache });
  const { design, list } = resolveDesign(options, input.nSubjects, options.input);
  const variance = readVarianceGroups(options.variance, input.nSubjects);
  const columnInputs = await resolveColumns(options, input, cache);
  const { shuffles, warnings } = resolveShuffles(options, input.nSubjects, options.seed);
  return {
    input,
    design,
    hypotheses: list.hypotheses,
    partition: partitionDesign(design, columnInputs.length === 0 ? list.hypotheses : []),
    groups: variance.groups,
    columnInputs,
    nFactors: design.nColumns + columnInputs.length,
    shuffles,
    cache,
    warnings: [...designWarnings(design), ...list.warnings, ...variance.warnings, ...warnings],
  };
}

/** A column is given as the data are: a list of one file a subject, a matrix, or a store. Throws InputError for another shape. */
async function resolveColumns(options: VectorStatsOptions, input: VectorInput, cache: string): Promise<VectorInput[]> {
  const columns: VectorInput[] = [];
  for (const path of options.column ?? []) {
    const column = await resolveVectorInput({ ...options, input: path, scalar: undefined, cache });
    const { nSubjects, nElements } = input;
    if (column.nSubjects !== nSubjects || column.nElements !== nElements) {
      throw new InputError(
        `Cannot use ${path} for -column: expected ${nSubjects} subjects x ${nElements} elements, as ${options.input} has, got ${column.nSubjects} x ${column.nElements}. Give one value a subject and element.`,
        { path },
      );
    }
    columns.push(column);
  }
  return columns;
}

export function scoreInputs(
  options: VectorStatsOptions,
  plan: VectorPlan,
  data: {
    readonly source: ColumnSourceSpec;
    readonly columnSources: readonly ColumnSourceSpec[];
    /** Some value is not finite. */
    readonly missing: boolean;
    readonly onFallback?: (reason: string) => void;
    readonly signal?: AbortSignal | undefined;
  },
): EngineInputs {
  return {
    planHash: "",
    enhancement: { kind: "none" },
    partition: plan.partition,
    model: resolveModel({ ...plan, nElementColumns: plan.columnInputs.length }, data.missing),
    columnSources: data.columnSources,
    source: data.source,
    columns: Uint32Array.from({ length: plan.input.nElements }, (_, i) => i),
    precision: options.precision,
    kernels: resolveKernelChoice(options.kernels),
    nThreads: options.nThreads,
    memoryBytes: options.memoryBytes,
    shuffles: { plan: plan.shuffles, range: wholeRange(plan.shuffles, options) },
    onFallback: data.onFallback ?? (() => {}),
    signal: data.signal,
  };
}

export interface VectorPlanSummary {
  readonly nSubjects: number;
  readonly nElements: number;
  readonly nShuffles: number;
  readonly nHypotheses: number;
  readonly threads: number;
  readonly batchShuffles: number;
  readonly nBatches: number;
  readonly blockWidth: number;
  readonly tileShuffles: number;
  readonly plannedBytes: number;
  readonly budgetBytes: number;
  readonly saturated: boolean;
  /** Bytes an idle Node and its idle workers take beside the plan. */
  readonly fixedBytes: number;
  readonly storePassBytes: number;
  readonly totalBytesRead: number;
  /** An order of magnitude, not a promise. */
  readonly estimatedMs: number;
  readonly arithmetic: readonly string[];
}

/** Throws BudgetError. */
export function planVectorRun(options: VectorStatsOptions, plan: VectorPlan): VectorPlanSummary {
  const inputs = scoreInputs(options, plan, {
    source: plan.input.expected,
    columnSources: plan.columnInputs.map(({ expected }) => expected),
    missing: false,
  });
  return describeVectorPlan(planEngine(inputs), inputs);
}

export function describeVectorPlan(plan: EnginePlan, inputs: EngineInputs): VectorPlanSummary {
  const { memory, size } = plan;
  const perShuffle = size.rank * size.nSubjects * COST_NS[inputs.precision] + COST_NS.epilogue * size.hypotheses.length;
  const slow = inputs.kernels === "reference" ? 15 : 1;
  return {
    nSubjects: size.nSubjects,
    nElements: size.nElements,
    nShuffles: inputs.shuffles.range.end - inputs.shuffles.range.first,
    nHypotheses: size.hypotheses.length,
    threads: inputs.nThreads,
    batchShuffles: memory.batchShuffles,
    nBatches: memory.nBatches,
    blockWidth: memory.blockWidth,
    tileShuffles: memory.tileShuffles,
    plannedBytes: memory.plannedBytes,
    budgetBytes: inputs.memoryBytes,
    saturated: memory.saturated,
    fixedBytes: FIXED_BYTES.node + inputs.nThreads * FIXED_BYTES.worker,
    storePassBytes: plan.storePassBytes,
    totalBytesRead: plan.totalBytesRead,
    estimatedMs:
      (size.nElements * perShuffle * countLanes(inputs.shuffles.range) * slow) / 1e6 / Math.max(1, inputs.nThreads),
    arithmetic: memory.arithmetic,
  };
}

export function formatVectorPlan(plan: VectorPlanSummary): string {
  const lines = [
    `${plan.nElements} elements, ${plan.nSubjects} subjects, ${plan.nHypotheses} hypotheses, ${plan.nShuffles} shuffles, ${plan.threads} threads`,
    `${plan.nBatches} batches of ${plan.batchShuffles} shuffles, blocks of ${plan.blockWidth} elements, ${plan.tileShuffles} shuffles a product tile`,
    "",
    "memory",
    ...plan.arithmetic.map((line) => `  ${line}`),
    `  beside it            Node itself about ${formatBytes(plan.fixedBytes)}`,
    "",
    "reading",
    `  store                ${formatBytes(plan.storePassBytes)} a pass, ${1 + plan.nBatches} passes, ${formatBytes(plan.totalBytesRead)} in all`,
    "",
    `time                   about ${formatDuration(plan.estimatedMs)} on the machine of docs/benchmarks.md`,
  ];
  return `${lines.join("\n")}\n`;
}

/** What the inputs turned out to be, in one line. */
export function describeVectorFacts(plan: VectorPlan): string {
  const names = plan.hypotheses.map(({ name }) => name).join(" ");
  return `${plan.input.nElements} elements, ${plan.input.nSubjects} subjects, ${plan.nFactors} factors (condition number ${conditionNumber(plan.design).toPrecision(4)}), hypotheses ${names}`;
}
