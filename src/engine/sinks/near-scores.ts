// Scores by products in float32, for any contrast: what they may be away from the exact ones says which of them have to be told. mathematics M20.
import { createScreen, type Margin, mostOf, setScoreLimits } from "../../stats/glm/screening.js";
import type { Context } from "../context.js";
import { productError } from "../plan/screening.js";
import type { ProductTile, StatisticArguments } from "../seams.js";

/** What a screened sink asks of the statistics of one hypothesis that are known nearly: of a block first the limits, then tile by tile. */
export interface NearStatistics {
  /** `isConstant`: the score of the element is known. */
  setLimits(tile: ProductTile, isConstant: (c: number) => boolean): void;
  /** Counts what is surely below the unshuffled statistics. Returns the number of entries in `open`. */
  screen(tile: ProductTile): number;
  /** Whether row b of the tile may have an exact score of `known` or above among those that are not open. */
  mayReach(b: number, known: number): boolean;
  /** Puts entries of row b of the tile that may be its largest score, being at least `known`, into `open`: their number. */
  collectLargest(tile: ProductTile, b: number, known: number): number;
}

/** Whatever the contrast. */
export function createNearScores(context: Context, h: number): NearStatistics {
  const { job, worker: w, kernels: k, f64, u32 } = context;
  const { size, shared, layout } = job;
  const { rank, dof } = size;
  const { contrastRank, signed } = size.hypotheses[h]!;
  const regions = w.screen!;
  const { contrastBasis, defaults, counters } = shared.hypotheses[h]!;
  const error = productError(job, k.rowProduct !== undefined, f64(shared.basis, size.rank * size.nSubjects));
  const given = { error, rank, contrastRank, dof, contrastBasis: f64(contrastBasis, rank * contrastRank) };
  const screen = createScreen(given);
  const observed = f64(defaults, size.nElements);
  const entries = u32(regions.open, layout.laneShuffles * layout.blockWidth);
  const largest = f64(regions.largest, layout.laneShuffles);
  const units = f64(regions.units, layout.blockWidth);
  /** The widest of the block, of elements that have one. */
  let margin: Margin = { a: 0, b: 0 };

  const ofHypothesis = (pointer: number, width: number) => pointer + h * width * 8;
  /** The same tile of columns of unit length. */
  const nearStatistic = ({ statistic, width }: ProductTile): StatisticArguments => {
    const [count, nElements, r, s, nCorrections, product, bytes, stride, basis, rows, columns] = statistic;
    const moments = regions.unitMoments + (columns - w.moments);
    const totals = ofHypothesis(regions.totals, width);
    return [
      count,
      nElements,
      r,
      s,
      nCorrections,
      product,
      bytes,
      stride,
      basis,
      rows,
      moments,
      width,
      totals,
      dof,
      signed,
    ];
  };

  return {
    setLimits({ firstElement, nElements, width, statistic }, isConstant) {
      const [, , , , nCorrections, , , , , , columns, , sums] = statistic;
      const totals = f64(ofHypothesis(regions.totals, width), width);
      const given = f64(sums, width);
      for (let c = 0; c < width; c++) totals[c] = given[c]! * units[c]! * units[c]!;
      const moments = f64(regions.unitMoments + (columns - w.moments), nCorrections * width);
      const momentsOfBlock = f64(columns, nCorrections * width);
      for (let i = 0; i < moments.length; i++) moments[i] = momentsOfBlock[i]! * units[i % width]!;
      const lowest = f64(ofHypothesis(regions.lowest, width), nElements);
      const highest = f64(ofHypothesis(regions.highest, width), nElements);
      const ofBlock = observed.subarray(firstElement, firstElement + nElements);
      margin = setScoreLimits({ lowest, highest }, ofBlock, isConstant, (c) => screen.marginOf(totals[c]!));
    },
    screen(tile) {
      const { firstElement, nElements, width, count } = tile;
      k.f64ScoreStatistics(...nearStatistic(tile), screen.least, Number.NaN, w.scores, width);
      // an F of exactly 0 counts as one whose Z is 0
      const near = signed === 1 ? Number.NEGATIVE_INFINITY : margin.a / (1 - margin.b);
      const limits = [ofHypothesis(regions.lowest, width), ofHypothesis(regions.highest, width)] as const;
      const out = [counters + firstElement * 4, regions.largest, regions.open] as const;
      return k.f64ScreenScores(count, nElements, w.scores, width, near, ...limits, ...out);
    },
    mayReach: (b, known) => mostOf(largest[b]!, margin) >= known,
    collectLargest({ nElements, width }, b, known) {
      const row = f64(w.scores + b * width * 8, nElements);
      const highest = f64(ofHypothesis(regions.highest, width), nElements);
      let top = Number.NEGATIVE_INFINITY;
      // those without a limit are told already, whatever they seem to be
      for (let c = 0; c < nElements; c++) if (row[c]! > top && highest[c]! < Number.POSITIVE_INFINITY) top = row[c]!;
      const least = Math.max(known, top - margin.a - margin.b * Math.abs(top));
      let count = 0;
      for (let c = 0; c < nElements; c++) if (mostOf(row[c]!, margin) >= least) entries[count++] = b * 65536 + c;
      return count;
    },
  };
}
