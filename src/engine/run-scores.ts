// The loop of a run without enhancement: each batch of shuffles is one pass over the store. Results are stored by shuffle index, never by arrival.
import { InternalError } from "../errors.js";
import type { KernelSet } from "../kernels/kernel-set.js";
import type { DesignPartition } from "../stats/design/partition.js";
import { fillBatch, type LaneList } from "./constants.js";
import { CONTROL, type ScoreJob } from "./job.js";
import type { Pool } from "./pool.js";
import type { RunEvents } from "./run-shuffles.js";

export interface ScoreTimings {
  gatherMs: number;
  scoreMs: number;
  bytesRead: number;
}

export interface ScoreNull {
  /** f64 [H][count]: largest score of each shuffle, by shuffle index. */
  readonly maxima: readonly Float64Array[];
  /** u32 [H][count]: the (lowest) element that has it. */
  readonly elements: readonly Uint32Array[];
  readonly timings: ScoreTimings;
}

export interface ScoreRunInputs {
  readonly job: ScoreJob;
  readonly buffer: ArrayBufferLike;
  readonly kernels: KernelSet;
  readonly partition: DesignPartition;
  readonly pool: Pool;
  readonly lanes: LaneList;
  readonly nWorkers: number;
  readonly events: RunEvents;
}

/** Runs every lane. Afterwards `defaults` and `counters` of the shared regions are final. */
export async function runScores(inputs: ScoreRunInputs): Promise<ScoreNull> {
  const { job, buffer, pool, lanes, events } = inputs;
  const count = lanes.count - lanes.offset;
  const maxima = job.size.hypotheses.map(() => new Float64Array(count).fill(Number.NEGATIVE_INFINITY));
  const elements = job.size.hypotheses.map(() => new Uint32Array(count).fill(0xffffffff));
  const timings: ScoreTimings = { gatherMs: 0, scoreMs: 0, bytesRead: 0 };
  for (const { counters } of job.shared.hypotheses) new Uint32Array(buffer, counters, job.size.nElements).fill(0);
  new Int32Array(buffer, job.shared.control, CONTROL.words).fill(0);
  for (let first = 0; first < lanes.count; first += job.batchShuffles) {
    const nLanes = Math.min(job.batchShuffles, lanes.count - first);
    const start = performance.now();
    fillBatch(inputs, lanes, first, nLanes);
    const gathered = performance.now();
    const order = { phase: "score", lanes: nLanes, keepDefault: first === 0 } as const;
    const reports = await pool.run(order, job.nBlocks, (claimed) =>
      events.onProgress?.(first + (nLanes * claimed) / job.nBlocks, lanes.count),
    );
    timings.gatherMs += gathered - start;
    timings.scoreMs += performance.now() - gathered;
    for (const { bytesRead } of reports) timings.bytesRead += bytesRead;
    mergeMaxima(inputs, { first, nLanes }, maxima, elements);
    events.onProgress?.(first + nLanes, lanes.count);
  }
  return { maxima, elements, timings };
}

/** Largest of all threads' maxima; equal values go to the lowest element, so the number of threads does not show. */
function mergeMaxima(
  { job, buffer, lanes, nWorkers }: ScoreRunInputs,
  batch: { first: number; nLanes: number },
  maxima: readonly Float64Array[],
  elements: readonly Uint32Array[],
): void {
  const size = job.size.hypotheses.length * job.batchShuffles;
  for (let worker = 0; worker < nWorkers; worker++) {
    const base = job.workersStart + worker * job.workerBytes;
    const values = new Float64Array(buffer, base + job.worker.maxima, size);
    const found = new Uint32Array(buffer, base + job.worker.maximaElements, size);
    for (const h of maxima.keys()) {
      for (let lane = 0; lane < batch.nLanes; lane++) {
        const shuffle = batch.first + lane - lanes.offset;
        if (shuffle < 0) continue;
        const at = h * job.batchShuffles + lane;
        const value = values[at]!;
        const known = maxima[h]![shuffle]!;
        if (value < known || (value === known && found[at]! >= elements[h]![shuffle]!)) continue;
        maxima[h]![shuffle] = value;
        elements[h]![shuffle] = found[at]!;
      }
    }
  }
  for (const h of maxima.keys()) {
    for (let lane = 0; lane < batch.nLanes; lane++) {
      const shuffle = batch.first + lane - lanes.offset;
      if (shuffle >= 0 && elements[h]![shuffle]! >= job.size.nElements) {
        throw new InternalError(`The maximum of shuffle ${shuffle} names element ${elements[h]![shuffle]}.`);
      }
    }
  }
}
