// Maxima of lanes whose maps nobody needs, by bounds (mathematics M16). Three phases of a hypothesis: levels of its bins; a first maximum of each lane, from
// rows all over the sketch; then all rows, window by window. Threads look at each other's maxima: one that is not the newest bounds less, and no more.
import { type ConnectivityFiles, openConnectivityFiles } from "../../connectivity/connectivity-files.js";
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
  const everyBin = new Uint8Array(buffer);
  /** Candidate of each lane. */
  const best = new Int32Array(SLAB_LANES);
  /** The best of the rows that are looked at first, [lane][FIRST_ROWS], and which of those they are; of each row of the window. */
  const firstBounds = new Float32Array(SLAB_LANES * FIRST_ROWS);
  const firstSeeds = new Uint32Array(firstBounds.length);
  const seedOf = new Uint32Array(layout.windowRows);
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

  /** The value of a row of the window by the whole enhancement, and its rule: larger, or equal and of a lower element. */
  const enhance = (h: number, lane: number, row: number): void => {
    const element = window.elements[row]!;
    const nConnections = window.nConnections[row]!;
    if (element !== loadedElement) {
      // rows from all over the file: a mapped window would slide with each
      connectivity ??= openConnectivityFiles(cfe.path, { io: "read", onFallback });
      const bytes = u8(regions.connections, nConnections * 8);
      connectivity.copyConnectionsInto(bytes, window.firstConnections[row]!, nConnections);
      report.bytesRead += nConnections * 8;
      loadedElement = element;
    }
    const bins = shared.hypotheses[h]!.bins + Math.floor(lane / groupLanes) * groupBytes + (lane % groupLanes);
    const value = k.f32EnhanceOne(
      nConnections,
      regions.connections,
      bins,
      everyBin[bins + element * groupLanes]!,
      search.tables.extentPower,
      shared.heightPowers,
      window.norms[row]!,
      regions.histogram,
    );
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
      window.nRows - first,
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

  /** What boundRows has left of the rows from `first` on: the best of each lane first, because it may make the others superfluous. */
  const enhanceCandidates = (h: number, slab: number, first: number): void => {
    best.fill(-1);
    for (let c = 0; c < counts[0]!; c++) {
      const l = words[3 * c + 1]!;
      if (best[l]! < 0 || bounds[3 * c + 2]! > bounds[3 * best[l]! + 2]!) best[l] = c;
    }
    for (let l = 0; l < SLAB_LANES; l++) enhanceIfOpen(best[l]!, h, slab, first);
    for (let c = 0; c < counts[0]!; c++) if (best[words[3 * c + 1]!] !== c) enhanceIfOpen(c, h, slab, first);
  };
  const enhanceIfOpen = (c: number, h: number, slab: number, first: number): void => {
    if (c < 0) return;
    const lane = slab * SLAB_LANES + words[3 * c + 1]!;
    if (bounds[3 * c + 2]! >= needIn(h, lane)) enhance(h, lane, first + words[3 * c]!);
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
    firstBounds.fill(-1);
    fillNeeds(order, slab);
    for (let i = 0; i < search.nSeeds; ) {
      window.begin();
      const before = i;
      // rows that cannot be a maximum leave no trace in the window
      for (let n = 0; i < search.nSeeds && window.append(places[4 * i]!, 1, groupOf(places, i)); i++) {
        if (window.nRows > n) seedOf[n++] = i;
      }
      if (i === before) break;
      for (let first = 0; first < window.nRows; ) {
        const done = boundRows(order, slab, first, false);
        for (let c = 0; c < counts[0]!; c++)
          keepFirst(words[3 * c + 1]!, bounds[3 * c + 2]!, seedOf[first + words[3 * c]!]!);
        first += done;
      }
      yield;
    }
    for (let at = 0; at < firstBounds.length; at++) {
      const lane = slab * SLAB_LANES + Math.floor(at / FIRST_ROWS);
      if (!(firstBounds[at]! >= 0 && firstBounds[at]! >= needIn(order.h, lane))) continue;
      const i = firstSeeds[at]!;
      window.begin();
      window.append(places[4 * i]!, 1, groupOf(places, i));
      enhance(order.h, lane, 0);
    }
  }

  /** Among the best of its lane, best first; what is below them all is not asked for any more. */
  const keepFirst = (l: number, bound: number, seed: number): void => {
    const end = (l + 1) * FIRST_ROWS;
    let at = end - 1;
    if (bound <= firstBounds[at]!) return;
    for (; at > end - FIRST_ROWS && firstBounds[at - 1]! < bound; at--) {
      firstBounds[at] = firstBounds[at - 1]!;
      firstSeeds[at] = firstSeeds[at - 1]!;
    }
    firstBounds[at] = bound;
    firstSeeds[at] = seed;
    if (firstBounds[end - 1]! >= 0) needs[l] = firstBounds[end - 1]!;
  };

  function* searchWindow(order: SearchOrder, piece: number): Steps {
    if (Atomics.load(control, CONTROL.gaveUp) !== 0) return;
    const places = u32(own.windows, search.nWindows * 4);
    window.begin();
    window.append(places[4 * piece]!, places[4 * piece + 1]!, groupOf(places, piece));
    let [nPairs, nPast] = [0, 0];
    for (const slab of slabsOf(order)) {
      for (let first = 0; first < window.nRows; ) {
        const nAsked = fillNeeds(order, slab);
        const done = boundRows(order, slab, first, search.refine);
        nPairs += done * nAsked;
        nPast += counts[1]!;
        enhanceCandidates(order.h, slab, first);
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
