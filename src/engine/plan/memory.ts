// The memory of a run, planned before anything is read: one pure function from sizes, threads and budget to block width, batch and regions.
// Nothing here scales with subjects x elements.
import { BudgetError } from "../../errors.js";
import { type PanelSizes, roundUp } from "../../kernels/kernel-set.js";
import { describeRegions, layOut, type PlacedRegion } from "../../kernels/memory-regions.js";
import { CURVE_BYTES } from "../../stats/glm/z-curve.js";
import { formatBytes, formatCount } from "../../units.js";
import {
  blockSpan,
  CLAIMS_PER_WORKER,
  mappedWindowBytes,
  tileOf,
  wholeBlocks,
  widestBlock,
  widestGroup,
  widestPatternBlock,
} from "./blocks.js";
import { type MemoryLayout, type MemoryShape, multipliesSingle, type PlanInputs } from "./inputs.js";
import { mostPatternBlocks } from "./pattern-lists.js";
import { regionInWords } from "./region-words.js";
import { countZTables, type SharedRegions, sharedTable, type WorkerRegions, workerTable } from "./regions.js";
import { isNear } from "./screening.js";
import { SLAB_LANES, searchShape, searchWindowBytes } from "./search-shape.js";
import { keptDesigns, leastProductRows, type ProblemSize, productRows } from "./size.js";

export interface MemoryPlan extends MemoryLayout {
  readonly shared: SharedRegions;
  readonly worker: WorkerRegions;
  /** The same as lists: of the shared memory, and of one worker's from its first byte. */
  readonly sharedList: readonly PlacedRegion[];
  readonly workerList: readonly PlacedRegion[];
  /** Bytes of the linear memory. */
  readonly memoryBytes: number;
  /** Bytes outside it: results on their way to files, mapped windows, designs of elements. */
  readonly outsideBytes: number;
  /** memoryBytes + outsideBytes: what the run may take beyond Node. */
  readonly plannedBytes: number;
  readonly saturated: boolean;
  /** The sum, line by line. */
  readonly arithmetic: readonly string[];
}

interface Candidate {
  readonly batch: number;
  readonly width: number;
  /** Connections. */
  readonly window: number;
}

/** What saves time where there is room for it. */
type Spare = Pick<MemoryShape, "nZTables" | "nDesigns">;

/** Bytes. wasm32 ends here. */
const LARGEST_MEMORY = 2 ** 32 - 2 ** 16;
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
/** Shuffles whose labels are held while they are gathered: 256 x 1000 subjects x 5 B = 1.3 MB. */
const LABEL_SHUFFLES = 256;
/** Bytes that a BLAS packs operands into, a thread: OpenBLAS touches 2 to 3 MiB of its buffers. */
const LIBRARY_BYTES = 4 * 2 ** 20;
/** Curves of Z that a thread keeps, of all hypotheses: 96 KiB each. */
const MOST_Z_CURVES = 32;
/** Elements. Narrower, and the gathered basis is streamed from memory for too little work: halve the batch of scores first. */
const NARROW = 64;

/** Throws BudgetError naming the smallest budget that works. */
export function planMemory(inputs: PlanInputs): MemoryPlan {
  const budget = Math.min(inputs.budgetBytes, LARGEST_MEMORY);
  let smallest = Number.POSITIVE_INFINITY;
  const nZTables = countZTables(inputs);
  const { most, least } = keptDesigns(inputs.size);
  // tables and kept designs of models that vary save time where there is room for them; a smaller batch would cost more
  const spares: Spare[] =
    inputs.size.model === undefined
      ? [{ nZTables, nDesigns: 0 }]
      : [
          { nZTables, nDesigns: most },
          { nZTables: 0, nDesigns: most },
          { nZTables: 0, nDesigns: least },
        ];
  for (const candidate of inputs.sink.kind === "scores" ? scoreCandidates(inputs) : laneCandidates(inputs)) {
    for (const spare of spares) {
      const plan = planCandidate(inputs, candidate, spare);
      smallest = Math.min(smallest, plan.plannedBytes);
      if (plan.plannedBytes <= budget) return plan;
    }
  }
  throw budgetError(inputs, roundUp(smallest, 2 ** 20));
}

function budgetError({ size, nWorkers, budgetBytes, sink, graph }: PlanInputs, needed: number): BudgetError {
  const lowerThreads = nWorkers > 1 ? " or lower -nthreads" : "";
  const fewer =
    sink.kind === "bins" && graph === undefined ? "analyse fewer fixels with -mask" : "analyse fewer elements";
  const remedy =
    needed > LARGEST_MEMORY
      ? `A WebAssembly memory ends at 4 GiB, so more --memory cannot help: test fewer hypotheses at a time, ${fewer}${lowerThreads}.`
      : `Raise --memory${lowerThreads}.`;
  return new BudgetError(
    `Cannot run in ${formatBytes(Math.min(budgetBytes, LARGEST_MEMORY))}: ${formatCount(size.nElements, "elements")}, ${formatCount(size.nSubjects, "subjects")} and ${formatCount(size.hypotheses.length, "hypotheses")} with ${formatCount(nWorkers, "threads")} need at least ${formatBytes(needed)}. ${remedy}`,
    { neededBytes: needed, givenBytes: budgetBytes },
  );
}

/** Large batches first: each halving doubles the passes over the store and the connectivity, while narrow blocks cost little. */
function* laneCandidates(inputs: PlanInputs): Generator<Candidate> {
  const { lanes } = inputs.panels;
  const wanted = Math.min(LARGEST_BATCH, roundUp(Math.max(mostShuffles(inputs), 1), lanes));
  const widths = halvings(widestBlock(inputs.size, blockSpan(inputs.size, inputs), inputs.panels), inputs.panels);
  const windows = windowSizes(inputs);
  for (let batch = wanted; ; batch = roundUp(batch / 2, lanes)) {
    for (const window of windows) {
      for (const width of widths) yield { batch: evenBatch(inputs, batch), window, width };
    }
    if (batch === lanes) return;
  }
}

/** All shuffles at once in wide blocks first; then narrower blocks, smaller batches; at last both as small as they get. */
function* scoreCandidates(inputs: PlanInputs): Generator<Candidate> {
  const { size, panels, nShuffles } = inputs;
  const whole = roundUp(Math.max(size.nElements, 1), panels.f32);
  const widest = Math.min(widestBlock(size, blockSpan(size, inputs), panels), whole);
  const widths = halvings(widest, panels);
  const tile = lanesFor(inputs);
  for (let nBatches = 1; ; nBatches *= 2) {
    const batch = roundUp(Math.ceil(nShuffles / nBatches), tile);
    for (const width of widths) if (width >= Math.min(NARROW, widest)) yield { batch, width, window: 0 };
    if (batch === tile) break;
  }
  for (const width of widths) if (width < NARROW) yield { batch: tile, width, window: 0 };
}

/** From `widest` down to one panel. */
function halvings(widest: number, { f32 }: PanelSizes): number[] {
  const widths = [widest];
  while (widths.at(-1)! > f32) widths.push(Math.max(f32, Math.floor(widths.at(-1)! / (2 * f32)) * f32));
  return widths;
}

/** Of each hypothesis: one of every number of degrees of freedom, as far as 3 MiB a thread go. */
const zCurvesOf = ({ model, nSubjects, hypotheses }: ProblemSize): number =>
  Math.max(1, Math.min(model === undefined ? 1 : nSubjects, Math.floor(MOST_Z_CURVES / hypotheses.length)));

const describeGraph = (graph: PlanInputs["graph"]): string => {
  if (graph === undefined) return "";
  return "nNodes" in graph ? `, network of ${graph.nNodes} nodes` : `, grid of ${graph.nCells} cells`;
};

/** Of a run: those of the null, or of the empirical statistic. */
const mostShuffles = ({ nShuffles, nEmpirical = 0 }: PlanInputs): number => Math.max(nShuffles, nEmpirical);

/** As few batches, of equal size. */
function evenBatch(inputs: PlanInputs, largest: number): number {
  const { panels, sketchGroups } = inputs;
  const nShuffles = mostShuffles(inputs);
  const nBatches = Math.ceil(nShuffles / largest);
  // a search costs the same for any number of a slab's lanes
  const lanes = sketchGroups !== undefined && largest % SLAB_LANES === 0 ? SLAB_LANES : panels.lanes;
  return Math.max(lanes, roundUp(Math.ceil(nShuffles / nBatches), lanes));
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

const tileFor = ({ size, panels, ...of }: PlanInputs) =>
  panels.tile === undefined
    ? tileOf(size.nSubjects, productRows(size), multipliesSingle(of), panels)
    : tileOf(size.nSubjects, leastProductRows(size), multipliesSingle(of), panels);

const lanesFor = (inputs: PlanInputs) => Math.min(tileFor(inputs), inputs.panels.lanes);

function planCandidate(inputs: PlanInputs, candidate: Candidate, spare: Spare): MemoryPlan {
  const { size, sink, nWorkers, nStoreElements } = inputs;
  const { nSubjects: n, nElements: m, model } = size;
  const { batch, window: windowConnections } = candidate;
  const isEnhanced = sink.kind !== "scores";
  const cfe = isEnhanced && inputs.graph === undefined;
  const nZCurves = sink.kind === "z" ? zCurvesOf(size) : 0;
  const { width, span } = wholeBlocks(candidate.width, blockSpan(size, inputs), inputs.storeBlockWidth);
  const groupWidth = widestGroup(size, width, inputs.panels);
  const patternWidth = widestPatternBlock(size, { ...inputs, width, groupWidth }, inputs.panels);
  // what the observed pass touches of the raw values stays resident: no more than later passes need
  const observed =
    patternWidth === undefined ? { width, span } : wholeBlocks(patternWidth, span, inputs.storeBlockWidth);
  const tile = tileFor(inputs);
  const windowRows = cfe ? Math.min(WINDOW_ROWS, Math.max(m, 1)) : 0;
  const shape: MemoryShape = {
    ...{
      blockSpan: span,
      blockWidth: width,
      groupWidth,
      tileShuffles: tile,
      laneShuffles: lanesFor(inputs),
      batchShuffles: batch,
    },
    ...{ windowConnections, windowRows, nZCurves, ...spare },
    // groups of elements gather out of the labels of the whole batch, and so do exact scores
    labelShuffles: model === undefined && !isNear(inputs) ? Math.min(batch, Math.max(tile, LABEL_SHUFFLES)) : batch,
    ...{ patternWidth, observedSpan: observed.span, observedWidth: observed.width },
    maxBlocks: Math.max(
      mostBlocks({ span, width }, nStoreElements),
      mostBlocks(observed, nStoreElements),
      patternWidth === undefined ? 0 : mostPatternBlocks(m, patternWidth),
    ),
    maxWindows: cfe ? Math.ceil(inputs.nConnections / windowConnections) * 2 + Math.ceil(m / windowRows) + 1 : 0,
    search: searchShape(inputs, { batch, windowConnections, windowRows }),
  };
  const shared = layOut(sharedTable(inputs, shape));
  const worker = layOut(workerTable(inputs, shape));
  const memoryBytes = roundUp(shared.bytes + nWorkers * worker.bytes, 65536);

  // maxima and their elements of every shuffle; one null distribution is sorted in a copy, and merged into another
  const nulls = inputs.nShuffles * (12 * size.hypotheses.length + 16);
  const results = nulls + (isEnhanced ? nStoreElements * 8 + m * 4 * size.hypotheses.length : 4 * m * 8);
  const nSources = (cfe ? 2 : 1) + (model?.nElementColumns ?? 0);
  const windowBytes = mappedWindowBytes(n, Math.min(width, inputs.storeBlockWidth), size.valueBytes, windowConnections);
  const mapped = nWorkers * (nSources * windowBytes + searchWindowBytes(shape, windowBytes));
  const designs = nWorkers * spare.nDesigns * keptDesigns(size).bytes;
  const library = inputs.panels.tile === undefined ? 0 : nWorkers * LIBRARY_BYTES;
  const curves = nWorkers * nZCurves * size.hypotheses.length * CURVE_BYTES;
  const outsideBytes = results + mapped + designs + library + curves;
  const plannedBytes = memoryBytes + outsideBytes;
  const saturated = inputs.budgetBytes > LARGEST_MEMORY;
  return {
    ...shape,
    nBatches: Math.ceil(inputs.nShuffles / batch),
    nEmpiricalBatches: Math.ceil((inputs.nEmpirical ?? 0) / batch),
    windowBytes,
    workersStart: shared.bytes,
    workerBytes: worker.bytes,
    shared: shared.offsets,
    worker: worker.offsets,
    sharedList: shared.regions,
    workerList: worker.regions,
    memoryBytes,
    outsideBytes,
    plannedBytes,
    saturated,
    get arithmetic() {
      const limit = saturated ? " (a WebAssembly memory ends at 4 GiB: more is not used)" : "";
      return [
        ...sharedLines(shared.regions, shared.bytes),
        line("everything shared", formatBytes(shared.bytes)),
        line(
          "threads",
          `${nWorkers} x ${formatBytes(worker.bytes)} (block of ${width} elements x ${n} subjects, ${groupWidth < width ? `${groupWidth} of them together, ` : ""}${tile} shuffles multiplied at a time${cfe ? `, window of ${windowConnections} connections` : ""}${describeGraph(inputs.graph)})`,
        ),
        line(
          "beside these",
          `results on their way to files ${formatBytes(results)}, mapped windows ${formatBytes(mapped)}${designs > 0 ? `, designs ${formatBytes(designs)}` : ""}${curves > 0 ? `, curves of Z ${formatBytes(curves)}` : ""}${library > 0 ? `, buffers of the library that multiplies ${formatBytes(library)}` : ""}`,
        ),
        line("planned", `${formatBytes(plannedBytes)} of ${formatBytes(inputs.budgetBytes)}${limit}`),
      ];
    },
  };
}

/** A span of the store is cut into pieces of `width`; the mask only takes away. */
const mostBlocks = (of: { readonly span: number; readonly width: number }, nStoreElements: number): number =>
  Math.ceil(nStoreElements / of.span) * Math.ceil(of.span / of.width);

const line = (name: string, text: string) => `${name.padEnd(20)} ${text}`;

/** What takes a fiftieth of the shared memory or more, the largest first. */
function sharedLines(regions: readonly PlacedRegion[], bytes: number): string[] {
  const overlaid = new Set(regions.filter(({ lifetime }) => lifetime === "observe").map(({ name }) => name));
  return describeRegions(regions, bytes / 50).map(({ name, text, bytes: taken }) =>
    line(
      regionInWords(name),
      `${text} = ${formatBytes(taken)}${overlaid.has(name) ? ", in the place of what batches need later" : ""}`,
    ),
  );
}
