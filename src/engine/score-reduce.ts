// From the scores of one tile to what is kept of them: the default's own scores, a counter an element, a maximum a shuffle.
// The one place that knows where these lie; whoever makes scores, in whatever unit, writes them to the worker's `scores` and comes here.
import type { ScoreJob } from "./job.js";
import type { RunnerContext } from "./runner-context.js";

export interface ScoredTile {
  readonly firstElement: number;
  readonly nElements: number;
  /** Shuffles first..first+count of the batch. */
  readonly first: number;
  readonly count: number;
  /** The worker's `scores` are f64 [count][stride], finite. */
  readonly stride: number;
  /** The batch's lane 0 is the unshuffled data. */
  readonly keepDefault: boolean;
}

/** reduceScores(h, tile). A block's tiles come in order, so the defaults of its elements are there before they are compared with. */
export function createScoreReducer(context: RunnerContext<ScoreJob>): (h: number, tile: ScoredTile) => void {
  const { job, kernels: k, at } = context;
  const { shared, worker: w, batchShuffles } = job;
  return (h, { firstElement, nElements, first, count, stride, keepDefault }) => {
    const { defaults, counters } = shared.hypotheses[h]!;
    const lane = h * batchShuffles + first;
    k.f64ReduceScores(
      count,
      nElements,
      at(w.scores),
      stride,
      firstElement,
      keepDefault && first === 0 ? 1 : 0,
      defaults + firstElement * 8,
      counters + firstElement * 4,
      at(w.maxima) + lane * 8,
      at(w.maximaElements) + lane * 4,
    );
  };
}

/** Before the first block of a batch: no maximum yet. */
export function clearScoreMaxima({ job, at, f64, u32 }: RunnerContext<ScoreJob>): void {
  const count = job.size.hypotheses.length * job.batchShuffles;
  f64(at(job.worker.maxima), count).fill(Number.NEGATIVE_INFINITY);
  u32(at(job.worker.maximaElements), count).fill(0xffffffff);
}
