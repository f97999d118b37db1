// Phase "score" under one design for all elements: a block is read once and meets every shuffle of the batch, tile by tile.
// A score is t, or sqrt(F): with one number of degrees of freedom Z grows with it, so only what is kept is ever made a Z.
import { createFixedTiles } from "./fixed-tiles.js";
import type { PhaseOrder, ScoreJob } from "./job.js";
import type { BlockLoader } from "./load-block.js";
import type { RunnerContext } from "./runner-context.js";
import { createScoreReducer } from "./score-reduce.js";

export type ScoreOrder = Extract<PhaseOrder, { phase: "score" }>;

export function createFixedScorer(
  context: RunnerContext<ScoreJob>,
  loader: BlockLoader,
): (iBlock: number, order: ScoreOrder) => void {
  const { job, kernels: k, at } = context;
  const { size, shared, worker: w, tileShuffles } = job;
  const tiles = createFixedTiles(context, loader);
  const reduceScores = createScoreReducer(context);

  return (iBlock, { lanes, keepDefault }) => {
    const { firstElement, nElements, width } = tiles.prepare(iBlock);
    for (let first = 0; first < lanes; first += tileShuffles) {
      const count = Math.min(tileShuffles, lanes - first);
      tiles.multiply(first / tileShuffles, width);
      for (const [h, hypothesis] of size.hypotheses.entries()) {
        const nuisance = tiles.nuisanceOf(h, width, first);
        k.f64ScoreStatistics(
          count,
          nElements,
          size.rank,
          hypothesis.contrastRank,
          hypothesis.nCorrections,
          at(w.product),
          width,
          shared.hypotheses[h]!.contrastBasis,
          nuisance.corrections,
          nuisance.moments,
          width,
          nuisance.sums,
          size.dof,
          hypothesis.signed,
          job.untestable[h]!,
          at(w.scores),
          width,
        );
        reduceScores(h, { firstElement, nElements, first, count, stride: width, keepDefault });
      }
    }
  };
}
