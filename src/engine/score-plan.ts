// The memory of a run without enhancement, planned before anything is read: one pure function. As many shuffles a pass over the store as the
// budget allows, because every pass reads all of it. Nothing here scales with subjects x elements.
import { BudgetError } from "../errors.js";
import { ROW_PANEL, roundUp } from "../kernels/kernel-set.js";
import { formatBytes } from "../units.js";
import {
  blockSpan,
  createRegions,
  mappedWindowBytes,
  type Regions,
  reserveGlmWorker,
  tileOf,
  tileRank,
  wholeBlocks,
  widestBlock,
} from "./glm-memory.js";
import {
  type GlmSize,
  observedIndex,
  type Precision,
  type ScoreHypothesisRegions,
  type ScoreRegions,
  type ScoreWorkerRegions,
} from "./job.js";
import { LARGEST_MEMORY } from "./memory-plan.js";

export interface ScorePlanInputs {
  readonly size: GlmSize;
  readonly precision: Precision;
  /** Shuffles to run, the unshuffled data included. */
  readonly nShuffles: number;
  /** Threads that work (the main thread alone counts as one). */
  readonly nWorkers: number;
  /** Bytes for the run beyond what Node itself takes. */
  readonly budgetBytes: number;
  /** Elements of a block on disk. */
  readonly storeBlockWidth: number;
  readonly nStoreElements: number;
}

export interface ScorePlan {
  /** Elements of the store that blocks are cut from. */
  readonly blockSpan: number;
  readonly blockWidth: number;
  readonly tileShuffles: number;
  readonly batchShuffles: number;
  readonly labelShuffles: number;
  readonly nBatches: number;
  readonly shared: ScoreRegions;
  readonly worker: ScoreWorkerRegions;
  readonly workersStart: number;
  readonly workerBytes: number;
  readonly windowBytes: number;
  /** Bytes of the linear memory. */
  readonly memoryBytes: number;
  /** memoryBytes and what lies outside it: results on their way to the files, mapped windows. */
  readonly plannedBytes: number;
  readonly saturated: boolean;
  /** The sum, line by line. */
  readonly arithmetic: readonly string[];
}

/** Shuffles whose labels are held while they are gathered: 256 x 1000 subjects x 5 B = 1.3 MB. */
const LABEL_SHUFFLES = 256;
/** Elements. Narrower, and the gathered basis is streamed from memory for too little work: halve the batch first. */
const NARROW = 64;

/** Throws BudgetError naming the smallest budget that works. */
export function planScores(inputs: ScorePlanInputs): ScorePlan {
  const budget = Math.min(inputs.budgetBytes, LARGEST_MEMORY);
  const { nSubjects: n, hypotheses } = inputs.size;
  const tile = tileOf(n, tileRank(inputs.size), inputs.precision === "single");
  const widest = Math.min(
    widestBlock(inputs.size, blockSpan(inputs.size, inputs)),
    roundUp(Math.max(inputs.size.nElements, 1), 8),
  );
  let smallest = Number.POSITIVE_INFINITY;
  for (const { batch, width } of candidates(inputs.nShuffles, tile, widest)) {
    const plan = layOut(inputs, { batch, width, tile });
    smallest = Math.min(smallest, plan.plannedBytes);
    if (plan.plannedBytes <= budget) return plan;
  }
  const needed = roundUp(smallest, 2 ** 20);
  throw new BudgetError(
    `Cannot run in ${formatBytes(inputs.budgetBytes)}: ${inputs.size.nElements} elements, ${n} subjects and ${hypotheses.length} hypotheses with ${inputs.nWorkers} threads need at least ${formatBytes(needed)}. Raise --memory${inputs.nWorkers > 1 ? " or lower -nthreads" : ""}.`,
    { neededBytes: needed, givenBytes: inputs.budgetBytes },
  );
}

/** The best first: all shuffles at once in wide blocks; then narrower blocks, smaller batches; at last both as small as they get. */
function* candidates(nShuffles: number, tile: number, widest: number): Generator<{ batch: number; width: number }> {
  const widths = [widest];
  while (widths.at(-1)! > 8) widths.push(Math.max(8, Math.floor(widths.at(-1)! / 16) * 8));
  for (let nBatches = 1; ; nBatches *= 2) {
    const batch = roundUp(Math.ceil(nShuffles / nBatches), tile);
    for (const width of widths) if (width >= Math.min(NARROW, widest)) yield { batch, width };
    if (batch === tile) break;
  }
  for (const width of widths) if (width < NARROW) yield { batch: tile, width };
}

function layOut(inputs: ScorePlanInputs, sizes: { batch: number; width: number; tile: number }): ScorePlan {
  const { size, precision } = inputs;
  const { nSubjects: n, nElements: m, rank, hypotheses } = size;
  const { batch, tile } = sizes;
  const { width, span } = wholeBlocks(sizes.width, blockSpan(size, inputs), inputs.storeBlockWidth);
  const valueBytes = precision === "single" ? 4 : 8;
  // other models gather for each group of elements, out of the labels of the whole batch
  const varies = size.model !== undefined;
  const labelShuffles = varies ? batch : Math.min(batch, Math.max(tile, LABEL_SHUFFLES));
  const gatheredBytes = varies ? 0 : (batch / tile) * roundUp(tile * rank, ROW_PANEL) * n * valueBytes;
  const observedBytes = observedIndex(size).count * m * 8;

  const regions = createRegions();
  const shared = reserveShared(regions, inputs, {
    ...{ batch, width, span, labelShuffles },
    overlaid: Math.max(gatheredBytes, observedBytes),
  });
  const workersStart = regions.end;
  const own = createRegions();
  const worker = {
    ...reserveGlmWorker(own, size, { width, tileShuffles: tile, precision }),
    scores: own.reserve(tile * width * 8),
    maxima: own.reserve(hypotheses.length * batch * 8),
    maximaElements: own.reserve(hypotheses.length * batch * 4),
  };
  const workerBytes = own.end;
  const memoryBytes = roundUp(workersStart + inputs.nWorkers * workerBytes, 65536);
  const nSources = 1 + (size.model?.nElementColumns ?? 0);
  const windowBytes = mappedWindowBytes(n, width, size.valueBytes, 0);
  const results = 4 * m * 8;
  const plannedBytes = memoryBytes + results + inputs.nWorkers * nSources * windowBytes;
  const saturated = inputs.budgetBytes > LARGEST_MEMORY;
  return {
    blockSpan: span,
    blockWidth: width,
    tileShuffles: tile,
    batchShuffles: batch,
    labelShuffles,
    nBatches: Math.ceil(inputs.nShuffles / batch),
    shared,
    worker,
    workersStart,
    workerBytes,
    windowBytes,
    memoryBytes,
    plannedBytes,
    saturated,
    arithmetic: [
      `gathered basis       ${batch} shuffles x rank ${rank} x ${n} subjects x ${valueBytes} B = ${formatBytes(gatheredBytes)}`,
      `observed, in its place ${observedIndex(size).count} x ${m} elements x 8 B = ${formatBytes(observedBytes)}`,
      `default and counters ${m} elements x 12 B x ${hypotheses.length} hypotheses = ${formatBytes(12 * m * hypotheses.length)}`,
      `everything shared    ${formatBytes(workersStart)}`,
      `threads              ${inputs.nWorkers} x ${formatBytes(workerBytes)} (block of ${width} elements x ${n} subjects, product tile of ${tile} shuffles)`,
      `outside              results on their way to files ${formatBytes(results)}, mapped windows ${formatBytes(inputs.nWorkers * nSources * windowBytes)}`,
      `planned              ${formatBytes(plannedBytes)} of ${formatBytes(inputs.budgetBytes)}${saturated ? " (a WebAssembly memory ends at 4 GiB: more is not used)" : ""}`,
    ],
  };
}

function reserveShared(
  regions: Regions,
  inputs: ScorePlanInputs,
  plan: { batch: number; width: number; span: number; labelShuffles: number; overlaid: number },
): ScoreRegions {
  const { size } = inputs;
  const { nSubjects: n, nElements: m, rank, hypotheses } = size;
  const nMoments = hypotheses.reduce((sum, h) => sum + h.nCorrections, 0);
  const maxBlocks = Math.ceil(inputs.nStoreElements / plan.span) * Math.ceil(plan.span / plan.width);
  const fixed = {
    control: regions.reserve(64 * 4),
    basis: regions.reserve(rank * n * 8),
    sharedNuisance: regions.reserve(size.sharedRank * n * 8),
    moments: regions.reserve(roundUp(nMoments, ROW_PANEL) * n * 8),
    pinv: regions.reserve(roundUp(size.nFactors, ROW_PANEL) * n * 8),
    labels: regions.reserve(plan.labelShuffles * n * 4),
    signs: regions.reserve(plan.labelShuffles * n),
    positions: regions.reserve(size.model?.variable === true ? plan.labelShuffles * n * 4 : 0),
    columns: regions.reserve(m * 4),
    blocks: regions.reserve(maxBlocks * 16),
    elementDofs: regions.reserve(size.model === undefined ? 0 : m * 8),
  };
  const perHypothesis: ScoreHypothesisRegions[] = hypotheses.map((h) => ({
    contrastBasis: regions.reserve(rank * h.contrastRank * 8),
    corrections: regions.reserve(Math.max(plan.batch * rank * h.nCorrections * 8, 8)),
    defaults: regions.reserve(m * 8),
    counters: regions.reserve(m * 4),
  }));
  const gathered = regions.reserve(plan.overlaid);
  return { ...fixed, gathered, observed: gathered, hypotheses: perHypothesis };
}
