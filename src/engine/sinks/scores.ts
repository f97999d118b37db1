// Statistics are compared as they are: maxima and counters at once. Under one design for all elements a score is t, or sqrt(F): with one number of degrees
// of freedom Z grows with it, so only what is kept is ever made a Z.
import { SSE_ROUNDING } from "../../stats/glm/pooled-variance.js";
import type { Context } from "../context.js";
import type { SinkJob } from "../plan/inputs.js";
import type { Batch } from "../plan/job.js";
import type { Sink } from "../seams.js";
import { createSequentialCounter } from "../sequential.js";
import { createLaneMaxima } from "./lane-maxima.js";
import { createModelScores } from "./model-scores.js";

export function createScoreSink(context: Context, { untestable }: Extract<SinkJob, { kind: "scores" }>): Sink {
  const { job, worker: w, kernels: k, f64, u8 } = context;
  const { size, shared, layout } = job;
  const counter = createSequentialCounter(context);
  const eligible = shared.eligible === undefined ? undefined : u8(shared.eligible, size.nElements);

  /** What may not be a maximum has the least score of all. The unshuffled scores are kept before. */
  const leaveOut = ({ h, firstElement, nElements, width, count }: Parameters<Sink["product"]>[0], keeps: boolean) => {
    const scores = f64(w.scores, count * width);
    if (keeps) {
      const defaults = f64(shared.hypotheses[h]!.defaults, size.nElements);
      defaults.set(scores.subarray(0, nElements), firstElement);
    }
    for (let c = 0; c < nElements; c++) {
      if (eligible![firstElement + c] !== 0) continue;
      for (let b = 0; b < count; b++) scores[b * width + c] = Number.NEGATIVE_INFINITY;
    }
  };

  const countSingly = (tile: Parameters<Sink["product"]>[0], batch: Batch) => {
    const { h, firstElement, nElements, members, width, first, count } = tile;
    const scores = f64(w.scores, count * width);
    const defaults = f64(shared.hypotheses[h]!.defaults, size.nElements);
    for (let c = 0; c < nElements; c++) {
      const element = firstElement + (members?.[c] ?? c);
      if (batch.keepDefault && first === 0) defaults[element] = scores[c]!;
      counter.count(h, element, defaults[element]!, { values: scores, at: c, step: width, first, count }, batch);
    }
  };

  return {
    begin: createLaneMaxima(context).clear,
    product(tile, batch) {
      const { h, firstElement, nElements, width, first, count, statistic } = tile;
      const { defaults, counters } = shared.hypotheses[h]!;
      const lane = h * layout.batchShuffles + first;
      k.f64ScoreStatistics(...statistic, SSE_ROUNDING, untestable[h]!, w.scores, width);
      if (batch.sequential !== undefined) return countSingly(tile, batch);
      // a block's tiles come in order, so the defaults of its elements are there before they are compared with
      const keepsDefault = batch.keepDefault && first === 0;
      if (eligible !== undefined) leaveOut(tile, keepsDefault);
      k.f64ReduceScores(
        count,
        nElements,
        w.scores,
        width,
        firstElement,
        keepsDefault && eligible === undefined ? 1 : 0,
        defaults + firstElement * 8,
        counters + firstElement * 4,
        w.maxima + lane * 8,
        w.maximaElements + lane * 4,
      );
    },
    statistics: createModelScores(context)?.statistics ?? (() => {}),
  };
}
