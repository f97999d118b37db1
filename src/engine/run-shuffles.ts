// The loop of a run: observed pass, then batches of shuffles in two phases with a barrier after each. engine.md section 7.
// Results are stored by shuffle index, never by arrival.
import { InternalError, UsageError } from "../errors.js";
import { type KernelSet, LANES } from "../kernels/kernel-set.js";
import type { DesignPartition } from "../stats/design/partition.js";
import { clearLastGroup, fillBatch, type LaneList } from "./constants.js";
import { CONTROL, type EngineJob, type PhaseReport } from "./job.js";
import type { Pool } from "./pool.js";

export interface RunEvents {
  /** Share of the shuffles done, 0..1, some times a second. */
  readonly onProgress?: ((done: number, nShuffles: number) => void) | undefined;
}

/** Stands where a shuffle has no maximum above 0. */
export const NO_ELEMENT = 0xffffffff;

export interface RunTimings {
  gatherMs: number;
  binMs: number;
  enhanceMs: number;
  reduceMs: number;
  bytesRead: number;
  /** Batches that were run again with 2-byte bins. */
  wideBatches: number;
}

export interface NullResults {
  /** f32 values [H][count]: maximum over elements of each shuffle, by shuffle index. */
  readonly maxima: readonly Float64Array[];
  /** u32 [H][count]: the element that was the maximum; NO_ELEMENT where nothing was above 0. */
  readonly elements: readonly Uint32Array[];
  readonly timings: RunTimings;
}

export interface RunInputs {
  readonly job: EngineJob;
  readonly buffer: ArrayBufferLike;
  readonly kernels: KernelSet;
  readonly partition: DesignPartition;
  readonly pool: Pool;
  readonly lanes: LaneList;
  readonly nWorkers: number;
  readonly events: RunEvents;
}

/** Runs every lane. Afterwards `defaults` and `counters` of the shared regions are final. */
export async function runShuffles(inputs: RunInputs): Promise<NullResults> {
  const { job, lanes } = inputs;
  const { hypotheses } = job.size;
  const count = lanes.count - lanes.offset;
  const maxima = hypotheses.map(() => new Float64Array(count));
  const elements = hypotheses.map(() => new Uint32Array(count).fill(NO_ELEMENT));
  const timings: RunTimings = { gatherMs: 0, binMs: 0, enhanceMs: 0, reduceMs: 0, bytesRead: 0, wideBatches: 0 };
  clearCounters(inputs);
  // 2-byte bins need twice the room: half the lanes, but at least one group
  const wideLanes = Math.max(LANES, Math.floor(job.batchShuffles / 2 / LANES) * LANES);

  const run = async (first: number, nLanes: number, binBytes: 1 | 2): Promise<void> => {
    const overflow = await runBin(inputs, timings, { first, nLanes, binBytes });
    if (overflow) {
      timings.wideBatches++;
      for (let at = first; at < first + nLanes; at += wideLanes) {
        await run(at, Math.min(wideLanes, first + nLanes - at), 2);
      }
      return;
    }
    await runEnhance(inputs, timings, { first, nLanes, binBytes });
    const start = performance.now();
    reduceMaxima(inputs, { first, nLanes }, maxima, elements);
    timings.reduceMs += performance.now() - start;
    inputs.events.onProgress?.(first + nLanes, lanes.count);
  };
  for (let first = 0; first < lanes.count; first += job.batchShuffles) {
    await run(first, Math.min(job.batchShuffles, lanes.count - first), 1);
  }
  return { maxima, elements, timings };
}

interface Batch {
  readonly first: number;
  readonly nLanes: number;
  readonly binBytes: 1 | 2;
}

/** True when a bin did not fit the layout. */
async function runBin(inputs: RunInputs, timings: RunTimings, batch: Batch): Promise<boolean> {
  const { job, buffer, pool, lanes } = inputs;
  const start = performance.now();
  fillBatch(inputs, lanes, batch.first, batch.nLanes);
  clearLastGroup(buffer, job, batch.nLanes, batch.binBytes);
  const gathered = performance.now();
  const order = { phase: "bin", lanes: batch.nLanes, binBytes: batch.binBytes } as const;
  const progress = partialProgress(inputs, batch, job.nBlocks, 0, 0.5);
  const reports = await pool.run(order, job.nBlocks, progress);
  timings.gatherMs += gathered - start;
  timings.binMs += performance.now() - gathered;
  timings.bytesRead += bytesOf(reports);
  const largest = Math.max(...reports.map((report) => report.largestBin));
  if (batch.binBytes === 1) return largest >= job.enhancement.nBinsNarrow;
  if (largest >= job.enhancement.nBinsWide - 1) {
    throw new UsageError(
      `Cannot use this -cfe_dh: a statistic reaches ${largest} heights, more than the ${job.enhancement.nBinsWide - 2} that can be told apart. Give a larger -cfe_dh.`,
    );
  }
  return false;
}

async function runEnhance(inputs: RunInputs, timings: RunTimings, batch: Batch): Promise<void> {
  const { job, pool, lanes } = inputs;
  const start = performance.now();
  const order = {
    phase: "enhance",
    lanes: batch.nLanes,
    binBytes: batch.binBytes,
    keepDefault: batch.first === 0,
    firstLane: batch.first === 0 ? lanes.offset : 0,
  } as const;
  const reports = await pool.run(order, job.nWindows, partialProgress(inputs, batch, job.nWindows, 0.5, 0.5));
  timings.enhanceMs += performance.now() - start;
  timings.bytesRead += bytesOf(reports);
}

function partialProgress(inputs: RunInputs, batch: Batch, nPieces: number, from: number, share: number) {
  return (nClaimed: number) => {
    const done = batch.first + batch.nLanes * (from + (share * nClaimed) / nPieces);
    inputs.events.onProgress?.(done, inputs.lanes.count);
  };
}

const bytesOf = (reports: readonly PhaseReport[]) => reports.reduce((sum, report) => sum + report.bytesRead, 0);

function clearCounters({ job, buffer }: RunInputs): void {
  for (const { counters, defaults } of job.shared.hypotheses) {
    new Uint32Array(buffer, counters, job.size.nElements).fill(0);
    new Float32Array(buffer, defaults, job.size.nElements).fill(0);
  }
  new Int32Array(buffer, job.shared.control, CONTROL.words).fill(0);
}

/** Largest of all threads' maxima; equal values go to the lowest element, so the number of threads does not show. */
function reduceMaxima(
  { job, buffer, lanes, nWorkers }: RunInputs,
  batch: { first: number; nLanes: number },
  maxima: readonly Float64Array[],
  elements: readonly Uint32Array[],
): void {
  const size = job.size.hypotheses.length * job.batchShuffles;
  const workers = Array.from({ length: nWorkers }, (_, i) => {
    const base = job.workersStart + i * job.workerBytes;
    return {
      values: new Float32Array(buffer, base + job.worker.maxima, size),
      elements: new Uint32Array(buffer, base + job.worker.maximaElements, size),
    };
  });
  for (const h of maxima.keys()) {
    for (let lane = 0; lane < batch.nLanes; lane++) {
      const shuffle = batch.first + lane - lanes.offset;
      if (shuffle < 0) continue;
      const at = h * job.batchShuffles + lane;
      let value = 0;
      let element = NO_ELEMENT;
      for (const worker of workers) {
        const v = worker.values[at]!;
        if (v > value || (v === value && worker.elements[at]! < element)) {
          value = v;
          element = worker.elements[at]!;
        }
      }
      maxima[h]![shuffle] = value;
      elements[h]![shuffle] = element;
      if (element !== NO_ELEMENT && element >= job.size.nElements) {
        throw new InternalError(`A maximum names element ${element} of ${job.size.nElements}.`);
      }
    }
  }
}
