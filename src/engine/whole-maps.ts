// The phases of an enhancer that takes whole maps: the unshuffled data first, with which all others are compared, then every other lane.
import type { EngineJob, MapsOrder, SumsOrder } from "./plan/job.js";
import { MAP_LANES } from "./plan/regions.js";

/** In the order in which they have to be done. */
export function mapsOrders(lanes: number, batch: MapsOrder["batch"]): (MapsOrder | SumsOrder)[] {
  const order = (first: number, end: number): MapsOrder => ({ phase: "maps", batch, first, end });
  if (batch.empirical === "gather") {
    return Array.from({ length: Math.ceil(lanes / MAP_LANES) }, (_, i) => {
      const of = order(i * MAP_LANES, Math.min(lanes, (i + 1) * MAP_LANES));
      return [of, { ...of, phase: "sums" } as const];
    }).flat();
  }
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
