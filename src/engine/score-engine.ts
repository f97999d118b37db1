// Puts a run without enhancement together: sizes -> memory plan -> one shared memory, filled -> threads. Everything it hands out is Z.
import { InputError } from "../errors.js";
import { compileSimdModule, createKernelSet } from "../kernels/choose-kernels.js";
import type { DesignPartition, HypothesisPartition } from "../stats/design/partition.js";
import { VERDICTS } from "../stats/glm/element-design.js";
import type { GlmModel } from "../stats/glm/model.js";
import { fToZ, tToZ, zToF } from "../stats/glm/z-transform.js";
import type { ColumnSourceSpec } from "../store/column-source.js";
import { fillDesign, type LaneList } from "./constants.js";
import { type GlmSize, observedImage, observedIndex, type Precision, type ScoreJob } from "./job.js";
import { openPool, type Pool } from "./pool.js";
import { engineModel, glmSize } from "./problem-size.js";
import { runScores, type ScoreNull } from "./run-scores.js";
import type { RunEvents } from "./run-shuffles.js";
import { zOfModelScore } from "./score-model.js";
import { planScores, type ScorePlan } from "./score-plan.js";
import { withShuffledPartition } from "./shuffled-design.js";
import { listBlocks } from "./work-lists.js";

export interface ScoreEngineInputs {
  /** Of the columns that all elements share; with element-wise columns without hypotheses. */
  readonly partition: DesignPartition;
  /** Undefined: one design and one variance for all, those of `partition`. */
  readonly model?: GlmModel | undefined;
  /** Element-wise columns of the model. */
  readonly columnSources?: readonly ColumnSourceSpec[] | undefined;
  readonly source: ColumnSourceSpec;
  /** u32 [nElements]: store columns analysed, ascending. */
  readonly columns: Uint32Array;
  readonly precision: Precision;
  readonly kernels: "simd" | "reference";
  /** 0: the main thread works alone. */
  readonly nThreads: number;
  readonly memoryBytes: number;
  readonly lanes: LaneList;
  readonly onFallback: (reason: string) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface ScoreEnginePlan {
  readonly memory: ScorePlan;
  readonly size: GlmSize;
  /** Bytes read from the store in one pass, and over the whole run: the observed pass and one a batch. */
  readonly storePassBytes: number;
  readonly totalBytesRead: number;
}

export interface ObservedVectors {
  /** f64 [nElements], valid until runShuffles starts. */
  readonly image: (i: number) => Float64Array;
  readonly index: ReturnType<typeof observedIndex>;
  /** Elements by verdict, in the order of VERDICTS; all 0 where one design serves all. */
  readonly verdicts: readonly number[];
}

export interface ScoreEngine {
  readonly plan: ScoreEnginePlan;
  /** Effects and exact statistics. Throws InputError for values that are not finite. */
  observe(onProgress?: (share: number) => void): Promise<ObservedVectors>;
  /** Maxima are Z. */
  runShuffles(events: RunEvents): Promise<ScoreNull>;
  /** f64 [nElements]: Z of the unshuffled data as the null shuffles are computed, so that equals compare equal. After runShuffles. */
  defaults(h: number): Float64Array;
  /** u32 [nElements]: shuffles with a smaller statistic. Valid until close. */
  counters(h: number): Uint32Array;
  close(): Promise<void>;
}

/** Pure: no file is read. Throws BudgetError. */
export function planScoreEngine(given: ScoreEngineInputs): ScoreEnginePlan {
  const inputs = withShuffledPartition(given);
  const size = glmSize(inputs);
  const memory = planScores({
    size,
    precision: inputs.precision,
    nShuffles: inputs.lanes.count,
    nWorkers: Math.max(1, inputs.nThreads),
    budgetBytes: inputs.memoryBytes,
    storeBlockWidth: inputs.source.blockWidth,
    nStoreElements: inputs.source.nElements,
  });
  const rowBytes = (size.model?.columnBytes ?? []).reduce<number>((sum, bytes) => sum + bytes, size.valueBytes);
  const storePassBytes = inputs.columns.length * size.nSubjects * rowBytes;
  return { memory, size, storePassBytes, totalBytesRead: storePassBytes * (1 + memory.nBatches) };
}

export async function openScoreEngine(given: ScoreEngineInputs): Promise<ScoreEngine> {
  const inputs = withShuffledPartition(given);
  const plan = planScoreEngine(inputs);
  const { memory: layout, size } = plan;
  const { partition, columns, source } = inputs;
  const blocks = listBlocks(columns, {
    span: layout.blockSpan,
    blockWidth: layout.blockWidth,
    nStoreElements: source.nElements,
  });
  const pages = layout.memoryBytes / 65536;
  // Safety: never grown, so views of its buffer stay valid in every thread
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const job: ScoreJob = {
    kind: "score",
    size,
    source,
    model: engineModel(inputs.model),
    columnSources: inputs.columnSources ?? [],
    precision: inputs.precision,
    kernels: inputs.kernels,
    untestable: partition.hypotheses.map((part) => untestableScore(part, partition.dof)),
    blockWidth: layout.blockWidth,
    tileShuffles: layout.tileShuffles,
    batchShuffles: layout.batchShuffles,
    labelShuffles: layout.labelShuffles,
    hasSigns: inputs.lanes.plan.errors !== "ee",
    nBlocks: blocks.length / 4,
    windowBytes: layout.windowBytes,
    observedBytes: 8,
    shared: layout.shared,
    worker: layout.worker,
    workersStart: layout.workersStart,
    workerBytes: layout.workerBytes,
  };
  const { buffer } = memory;
  fillDesign({ buffer, job, partition, columns, blocks });
  const module = inputs.kernels === "simd" ? compileSimdModule() : undefined;
  const kernels = createKernelSet(inputs.kernels, memory, module);
  const { onFallback, signal } = inputs;
  const pool = await openPool({ job, memory, module, kernels, partition, onFallback, signal }, inputs.nThreads);
  const nWorkers = Math.max(1, inputs.nThreads);
  const toZ = partition.hypotheses.map((part, h) => zOfScore(part, partition.dof, job.untestable[h]!));
  const { model } = job;
  const scoresOf = (h: number) => new Float64Array(buffer, job.shared.hypotheses[h]!.defaults, size.nElements).slice();
  return {
    plan,
    observe: (onProgress) => observe(inputs, job, buffer, pool, onProgress),
    async runShuffles(events) {
      const scores = await runScores({ job, buffer, kernels, partition, pool, lanes: inputs.lanes, nWorkers, events });
      // maxima of other models are Z already
      if (model !== undefined) return scores;
      return { ...scores, maxima: scores.maxima.map((values, h) => values.map(toZ[h]!)) };
    },
    defaults(h) {
      const scores = scoresOf(h);
      if (model === undefined) return scores.map(toZ[h]!);
      if (model.groups !== undefined) return scores;
      const dofs = new Float64Array(buffer, job.shared.elementDofs, size.nElements);
      const { kind, rank } = model.hypotheses[h]!;
      return scores.map((x, element) => zOfModelScore(kind, rank, x, dofs[element]!));
    },
    counters: (h) => new Uint32Array(buffer, job.shared.hypotheses[h]!.counters, size.nElements),
    close: () => pool.close(),
  };
}

/** The score whose Z is 0: an element that cannot be tested takes part with that. */
function untestableScore({ hypothesis }: HypothesisPartition, dof: number): number {
  return hypothesis.kind === "t" ? 0 : Math.sqrt(zToF(0, hypothesis.rank, dof));
}

function zOfScore({ hypothesis }: HypothesisPartition, dof: number, untestable: number): (score: number) => number {
  const { kind, rank } = hypothesis;
  return (score) => (score === untestable ? 0 : kind === "t" ? tToZ(score, dof) : fToZ(score * score, rank, dof));
}

async function observe(
  inputs: ScoreEngineInputs,
  job: ScoreJob,
  buffer: ArrayBufferLike,
  pool: Pool,
  onProgress: ((share: number) => void) | undefined,
): Promise<ObservedVectors> {
  const reports = await pool.run({ phase: "observe" }, job.nBlocks, (claimed) => onProgress?.(claimed / job.nBlocks));
  const bad = reports.map((report) => report.nonFiniteElement).filter((element) => element >= 0);
  if (bad.length > 0) {
    const column = inputs.columns[bad.reduce((a, b) => Math.min(a, b))]!;
    throw new InputError(
      `Cannot analyse ${inputs.source.path}: expected finite values, got NaN or infinity for element ${column} (counted from 0), perhaps others, where the store counts none. The data changed since: convert them again.`,
      { path: inputs.source.path },
    );
  }
  return {
    image: (i) => observedImage(job, buffer, i) as Float64Array,
    index: observedIndex(job.size),
    verdicts: VERDICTS.map((_, i) => reports.reduce((sum, report) => sum + report.verdicts[i]!, 0)),
  };
}
