// Maxima of lanes whose maps nobody needs, by bounds (mathematics M16). Three phases of a hypothesis: levels of its bins; a first maximum of each lane, from
// rows all over the sketch; then all rows, window by window. Threads look at each other's maxima: one that is not the newest bounds less, and no more.
import { type ConnectivityFiles, openConnectivityFiles } from "../../connectivity/connectivity-files.js";
import type { SketchRow } from "../../connectivity/sketch-files.js";
import type { Context } from "../context.js";
import { type CfeJob, CONTROL, LEVEL_PLACES, type SearchJob, type SearchOrder } from "../plan/job.js";
import { CANDIDATES, SLAB_LANES } from "../plan/search-shape.js";
import type { Steps } from "../seams.js";
import { needOf } from "./bound-tables.js";
import { createSketchWindow } from "./sketch-window.js";

export interface Searcher {
  /** Before the first piece of a phase. */
  begin(): void;
  /** A piece is a run of places, a slab of lanes, a window of the sketch. */
  run(order: SearchOrder, piece: number): Steps;
  close(): void;
}

/** Pieces of the phases before the windows. */
export const countLevelPieces = (nElements: number): number => Math.ceil(nElements / LEVEL_PLACES);

/** Rows of a lane that its first maximum comes from. */
const FIRST_ROWS = 4;

interface Candidate {
  readonly row: SketchRow;
  readonly bound: number;
}

export function createSearcher(context: Context, cfe: CfeJob, search: SearchJob): Searcher {
  const { job, worker, kernels: k, u8, u32, f32, report, buffer, onFallback } = context;
  const { size, shared, layout } = job;
  const { lanes: groupLanes } = k.panels;
  const m = size.nElements;
  const own = shared.search!;
  const regions = worker.search!;
  const groupBytes = m * groupLanes;
  const slabGroups = SLAB_LANES / groupLanes;
  const window = createSketchWindow(context, cfe, search, regions);
  const control = new Int32Array(buffer, shared.control, CONTROL.words);
  const nLanes = size.hypotheses.length * layout.batchShuffles;
  const maxima = f32(worker.maxima, nLanes);
  const maximaElements = u32(worker.maximaElements, nLanes);
  const everyones = Array.from({ length: job.nWorkers }, (_, i) =>
    f32(layout.workersStart + i * layout.workerBytes + job.workerOffsets.maxima, nLanes),
  );
  const needs = f32(regions.needs, SLAB_LANES);
  const counts = u32(regions.counts, 2);
  const words = u32(regions.candidates, CANDIDATES * 3);
  const bounds = f32(regions.candidates, CANDIDATES * 3);
  let connectivity: ConnectivityFiles | undefined;
  let loadedElement = -1;
  /** Whether this thread has looked at the share of the pairs that are left. */
  let isGuarded = false;

  const binsOf = (h: number, slab: number) => shared.hypotheses[h]!.bins + slab * slabGroups * groupBytes;
  const levelsOf = (slab: number) => own.levels + slab * (m + 1) * SLAB_LANES;
  const nGroupsOf = ({ batch }: SearchOrder, slab: number) =>
    Math.min(slabGroups, Math.ceil((batch.lanes - slab * SLAB_LANES) / groupLanes));
  const slabsOf = ({ lanes }: SearchOrder) => {
    const first = Math.floor(lanes.first / SLAB_LANES);
    return Array.from({ length: Math.ceil(lanes.end / SLAB_LANES) - first }, (_, i) => first + i);
  };
  const isAsked = ({ lanes }: SearchOrder, lane: number) => lane >= lanes.first && lane < lanes.end;

  /** The largest that any thread has found. */
  const bestOf = (h: number, lane: number): number => {
    let best = 0;
    for (const values of everyones) best = Math.max(best, values[h * layout.batchShuffles + lane]!);
    return best;
  };
  const needIn = (h: number, lane: number) => needOf(bestOf(h, lane), search.margin, search.tables.extentPower);
  const fillNeeds = (order: SearchOrder, slab: number): number => {
    let nAsked = 0;
    for (let l = 0; l < SLAB_LANES; l++) {
      const lane = slab * SLAB_LANES + l;
      needs[l] = isAsked(order, lane) ? needIn(order.h, lane) : Number.NaN;
      if (isAsked(order, lane)) nAsked++;
    }
    return nAsked;
  };

  /** Today's value, and today's rule: larger, or equal and of a lower element. */
  const enhance = (h: number, lane: number, { element, nConnections, firstConnection, norm }: SketchRow): void => {
    if (element !== loadedElement) {
      // rows from all over the file: a mapped window would slide with each
      connectivity ??= openConnectivityFiles(cfe.path, { io: "read", onFallback });
      connectivity.copyConnectionsInto(u8(regions.connections, nConnections * 8), firstConnection, nConnections);
      report.bytesRead += nConnections * 8;
      loadedElement = element;
    }
    const bins = shared.hypotheses[h]!.bins + Math.floor(lane / groupLanes) * groupBytes + (lane % groupLanes);
    const bin = u8(bins + element * groupLanes, 1)[0]!;
    const powers = [search.tables.extentPower, shared.heightPowers] as const;
    const value = k.f32EnhanceOne(nConnections, regions.connections, bins, bin, ...powers, norm, regions.histogram);
    report.pairsEnhanced++;
    const at = h * layout.batchShuffles + lane;
    if (value > maxima[at]! || (value > 0 && value === maxima[at] && element < maximaElements[at]!)) {
      maximaElements[at] = element;
      maxima[at] = value;
    }
  };

  /** Bounds of the window's rows from `first` on; returns how many were done. */
  const boundRows = ({ h }: SearchOrder, slab: number, first: number, refine: boolean): number => {
    counts.fill(0);
    const done = k.boundRows(
      window.rows.length - first,
      regions.rows + first * 32,
      regions.indices,
      regions.weights,
      levelsOf(slab),
      binsOf(h, slab),
      groupBytes,
      regions.needs,
      own.boundTables,
      refine ? 1 : 0,
      CANDIDATES,
      regions.candidates,
      regions.counts,
      regions.scratch,
    );
    return done;
  };

  /** By lane of the slab, what boundRows has left of the rows from `first` on. */
  const candidatesByLane = (first: number): Candidate[][] => {
    const found: Candidate[][] = Array.from({ length: SLAB_LANES }, () => []);
    for (let c = 0; c < counts[0]!; c++) {
      found[words[3 * c + 1]!]!.push({ row: window.rows[first + words[3 * c]!]!, bound: bounds[3 * c + 2]! });
    }
    return found;
  };

  /** The best first: it may make the others superfluous. */
  const enhanceCandidates = (h: number, slab: number, byLane: readonly Candidate[][]): void => {
    for (const [l, candidates] of byLane.entries()) {
      const lane = slab * SLAB_LANES + l;
      candidates.sort((a, b) => b.bound - a.bound);
      for (const { row, bound } of candidates) {
        if (bound < needIn(h, lane)) break;
        enhance(h, lane, row);
      }
    }
  };

  function level(order: SearchOrder, piece: number): void {
    const first = piece * LEVEL_PLACES;
    const count = Math.min(LEVEL_PLACES, m - first);
    for (const slab of slabsOf(order)) {
      const levels = levelsOf(slab);
      if (piece === 0) u8(levels + m * SLAB_LANES, SLAB_LANES).fill(0);
      const bins = [own.order, binsOf(order.h, slab), groupBytes, nGroupsOf(order, slab)] as const;
      k.u8LevelBins(first, count, ...bins, search.cap, own.levelTable, levels);
    }
  }

  function* seed(order: SearchOrder, piece: number): Steps {
    const slab = slabsOf(order)[piece]!;
    const places = u32(own.seeds, search.nSeeds * 4);
    const best: Candidate[][] = Array.from({ length: SLAB_LANES }, () => []);
    fillNeeds(order, slab);
    for (let i = 0; i < search.nSeeds; ) {
      window.begin();
      const before = i;
      while (i < search.nSeeds && window.append(places[4 * i]!, 1, groupOf(places, i))) i++;
      if (i === before) break;
      for (let first = 0; first < window.rows.length; ) {
        const done = boundRows(order, slab, first, false);
        for (const [l, candidates] of candidatesByLane(first).entries()) {
          if (candidates.length === 0) continue;
          best[l] = [...best[l]!, ...candidates].sort((a, b) => b.bound - a.bound).slice(0, FIRST_ROWS);
          if (best[l]!.length === FIRST_ROWS) needs[l] = best[l]!.at(-1)!.bound;
        }
        first += done;
      }
      yield;
    }
    enhanceCandidates(order.h, slab, best);
  }

  function* searchWindow(order: SearchOrder, piece: number): Steps {
    if (Atomics.load(control, CONTROL.gaveUp) !== 0) return;
    const places = u32(own.windows, search.nWindows * 4);
    window.begin();
    window.append(places[4 * piece]!, places[4 * piece + 1]!, groupOf(places, piece));
    let [nPairs, nPast] = [0, 0];
    for (const slab of slabsOf(order)) {
      for (let first = 0; first < window.rows.length; ) {
        const nAsked = fillNeeds(order, slab);
        const done = boundRows(order, slab, first, search.refine);
        nPairs += done * nAsked;
        nPast += counts[1]!;
        enhanceCandidates(order.h, slab, candidatesByLane(first));
        first += done;
        yield;
      }
    }
    report.pairs += nPairs;
    report.pairsPast += nPast;
    if (isGuarded) return;
    isGuarded = true;
    const isLast = Atomics.load(control, CONTROL.nextClaim) >= search.nWindows;
    if (nPast > search.guard * nPairs && !isLast) Atomics.store(control, CONTROL.gaveUp, 1);
  }

  return {
    begin() {
      isGuarded = false;
      loadedElement = -1;
    },
    *run(order, piece) {
      if (order.phase === "levels") level(order, piece);
      else yield* order.phase === "seeds" ? seed(order, piece) : searchWindow(order, piece);
    },
    close() {
      window.close();
      connectivity?.close();
    },
  };
}

const groupOf = (places: Uint32Array, i: number): number => places[4 * i + 3]! * 2 ** 32 + places[4 * i + 2]!;
