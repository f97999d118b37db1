// The observed pass under one design for all elements: effects and exact statistics, into the observed images.
import { roundUp } from "../../kernels/kernel-set.js";
import type { Matrix } from "../../stats/design/matrix.js";
import { VERDICTS } from "../../stats/glm/element-design.js";
import { observeHypothesis, standardDeviation, verdictOfData } from "../../stats/glm/observed.js";
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
  const nCoordinates = roundUp(rank, k.panels.rows);
  const removeRows = createRowRemover(context);
  const write = createObservedWriter(context);

  return function* (iBlock) {
    const block = loader.loadBlock(iBlock, "first");
    const { firstElement, nElements, width } = block;
    const bad = nonFinite.subarray(0, nElements).indexOf(1);
    if (bad >= 0 && (report.nonFiniteElement < 0 || firstElement + bad < report.nonFiniteElement)) {
      report.nonFiniteElement = firstElement + bad;
    }
    k.product.f64(nBetas, n, width, shared.pinv, w.packed, w.product, width);
    const betas = f64(w.product, nBetas * width);
    removeRows(width, size.sharedRank, shared.sharedNuisance);
    // without large means: what is tested has nothing of them
    const behind = w.product + betas.byteLength;
    k.product.f64(nCoordinates, n, width, shared.basisPanels, w.packed, behind, width);
    // |e|^2 after the shared nuisance; then after the whole design
    rawSums.set(sums);
    k.f64ProjectOut(n, width, rank, shared.basis, w.packed);
    k.f64SumSquares(n, width, w.packed, w.sums);
    const coordinates = f64(behind, nCoordinates * width);
    for (let c = 0; c < nElements; c++) {
      const beta = Float64Array.from({ length: nFactors }, (_, j) => betas[j * width + c]!);
      const scale = job.precision === "single" && factors[c]! > 0 ? 1 / factors[c]! : 1;
      const sse = sums[c]! > SSE_ROUNDING * rawSums[c]! ? sums[c]! * scale ** 2 : 0;
      report.verdicts[VERDICTS.indexOf(sse > 0 ? "testable" : verdictOfData(loader.rawColumn(block, c)))]!++;
      write(firstElement + c, {
        beta,
        deviations: [standardDeviation(sse, partition)],
        tests: partition.hypotheses.map((part) =>
          observeHypothesis(partition.dof, part, testedOf(part.tested, coordinates, c, width, scale), sse),
        ),
      });
      if (c % ELEMENTS_A_STEP === ELEMENTS_A_STEP - 1) yield;
    }
  };
}

/** A_h' w f64 [s] of column c: w f64 [r][width]. */
function testedOf({ nRows: r, nColumns: s, values }: Matrix, w: Float64Array, c: number, width: number, scale: number) {
  const u = new Float64Array(s);
  for (let j = 0; j < r; j++) for (let q = 0; q < s; q++) u[q]! += values[j * s + q]! * w[j * width + c]! * scale;
  return u;
}
