// Products in float64 of whole tiles under one design, where those in float32 leave too many scores open: with the bits of products of all tiles.
import { roundUp } from "../../kernels/kernel-set.js";
import type { Context } from "../context.js";
import { isNear } from "../plan/screening.js";
import type { ExactStatistic } from "../seams.js";

export interface ExactTiles {
  /** Once a block, when `packed` holds the residuals. */
  begin(): void;
  /** Of a tile: one product serves all hypotheses. */
  readonly statisticOf: ExactStatistic;
}

export function createExactTiles({ job, worker: w, kernels: k }: Context): ExactTiles {
  const { shared, size } = job;
  const { nSubjects: n, rank } = size;
  /** First shuffle of the tile whose product is there. */
  let known = -1;
  return {
    begin() {
      known = -1;
    },
    statisticOf({ first, width, statistic }) {
      // in single precision the near product is the one
      if (!isNear(job)) return statistic;
      const [count, nElements, r, s, nCorrections, , , , ...given] = statistic;
      if (first !== known) {
        const shuffles = [shared.labels + first * n * 4, shared.signs + first * n] as const;
        k.f64GatherBasis(n, rank, count, ...shuffles, shared.basis, w.exactRows);
        k.product.f64(roundUp(count * rank, k.panels.rows), n, width, w.exactRows, w.packed, w.product, width);
        known = first;
      }
      return [count, nElements, r, s, nCorrections, w.product, 8, width, ...given];
    },
  };
}
