// Scores of which most need not be known exactly: what is surely below the unshuffled statistic counts as it is, and only what may be, or may be the largest of its
// shuffle, is computed in float64; where that is much, as where statistics have few values, the rest of the block is computed exactly as a whole. Maxima,
// counters and defaults have the bits of sinks/scores.ts. mathematics M20.
import { SSE_ROUNDING } from "../../stats/glm/pooled-variance.js";
import type { Context } from "../context.js";
import type { SinkJob } from "../plan/inputs.js";
import type { Batch } from "../plan/job.js";
import { EXACT_ENTRIES } from "../plan/screen-regions.js";
import { isNear } from "../plan/screening.js";
import type { ProductTile, Sink } from "../seams.js";
import { createLaneMaxima } from "./lane-maxima.js";
import { createModelScores } from "./model-scores.js";
import { mostTold } from "./most-told.js";
import { createNearScorer } from "./near-model-scores.js";
import { createNearProducts, isOneRow } from "./near-products.js";
import { createNearScores } from "./near-scores.js";

export function createScreenedSink(context: Context, { untestable }: Extract<SinkJob, { kind: "scores" }>): Sink {
  const { job, worker: w, kernels: k, f64, u32 } = context;
  const { size, shared, layout } = job;
  const { open } = w.screen!;
  const modelScores = createModelScores(context);
  const { values: maxima, clear, contend } = createLaneMaxima(context);
  const entries = u32(open, layout.laneShuffles * layout.blockWidth);
  const sums = f64(w.sums, layout.blockWidth);
  const isConstant = (c: number) => sums[c] === 0;
  const hypotheses = (modelScores === undefined ? shared.hypotheses : []).map(({ defaults, counters }, h) => ({
    near: (isOneRow(context, h) ? createNearProducts : createNearScores)(context, h),
    defaults: f64(defaults, size.nElements),
    counters: u32(counters, size.nElements),
  }));
  /** First column of the block without any variance, or -1: its score is known. */
  let firstConstant = -1;

  /** Of each hypothesis, scores of the block that were computed alone, and whether its rest is computed as a whole. */
  const told = size.hypotheses.map(() => 0);
  const isExact = size.hypotheses.map(() => false);

  /** The first `count` entries, exactly: each contends for the maximum of its shuffle. */
  const tell = (tile: ProductTile, count: number, take?: (element: number, score: number) => void) => {
    const { h, first, firstElement } = tile;
    for (let done = 0; done < count; done += EXACT_ENTRIES) {
      const some = Math.min(EXACT_ENTRIES, count - done);
      const scores = tile.exactScores!(tile, { open: open + done * 4, count: some }, untestable[h]!);
      for (let i = 0; i < some; i++) {
        const entry = entries[done + i]!;
        const element = firstElement + (entry & 0xffff);
        take?.(element, scores[i]!);
        contend(h * layout.batchShuffles + first + (entry >>> 16), scores[i]!, element);
      }
    }
  };

  const scoreExactly = (tile: ProductTile) =>
    k.f64ScoreStatistics(...tile.exactStatistic!(tile), SSE_ROUNDING, untestable[tile.h]!, w.scores, tile.width);

  /** Exact scores in `w.scores`, of all shuffles of the tile: maxima, and counters at a pointer. `keepsDefaults`: those of its first are the unshuffled ones. */
  const reduce = (tile: ProductTile, counters: number, keepsDefaults = false) => {
    const { h, firstElement, nElements, width, first, count } = tile;
    const lane = h * layout.batchShuffles + first;
    const out = [w.maxima + lane * 8, w.maximaElements + lane * 4] as const;
    const known = shared.hypotheses[h]!.defaults + firstElement * 8;
    k.f64ReduceScores(count, nElements, w.scores, width, firstElement, keepsDefaults ? 1 : 0, known, counters, ...out);
  };

  /** A tile that is counted in part: the first `nOpen` entries are not. From here on the block is computed exactly. */
  const finishExactly = (tile: ProductTile, nOpen: number) => {
    const { h, firstElement, width, count } = tile;
    const { defaults, counters } = hypotheses[h]!;
    scoreExactly(tile);
    const scores = f64(w.scores, count * width);
    for (let i = 0; i < nOpen; i++) {
      const c = entries[i]! & 0xffff;
      const score = scores[(entries[i]! >>> 16) * width + c]!;
      if (score < defaults[firstElement + c]!) counters[firstElement + c]!++;
    }
    // the others are counted already: into what nobody reads
    reduce(tile, open);
    isExact[h] = true;
  };

  return {
    begin: clear,
    product(tile: ProductTile, batch: Batch) {
      const { h, firstElement, nElements, first, count } = tile;
      const { near, defaults, counters } = hypotheses[h]!;
      // all unshuffled scores are wanted exactly
      const keepsDefaults = first === 0 && batch.keepDefault;
      const isWhole = keepsDefaults || (first > 0 && isExact[h]!);
      if (isWhole) {
        scoreExactly(tile);
        reduce(tile, shared.hypotheses[h]!.counters + firstElement * 4, keepsDefaults);
      }
      if (first === 0) {
        isExact[h] = false;
        told[h] = 0;
        firstConstant = sums.subarray(0, nElements).indexOf(0);
        near.setLimits(tile, isConstant);
      }
      if (isWhole) return;
      const most = mostTold(nElements, first + count);
      const nOpen = near.screen(tile);
      told[h]! += nOpen;
      if (told[h]! > most) return finishExactly(tile, nOpen);
      tell(tile, nOpen, (element, score) => {
        if (score < defaults[element]!) counters[element]!++;
      });
      for (let b = 0; b < count; b++) {
        const at = h * layout.batchShuffles + first + b;
        if (firstConstant >= 0) contend(at, untestable[h]!, firstElement + firstConstant);
        if (!near.mayReach(b, maxima[at]!)) continue;
        const nLargest = near.collectLargest(tile, b, maxima[at]!);
        told[h]! += nLargest;
        if (told[h]! > most) return finishExactly(tile, 0);
        tell(tile, nLargest);
      }
    },
    needsProduct: () => !isNear(job) || isExact.includes(false),
    near: modelScores && createNearScorer(context, modelScores),
    // elements that no near product serves
    statistics: modelScores?.statistics ?? (() => {}),
  };
}
