// The observed pass under one design for all elements: effects and exact statistics, into the observed images.
import { roundUp } from "../../kernels/kernel-set.js";
import { observedIndex } from "../../run/observed.js";
import { observeHypothesis, standardDeviation } from "../../stats/glm/observed.js";
import type { Context } from "../context.js";
import { observedImage } from "../plan/job.js";
import type { Steps } from "../seams.js";
import type { BlockLoader } from "./load-block.js";

/** Residuals below this share are rounding: the same rule as f64BinStatistics. */
const SSE_ROUNDING = 1e-14;
/** Exact statistics of an element take some microseconds a hypothesis. */
const ELEMENTS_A_STEP = 256;

export function createFixedObserver(context: Context, loader: BlockLoader): (iBlock: number) => Steps {
  const { job, worker: w, kernels: k, u8, f64, partition, report } = context;
  const { size, shared } = job;
  const { blockWidth } = job.layout;
  const { nSubjects: n, rank } = size;
  const nonFinite = u8(w.nonFinite, blockWidth);
  const rawSums = f64(w.rawSums, blockWidth);
  const sums = f64(w.sums, blockWidth);
  const factors = f64(w.factors, blockWidth);
  const index = observedIndex(size);
  const images = Array.from({ length: index.count }, (_, i) => observedImage(job, context.buffer, i));
  const image = (i: number) => images[i]!;
  const nBetas = roundUp(size.nFactors, k.panels.rows);

  return function* (iBlock) {
    const { firstElement, nElements, width } = loader.loadBlock(iBlock);
    const bad = nonFinite.subarray(0, nElements).indexOf(1);
    if (bad >= 0 && (report.nonFiniteElement < 0 || firstElement + bad < report.nonFiniteElement)) {
      report.nonFiniteElement = firstElement + bad;
    }
    k.product.f64(nBetas, n, width, shared.pinv, w.packed, w.product, width);
    loader.removeShared(width);
    // sums: |e|^2 after the shared nuisance; then the whole design
    for (let c = 0; c < width; c++) rawSums[c] = sums[c]!;
    k.f64ProjectOut(n, width, rank, shared.basis, w.packed);
    k.f64SumSquares(n, width, w.packed, w.sums);
    const betas = f64(w.product, nBetas * width);
    const beta = new Float64Array(size.nFactors);
    for (let c = 0; c < nElements; c++) {
      const element = firstElement + c;
      for (let j = 0; j < size.nFactors; j++) {
        beta[j] = betas[j * width + c]!;
        image(index.beta(j))[element] = beta[j]!;
      }
      const scale = job.precision === "single" && factors[c]! > 0 ? 1 / factors[c]! ** 2 : 1;
      const sse = sums[c]! > SSE_ROUNDING * rawSums[c]! ? sums[c]! * scale : 0;
      image(index.standardDeviation)[element] = standardDeviation(sse, partition);
      for (const [h, part] of partition.hypotheses.entries()) {
        const observed = observeHypothesis(partition, part, beta, sse);
        image(index.statistic(h))[element] = observed.statistic;
        image(index.z(h))[element] = observed.z;
        image(index.effect(h))[element] = observed.effect;
        image(index.standardisedEffect(h))[element] = observed.standardisedEffect;
      }
      if (c % ELEMENTS_A_STEP === ELEMENTS_A_STEP - 1) yield;
    }
  };
}
