// The loop of a run: batches of shuffles, each in the phases that its sink and enhancer need, with a barrier after each. It knows neither model nor enhancer.
import { UsageError } from "../errors.js";
import { NO_ELEMENT, type NullState } from "../run/null-state.js";
import { countLanes, placeOfLane } from "../run/shuffle-range.js";
import { isStopped } from "../stats/inference/negative-binomial.js";
import type { Work } from "./arrange-work.js";
import { type BatchContents, clearLastGroup, fillBatch } from "./fill-shared.js";
import type { NullKeeper } from "./null-keeper.js";
import { type Batch, CONTROL, type LaneRange, type PhaseOrder, SUM_ELEMENTS, type ZTable } from "./plan/job.js";
import { SLAB_LANES } from "./plan/search-shape.js";
import { createMaximaReader } from "./reduce/maxima.js";
import { countLevelPieces } from "./search/searcher.js";
import { endsOfBatches } from "./sequential.js";
import type { Pool } from "./threads/pool.js";
import { addCounted, mapsOrders } from "./whole-maps.js";

export interface RunEvents {
  /** Shuffles done, a fraction of the one under way included, some times a second. */
  readonly onProgress?: ((done: number, nShuffles: number) => void) | undefined;
  /** The same of the shuffles that the empirical statistic is made of, which come first. */
  readonly onEmpirical?: ((done: number, nShuffles: number) => void) | undefined;
  /** After every batch, with everything done so far; the next one begins when it has answered. Arrays are views: valid until it answers. */
  readonly onBatch?: ((state: NullState) => void | Promise<void>) | undefined;
  /** Asked when so many shuffles of the plan are done, whatever the batches: true ends the run there. */
  readonly looks?: Looks | undefined;
}

export interface Looks {
  /** Ascending. */
  readonly at: readonly number[];
  /** Arrays are views: valid until it answers. */
  isEnough(state: NullState): boolean;
}

/** What the shuffles cost. */
export interface RunCost {
  /** Milliseconds of each phase; `tables`: thresholds of bins, made once. */
  readonly ms: Record<string, number>;
  bytesRead: number;
  /** As of Batch: why more may have been read than a pass over the store has. */
  readonly byPattern: boolean;
  /** Batches that were run again with 2-byte bins. */
  wideBatches: number;
  /** Of the search by bounds; undefined: there was none. */
  readonly search: SearchCost | undefined;
}

export interface SearchCost {
  /** Shuffles times hypotheses whose maximum was found by bounds, and those that had to be enhanced in spite of it. */
  nFound: number;
  nEnhanced: number;
  /** Pairs of an element and a shuffle; those past the first bound; those enhanced. */
  pairs: number;
  pairsPast: number;
  pairsEnhanced: number;
  /** Numbers of hypotheses whose bounds told too little. */
  readonly gaveUp: number[];
}

export interface LoopInputs extends BatchContents {
  readonly pool: Pool;
  readonly tables: readonly ZTable[];
  readonly work: Work;
  readonly nWorkers: number;
  /** Undefined: the empirical statistic is gathered. */
  readonly keeper: NullKeeper | undefined;
  readonly empirical: Batch["empirical"];
  /** Lanes from the first whose statistics count for uncorrected p. */
  readonly nCounted: number;
  /** As of EngineInputs. */
  readonly negativeBinomial?: number | undefined;
  readonly events: RunEvents;
}

/** Lanes first..first+lanes of the run. */
interface Lanes {
  readonly first: number;
  readonly lanes: number;
  readonly binBytes: 1 | 2;
}

/** Beginnings and ends of messages, by enhancer. */
const ADVICE = {
  cfe: {
    steps: ["Cannot use this -cfe_dh", "Give a larger -cfe_dh."],
    powers: ["Cannot use this -cfe_h", "Give a smaller -cfe_h or -cfe_e."],
  },
  graph: {
    steps: ["Cannot use this -tfce_dh", "Give a larger -tfce_dh."],
    powers: ["Cannot use this -tfce_h", "Give a smaller -tfce_h or -tfce_e."],
  },
} as const;

/** Of a shuffle of which some elements were left out. */
const NO_MAXIMUM = { value: 0, element: NO_ELEMENT };

/** Whether no element goes on, in any hypothesis. */
function allStopped({ job: { shared, size }, buffer }: LoopInputs, n: number): () => boolean {
  const eligible = shared.eligible === undefined ? undefined : new Uint8Array(buffer, shared.eligible, size.nElements);
  const counters = shared.hypotheses.map((of) => new Uint32Array(buffer, of.counters, size.nElements));
  return () => counters.every((of) => of.every((state, e) => isStopped(state, n) || eligible?.[e] === 0));
}

const NONE: LaneRange = { first: 0, end: 0 };
const isAny = ({ first, end }: LaneRange): boolean => end > first;

/** Runs every lane: afterwards the keeper has all of them. Throws UsageError for an enhancement whose heights are too fine. */
export async function runShuffles(inputs: LoopInputs): Promise<RunCost> {
  const { job, kernels, pool, keeper, events, turns, negativeBinomial } = inputs;
  const { range } = inputs.shuffles;
  const { layout, sink, enhancement, search } = job;
  const control = new Int32Array(inputs.buffer, job.shared.control, CONTROL.words);
  const nLanes = countLanes(range);
  const group = kernels.panels.lanes;
  // 2-byte bins need twice the room: half the lanes, but at least one group
  const wideLanes = Math.max(group, Math.floor(layout.batchShuffles / 2 / group) * group);
  const maximumOf = createMaximaReader(job, inputs.buffer, inputs.nWorkers);
  const cost: RunCost = {
    ...{ ms: { gather: 0 }, bytesRead: 0, byPattern: inputs.work.byPattern, wideBatches: 0 },
    search: search && { nFound: 0, nEnhanced: 0, pairs: 0, pairsPast: 0, pairsEnhanced: 0, gaveUp: [] },
  };
  const statisticsName = { bins: "bin", z: "z", scores: "score" }[sink.kind];
  const { steps, powers } = ADVICE[enhancement?.kind ?? "cfe"];
  const nWindows = enhancement?.kind === "cfe" ? enhancement.nWindows : 0;

  const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const start = performance.now();
    const result = await work();
    cost.ms[name] = (cost.ms[name] ?? 0) + performance.now() - start;
    return result;
  };

  /** Phase number `i` of those of a batch. */
  const runPhase = async (
    name: string,
    order: Exclude<PhaseOrder, { phase: "observe" }>,
    nPieces: number,
    { first, i, nPhases }: { first: number; i: number; nPhases: number },
  ) => {
    const { lanes } = order.batch;
    // a search that is given up is followed by one phase more than were counted
    const share = (claimed: number) => Math.min(1, (i + claimed / nPieces) / nPhases);
    const onClaimed = (claimed: number) => events.onProgress?.(first + lanes * share(claimed), nLanes);
    const reports = await timed(name, () => pool.run(order, nPieces, onClaimed));
    for (const { bytesRead } of reports) cost.bytesRead += bytesRead;
    return reports;
  };

  /** True when a bin did not fit the layout. */
  const overflows = (largest: number, binBytes: 1 | 2): boolean => {
    if (sink.kind !== "bins") return false;
    if (binBytes === 1 && largest >= sink.nBinsNarrow) return true;
    // the last of many heights stands for all above
    const { scale } = sink;
    const isCut = scale.kind === "heights" && scale.heights.length > 2 && largest >= scale.heights.length - 1;
    if (!isCut && (binBytes === 1 || largest < sink.nBinsWide - 1)) return false;
    throw new UsageError(
      `${steps[0]}: a statistic reaches ${largest} heights, more than the ${sink.nBinsWide - 2} that can be told apart. ${steps[1]}`,
    );
  };

  const heightPowers = new Float32Array(
    inputs.buffer,
    job.shared.heightPowers,
    sink.kind === "bins" && enhancement?.kind === "cfe" ? sink.nBinsWide : 0,
  );
  /** An infinite height times an extent of 0 is no number, and infinite maxima are all equal. */
  const assertFinite = (value: number | undefined) => {
    if (value !== Number.POSITIVE_INFINITY) return;
    throw new UsageError(`${powers[0]}: what is made of the largest statistics leaves float32 (3.4e38). ${powers[1]}`);
  };

  const batchOf = ({ first, lanes, binBytes }: Lanes): Batch => ({
    ...{ lanes, binBytes, keepDefault: first === 0 && keeper !== undefined, tables: inputs.tables },
    byPattern: inputs.work.byPattern,
    empirical: inputs.empirical,
    counted: Math.max(0, Math.min(lanes, inputs.nCounted - first)),
    ...(negativeBinomial !== undefined && {
      sequential: { n: negativeBinomial, firstShuffle: range.first + placeOfLane(range, first) },
    }),
  });

  /** Lanes whose maps are made, by hypothesis; lanes that need a maximum alone, and the hypotheses that look for it by bounds. */
  const tasksOf = ({ first, lanes, binBytes }: Lanes, { counted }: Batch) => {
    const all = [...job.size.hypotheses.keys()];
    const nMapped = Math.max(counted, first === 0 ? 1 : 0);
    const open = { first: Math.min(nMapped, lanes), end: lanes };
    const searched =
      search === undefined || binBytes === 2 || !isAny(open) ? [] : all.filter((h) => !cost.search!.gaveUp.includes(h));
    const enhanced = all.map((h) => ({ first: 0, end: searched.includes(h) ? open.first : lanes }));
    return { open, searched, enhanced: enhancement?.kind === "cfe" ? enhanced : [] };
  };

  /** False: the bounds of the hypothesis tell too little, here and in the batches to come. */
  const searchFor = async (
    h: number,
    lanes: LaneRange,
    batch: Batch,
    place: () => { first: number; i: number; nPhases: number },
  ): Promise<boolean> => {
    const order = { batch, h, lanes };
    const nSlabs = Math.ceil(lanes.end / SLAB_LANES) - Math.floor(lanes.first / SLAB_LANES);
    await runPhase("levels", { phase: "levels", ...order }, countLevelPieces(job.size.nElements), place());
    Atomics.store(control, CONTROL.gaveUp, 0);
    const seeded = await runPhase("search", { phase: "seeds", ...order }, nSlabs, place());
    const searched = await runPhase("search", { phase: "search", ...order }, search!.nWindows, place());
    for (const { pairs, pairsPast, pairsEnhanced } of [...seeded, ...searched]) {
      cost.search!.pairs += pairs;
      cost.search!.pairsPast += pairsPast;
      cost.search!.pairsEnhanced += pairsEnhanced;
    }
    if (Atomics.load(control, CONTROL.gaveUp) === 0) return true;
    cost.search!.gaveUp.push(h);
    return false;
  };

  const runBatch = async (lanes: Lanes): Promise<void> => {
    await timed("gather", async () => {
      await fillBatch(inputs, lanes.first, lanes.lanes);
      if (sink.kind === "bins") clearLastGroup(inputs, lanes.lanes, lanes.binBytes);
    });
    const batch = batchOf(lanes);
    const tasks = tasksOf(lanes, batch);
    const maps = enhancement?.kind === "graph" ? mapsOrders(lanes.lanes, batch) : [];
    const nPhases = 1 + maps.length + Number(tasks.enhanced.some(isAny)) + 3 * tasks.searched.length;
    let i = 0;
    const place = () => ({ first: lanes.first, i: i++, nPhases });
    const reports = await runPhase(statisticsName, { phase: "statistics", batch }, inputs.work.nBlocks, place());
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
    const enhance = (ranges: readonly LaneRange[]) =>
      runPhase("enhance", { phase: "enhance", batch, lanes: ranges }, nWindows, place());
    if (tasks.enhanced.some(isAny)) await enhance(tasks.enhanced);
    for (const order of maps) {
      const nMaps = (order.end - order.first) * job.size.hypotheses.length;
      const nPieces = order.phase === "maps" ? nMaps : Math.ceil(job.size.nElements / SUM_ELEMENTS);
      await runPhase("enhance", order, nPieces, place());
      if (keeper !== undefined) addCounted(inputs, inputs.nWorkers);
    }
    const lost: number[] = [];
    for (const h of tasks.searched) if (!(await searchFor(h, tasks.open, batch, place))) lost.push(h);
    if (lost.length > 0) await enhance(tasks.enhanced.map((_, h) => (lost.includes(h) ? tasks.open : NONE)));
    if (cost.search !== undefined) {
      const nOpen = tasks.open.end - tasks.open.first;
      const nFound = tasks.searched.length - lost.length;
      cost.search.nFound += nFound * nOpen;
      cost.search.nEnhanced += (tasks.enhanced.length - nFound) * nOpen;
    }
    if (keeper === undefined) return events.onProgress?.(lanes.first + lanes.lanes, nLanes);
    const start = performance.now();
    for (let lane = 0; lane < lanes.lanes; lane++) {
      if (negativeBinomial !== undefined) {
        const of = placeOfLane(range, lanes.first + lane);
        if (of >= 0) keeper.keep(of, () => NO_MAXIMUM);
        continue;
      }
      const place = placeOfLane(range, lanes.first + lane);
      for (const h of job.size.hypotheses.keys()) assertFinite(maximumOf(h, lane).value);
      if (place >= 0) keeper.keep(place, (h) => maximumOf(h, lane));
    }
    keeper.settle();
    cost.ms["reduce"] = (cost.ms["reduce"] ?? 0) + performance.now() - start;
    events.onProgress?.(lanes.first + lanes.lanes, nLanes);
    await events.onBatch?.(keeper.state());
  };

  const looksAt = events.looks?.at ?? [];
  const ends = endsOfBatches({ range, groupLanes: group, negativeBinomial, looksAt });
  const isDone = negativeBinomial === undefined ? () => false : allStopped(inputs, negativeBinomial);
  for (let first = 0; first < nLanes; ) {
    const look = ends.find((end) => end > first) ?? nLanes;
    const lanes = Math.min(layout.batchShuffles, nLanes - first, look - first);
    await runBatch({ first, lanes, binBytes: 1 });
    first += lanes;
    if (keeper !== undefined && first === look && first < nLanes && events.looks?.isEnough(keeper.state())) break;
    if (isDone()) break;
    if (turns.isDue()) await turns.take();
  }
  return cost;
}
