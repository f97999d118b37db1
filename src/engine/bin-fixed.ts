// Phase "bin" under one design for all elements: every statistic of the batch becomes a bin.
import { LANES } from "../kernels/kernel-set.js";
import { createFixedTiles } from "./fixed-tiles.js";
import type { EngineJob } from "./job.js";
import type { BlockLoader } from "./load-block.js";
import type { RunnerContext } from "./runner-context.js";

export interface BinOrder {
  readonly lanes: number;
  readonly binBytes: 1 | 2;
}

export function createFixedBinner(
  context: RunnerContext<EngineJob>,
  loader: BlockLoader,
): (iBlock: number, order: BinOrder) => void {
  const { job, kernels: k, at, report } = context;
  const { size, shared, worker: w } = job;
  const m = size.nElements;
  const tiles = createFixedTiles(context, loader);

  return (iBlock, { lanes, binBytes }) => {
    const { firstElement, nElements, width } = tiles.prepare(iBlock);
    for (let first = 0; first < lanes; first += job.tileShuffles) {
      tiles.multiply(first / job.tileShuffles, width);
      for (const [h, hypothesis] of size.hypotheses.entries()) {
        const regions = shared.hypotheses[h]!;
        const nuisance = tiles.nuisanceOf(h, width, first);
        const group = Math.floor(first / LANES);
        const bins = regions.bins + ((group * m + firstElement) * LANES + (first % LANES)) * binBytes;
        const largest = k.f64BinStatistics(
          Math.min(job.tileShuffles, lanes - first),
          nElements,
          size.rank,
          hypothesis.contrastRank,
          hypothesis.nCorrections,
          at(w.product),
          width,
          regions.contrastBasis,
          nuisance.corrections,
          nuisance.moments,
          width,
          nuisance.sums,
          size.dof,
          hypothesis.signed,
          hypothesis.nCells,
          hypothesis.cellsPerUnit,
          regions.cells,
          regions.thresholds,
          binBytes,
          bins,
        );
        report.largestBin = Math.max(report.largestBin, largest);
      }
    }
  };
}
