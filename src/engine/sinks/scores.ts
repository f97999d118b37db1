// Statistics are compared as they are: maxima and counters at once. Under one design for all elements a score is t, or sqrt(F): with one number of degrees
// of freedom Z grows with it, so only what is kept is ever made a Z.
import type { Context } from "../context.js";
import type { SinkJob } from "../plan/inputs.js";
import type { Sink } from "../seams.js";
import { createModelScorer } from "./model-scores.js";

export function createScoreSink(context: Context, { untestable }: Extract<SinkJob, { kind: "scores" }>): Sink {
  const { job, worker: w, kernels: k, f64, u32 } = context;
  const { size, shared, layout } = job;
  const nLanes = size.hypotheses.length * layout.batchShuffles;
  return {
    begin() {
      f64(w.maxima, nLanes).fill(Number.NEGATIVE_INFINITY);
      u32(w.maximaElements, nLanes).fill(0xffffffff);
    },
    product({ h, firstElement, nElements, width, first, count, statistic }, batch) {
      const { defaults, counters } = shared.hypotheses[h]!;
      const lane = h * layout.batchShuffles + first;
      k.f64ScoreStatistics(...statistic, untestable[h]!, w.scores, width);
      k.f64ReduceScores(
        count,
        nElements,
        w.scores,
        width,
        firstElement,
        // a block's tiles come in order, so the defaults of its elements are there before they are compared with
        batch.keepDefault && first === 0 ? 1 : 0,
        defaults + firstElement * 8,
        counters + firstElement * 4,
        w.maxima + lane * 8,
        w.maximaElements + lane * 4,
      );
    },
    statistics: createModelScorer(context),
  };
}
