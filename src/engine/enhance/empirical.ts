// The empirical statistic of -nonstationarity: a power mean of the enhanced statistics that are above 0, over shuffles of its own, by which all others are
// divided. Salimi-Khorshidi, Smith & Nichols 2011, NeuroImage 54:2006-2019; mathematics M18.
// Order: each element's sum takes its shuffles by their number, whatever threads and batches there are, so its bits depend on neither.
import { UsageError } from "../../errors.js";
import type { Context } from "../context.js";
import { type EngineJob, type LaneRange, type MapsOrder, SUM_ELEMENTS, type SumsOrder } from "../plan/job.js";

export interface EmpiricalParts {
  /** Of a piece in the worker's `enhanced`, f32 [nRows][lanes]: lanes of the group. */
  addRows(h: number, piece: Piece, lanes: LaneRange): void;
  divideRows(h: number, piece: Piece): void;
  /** Where the enhanced map of a lane is kept until it is summed: pointer. */
  mapOf(order: Pick<MapsOrder, "first">, lane: number, h: number): number;
  addMaps(order: SumsOrder, piece: number): void;
  /** The worker's whole map. */
  divideMap(h: number): void;
}

interface Piece {
  readonly firstElement: number;
  readonly nRows: number;
}

export function createEmpirical({ job, worker: w, kernels: k, f32, f64, u32 }: Context): EmpiricalParts {
  const { size, shared } = job;
  const m = size.nElements;
  const { lanes: width } = k.panels;
  const nHypotheses = size.hypotheses.length;
  const power = powerOf(job.skew ?? 1);
  const of = (h: number, first: number, count: number) => {
    const { empirical, counters } = shared.hypotheses[h]!;
    return { sums: f64(empirical + first * 8, count), counts: u32(counters + first * 4, count) };
  };
  const mapOf = ({ first }: Pick<MapsOrder, "first">, lane: number, h: number) =>
    shared.empiricalMaps + ((lane - first) * nHypotheses + h) * m * 4;
  return {
    mapOf,
    addRows(h, { firstElement, nRows }, { first, end }) {
      const { sums, counts } = of(h, firstElement, nRows);
      const enhanced = f32(w.enhanced, nRows * width);
      for (let row = 0; row < nRows; row++) {
        for (let lane = first; lane < end; lane++) {
          const value = enhanced[row * width + lane]!;
          if (!(value > 0)) continue;
          sums[row]! += power(value);
          counts[row]!++;
        }
      }
    },
    divideRows(h, { firstElement, nRows }) {
      const { sums: empirical } = of(h, firstElement, nRows);
      const enhanced = f32(w.enhanced, nRows * width);
      for (let row = 0; row < nRows; row++) {
        for (let i = row * width; i < (row + 1) * width; i++) enhanced[i]! /= empirical[row]!;
      }
    },
    addMaps(order, piece) {
      const first = piece * SUM_ELEMENTS;
      const count = Math.min(SUM_ELEMENTS, m - first);
      for (let h = 0; h < nHypotheses; h++) {
        const { sums, counts } = of(h, first, count);
        for (let lane = order.first; lane < order.end; lane++) {
          const map = f32(mapOf(order, lane, h) + first * 4, count);
          for (let i = 0; i < count; i++) {
            const value = map[i]!;
            if (!(value > 0)) continue;
            sums[i]! += power(value);
            counts[i]!++;
          }
        }
      }
    },
    divideMap(h) {
      const { sums: empirical } = of(h, 0, m);
      const map = f32(w.graph!.map, m);
      for (let i = 0; i < m; i++) map[i]! /= empirical[i]!;
    },
  };
}

function powerOf(skew: number): (value: number) => number {
  if (skew === 0) return () => 1;
  return skew === 1 ? (value) => value : (value) => value ** skew;
}

/** Before the first batch. Counters serve as the numbers of summands: the null begins them anew. */
export function clearEmpirical({ shared, size }: EngineJob, buffer: ArrayBufferLike): void {
  for (const { empirical, counters } of shared.hypotheses) {
    new Float64Array(buffer, empirical, size.nElements).fill(0);
    new Uint32Array(buffer, counters, size.nElements).fill(0);
  }
}

/** f64 [nElements] of each hypothesis, in the place of the sums; infinite where no shuffle had anything, and so x / it is 0. Throws UsageError. */
export function finishEmpirical({ shared, size, skew }: EngineJob, buffer: ArrayBufferLike): Float64Array[] {
  return shared.hypotheses.map(({ empirical, counters }) => {
    const sums = new Float64Array(buffer, empirical, size.nElements);
    const counts = new Uint32Array(buffer, counters, size.nElements);
    for (let e = 0; e < sums.length; e++) {
      if (counts[e] === 0) {
        sums[e] = Number.POSITIVE_INFINITY;
        continue;
      }
      const mean = sums[e]! / counts[e]!;
      // 1 ** Infinity is NaN here; the mean of zeroth powers is 1
      sums[e] = skew === 0 ? 1 : skew === 1 ? mean : mean ** (1 / skew!);
      if (sums[e]! > 0 && sums[e]! < Number.POSITIVE_INFINITY) continue;
      throw new UsageError(
        `Cannot use -skew_nonstationarity ${skew}: the powers of the enhanced statistics leave float64. Give a smaller -skew_nonstationarity.`,
      );
    }
    return sums;
  });
}
