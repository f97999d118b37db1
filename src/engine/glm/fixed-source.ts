// Statistics under one design for all elements, tile by tile of shuffles: one product serves all hypotheses. mathematics M5.
import { roundUp } from "../../kernels/kernel-set.js";
import type { Context } from "../context.js";
import { gatheredTileBytes } from "../plan/job.js";
import type { TileSource } from "../seams.js";
import type { BlockLoader } from "./load-block.js";
import { createFixedObserver } from "./observe-fixed.js";
import { createRowRemover } from "./remove-rows.js";

export function createFixedSource(context: Context, loader: BlockLoader): TileSource {
  const { job, worker: w, kernels: k, f64 } = context;
  const { size, shared, layout } = job;
  const { nSubjects: n, rank, hypotheses } = size;
  const { blockWidth, tileShuffles } = layout;
  const sums = f64(w.sums, blockWidth);
  const hypothesisSums = f64(w.hypothesisSums, blockWidth);
  const nMoments = hypotheses.reduce((sum, { nCorrections }) => sum + nCorrections, 0);
  const momentRows = roundUp(nMoments, k.panels.rows);
  const moments = f64(w.moments, Math.max(momentRows, 1) * blockWidth);
  const nOut = roundUp(tileShuffles * rank, k.panels.rows);
  const tileBytes = gatheredTileBytes(job, k.panels.rows);

  const removeRows = createRowRemover(context);

  const [product, productBytes] = job.precision === "single" ? ([w.product32, 4] as const) : ([w.product, 8] as const);

  /** Q' P_b y of one tile of shuffles, into the product region. */
  const multiply = (iTile: number, width: number) => {
    const gathered = shared.gathered + iTile * tileBytes;
    if (job.precision === "double") {
      k.product.f64(nOut, n, width, gathered, w.packed, w.product, width);
      return;
    }
    k.product.f32(nOut, n, width, gathered, w.packed32, w.product32, width);
  };

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

  return {
    observe: createFixedObserver(context, loader),
    *tiles(iBlock, batch, sink) {
      const { width, firstElement, nElements } = loader.loadBlock(iBlock, "later");
      removeRows(width, size.sharedRank, shared.sharedNuisance);
      if (nMoments > 0) k.product.f64(momentRows, n, width, shared.moments, w.packed, w.moments, width);
      if (job.precision === "single") k.f32FromF64Panels(n, width, w.packed, w.packed32);
      for (let first = 0; first < batch.lanes; first += tileShuffles) {
        const count = Math.min(tileShuffles, batch.lanes - first);
        multiply(first / tileShuffles, width);
        let firstMoment = 0;
        for (const [h, { contrastRank, nCorrections, signed }] of hypotheses.entries()) {
          const { contrastBasis, corrections } = shared.hypotheses[h]!;
          const sizes = [count, nElements, rank, contrastRank, nCorrections] as const;
          const tested = [product, productBytes, width, contrastBasis] as const;
          const lanes = corrections + first * rank * nCorrections * 8;
          const nuisance = [lanes, w.moments + firstMoment * width * 8, width] as const;
          const sumSquares = sumsOf(nCorrections, firstMoment, width);
          const statistic = [...sizes, ...tested, ...nuisance, sumSquares, size.dof, signed] as const;
          sink.product({ h, firstElement, nElements, width, first, count, statistic }, batch);
          firstMoment += nCorrections;
        }
        yield;
      }
    },
    close: () => loader.close(),
  };
}
