// The loop of a run: batches of shuffles, each in the phases that its sink and enhancer need, with a barrier after each. It knows neither model nor enhancer.
import { UsageError } from "../errors.js";
import type { NullState } from "../run/null-state.js";
import { countLanes, placeOfLane } from "../run/shuffle-range.js";
import { type BatchContents, clearLastGroup, fillBatch } from "./fill-shared.js";
import type { NullKeeper } from "./null-keeper.js";
import type { Batch, ZTable } from "./plan/job.js";
import { createMaximaReader } from "./reduce/maxima.js";
import type { Pool } from "./threads/pool.js";

export interface RunEvents {
  /** Shuffles done, a fraction of the one under way included, some times a second. */
  readonly onProgress?: ((done: number, nShuffles: number) => void) | undefined;
  /** After every batch, with everything done so far; the next one begins when it has answered. Arrays are views: valid until it answers. */
  readonly onBatch?: ((state: NullState) => void | Promise<void>) | undefined;
}

/** What the shuffles cost. */
export interface RunCost {
  /** Milliseconds of each phase; `tables`: thresholds of bins, made once. */
  readonly ms: Record<string, number>;
  bytesRead: number;
  /** Batches that were run again with 2-byte bins. */
  wideBatches: number;
}

export interface LoopInputs extends BatchContents {
  readonly pool: Pool;
  readonly tables: readonly ZTable[];
  readonly nWorkers: number;
  readonly keeper: NullKeeper;
  readonly events: RunEvents;
}

/** Lanes first..first+lanes of the run. */
interface Lanes {
  readonly first: number;
  readonly lanes: number;
  readonly binBytes: 1 | 2;
}

/** Runs every lane: afterwards the keeper has all of them. Throws UsageError for an enhancement whose heights are too fine. */
export async function runShuffles(inputs: LoopInputs): Promise<RunCost> {
  const { job, kernels, pool, keeper, events, turns } = inputs;
  const { range } = inputs.shuffles;
  const { layout, sink, enhancement } = job;
  const nLanes = countLanes(range);
  const group = kernels.panels.lanes;
  // 2-byte bins need twice the room: half the lanes, but at least one group
  const wideLanes = Math.max(group, Math.floor(layout.batchShuffles / 2 / group) * group);
  const maximumOf = createMaximaReader(job, inputs.buffer, inputs.nWorkers);
  const cost: RunCost = { ms: { gather: 0 }, bytesRead: 0, wideBatches: 0 };
  const statisticsName = sink.kind === "bins" ? "bin" : "score";
  const nPhases = enhancement === undefined ? 1 : 2;

  const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const start = performance.now();
    const result = await work();
    cost.ms[name] = (cost.ms[name] ?? 0) + performance.now() - start;
    return result;
  };

  /** Phase number `i` of a batch. */
  const runPhase = async (i: number, { first, lanes, binBytes }: Lanes) => {
    const [phase, name, nPieces] =
      i === 0
        ? (["statistics", statisticsName, job.nBlocks] as const)
        : (["enhance", "enhance", enhancement!.nWindows] as const);
    const batch: Batch = { lanes, binBytes, keepDefault: first === 0, tables: inputs.tables };
    const onClaimed = (claimed: number) =>
      events.onProgress?.(first + (lanes * (i + claimed / nPieces)) / nPhases, nLanes);
    const reports = await timed(name, () => pool.run({ phase, batch }, nPieces, onClaimed));
    for (const { bytesRead } of reports) cost.bytesRead += bytesRead;
    return reports;
  };

  /** True when a bin did not fit the layout. */
  const overflows = (largest: number, binBytes: 1 | 2): boolean => {
    if (sink.kind !== "bins") return false;
    if (binBytes === 1) return largest >= sink.nBinsNarrow;
    if (largest < sink.nBinsWide - 1) return false;
    throw new UsageError(
      `Cannot use this -cfe_dh: a statistic reaches ${largest} heights, more than the ${sink.nBinsWide - 2} that can be told apart. Give a larger -cfe_dh.`,
    );
  };

  const heightPowers = new Float32Array(
    inputs.buffer,
    job.shared.heightPowers,
    sink.kind === "bins" ? sink.nBinsWide : 0,
  );
  /** An infinite height times an extent of 0 is no number, and infinite maxima are all equal. */
  const assertFinite = (value: number | undefined) => {
    if (value !== Number.POSITIVE_INFINITY) return;
    throw new UsageError(
      "Cannot use this -cfe_h: what is made of the largest statistics leaves float32 (3.4e38). Give a smaller -cfe_h or -cfe_e.",
    );
  };

  const runBatch = async (lanes: Lanes): Promise<void> => {
    await timed("gather", async () => {
      await fillBatch(inputs, lanes.first, lanes.lanes);
      if (sink.kind === "bins") clearLastGroup(inputs, lanes.lanes, lanes.binBytes);
    });
    const reports = await runPhase(0, lanes);
    const largestBin = Math.max(...reports.map((report) => report.largestBin));
    if (overflows(largestBin, lanes.binBytes)) {
      cost.wideBatches++;
      const end = lanes.first + lanes.lanes;
      for (let first = lanes.first; first < end; first += wideLanes) {
        await runBatch({ first, lanes: Math.min(wideLanes, end - first), binBytes: 2 });
      }
      return;
    }
    assertFinite(heightPowers[largestBin]);
    if (enhancement !== undefined) await runPhase(1, lanes);
    const start = performance.now();
    for (let lane = 0; lane < lanes.lanes; lane++) {
      const place = placeOfLane(range, lanes.first + lane);
      for (const h of job.size.hypotheses.keys()) assertFinite(maximumOf(h, lane).value);
      if (place >= 0) keeper.keep(place, (h) => maximumOf(h, lane));
    }
    cost.ms["reduce"] = (cost.ms["reduce"] ?? 0) + performance.now() - start;
    events.onProgress?.(lanes.first + lanes.lanes, nLanes);
    await events.onBatch?.(keeper.state());
  };

  for (let first = 0; first < nLanes; first += layout.batchShuffles) {
    await runBatch({ first, lanes: Math.min(layout.batchShuffles, nLanes - first), binBytes: 1 });
    if (turns.isDue()) await turns.take();
  }
  return cost;
}
