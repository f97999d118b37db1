// The phases of an enhancer that takes whole maps: the unshuffled data first, with which all others are compared, then every other lane.
import type { EngineJob, MapsOrder } from "./plan/job.js";

/** In the order in which they have to be done. */
export function mapsOrders(lanes: number, batch: MapsOrder["batch"]): MapsOrder[] {
  const order = (first: number, end: number): MapsOrder => ({ phase: "maps", batch, first, end });
  const others = batch.keepDefault ? 1 : 0;
  return [...(batch.keepDefault ? [order(0, 1)] : []), ...(lanes > others ? [order(others, lanes)] : [])];
}

/** Adds what each thread counted to the counters of all. */
export function addCounted({ job, buffer }: { job: EngineJob; buffer: ArrayBufferLike }, nWorkers: number): void {
  const { layout, shared, size, workerOffsets } = job;
  const m = size.nElements;
  for (let i = 0; i < nWorkers; i++) {
    const counted = layout.workersStart + i * layout.workerBytes + workerOffsets.graph!.counted;
    for (const [h, { counters }] of shared.hypotheses.entries()) {
      const all = new Uint32Array(buffer, counters, m);
      const own = new Uint32Array(buffer, counted + h * m * 4, m);
      for (let e = 0; e < m; e++) all[e]! += own[e]!;
    }
  }
}
