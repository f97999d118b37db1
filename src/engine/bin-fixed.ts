// Phase "bin" under one design for all elements: one product serves all hypotheses and shuffles of the batch. engine.md section 1.
import { LANES, ROW_PANEL } from "../kernels/kernel-set.js";
import type { BlockLoader } from "./load-block.js";
import { type RunnerContext, roundUp } from "./runner-context.js";

export interface BinOrder {
  readonly lanes: number;
  readonly binBytes: 1 | 2;
}

/** Q' P_b y of one tile of shuffles over the block in the packed region (packed32 in single precision), into the product region. */
export function createTileProduct(context: RunnerContext): (iTile: number, width: number) => void {
  const { job, kernels: k, at } = context;
  const { size, shared, worker: w } = job;
  const n = size.nSubjects;
  const nOut = roundUp(job.tileShuffles * size.rank, ROW_PANEL);
  const tileBytes = nOut * n * (job.precision === "single" ? 4 : 8);
  return (iTile, width) => {
    const gathered = shared.gathered + iTile * tileBytes;
    if (job.precision === "double") {
      k.f64Gemm(nOut, n, width, gathered, at(w.packed), at(w.product), width);
      return;
    }
    k.f32Gemm(nOut, n, width, gathered, at(w.packed32), at(w.product32), width);
    k.f64FromF32(nOut * width, at(w.product32), at(w.product));
  };
}

export function createFixedBinner(
  context: RunnerContext,
  loader: BlockLoader,
): (iBlock: number, order: BinOrder) => void {
  const { job, kernels: k, at, f64, report } = context;
  const { size, shared, worker: w, blockWidth } = job;
  const { nSubjects: n, nElements: m, rank } = size;
  const sums = f64(at(w.sums), blockWidth);
  const hypothesisSums = f64(at(w.hypothesisSums), blockWidth);
  const nMoments = size.hypotheses.reduce((sum, h) => sum + h.nCorrections, 0);
  const moments = f64(at(w.moments), Math.max(roundUp(nMoments, ROW_PANEL), 1) * blockWidth);
  const multiplyTile = createTileProduct(context);

  return (iBlock, { lanes, binBytes }) => {
    const { firstElement, nElements, width } = loader.loadBlock(iBlock);
    loader.removeShared(width);
    if (nMoments > 0) {
      k.f64Gemm(roundUp(nMoments, ROW_PANEL), n, width, shared.moments, at(w.packed), at(w.moments), width);
    }
    if (job.precision === "single") k.f32FromF64Panels(n, width, at(w.packed), at(w.packed32));
    for (let first = 0; first < lanes; first += job.tileShuffles) {
      multiplyTile(first / job.tileShuffles, width);
      let firstMoment = 0;
      for (const [h, hypothesis] of size.hypotheses.entries()) {
        const regions = shared.hypotheses[h]!;
        let sumsAt = at(w.sums);
        if (hypothesis.nCorrections > 0) {
          sumsAt = at(w.hypothesisSums);
          for (let c = 0; c < width; c++) {
            let sum = sums[c]!;
            for (let j = 0; j < hypothesis.nCorrections; j++) sum -= moments[(firstMoment + j) * width + c]! ** 2;
            hypothesisSums[c] = sum;
          }
        }
        const group = Math.floor(first / LANES);
        const bins = regions.bins + ((group * m + firstElement) * LANES + (first % LANES)) * binBytes;
        const largest = k.f64BinStatistics(
          Math.min(job.tileShuffles, lanes - first),
          nElements,
          rank,
          hypothesis.contrastRank,
          hypothesis.nCorrections,
          at(w.product),
          width,
          regions.contrastBasis,
          regions.corrections + first * rank * hypothesis.nCorrections * 8,
          at(w.moments) + firstMoment * width * 8,
          width,
          sumsAt,
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
        firstMoment += hypothesis.nCorrections;
      }
    }
  };
}
