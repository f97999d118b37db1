// Puts a run together: sizes -> memory plan -> one shared memory, filled -> threads. Then: observe once, run the shuffles, read the results.
import type { Connectivity } from "../connectivity/open-connectivity.js";
import { InputError, InternalError } from "../errors.js";
import { compileSimdModule, createKernelSet, panelsOf } from "../kernels/choose-kernels.js";
import { describeFallback, type Fallback } from "../mapping/file-bytes.js";
import { useLargePages } from "../mapping/large-pages.js";
import type { NullState } from "../run/null-state.js";
import { type Observed, observedIndex } from "../run/observed.js";
import { countLanes } from "../run/shuffle-range.js";
import { createSharedMemory } from "../shared-memory.js";
import { largestBinOf } from "../stats/glm/bin-scale.js";
import { VERDICTS } from "../stats/glm/element-design.js";
import { scoreOfNone } from "../stats/glm/scores.js";
import { shuffledPartition } from "../stats/glm/shuffled-design.js";
import { bytesToCheck } from "../store/check-blocks.js";
import { createTurns } from "../turns.js";
import { arrangeWork, type Work } from "./arrange-work.js";
import { emptyReport } from "./context.js";
import { clearEmpirical, finishEmpirical } from "./enhance/empirical.js";
import { scaleOf } from "./enhance/graph-heights.js";
import { fillConstants } from "./fill-shared.js";
import type { EngineInputs, Enhancement, GraphEnhancement, MatrixSize } from "./inputs.js";
import { createNullKeeper, type NullKeeper } from "./null-keeper.js";
import type { PlanInputs, SinkJob } from "./plan/inputs.js";
import { CONTROL, type EngineJob, type GraphJob, observedImage } from "./plan/job.js";
import type { MemoryPlan } from "./plan/memory.js";
import { isScreened } from "./plan/screening.js";
import { engineModel, type ProblemSize, problemSize } from "./plan/size.js";
import { listBlocks, listWindows } from "./plan/work-lists.js";
import { createRunner } from "./runner.js";
import type { BoundTables } from "./search/bound-tables.js";
import { planSearch, planWithSearch, type SearchPlan } from "./search/plan-search.js";
import { countCounted, prepareSearch, searchJob, searchTables } from "./search/prepare-search.js";
import { countBatches, endsOfBatches } from "./sequential.js";
import { type LoopInputs, type RunCost, type RunEvents, runShuffles } from "./shuffle-loop.js";
import { openPool, type Pool } from "./threads/pool.js";
import { fillZTables } from "./z-tables.js";

export interface EnginePlan {
  readonly memory: MemoryPlan;
  readonly size: ProblemSize;
  /** Bytes read from the store in one pass (observed, or one batch), and from the enhancer's matrix in one batch. */
  readonly storePassBytes: number;
  readonly connectivityPassBytes: number;
  readonly search: SearchPlan;
  /** As of PlanInputs.screened. */
  readonly isScreened: boolean;
  /** Bytes read beside the observed pass for checksums: blocks of the store of which the pass reads a part. */
  readonly checkBytes: number;
  /** Over the whole run. */
  readonly totalBytesRead: number;
}

export interface RunOutcome {
  /** Arrays are views of the engine's memory: valid until it is closed. */
  readonly state: NullState;
  /** f64 [nElements] of each hypothesis, with non-stationarity correction; none else. */
  readonly empirical: readonly Float64Array[];
  readonly cost: RunCost;
}

export interface Engine {
  readonly plan: EnginePlan;
  /**
   * Effects and exact statistics. Images are views of the engine's memory: valid until `run`. Throws InputError for values that are not finite where the
   * model has all observations.
   */
  observe(onProgress?: (share: number) => void): Promise<Observed>;
  /**
   * Every shuffle of the range, once, after `observe`. `from`: what an earlier run did of the plan up to the range's first; the outcome then has both. Throws
   * InputError when the statistics of the unshuffled data are others now.
   */
  run(events: RunEvents, from?: NullState): Promise<RunOutcome>;
  /**
   * What `run` has done up to its last whole batch, wherever it is now, stopped or failed: what another run can begin from. Its arrays are views: valid until
   * `run` goes on, or the engine is closed. Undefined: nothing.
   */
  underWay(): NullState | undefined;
  /** Afterwards no file is open and no thread runs. */
  close(): Promise<void>;
}

interface Prepared {
  readonly tables: BoundTables | undefined;
  readonly inputs: EngineInputs;
  readonly plan: EnginePlan;
  readonly sink: SinkJob;
  /** Of the observed pass, and of those after it where no others are made of what it found. */
  readonly blocks: Uint32Array;
  readonly laterBlocks: Uint32Array;
}

/** Bytes of memory below which asking for large pages takes longer than it saves. */
const LARGE_PAGES_FROM = 2 ** 24;

const NO_MATRIX: MatrixSize = { nConnections: 0, maxRowConnections: 0 };

/** Pure: no file is read. `matrix`: of the prepared connectivity. Throws BudgetError. */
export function planEngine(inputs: EngineInputs, matrix: MatrixSize = NO_MATRIX): EnginePlan {
  return prepare(inputs, matrix).plan;
}

function prepare(given: EngineInputs, { nConnections, maxRowConnections }: MatrixSize): Prepared {
  const isOneDesign = engineModel(given.model) === undefined;
  const inputs = isOneDesign ? { ...given, partition: shuffledPartition(given.partition, hasSigns(given)) } : given;
  const { columns, source } = inputs;
  const size = problemSize(inputs);
  const sink = sinkOf(inputs, size);
  const found = searchTables(inputs, sink);
  const tables = typeof found === "object" ? found : undefined;
  const sketchGroups = tables && inputs.enhancement.kind === "cfe" ? inputs.enhancement.sketch!.nGroups : undefined;
  const planInputs: PlanInputs = {
    ...{ size, sink, precision: inputs.precision, panels: panelsOf(inputs.native) },
    screened: isScreened(inputs, size, sink),
    hasSigns: hasSigns(inputs),
    nShuffles: countLanes(inputs.shuffles.range),
    nWorkers: Math.max(1, inputs.nThreads),
    budgetBytes: inputs.memoryBytes,
    storeBlockWidth: source.blockWidth,
    nStoreElements: source.nElements,
    ...{ maxRowConnections, nConnections },
    ...{ eligibleMask: inputs.eligible !== undefined, sketchGroups },
    nEmpirical: countEmpirical(inputs),
    graph: graphSizeOf(inputs.enhancement),
  };
  const planned = planWithSearch(planInputs);
  const { range } = inputs.shuffles;
  const ends = endsOfBatches({
    ...{ range, groupLanes: planInputs.panels.lanes },
    ...{ negativeBinomial: inputs.negativeBinomial, looksAt: inputs.looksAt ?? [] },
  });
  const memory = { ...planned, nBatches: countBatches(countLanes(range), planned.batchShuffles, ends) };
  const obstacle = typeof found === "string" ? found : tables && memory.search === undefined ? "memory" : undefined;
  const search = planSearch(
    inputs,
    memory,
    { nGroups: sketchGroups ?? 0, nHypotheses: size.hypotheses.length },
    obstacle,
  );
  const { nBatches } = memory;
  const { nElements: nStoreElements } = source;
  const blocks = listBlocks(columns, { span: memory.observedSpan, blockWidth: memory.observedWidth, nStoreElements });
  const laterBlocks =
    memory.patternWidth === undefined
      ? blocks
      : listBlocks(columns, { span: memory.blockSpan, blockWidth: memory.blockWidth, nStoreElements });
  const nColumns = countColumns(laterBlocks);
  const rowBytes = (size.model?.columnBytes ?? []).reduce<number>((sum, bytes) => sum + bytes, size.valueBytes);
  const storePassBytes = nColumns * size.nSubjects * rowBytes;
  const connectivityPassBytes = inputs.enhancement.kind === "cfe" ? nConnections * 8 + size.nElements * 8 : 0;
  const checkBytes = [source, ...(inputs.columnSources ?? [])].reduce(
    (sum, spec) => sum + bytesToCheck(blocks, spec),
    0,
  );
  const totalBytesRead =
    countColumns(blocks) * size.nSubjects * rowBytes +
    storePassBytes * (memory.nEmpiricalBatches + nBatches) +
    checkBytes +
    connectivityPassBytes * (memory.nEmpiricalBatches + search.nEnhancedBatches) +
    search.passBytes * search.nBatches;
  return {
    ...{ inputs, sink, blocks, laterBlocks, tables },
    plan: {
      memory,
      size,
      isScreened: planInputs.screened,
      storePassBytes,
      checkBytes,
      connectivityPassBytes,
      search,
      totalBytesRead,
    },
  };
}

function countColumns(blocks: Uint32Array): number {
  let nColumns = 0;
  for (let i = 0; i < blocks.length; i += 4) nColumns += blocks[i + 1]!;
  return nColumns;
}

const countEmpirical = ({ nonStationarity }: EngineInputs) =>
  nonStationarity && countLanes(nonStationarity.shuffles.range);

const hasSigns = ({ shuffles, nonStationarity }: EngineInputs) =>
  [shuffles, nonStationarity?.shuffles].some((of) => of !== undefined && of.plan.errors !== "ee");

function sinkOf({ enhancement, partition }: EngineInputs, size: ProblemSize): SinkJob {
  if (enhancement.kind === "none") {
    const { hypotheses, dof } = partition;
    return {
      kind: "scores",
      untestable: hypotheses.map(({ hypothesis: { kind, rank } }) => scoreOfNone(kind, rank, dof)),
    };
  }
  if (enhancement.kind === "graph" && enhancement.heights.kind === "all") return { kind: "z" };
  const { dh, scale } = scaleOf(enhancement, size.dof);
  return { kind: "bins", dh, scale, nBinsNarrow: 256, nBinsWide: largestBinOf(scale, size.dof) + 2 };
}

/** `connectivity`: the opened matrix of the enhancer; it may be closed afterwards. Throws BudgetError, InputError. */
export async function openEngine(given: EngineInputs, connectivity?: Connectivity): Promise<Engine> {
  const { inputs, plan, sink, blocks, laterBlocks, tables } = prepare(given, connectivity?.manifest ?? NO_MATRIX);
  const { memory: layout, size } = plan;
  const { partition, enhancement, shuffles, signal } = inputs;
  const { plan: shufflePlan, range } = shuffles;
  if (!range.leadingIdentity && !(range.first === 0 && shufflePlan.startsWithIdentity)) {
    throw new InternalError("The first lane of a run must be the unshuffled data.");
  }
  const limits = { connections: layout.windowConnections, rows: layout.windowRows };
  const windows =
    connectivity === undefined ? new Uint32Array(0) : listWindows(connectivity.copyCountsInto, size.nElements, limits);
  const search = prepareSearch(inputs, tables, layout);
  const memory = createSharedMemory(layout.memoryBytes);
  const { buffer } = memory;
  if (layout.memoryBytes >= LARGE_PAGES_FROM) useLargePages(new Uint8Array(buffer));
  const job: EngineJob = {
    ...{
      size,
      sink,
      source: inputs.source,
      model: engineModel(inputs.model),
      columnSources: inputs.columnSources ?? [],
    },
    ...{ precision: inputs.precision, screened: plan.isScreened, kernels: inputs.kernels },
    hasSigns: hasSigns(inputs),
    native: inputs.native,
    nBlocks: blocks.length / 4,
    enhancement: enhancementJob(enhancement, windows.length / 4),
    search: searchJob(inputs, search, connectivity?.manifest.maxRowConnections ?? 0),
    skew: inputs.nonStationarity?.skew,
    nWorkers: Math.max(1, inputs.nThreads),
    layout: layoutOf(layout),
    ...{ shared: layout.shared, workerOffsets: layout.worker },
  };
  const module = inputs.kernels === "reference" ? undefined : compileSimdModule();
  const kernels = createKernelSet(inputs.kernels, memory, module, inputs.native);
  fillConstants({ buffer, job, kernels, inputs, blocks, windows, search });
  const onFallback = onceAReason(inputs.onFallback);
  const setup = { job, memory, module, partition };
  const pool = await openPool(
    {
      ...{ setup, onFallback, signal },
      control: new Int32Array(buffer, job.shared.control, CONTROL.words),
      createRunner: () => createRunner({ ...setup, iWorker: 0, kernels, onFallback }),
    },
    inputs.nThreads,
  );
  const { nWorkers } = job;
  const nCounted = countCounted(range, inputs.uncorrectedShuffles ?? Number.POSITIVE_INFINITY);
  let dofs = emptyReport(size.nSubjects).dofs;
  let work: Work = { nBlocks: job.nBlocks, byPattern: false };
  let keeper: NullKeeper | undefined;
  return {
    plan,
    async observe(onProgress) {
      const found = await observe(inputs, job, buffer, pool, onProgress);
      dofs = found.dofs;
      work = arrangeWork({ job, buffer, kernels }, inputs.columns, laterBlocks);
      return found.observed;
    },
    underWay: () => keeper?.underWay(),
    async run(events, from) {
      const turns = createTurns(signal);
      const start = performance.now();
      const tables = await fillZTables({ buffer, job, turns }, dofs, countLanes(range) + (countEmpirical(inputs) ?? 0));
      const tablesMs = performance.now() - start;
      const { planHash, uncorrectedShuffles, nonStationarity } = inputs;
      const loop = { buffer, job, kernels, partition, turns, pool, tables, work, nWorkers };
      const gathered =
        nonStationarity && (await gatherEmpirical({ ...loop, shuffles: nonStationarity.shuffles }, events));
      keeper = createNullKeeper({ job, buffer, partition }, range, { planHash, uncorrectedShuffles, from });
      const empirical = nonStationarity && "divide";
      const cost = await runShuffles({
        ...{ ...loop, shuffles, keeper, events, nCounted, empirical },
        negativeBinomial: inputs.negativeBinomial,
      });
      if (tables.length > 0) cost.ms.tables = tablesMs;
      if (gathered !== undefined) {
        cost.ms.empirical = gathered.ms;
        cost.bytesRead += gathered.bytesRead;
        cost.wideBatches += gathered.wideBatches;
      }
      return { state: await keeper.finish(turns), empirical: gathered?.empirical ?? [], cost };
    },
    close: () => pool.close(),
  };
}

function graphSizeOf(enhancement: Enhancement): PlanInputs["graph"] {
  if (enhancement.kind !== "graph") return undefined;
  const { neighbours } = enhancement;
  return "nNodes" in neighbours ? { nNodes: neighbours.nNodes } : { nCells: neighbours.nCells };
}

function graphJob({ neighbours, heightPower }: GraphEnhancement): GraphJob {
  if ("nNodes" in neighbours) return { kind: "graph", over: { nNodes: neighbours.nNodes }, heightPower };
  const { connectivity, row, plane, nCells } = neighbours;
  return { kind: "graph", over: { connectivity, row, plane, nCells }, heightPower };
}

/** Before the null is begun. */
async function gatherEmpirical(
  loop: Omit<LoopInputs, "keeper" | "events" | "nCounted" | "empirical">,
  { onEmpirical }: RunEvents,
) {
  const { job, buffer } = loop;
  const start = performance.now();
  clearEmpirical(job, buffer);
  const events: RunEvents = { onProgress: onEmpirical };
  const { bytesRead, wideBatches } = await runShuffles({
    ...loop,
    ...{ keeper: undefined, nCounted: 0, empirical: "gather", events },
  });
  const empirical = finishEmpirical(job, buffer);
  return { empirical, bytesRead, wideBatches, ms: performance.now() - start };
}

function enhancementJob(enhancement: Enhancement, nWindows: number): EngineJob["enhancement"] {
  if (enhancement.kind === "none") return undefined;
  if (enhancement.kind === "graph") return graphJob(enhancement);
  const { connectivity, extentPower, legacy } = enhancement;
  return { kind: "cfe", ...connectivity, extentPower, normalised: !legacy, nWindows };
}

/** What threads need of the plan: lists and texts stay here. */
function layoutOf(plan: MemoryPlan): EngineJob["layout"] {
  const { shared, worker, sharedList, workerList, arithmetic, ...layout } = plan;
  return layout;
}

function onceAReason(onFallback: (message: string) => void): (fallback: Fallback) => void {
  const told = new Set<string>();
  return (fallback) => {
    if (told.has(fallback.reason)) return;
    told.add(fallback.reason);
    onFallback(describeFallback(fallback));
  };
}

async function observe(
  { source, columns, enhancement }: EngineInputs,
  job: EngineJob,
  buffer: ArrayBufferLike,
  pool: Pool,
  onProgress: ((share: number) => void) | undefined,
): Promise<{ observed: Observed; dofs: number[] }> {
  const reports = await pool.run({ phase: "observe" }, job.nBlocks, (claimed) => onProgress?.(claimed / job.nBlocks));
  const bad = reports.map((report) => report.nonFiniteElement).filter((element) => element >= 0);
  if (bad.length > 0) {
    const column = columns[bad.reduce((a, b) => Math.min(a, b))]!;
    const element = enhancement.kind === "cfe" ? "fixel" : "element";
    throw new InputError(
      `Cannot analyse ${source.path}: expected finite values, got NaN or infinity for ${element} ${column} (counted from 0), perhaps others, where the store counts none. The data changed since: convert them again.`,
      { path: source.path },
    );
  }
  const sumOf = (of: "verdicts" | "dofs", i: number) => reports.reduce((sum, report) => sum + report[of][i]!, 0);
  const observed: Observed = {
    image: (i) => observedImage(job, buffer, i),
    index: observedIndex(job.size),
    verdicts: VERDICTS.map((_, i) => sumOf("verdicts", i)),
  };
  return { observed, dofs: Array.from({ length: job.size.nSubjects + 1 }, (_, dof) => sumOf("dofs", dof)) };
}
