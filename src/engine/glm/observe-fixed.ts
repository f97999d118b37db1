// The observed pass under one design for all elements: effects and exact statistics, into the observed images.
import { roundUp } from "../../kernels/kernel-set.js";
import { observeHypothesis, standardDeviation } from "../../stats/glm/observed.js";
import { SSE_ROUNDING } from "../../stats/glm/pooled-variance.js";
import type { Context } from "../context.js";
import type { Steps } from "../seams.js";
import type { BlockLoader } from "./load-block.js";
import { createObservedWriter } from "./observed-images.js";
import { createRowRemover } from "./remove-rows.js";

/** Exact statistics of an element take some microseconds a hypothesis. */
const ELEMENTS_A_STEP = 256;

export function createFixedObserver(context: Context, loader: BlockLoader): (iBlock: number) => Steps {
  const { job, worker: w, kernels: k, u8, f64, partition, report } = context;
  const { size, shared } = job;
  const { blockWidth } = job.layout;
  const { nSubjects: n, rank, nFactors } = size;
  const nonFinite = u8(w.nonFinite, blockWidth);
  const rawSums = f64(w.rawSums, blockWidth);
  const sums = f64(w.sums, blockWidth);
  const factors = f64(w.factors, blockWidth);
  const nBetas = roundUp(nFactors, k.panels.rows);
  const removeRows = createRowRemover(context);
  const write = createObservedWriter(context);

  return function* (iBlock) {
    const { firstElement, nElements, width } = loader.loadBlock(iBlock, "first");
    const bad = nonFinite.subarray(0, nElements).indexOf(1);
    if (bad >= 0 && (report.nonFiniteElement < 0 || firstElement + bad < report.nonFiniteElement)) {
      report.nonFiniteElement = firstElement + bad;
    }
    k.product.f64(nBetas, n, width, shared.pinv, w.packed, w.product, width);
    removeRows(width, size.sharedRank, shared.sharedNuisance);
    // |e|^2 after the shared nuisance; then after the whole design
    rawSums.set(sums);
    k.f64ProjectOut(n, width, rank, shared.basis, w.packed);
    k.f64SumSquares(n, width, w.packed, w.sums);
    const betas = f64(w.product, nBetas * width);
    for (let c = 0; c < nElements; c++) {
      const beta = Float64Array.from({ length: nFactors }, (_, j) => betas[j * width + c]!);
      const scale = job.precision === "single" && factors[c]! > 0 ? 1 / factors[c]! ** 2 : 1;
      const sse = sums[c]! > SSE_ROUNDING * rawSums[c]! ? sums[c]! * scale : 0;
      write(firstElement + c, {
        beta,
        deviations: [standardDeviation(sse, partition)],
        tests: partition.hypotheses.map((part) => observeHypothesis(partition, part, beta, sse)),
      });
      if (c % ELEMENTS_A_STEP === ELEMENTS_A_STEP - 1) yield;
    }
  };
}
