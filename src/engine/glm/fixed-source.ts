// Statistics under one design for all elements, tile by tile of shuffles: one product serves all hypotheses. mathematics M5.
import { roundUp } from "../../kernels/kernel-set.js";
import { unitFactor } from "../../stats/glm/screening.js";
import type { Context } from "../context.js";
import type { Batch } from "../plan/job.js";
import { isNear } from "../plan/screening.js";
import type { TileSource } from "../seams.js";
import { createSequentialCounter } from "../sequential.js";
import { createExactScores } from "./exact-scores.js";
import { createExactTiles } from "./exact-tile.js";
import type { BlockLoader } from "./load-block.js";
import { createFixedObserver } from "./observe-fixed.js";
import { createRowRemover } from "./remove-rows.js";
import { createShuffleProduct } from "./shuffle-product.js";

export function createFixedSource(context: Context, loader: BlockLoader): TileSource {
  const { job, worker: w, kernels: k, f64 } = context;
  const { size, shared, layout } = job;
  const { nSubjects: n, rank, hypotheses } = size;
  const { blockWidth, tileShuffles, laneShuffles } = layout;
  const sums = f64(w.sums, blockWidth);
  const hypothesisSums = f64(w.hypothesisSums, blockWidth);
  const nMoments = hypotheses.reduce((sum, { nCorrections }) => sum + nCorrections, 0);
  const momentRows = roundUp(nMoments, k.panels.rows);
  const moments = f64(w.moments, Math.max(momentRows, 1) * blockWidth);

  const removeRows = createRowRemover(context);
  const shuffled = createShuffleProduct(context);
  const counter = createSequentialCounter(context);
  const units = w.screen && f64(w.screen.units, blockWidth);
  const exactScores = job.screened ? createExactScores(context) : undefined;
  const exactTiles = job.screened ? createExactTiles(context) : undefined;

  /** |e_h|^2 of hypothesis h, whose moments begin at row `first`: a pointer. */
  const sumsOf = (nCorrections: number, first: number, width: number): number => {
    if (nCorrections === 0) return w.sums;
    for (let c = 0; c < width; c++) {
      let sum = sums[c]!;
      for (let j = 0; j < nCorrections; j++) sum -= moments[(first + j) * width + c]! ** 2;
      hypothesisSums[c] = sum;
    }
    return w.hypothesisSums;
  };

  /** Elements that go on; undefined: all are wanted, as where they are enhanced by what their neighbours have. */
  const openMembers = (iBlock: number, batch: Batch): readonly number[] | undefined => {
    if (batch.sequential === undefined || job.enhancement !== undefined) return undefined;
    const { firstElement, nElements } = loader.place(iBlock);
    return counter.openOf(
      firstElement,
      Array.from({ length: nElements }, (_, i) => i),
      batch,
    );
  };

  return {
    observe: createFixedObserver(context, loader),
    *tiles(iBlock, batch, sink) {
      const members = openMembers(iBlock, batch);
      if (members?.length === 0) return;
      const { width, firstElement, nElements } = loader.loadBlock(iBlock, "later", members);
      removeRows(width, size.sharedRank, shared.sharedNuisance);
      if (nMoments > 0) k.product.f64(momentRows, n, width, shared.moments, w.packed, w.moments, width);
      if (units !== undefined) for (let c = 0; c < width; c++) units[c] = unitFactor(sums[c]!);
      shuffled.prepare(width);
      exactTiles?.begin();
      const near = { exactScores, exactStatistic: exactTiles?.statisticOf };
      for (let first = 0, count = 0; first < batch.lanes; first += count) {
        if (first % tileShuffles === 0 && first > 0 && members !== undefined) {
          if (openMembers(iBlock, batch)!.length === 0) return;
        }
        const isWanted = first === 0 || sink.needsProduct?.() !== false;
        if (first % tileShuffles === 0 && isWanted) shuffled.multiply(first / tileShuffles, width);
        // the unshuffled data are computed exactly, in a product of their own
        const step = first === 0 && isNear(job) ? 1 : laneShuffles - (first % laneShuffles);
        count = Math.min(step, batch.lanes - first);
        const product = shuffled.rowsOf(first % tileShuffles, width);
        let firstMoment = 0;
        for (const [h, { contrastRank, nCorrections, signed }] of hypotheses.entries()) {
          const { contrastBasis, corrections } = shared.hypotheses[h]!;
          const sizes = [count, nElements, rank, contrastRank, nCorrections] as const;
          const tested = [product, shuffled.valueBytes, shuffled.stride(width), contrastBasis] as const;
          const lanes = corrections + first * rank * nCorrections * 8;
          const nuisance = [lanes, w.moments + firstMoment * width * 8, width] as const;
          const sumSquares = sumsOf(nCorrections, firstMoment, width);
          const statistic = [...sizes, ...tested, ...nuisance, sumSquares, size.dof, signed] as const;
          sink.product({ h, firstElement, nElements, members, width, first, count, statistic, ...near }, batch);
          firstMoment += nCorrections;
        }
        yield;
      }
    },
    close: () => loader.close(),
  };
}
