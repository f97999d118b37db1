// The observed pass of elements that share a design and one variance, as those do that lack the same observations: a part of a group at a time, side by side in
// panels, so that its columns are in the second-level cache for all that is done with them. The bits are those of one element after the other (element-test.ts).
import { roundUp } from "../../kernels/kernel-set.js";
import { type ElementDesign, hasEffects, VERDICTS } from "../../stats/glm/element-design.js";
import { CONSTANT_COLUMN } from "../../stats/glm/element-test.js";
import { verdictOfData } from "../../stats/glm/observed.js";
import {
  coefficientColumns,
  deviationColumns,
  observeTestColumns,
  type ResidualColumns,
} from "../../stats/glm/observed-columns.js";
import type { Context } from "../context.js";
import { observedColumns } from "../plan/blocks.js";
import type { ModelJob } from "../plan/job.js";
import type { Steps } from "../seams.js";
import type { DesignCache } from "./design-cache.js";
import type { ElementGroup, ModelBlock, ModelLoader } from "./model-block.js";
import { createColumnWriter, createObservedColumns } from "./observed-images.js";

export function createGroupObserver(
  context: Context,
  { regions }: ModelJob,
  loader: ModelLoader,
  cache: DesignCache,
): (block: ModelBlock, group: ElementGroup) => Steps {
  const { job, worker: w, kernels: k, f64, report } = context;
  const n = job.size.nSubjects;
  const most = Math.min(job.layout.groupWidth, observedColumns(n, k.panels));
  const write = createColumnWriter(context);

  const ofElements = () => new Float64Array(most);
  const values = ofElements();
  const deviations = ofElements();
  const columnsOf = createObservedColumns(most);
  const flags = new Uint8Array(most);

  /** fitElement of the packed columns, which become residuals. */
  const fitColumns = ({ rank: r }: ElementDesign, count: number): ResidualColumns => {
    const stride = roundUp(count, k.panels.f32);
    k.f64SumSquares(n, stride, w.packed, w.rawSums);
    k.f64ProjectOut(n, stride, r, regions.basis, w.packed, regions.product);
    k.f64SumSquares(n, stride, w.packed, w.sums);
    const [sumSquares, sse] = [f64(w.rawSums, count), f64(w.sums, count)];
    for (let c = 0; c < count; c++) if (!(sse[c]! > CONSTANT_COLUMN * sumSquares[c]!)) sse[c] = 0;
    return { count, stride, fitted: f64(regions.product, r * stride), sse, sumSquares };
  };

  const observe = (block: ModelBlock, group: ElementGroup, design: ElementDesign) => {
    const { members } = group;
    const count = members.length;
    const place = { firstElement: block.place.firstElement, members };
    const column = values.subarray(0, count);
    loader.pack(block, group);
    const fit = fitColumns(design, count);
    for (let l = 0; l < job.size.nFactors; l++) {
      coefficientColumns(design, l, fit, column);
      write.beta(l, place, column);
    }
    const deviation = deviations.subarray(0, count);
    deviationColumns(design, fit, deviation);
    write.deviation(0, place, deviation);
    const isTested = flags.subarray(0, count).fill(1);
    for (const [h, hypothesis] of design.hypotheses.entries()) {
      const columns = columnsOf(count);
      observeTestColumns(design, hypothesis, fit, deviation, columns, isTested);
      write.test(h, place, columns);
    }
    if (design.verdict !== "testable") return;
    for (let c = 0; c < count; c++) {
      const verdict = isTested[c] === 1 ? "testable" : verdictOfData(loader.readValues(block, group, c), group.keep);
      report.verdicts[VERDICTS.indexOf(verdict)]!++;
    }
  };

  /** Everything but the condition is 0. */
  const leaveOut = (block: ModelBlock, { members }: ElementGroup) => {
    const place = { firstElement: block.place.firstElement, members };
    const zeros = values.subarray(0, members.length).fill(0);
    for (let l = 0; l < job.size.nFactors; l++) write.beta(l, place, zeros);
    write.deviation(0, place, zeros);
    const none = { statistic: zeros, z: zeros, effect: zeros, standardisedEffect: zeros };
    for (const h of job.size.hypotheses.keys()) write.test(h, place, none);
  };

  return function* (block, group) {
    const design = cache.designOf(group);
    const { verdict, condition, dof, rank: r } = design;
    if (verdict !== "testable") report.verdicts[VERDICTS.indexOf(verdict)]! += group.members.length;
    else report.dofs[dof]! += group.members.length;
    if (hasEffects(verdict)) f64(regions.basis, r * n).set(design.basis.subarray(0, r * n));
    for (let first = 0; first < group.members.length; first += most) {
      const members = group.members.slice(first, first + most);
      const part = { ...group, members };
      const place = { firstElement: block.place.firstElement, members };
      write.condition(place, values.subarray(0, members.length).fill(condition));
      if (hasEffects(verdict)) observe(block, part, design);
      else leaveOut(block, part);
      yield;
    }
  };
}
