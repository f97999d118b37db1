// Scores of single shuffles of single elements under one design, to the bits that products of all in the run's precision give.
import { SSE_ROUNDING } from "../../stats/glm/pooled-variance.js";
import type { Context } from "../context.js";
import { EXACT_ENTRIES } from "../plan/screen-regions.js";
import { isNear } from "../plan/screening.js";
import type { ExactScores, StatisticArguments } from "../seams.js";

const STRIDE = EXACT_ENTRIES + 4;

/** While `packed` holds the block's residuals. */
export function createExactScores({ job, worker: w, kernels: k, u32, f32, f64 }: Context): ExactScores {
  const { shared, size } = job;
  const { nSubjects: n } = size;
  const { product, sums, moments, scores } = w.screen!;
  const signsOf = (first: number) => (job.hasSigns ? shared.signs + first * n : 0);
  const sumsOfEntries = f64(sums, STRIDE);
  const found = f64(scores, STRIDE);

  /** In single precision the tile's own products are those that scores are made of. */
  const copyProducts = ([count, , rank, , , tile, , stride]: StatisticArguments, entries: Uint32Array) => {
    const products = f32(tile, count * rank * stride);
    const copied = f64(product, rank * STRIDE);
    for (const [i, entry] of entries.entries()) {
      const at = (entry >>> 16) * rank * stride + (entry & 0xffff);
      for (let j = 0; j < rank; j++) copied[j * STRIDE + i] = products[at + j * stride]!;
    }
  };

  return ({ first, statistic }, { open, count }, untestable) => {
    const [, , rank, contrastRank, nCorrections, , , , contrastBasis, rows, columns, columnStride, total, dof, signed] =
      statistic;
    const entries = u32(open, count);
    if (isNear(job)) {
      const shuffles = [shared.labels + first * n * 4, signsOf(first)] as const;
      k.f64ProductsOf(n, rank, count, open, ...shuffles, shared.basis, w.packed, product, STRIDE, w.screen!.rows);
    } else copyProducts(statistic, entries);
    const sumSquares = f64(total, job.layout.blockWidth);
    for (let i = 0; i < count; i++) sumsOfEntries[i] = sumSquares[entries[i]! & 0xffff]!;
    const out = [SSE_ROUNDING, untestable] as const;
    if (nCorrections === 0) {
      const sizes = [1, count, rank, contrastRank, 0] as const;
      const given = [product, 8, STRIDE, contrastBasis, rows, columns, columnStride, sums, dof, signed] as const;
      k.f64ScoreStatistics(...sizes, ...given, ...out, scores, STRIDE);
      return found;
    }
    const momentsOfEntries = f64(moments, nCorrections * STRIDE);
    const momentsOfBlock = f64(columns, nCorrections * columnStride);
    for (let i = 0; i < count; i++) {
      const column = entries[i]! & 0xffff;
      for (let j = 0; j < nCorrections; j++) {
        momentsOfEntries[j * STRIDE + i] = momentsOfBlock[j * columnStride + column]!;
      }
      const sizes = [1, 1, rank, contrastRank, nCorrections] as const;
      const shuffledRows = rows + (entries[i]! >>> 16) * rank * nCorrections * 8;
      const given = [product + i * 8, 8, STRIDE, contrastBasis, shuffledRows, moments + i * 8, STRIDE] as const;
      k.f64ScoreStatistics(...sizes, ...given, sums + i * 8, dof, signed, ...out, scores + i * 8, STRIDE);
    }
    return found;
  };
}
