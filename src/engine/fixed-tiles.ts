// Statistics under one design for all elements, tile by tile of shuffles: one product serves all hypotheses. engine.md section 1.
import { ROW_PANEL, roundUp } from "../kernels/kernel-set.js";
import { gatheredTileBytes } from "./job.js";
import type { BlockLoader, LoadedBlock } from "./load-block.js";
import type { RunnerContext } from "./runner-context.js";

export interface FixedTiles {
  /** Loads block i and makes it ready: without the nuisance that all hypotheses share, with the moments on the nuisance of each. */
  prepare(iBlock: number): LoadedBlock;
  /** Q' P_b y of one tile of shuffles, into the product region. */
  multiply(iTile: number, width: number): void;
  /** Pointers for the epilogue of hypothesis h: |e_h|^2 f64 [width], its moments f64 [k_h][width], and corrections f64 [][r][k_h] from `firstShuffle` of the batch. */
  nuisanceOf(h: number, width: number, firstShuffle: number): { sums: number; moments: number; corrections: number };
}

/** Q' P_b y of one tile of shuffles over the block in the packed region (packed32 in single precision), into the product region. */
export function createTileProduct(context: RunnerContext): (iTile: number, width: number) => void {
  const { job, kernels: k, at } = context;
  const { size, shared, worker: w } = job;
  const n = size.nSubjects;
  const nOut = roundUp(job.tileShuffles * size.rank, ROW_PANEL);
  const tileBytes = gatheredTileBytes(job);
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

export function createFixedTiles(context: RunnerContext, loader: BlockLoader): FixedTiles {
  const { job, kernels: k, at, f64 } = context;
  const { size, shared, worker: w, blockWidth } = job;
  const { nSubjects: n, rank } = size;
  const sums = f64(at(w.sums), blockWidth);
  const hypothesisSums = f64(at(w.hypothesisSums), blockWidth);
  const firstMoments = size.hypotheses.map((_, h) =>
    size.hypotheses.slice(0, h).reduce((sum, { nCorrections }) => sum + nCorrections, 0),
  );
  const nMoments = size.hypotheses.reduce((sum, { nCorrections }) => sum + nCorrections, 0);
  const moments = f64(at(w.moments), Math.max(roundUp(nMoments, ROW_PANEL), 1) * blockWidth);

  return {
    prepare(iBlock) {
      const block = loader.loadBlock(iBlock);
      const { width } = block;
      loader.removeShared(width);
      if (nMoments > 0) {
        k.f64Gemm(roundUp(nMoments, ROW_PANEL), n, width, shared.moments, at(w.packed), at(w.moments), width);
      }
      if (job.precision === "single") k.f32FromF64Panels(n, width, at(w.packed), at(w.packed32));
      return block;
    },
    multiply: createTileProduct(context),
    nuisanceOf(h, width, firstShuffle) {
      const { nCorrections } = size.hypotheses[h]!;
      const first = firstMoments[h]!;
      const found = {
        moments: at(w.moments) + first * width * 8,
        corrections: shared.hypotheses[h]!.corrections + firstShuffle * rank * nCorrections * 8,
      };
      if (nCorrections === 0) return { ...found, sums: at(w.sums) };
      for (let c = 0; c < width; c++) {
        let sum = sums[c]!;
        for (let j = 0; j < nCorrections; j++) sum -= moments[(first + j) * width + c]! ** 2;
        hypothesisSums[c] = sum;
      }
      return { ...found, sums: at(w.hypothesisSums) };
    },
  };
}
