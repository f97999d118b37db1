// Statistics become bins of height dh, side by side for the lanes of a batch: what enhancers read.
import type { Context } from "../context.js";
import type { SinkJob } from "../plan/inputs.js";
import type { Batch } from "../plan/job.js";
import type { ProductTile, Sink, StatisticTile } from "../seams.js";
import { createModelBinner } from "./model-bins.js";

export function createBinSink(context: Context, sink: Extract<SinkJob, { kind: "bins" }>): Sink {
  const { job, kernels: k, report } = context;
  const { size, shared } = job;
  const m = size.nElements;
  const { lanes } = k.panels;
  /** Where the bin of the tile's first element and shuffle goes. */
  const binsOf = ({ h, firstElement, first }: ProductTile | StatisticTile, { binBytes }: Batch): number => {
    const lane = (Math.floor(first / lanes) * m + firstElement) * lanes + (first % lanes);
    return shared.hypotheses[h]!.bins + lane * binBytes;
  };
  const binModel = createModelBinner(context, sink.scale);

  return {
    begin() {},
    product(tile, batch) {
      const lookup = batch.tables[0]!.lookups[tile.h]!;
      const largest = k.f64BinStatistics(...tile.statistic, ...lookup, batch.binBytes, binsOf(tile, batch));
      report.largestBin = Math.max(report.largestBin, largest);
    },
    statistics(tile, batch) {
      const largest = binModel(tile, batch, binsOf(tile, batch), m * lanes * batch.binBytes);
      report.largestBin = Math.max(report.largestBin, largest);
    },
  };
}
