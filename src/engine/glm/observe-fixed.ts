// The observed pass under one design for all elements: effects and exact statistics, into the observed images. A part of a block at a time, so that its columns
// are in the second-level cache for all that is done with them.
import { roundUp } from "../../kernels/kernel-set.js";
import type { Matrix } from "../../stats/design/matrix.js";
import { VERDICTS } from "../../stats/glm/element-design.js";
import { observeColumns, standardDeviation, verdictOfData } from "../../stats/glm/observed.js";
import { SSE_ROUNDING } from "../../stats/glm/pooled-variance.js";
import type { Context } from "../context.js";
import { observedColumns } from "../plan/blocks.js";
import type { Steps } from "../seams.js";
import type { BlockLoader } from "./load-block.js";
import { createColumnWriter, createObservedColumns } from "./observed-images.js";
import { createRowRemover } from "./remove-rows.js";

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
  const most = Math.min(blockWidth, observedColumns(n, k.panels));
  const removeRows = createRowRemover(context);
  const write = createColumnWriter(context);

  const ofElements = () => new Float64Array(most);
  const scales = ofElements();
  const variances = ofElements();
  const deviations = ofElements();
  const columnsOf = createObservedColumns(most);
  const mostRanks = Math.max(1, ...partition.hypotheses.map(({ tested }) => tested.nColumns));
  const directions = new Float64Array(mostRanks * most);

  return function* (iBlock) {
    const place = loader.place(iBlock);
    loader.readRaw(iBlock, "first", place);
    for (let first = 0; first < place.nElements; first += most) {
      const count = Math.min(most, place.nElements - first);
      const block = loader.pack(place, first, count);
      const { firstElement, width } = block;
      const bad = nonFinite.subarray(0, count).indexOf(1);
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
      rawSums.set(sums.subarray(0, width));
      k.f64ProjectOut(n, width, rank, shared.basis, w.packed, 0);
      k.f64SumSquares(n, width, w.packed, w.sums);
      const coordinates = f64(behind, nCoordinates * width);

      let nTestable = 0;
      const [sse, deviation] = [variances.subarray(0, count), deviations.subarray(0, count)];
      for (let c = 0; c < count; c++) {
        const scale = job.precision === "single" && factors[c]! > 0 ? 1 / factors[c]! : 1;
        scales[c] = scale;
        sse[c] = sums[c]! > SSE_ROUNDING * rawSums[c]! ? sums[c]! * scale ** 2 : 0;
        deviation[c] = standardDeviation(sse[c]!, partition);
        if (sse[c]! > 0) nTestable++;
        else report.verdicts[VERDICTS.indexOf(verdictOfData(loader.rawColumn(block, c)))]!++;
      }
      report.verdicts[VERDICTS.indexOf("testable")]! += nTestable;
      for (let j = 0; j < nFactors; j++) write.beta(j, block, betas.subarray(j * width, j * width + count));
      write.deviation(0, block, deviation);
      for (const [h, part] of partition.hypotheses.entries()) {
        const u = directions.subarray(0, part.tested.nColumns * count);
        testedInto(part.tested, coordinates, { width, scales }, u);
        const columns = columnsOf(count);
        observeColumns(partition.dof, part, u, sse, columns);
        write.test(h, block, columns);
      }
      yield;
    }
  };
}

/** A_h' w f64 [s][count], of w f64 [r][width]. */
function testedInto(
  { nRows: r, nColumns: s, values }: Matrix,
  w: Float64Array,
  { width, scales }: { readonly width: number; readonly scales: Float64Array },
  u: Float64Array,
): void {
  const count = u.length / s;
  u.fill(0);
  for (let q = 0; q < s; q++) {
    for (let j = 0; j < r; j++) {
      const weight = values[j * s + q]!;
      for (let c = 0; c < count; c++) u[q * count + c]! += weight * w[j * width + c]! * scales[c]!;
    }
  }
}
