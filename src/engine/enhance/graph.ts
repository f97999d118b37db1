// Enhancement over a graph: one lane of one hypothesis at a time, which needs its whole map. A piece is such a lane, so any thread may count for any element:
// each counts for itself, and the main thread adds what they counted (whole-maps.ts).
import type { Context } from "../context.js";
import type { GraphJob, MapsOrder } from "../plan/job.js";
import type { Steps } from "../seams.js";
import { createEmpirical } from "./empirical.js";

export interface MapEnhancer {
  /** What is counted begins from 0. */
  begin(): void;
  run(order: MapsOrder, piece: number): Steps;
}

export function createGraphEnhancer(context: Context, { over, heightPower }: GraphJob): MapEnhancer {
  const { job, worker: w, kernels: k, f32, u32 } = context;
  const { size, shared, layout, sink } = job;
  const m = size.nElements;
  const { lanes } = k.panels;
  const nHypotheses = size.hypotheses.length;
  const empirical = createEmpirical(context);
  const { cells, ends, extentPowers, heightSums } = shared.graph!;
  const { scratch } = w.graph!;
  const enhance = (h: number, lane: number, { binBytes }: MapsOrder["batch"], target: number) => {
    const { bins, z } = shared.hypotheses[h]!;
    if (sink.kind === "bins") {
      const nBins = binBytes === 1 ? Math.min(sink.nBinsNarrow, sink.nBinsWide) : sink.nBinsWide;
      const ownBins = bins + (Math.floor(lane / lanes) * m * lanes + (lane % lanes)) * binBytes;
      const given = [binBytes, nBins, ownBins] as const;
      const powers = [extentPowers, heightSums, target, scratch] as const;
      if ("nNodes" in over) return k.f32EnhanceNetwork(m, over.nNodes, ...given, ends!, ...powers);
      const { nCells, row, plane, connectivity } = over;
      return k.f32EnhanceGrid(m, nCells, row, plane, connectivity, ...given, cells!, ...powers);
    }
    const own = z + lane * m * 4;
    const powers = [extentPowers, heightPower + 1, target, scratch] as const;
    if ("nNodes" in over) return k.f32EnhanceNetworkExact(m, over.nNodes, own, ends!, ...powers);
    const { nCells, row, plane, connectivity } = over;
    return k.f32EnhanceGridExact(m, nCells, row, plane, connectivity, own, cells!, ...powers);
  };
  return {
    begin() {
      u32(w.graph!.counted, nHypotheses * m).fill(0);
    },
    *run(order, piece) {
      const { batch, first } = order;
      const { counted, map } = w.graph!;
      const h = piece % nHypotheses;
      const lane = first + Math.floor(piece / nHypotheses);
      const { defaults } = shared.hypotheses[h]!;
      const isGathered = batch.empirical === "gather";
      enhance(h, lane, batch, isGathered ? empirical.mapOf(order, lane, h) : map);
      yield;
      if (isGathered) return;
      if (batch.empirical === "divide") empirical.divideMap(h);
      if (lane === 0 && batch.keepDefault) f32(defaults, m).set(f32(map, m));
      const at = (h * layout.batchShuffles + lane) * 4;
      const place = [counted + h * m * 4, w.maxima + at, w.maximaElements + at] as const;
      k.f32ReduceMap(m, map, defaults, shared.eligible ?? 0, ...place);
    },
  };
}
