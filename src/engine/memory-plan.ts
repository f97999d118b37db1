// The memory of a run, planned before anything is read: one pure function from sizes, threads and budget to block width, batch and regions.
// Nothing here scales with subjects x elements. engine.md section 5.
import { BudgetError } from "../errors.js";
import { LANES, ROW_PANEL, roundUp } from "../kernels/kernel-set.js";
import { formatBytes } from "../units.js";
import {
  blockSpan,
  CLAIMS_PER_WORKER,
  createRegions,
  mappedWindowBytes,
  type Regions,
  reserveGlmWorker,
  tileOf,
  tileRank,
  wholeBlocks,
  widestBlock,
} from "./glm-memory.js";
import type { EnhancementSize, Precision, ProblemSize, SharedRegions, WorkerRegions } from "./job.js";
import { observedIndex } from "./job.js";

export interface PlanInputs {
  readonly size: ProblemSize;
  readonly enhancement: EnhancementSize;
  readonly precision: Precision;
  /** Shuffles to run, the unshuffled data included. */
  readonly nShuffles: number;
  /** Threads that work (the main thread alone counts as one). */
  readonly nWorkers: number;
  /** Bytes for the run beyond what Node itself takes. */
  readonly budgetBytes: number;
  /** Elements of a block on disk. */
  readonly storeBlockWidth: number;
  /** Elements of the template (mask or not): images are written at this size. */
  readonly nStoreElements: number;
  readonly maxRowConnections: number;
  readonly nConnections: number;
  readonly eligibleMask: boolean;
}

export interface MemoryPlan {
  /** Elements of the store that blocks are cut from. */
  readonly blockSpan: number;
  readonly blockWidth: number;
  readonly batchShuffles: number;
  readonly tileShuffles: number;
  readonly nBatches: number;
  readonly windowConnections: number;
  readonly windowRows: number;
  readonly maxBlocks: number;
  readonly maxWindows: number;
  readonly shared: SharedRegions;
  readonly worker: WorkerRegions;
  readonly workersStart: number;
  readonly workerBytes: number;
  /** Bytes of the linear memory. */
  readonly memoryBytes: number;
  /** Bytes outside it: the largest image while it is written, contributions, mapped windows. */
  readonly outsideBytes: number;
  /** memoryBytes + outsideBytes: what the run may take beyond Node. */
  readonly plannedBytes: number;
  readonly saturated: boolean;
  /** The sum, line by line. */
  readonly arithmetic: readonly string[];
}

/** Bytes. wasm32 ends here. */
export const LARGEST_MEMORY = 2 ** 32 - 2 ** 16;
/** Shuffles. More lanes a pass save reads of store and connectivity, but the bins leave the cache. */
const LARGEST_BATCH = 256;
/**
 * Connections of a window at most: 8 B x 524288 = 4 MiB. Each group of lanes reads the neighbourhood's bins anew, and a window has to earn that:
 * 1 MiB costs 0.42 ns a connection and shuffle, 4 MiB 0.36, 8 MiB 0.35 (kernels/RATIONALE.md).
 */
const LARGEST_WINDOW = 524_288;
/** What the window shrinks to, in steps, before the batch does: each halving of the batch is another pass over everything. */
const WINDOW_STEP = 4;
/** Connections. Below this the claim costs more than the balance gains. */
const SMALLEST_WINDOW = 4096;
/** Rows of a window: 64 B x 2048 = 128 KiB of enhanced values. */
const WINDOW_ROWS = 2048;

/** Throws BudgetError naming the smallest budget that works. */
export function planMemory(inputs: PlanInputs): MemoryPlan {
  const budget = Math.min(inputs.budgetBytes, LARGEST_MEMORY);
  const saturated = inputs.budgetBytes > LARGEST_MEMORY;
  const wanted = Math.min(LARGEST_BATCH, roundUp(Math.max(inputs.nShuffles, 1), LANES));
  const widest = widestBlock(inputs.size, blockSpan(inputs.size, inputs));
  let smallest = Number.POSITIVE_INFINITY;
  // Large batches first: each halving doubles the passes over the store and the connectivity, while narrow blocks cost little.
  for (let batch = wanted; batch >= LANES; batch = batch === LANES ? 0 : roundUp(batch / 2, LANES)) {
    for (const window of windowSizes(inputs)) {
      for (let width = widest; width >= 8; width = width === 8 ? 0 : Math.max(8, Math.floor(width / 16) * 8)) {
        const plan = layOut(inputs, { batch: evenBatch(inputs.nShuffles, batch), window, width, saturated });
        smallest = Math.min(smallest, plan.plannedBytes);
        if (plan.plannedBytes <= budget) return plan;
      }
    }
  }
  throw budgetError(inputs, roundUp(smallest, 2 ** 20));
}

function budgetError({ size, nWorkers, budgetBytes }: PlanInputs, needed: number): BudgetError {
  const lowerThreads = nWorkers > 1 ? " or lower -nthreads" : "";
  const remedy =
    needed > LARGEST_MEMORY
      ? `A WebAssembly memory ends at 4 GiB, so more --memory cannot help: test fewer hypotheses at a time, analyse fewer fixels with -mask${lowerThreads}.`
      : `Raise --memory${lowerThreads}.`;
  return new BudgetError(
    `Cannot run in ${formatBytes(Math.min(budgetBytes, LARGEST_MEMORY))}: ${size.nElements} elements, ${size.nSubjects} subjects and ${size.hypotheses.length} hypotheses with ${nWorkers} threads need at least ${formatBytes(needed)}. ${remedy}`,
    { neededBytes: needed, givenBytes: budgetBytes },
  );
}

/** As few batches, of equal size. */
function evenBatch(nShuffles: number, largest: number): number {
  const nBatches = Math.ceil(nShuffles / largest);
  return Math.max(LANES, roundUp(Math.ceil(nShuffles / nBatches), LANES));
}

/** Sizes to try, descending. */
function windowSizes({ nConnections, nWorkers, maxRowConnections }: PlanInputs): number[] {
  const balanced = Math.ceil(nConnections / (nWorkers * CLAIMS_PER_WORKER));
  const atLeast = Math.max(Math.min(SMALLEST_WINDOW, nConnections), maxRowConnections, 1);
  const sizes: number[] = [];
  for (let size = Math.min(LARGEST_WINDOW, balanced); size > atLeast; size = Math.floor(size / WINDOW_STEP))
    sizes.push(size);
  return [...sizes, atLeast];
}

interface Shape {
  readonly batch: number;
  readonly width: number;
  /** Connections. */
  readonly window: number;
  readonly saturated: boolean;
}

function layOut(inputs: PlanInputs, shape: Shape): MemoryPlan {
  const { size, storeBlockWidth } = inputs;
  const { batch, window: windowConnections, saturated } = shape;
  const { width, span } = wholeBlocks(shape.width, blockSpan(size, inputs), storeBlockWidth);
  const { nSubjects: n, nElements: m, hypotheses } = size;
  const single = inputs.precision === "single";
  const tileShuffles = tileOf(n, tileRank(size), single);
  const windowRows = Math.min(WINDOW_ROWS, Math.max(m, 1));
  // A span of the store is cut into pieces of `width`; the mask only takes away.
  const maxBlocks = Math.ceil(inputs.nStoreElements / span) * Math.ceil(span / width);
  const maxWindows = Math.ceil(inputs.nConnections / windowConnections) * 2 + Math.ceil(m / windowRows) + 1;

  const regions = createRegions();
  const shared = layOutShared(regions, inputs, { batch, tileShuffles, maxBlocks, maxWindows });
  const workersStart = regions.end;
  const { worker, bytes: workerBytes } = layOutWorker(inputs, {
    batch,
    width,
    tileShuffles,
    windowConnections,
    windowRows,
  });
  const memoryBytes = roundUp(workersStart + inputs.nWorkers * workerBytes, 65536);

  const image = inputs.nStoreElements * 8;
  const contributions = m * 4 * hypotheses.length;
  const nSources = 2 + (size.model?.nElementColumns ?? 0);
  const mapped = inputs.nWorkers * nSources * mappedWindowBytes(n, width, size.valueBytes, windowConnections);
  const outsideBytes = image + contributions + mapped;
  const plannedBytes = memoryBytes + outsideBytes;
  const bins = m * batch * hypotheses.length;
  return {
    blockSpan: span,
    blockWidth: width,
    batchShuffles: batch,
    tileShuffles,
    nBatches: Math.ceil(inputs.nShuffles / batch),
    windowConnections,
    windowRows,
    maxBlocks,
    maxWindows,
    shared,
    worker,
    workersStart,
    workerBytes,
    memoryBytes,
    outsideBytes,
    plannedBytes,
    saturated,
    arithmetic: [
      `bins                 ${m} elements x ${batch} shuffles x ${hypotheses.length} hypotheses x 1 B = ${formatBytes(bins)}`,
      `default and counters ${m} elements x 12 B x ${hypotheses.length} hypotheses = ${formatBytes(12 * m * hypotheses.length)}`,
      `gathered basis       ${batch} shuffles x rank ${size.rank} x ${n} subjects x ${single ? 4 : 8} B = ${formatBytes(batch * size.rank * n * (single ? 4 : 8))}`,
      `everything shared    ${formatBytes(workersStart)}`,
      `threads              ${inputs.nWorkers} x ${formatBytes(workerBytes)} (block of ${width} elements x ${n} subjects, product tile, window of ${windowConnections} connections)`,
      `outside              one image ${formatBytes(image)}, contributions ${formatBytes(contributions)}, mapped windows ${formatBytes(mapped)}`,
      `planned              ${formatBytes(plannedBytes)} of ${formatBytes(inputs.budgetBytes)}${saturated ? " (a WebAssembly memory ends at 4 GiB: more is not used)" : ""}`,
    ],
  };
}

function layOutShared(
  regions: Regions,
  inputs: PlanInputs,
  plan: { batch: number; tileShuffles: number; maxBlocks: number; maxWindows: number },
): SharedRegions {
  const { size, enhancement } = inputs;
  const { nSubjects: n, nElements: m, rank, hypotheses } = size;
  const { batch } = plan;
  const nMoments = hypotheses.reduce((sum, h) => sum + h.nCorrections, 0);
  const tileRows = roundUp(plan.tileShuffles * rank, ROW_PANEL);
  const gatheredBytes =
    size.model === undefined ? (batch / plan.tileShuffles) * tileRows * n * (inputs.precision === "single" ? 4 : 8) : 0;
  // At least 32 bytes an element, so that one group of lanes fits with 2-byte bins too; the observed images lie over them.
  const binBytes = m * Math.max(batch, 2 * LANES);
  const observedBytes = observedIndex(size).count * m * 4;
  const fixed = {
    control: regions.reserve(64 * 4),
    basis: regions.reserve(rank * n * 8),
    sharedNuisance: regions.reserve(size.sharedRank * n * 8),
    moments: regions.reserve(roundUp(nMoments, ROW_PANEL) * n * 8),
    pinv: regions.reserve(roundUp(size.nFactors, ROW_PANEL) * n * 8),
    labels: regions.reserve(batch * n * 4),
    signs: regions.reserve(batch * n),
    positions: regions.reserve(size.model?.variable === true ? batch * n * 4 : 0),
    gathered: regions.reserve(gatheredBytes),
    heightPowers: regions.reserve(enhancement.nBinsWide * 4),
    columns: regions.reserve(m * 4),
    blocks: regions.reserve(plan.maxBlocks * 16),
    windows: regions.reserve(plan.maxWindows * 16),
    eligible: inputs.eligibleMask ? regions.reserve(m) : 0,
  };
  const small = hypotheses.map((h) => ({
    contrastBasis: regions.reserve(rank * h.contrastRank * 8),
    cells: regions.reserve(h.nCells * 2),
    thresholds: regions.reserve(h.nThresholds * 8),
    corrections: regions.reserve(Math.max(batch * rank * h.nCorrections * 8, 8)),
    defaults: regions.reserve(m * 4),
    counters: regions.reserve(m * 4),
  }));
  const observed = regions.reserve(0);
  const bins = hypotheses.map(() => regions.reserve(binBytes));
  const covered = regions.end - observed;
  if (covered < observedBytes) regions.reserve(observedBytes - covered);
  return { ...fixed, observed, hypotheses: small.map((s, h) => ({ ...s, bins: bins[h]! })) };
}

function layOutWorker(
  inputs: PlanInputs,
  plan: { batch: number; width: number; tileShuffles: number; windowConnections: number; windowRows: number },
): { worker: WorkerRegions; bytes: number } {
  const { size, enhancement } = inputs;
  const { hypotheses } = size;
  const lasting = createRegions();
  const maximaBytes = hypotheses.length * plan.batch * 4;
  const maxima = lasting.reserve(maximaBytes);
  const maximaElements = lasting.reserve(maximaBytes);

  const bin = createRegions();
  bin.reserve(lasting.end);
  const binning = reserveGlmWorker(bin, size, { ...plan, precision: inputs.precision });
  const enhance = createRegions();
  enhance.reserve(lasting.end);
  const enhancing = {
    connections: enhance.reserve(plan.windowConnections * 8),
    rowStarts: enhance.reserve((plan.windowRows + 1) * 4),
    norms: enhance.reserve(plan.windowRows * 4),
    enhanced: enhance.reserve(plan.windowRows * LANES * 4),
    // reference: f64 [nBinsWide]; simd: f32 [16][nBinsWide]
    histogram: enhance.reserve(LANES * Math.max(enhancement.nBinsWide, 256) * 4),
  };
  return { worker: { maxima, maximaElements, ...binning, ...enhancing }, bytes: Math.max(bin.end, enhance.end) };
}
