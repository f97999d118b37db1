// Statistics become bins of height dh, side by side for the lanes of a batch: what enhancers read.
import type { Context } from "../context.js";
import type { SinkJob } from "../plan/inputs.js";
import type { Batch } from "../plan/job.js";
import type { ProductTile, Sink } from "../seams.js";
import { createModelBinner } from "./model-bins.js";

export function createBinSink(context: Context, sink: Extract<SinkJob, { kind: "bins" }>): Sink {
  const { job, worker: w, kernels: k, report } = context;
  const { size, shared } = job;
  const m = size.nElements;
  const { lanes } = k.panels;
  const binsOf = (h: number, firstElement: number, first: number, { binBytes }: Batch): number => {
    const lane = (Math.floor(first / lanes) * m + firstElement) * lanes + (first % lanes);
    return shared.hypotheses[h]!.bins + lane * binBytes;
  };
  const binModel = createModelBinner(context, sink.dh);

  const binProduct = ({ h, firstElement, nElements, width, first, count, ...tile }: ProductTile, batch: Batch) => {
    const hypothesis = size.hypotheses[h]!;
    const regions = shared.hypotheses[h]!;
    return k.f64BinStatistics(
      count,
      nElements,
      size.rank,
      hypothesis.contrastRank,
      hypothesis.nCorrections,
      w.product,
      width,
      regions.contrastBasis,
      tile.corrections,
      tile.moments,
      width,
      tile.sums,
      size.dof,
      hypothesis.signed,
      hypothesis.nCells,
      hypothesis.cellsPerUnit,
      regions.cells,
      regions.thresholds,
      batch.binBytes,
      binsOf(h, firstElement, first, batch),
    );
  };

  return {
    begin() {},
    product(tile, batch) {
      report.largestBin = Math.max(report.largestBin, binProduct(tile, batch));
    },
    statistics(tile, batch) {
      const largest = binModel(tile, batch, binsOf(tile.h, tile.firstElement, tile.first, batch));
      report.largestBin = Math.max(report.largestBin, largest);
    },
  };
}
