// Counting that stops (stats/inference/negative-binomial.ts). Elements that have stopped leave the batches: they are neither packed, multiplied nor enhanced,
// and where all of a piece have, it is not read. Nothing is kept of maxima, which would need all elements.
// An element is in the hands of one thread at a time, and its shuffles come in their order.
import { countLanes, type ShuffleRange } from "../run/shuffle-range.js";
import { isStopped } from "../stats/inference/negative-binomial.js";
import type { Context } from "./context.js";
import type { Batch } from "./plan/job.js";

/** Statistics of one element: values[at + b * step] in lane `first` + b, b < count. */
interface LaneValues {
  readonly values: Float32Array | Float64Array;
  readonly at: number;
  readonly step: number;
  readonly first: number;
  readonly count: number;
}

export interface SequentialCounter {
  /** Some hypothesis goes on with it. In the batch that keeps defaults all do. */
  isOpen(element: number, batch: Batch): boolean;
  /** Elements firstElement + member that are open; `members` itself where all are. */
  openOf(firstElement: number, members: readonly number[], batch: Batch): readonly number[];
  /** Compares with `own`, the statistic of the unshuffled data. */
  count(h: number, element: number, own: number, of: LaneValues, batch: Batch): void;
}

export function createSequentialCounter({ job, u32, u8 }: Context): SequentialCounter {
  const { shared, size } = job;
  const counters = shared.hypotheses.map((of) => u32(of.counters, size.nElements));
  const eligible = shared.eligible === undefined ? undefined : u8(shared.eligible, size.nElements);

  const isOpen: SequentialCounter["isOpen"] = (element, { sequential, keepDefault }) => {
    if (sequential === undefined || keepDefault) return true;
    if (eligible?.[element] === 0) return false;
    return counters.some((of) => !isStopped(of[element]!, sequential.n));
  };

  return {
    isOpen,
    openOf(firstElement, members, batch) {
      const open = members.filter((member) => isOpen(firstElement + member, batch));
      return open.length === members.length ? members : open;
    },
    count(h, element, own, { values, at, step, first, count }, { sequential, keepDefault }) {
      const { n, firstShuffle } = sequential!;
      let state = counters[h]![element]!;
      if (isStopped(state, n)) return;
      for (let b = keepDefault && first === 0 ? 1 : 0; b < count; b++) {
        if (values[at + b * step]! < own) continue;
        state++;
        if (state < n) continue;
        state = firstShuffle + first + b;
        break;
      }
      counters[h]![element] = state;
    },
  };
}

/** Lanes after which it is looked who has stopped: few at first, where most do. Whole groups, as they are enhanced. */
function sequentialEnds(nLanes: number, groupLanes: number): number[] {
  const ends: number[] = [];
  for (let end = 64; end < nLanes; end *= 1.5) ends.push(Math.ceil(end / groupLanes) * groupLanes);
  return ends.filter((end) => end < nLanes);
}

export interface EndsOfBatches {
  readonly range: ShuffleRange;
  /** Of a group that is enhanced together. */
  readonly groupLanes: number;
  readonly negativeBinomial: number | undefined;
  /** Shuffles of the plan that are done when it is asked whether they are enough. */
  readonly looksAt: readonly number[];
}

/** Lanes, ascending, where a batch ends whatever room there is. */
export function endsOfBatches({ range, groupLanes, negativeBinomial, looksAt }: EndsOfBatches): number[] {
  const nLanes = countLanes(range);
  if (negativeBinomial !== undefined) return sequentialEnds(nLanes, groupLanes);
  return looksAt
    .map((look) => look - range.first + (range.leadingIdentity ? 1 : 0))
    .filter((end) => end > 0 && end < nLanes);
}

export function countBatches(nLanes: number, batchShuffles: number, ends: readonly number[]): number {
  const bounds = [0, ...ends, nLanes];
  return bounds.slice(1).reduce((sum, end, i) => sum + Math.ceil((end - bounds[i]!) / batchShuffles), 0);
}
