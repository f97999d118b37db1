// Puts a run together: sizes -> memory plan -> one shared memory, filled -> threads. Then: observe once, run the shuffles, read the results.

import type { Connectivity } from "../connectivity/open-connectivity.js";
import { InputError } from "../errors.js";
import { compileSimdModule, createKernelSet } from "../kernels/choose-kernels.js";
import type { IoPolicy } from "../mapping/file-bytes.js";
import type { DesignPartition } from "../stats/design/partition.js";
import { VERDICTS } from "../stats/glm/element-design.js";
import type { GlmModel } from "../stats/glm/model.js";
import { createZThresholds, MAX_CELLS } from "../stats/glm/z-thresholds.js";
import type { ColumnSourceSpec } from "../store/column-source.js";
import { fillConstants, type LaneList } from "./constants.js";
import { mappedWindowBytes } from "./glm-memory.js";
import { type EngineJob, observedImage, observedIndex, type Precision, type ProblemSize } from "./job.js";
import { largestBin } from "./largest-bin.js";
import { type MemoryPlan, planMemory } from "./memory-plan.js";
import { openPool, type Pool } from "./pool.js";
import { engineModel, glmSize } from "./problem-size.js";
import { type NullResults, type RunEvents, runShuffles } from "./run-shuffles.js";
import { withShuffledPartition } from "./shuffled-design.js";
import { listBlocks, listWindows } from "./work-lists.js";

export interface EnhancementParameters {
  readonly dh: number;
  readonly extentPower: number;
  readonly heightPower: number;
  readonly exponent: number;
  readonly legacy: boolean;
}

export interface EngineInputs {
  /** Of the columns that all elements share; with element-wise columns without hypotheses. */
  readonly partition: DesignPartition;
  /** Undefined: one design and one variance for all, those of `partition`. */
  readonly model?: GlmModel | undefined;
  /** Element-wise columns of the model. */
  readonly columnSources?: readonly ColumnSourceSpec[] | undefined;
  readonly source: ColumnSourceSpec;
  /** u32 [nElements]: store columns analysed, ascending. */
  readonly columns: Uint32Array;
  readonly connectivity: { readonly path: string; readonly io: IoPolicy };
  readonly enhancement: EnhancementParameters;
  readonly precision: Precision;
  readonly kernels: "simd" | "reference";
  /** 0: the main thread works alone. */
  readonly nThreads: number;
  readonly memoryBytes: number;
  readonly lanes: LaneList;
  /** u8 [nElements]: elements that may be a maximum. */
  readonly eligible?: Uint8Array;
  readonly onFallback: (reason: string) => void;
  /** Stops the run at the next piece of work of every thread: observe and runShuffles reject with its reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface EnginePlan {
  readonly memory: MemoryPlan;
  readonly size: ProblemSize;
  /** Bytes read from the store in one pass (observed, or one batch), and from the connectivity in one batch. */
  readonly storePassBytes: number;
  readonly connectivityPassBytes: number;
  /** Over the whole run. */
  readonly totalBytesRead: number;
}

function zThresholds({ partition, model, enhancement: { dh } }: EngineInputs) {
  // other models have tables for each number of degrees of freedom, in the threads
  if (engineModel(model) !== undefined) return [];
  return partition.hypotheses.map(({ hypothesis }) =>
    createZThresholds({
      dof: partition.dof,
      rank: hypothesis.rank,
      kind: hypothesis.kind,
      dh,
      maxBin: largestBin(dh, partition.dof),
    }),
  );
}

type Thresholds = ReturnType<typeof zThresholds>;

function problemSize(inputs: EngineInputs, thresholds: Thresholds): ProblemSize {
  const size = glmSize(inputs);
  const { model } = size;
  const nThresholds = largestBin(inputs.enhancement.dh, size.dof) + 2;
  return {
    ...size,
    model: model && { ...model, ...(model.nGroups === 1 ? { nThresholds, nCells: MAX_CELLS } : {}) },
    hypotheses: size.hypotheses.map((hypothesis, h) => ({
      ...hypothesis,
      nCells: thresholds[h]?.cells.length ?? 0,
      cellsPerUnit: thresholds[h]?.cellsPerUnit ?? 1,
      nThresholds: thresholds[h]?.thresholds.length ?? 0,
    })),
  };
}

function enhancementSize(inputs: EngineInputs, size: ProblemSize) {
  const { dh, extentPower, legacy } = inputs.enhancement;
  return { dh, extentPower, normalised: !legacy, nBinsNarrow: 256, nBinsWide: largestBin(dh, size.dof) + 2 };
}

/** Pure: no file is read. Throws BudgetError. */
export function planEngine(
  given: EngineInputs,
  connectivity: { readonly nConnections: number; readonly maxRowConnections: number },
  thresholds: Thresholds = zThresholds(given),
): EnginePlan {
  const inputs = withShuffledPartition(given);
  const size = problemSize(inputs, thresholds);
  const memory = planMemory({
    size,
    enhancement: enhancementSize(inputs, size),
    precision: inputs.precision,
    nShuffles: inputs.lanes.count,
    nWorkers: Math.max(1, inputs.nThreads),
    budgetBytes: inputs.memoryBytes,
    storeBlockWidth: inputs.source.blockWidth,
    nStoreElements: inputs.source.nElements,
    maxRowConnections: connectivity.maxRowConnections,
    nConnections: connectivity.nConnections,
    eligibleMask: inputs.eligible !== undefined,
  });
  const blocks = listBlocks(inputs.columns, {
    span: memory.blockSpan,
    blockWidth: memory.blockWidth,
    nStoreElements: inputs.source.nElements,
  });
  let storePassBytes = 0;
  const rowBytes = (size.model?.columnBytes ?? []).reduce<number>((sum, bytes) => sum + bytes, size.valueBytes);
  for (let i = 0; i < blocks.length; i += 4) storePassBytes += blocks[i + 1]! * size.nSubjects * rowBytes;
  const connectivityPassBytes = connectivity.nConnections * 8 + size.nElements * 8;
  const totalBytesRead = storePassBytes * (1 + memory.nBatches) + connectivityPassBytes * memory.nBatches;
  return { memory, size, storePassBytes, connectivityPassBytes, totalBytesRead };
}

export interface ObservedImages {
  /** f32 [nElements], valid until runShuffles starts. */
  readonly image: (i: number) => Float32Array;
  readonly index: ReturnType<typeof observedIndex>;
  /** Elements by verdict, in the order of VERDICTS; all 0 where one design serves all. */
  readonly verdicts: readonly number[];
}

export interface Engine {
  readonly plan: EnginePlan;
  /** Effects and exact statistics. Throws InputError for values that are not finite where the model has all observations. */
  observe(onProgress?: (share: number) => void): Promise<ObservedImages>;
  runShuffles(events: RunEvents): Promise<NullResults>;
  /** f32 [nElements]: enhanced statistic of the unshuffled data. Valid until close. */
  defaults(h: number): Float32Array;
  /** u32 [nElements]: shuffles with a smaller enhanced statistic. Valid until close. */
  counters(h: number): Uint32Array;
  close(): Promise<void>;
}

export async function openEngine(given: EngineInputs, connectivity: Connectivity): Promise<Engine> {
  const inputs = withShuffledPartition(given);
  const thresholds = zThresholds(inputs);
  const plan = planEngine(inputs, connectivity.manifest, thresholds);
  const { memory: layout, size } = plan;
  const columns = inputs.columns;
  const storeLayout = {
    span: layout.blockSpan,
    blockWidth: layout.blockWidth,
    nStoreElements: inputs.source.nElements,
  };
  const blocks = listBlocks(columns, storeLayout);
  const limits = { connections: layout.windowConnections, rows: layout.windowRows };
  const windows = listWindows(connectivity.copyCountsInto, size.nElements, limits);
  const pages = layout.memoryBytes / 65536;
  // Safety: never grown, so views of its buffer stay valid in every thread
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const job: EngineJob = {
    kind: "enhance",
    size,
    source: inputs.source,
    model: engineModel(inputs.model),
    columnSources: inputs.columnSources ?? [],
    connectivity: inputs.connectivity,
    enhancement: enhancementSize(inputs, size),
    precision: inputs.precision,
    kernels: inputs.kernels,
    blockWidth: layout.blockWidth,
    tileShuffles: layout.tileShuffles,
    batchShuffles: layout.batchShuffles,
    labelShuffles: layout.batchShuffles,
    hasSigns: inputs.lanes.plan.errors !== "ee",
    observedBytes: 4,
    nBlocks: blocks.length / 4,
    nWindows: windows.length / 4,
    windowBytes: mappedWindowBytes(size.nSubjects, layout.blockWidth, size.valueBytes, layout.windowConnections),
    shared: layout.shared,
    worker: layout.worker,
    workersStart: layout.workersStart,
    workerBytes: layout.workerBytes,
  };
  const { buffer } = memory;
  const { partition, eligible } = inputs;
  const { dh, heightPower } = inputs.enhancement;
  fillConstants({ buffer, job, partition, thresholds, columns, blocks, windows, eligible, dh, heightPower });
  const module = inputs.kernels === "simd" ? compileSimdModule() : undefined;
  const kernels = createKernelSet(inputs.kernels, memory, module);
  const pool = await openPool(
    { job, memory, module, kernels, partition, onFallback: inputs.onFallback, signal: inputs.signal },
    inputs.nThreads,
  );
  return {
    plan,
    observe: (onProgress) => observe(inputs, job, buffer, pool, onProgress),
    runShuffles: (events) => {
      const nWorkers = Math.max(1, inputs.nThreads);
      return runShuffles({ job, buffer, kernels, partition, pool, lanes: inputs.lanes, nWorkers, events });
    },
    defaults: (h) => new Float32Array(buffer, job.shared.hypotheses[h]!.defaults, size.nElements),
    counters: (h) => new Uint32Array(buffer, job.shared.hypotheses[h]!.counters, size.nElements),
    close: () => pool.close(),
  };
}

async function observe(
  inputs: EngineInputs,
  job: EngineJob,
  buffer: ArrayBufferLike,
  pool: Pool,
  onProgress: ((share: number) => void) | undefined,
) {
  const reports = await pool.run({ phase: "observe" }, job.nBlocks, (claimed) => onProgress?.(claimed / job.nBlocks));
  const bad = reports.map((report) => report.nonFiniteElement).filter((element) => element >= 0);
  if (bad.length > 0) {
    const column = inputs.columns[bad.reduce((a, b) => Math.min(a, b))]!;
    throw new InputError(
      `Cannot analyse ${inputs.source.path}: expected finite values, got NaN or infinity for fixel ${column} (counted from 0), perhaps others, where the store counts none. The data changed since: convert them again.`,
      { path: inputs.source.path },
    );
  }
  return {
    image: (i: number) => observedImage(job, buffer, i) as Float32Array,
    index: observedIndex(job.size),
    verdicts: VERDICTS.map((_, i) => reports.reduce((sum, report) => sum + report.verdicts[i]!, 0)),
  };
}
