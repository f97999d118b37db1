// The observed pass of models whose design varies or whose variance is grouped: effects, deviations, condition and exact statistics, element by element.
import { observedIndex } from "../../run/observed.js";
import {
  type ElementDesign,
  factoriseShared,
  hasEffects,
  resolveElementDesign,
  VERDICTS,
} from "../../stats/glm/element-design.js";
import { elementEffects, fitElement, observeTest } from "../../stats/glm/element-test.js";
import { countFactors } from "../../stats/glm/model.js";
import type { Context } from "../context.js";
import { type ModelJob, observedImage } from "../plan/job.js";
import type { Steps } from "../seams.js";
import { createDesignCache } from "./design-cache.js";
import type { ElementGroup, ModelLoader } from "./model-block.js";
import { createPanels } from "./panels.js";

/** A design of its own takes an element some hundred microseconds. */
const ELEMENTS_A_STEP = 16;

export function createModelObserver(
  context: Context,
  modelJob: ModelJob,
  loader: ModelLoader,
): (iBlock: number) => Steps {
  const { job, worker, buffer, report } = context;
  const { model, size } = modelJob;
  const nFactors = countFactors(model);
  const c = model.nElementColumns;
  const index = observedIndex(job.size);
  const images = Array.from({ length: index.count }, (_, i) => observedImage(job, buffer, i));
  const sharedDesignOf = createDesignCache(context, modelJob);

  const { readColumn } = createPanels(context);

  const designsOf = (group: ElementGroup): ((member: number) => ElementDesign) => {
    if (c === 0) return () => sharedDesignOf(group);
    const shared = factoriseShared(model, group.keep);
    return (member) => {
      const columns = Array.from({ length: c }, (_, j) => readColumn(loader.ownPanel(j), member));
      return resolveElementDesign(model, group.keep, shared, columns);
    };
  };

  const observeElement = (design: ElementDesign, y: Float64Array, element: number) => {
    report.verdicts[VERDICTS.indexOf(design.verdict)]!++;
    if (design.verdict === "testable" && size.nGroups === 1) report.dofs[design.dof]!++;
    const condition = index.condition === undefined ? undefined : images[index.condition]!;
    for (const image of images) image[element] = 0;
    if (condition !== undefined) condition[element] = design.condition;
    if (!hasEffects(design.verdict)) return;
    const fit = fitElement(design, y);
    const { beta, deviations } = elementEffects(model, design, fit);
    for (let j = 0; j < nFactors; j++) images[index.beta(j)]![element] = beta[j]!;
    for (let g = 0; g < size.nGroups; g++) images[index.deviation(g)]![element] = deviations[g]!;
    for (const [h, hypothesis] of design.hypotheses.entries()) {
      const { statistic, z } = observeTest(model, design, hypothesis, fit);
      images[index.statistic(h)]![element] = statistic;
      images[index.z(h)]![element] = z;
      if (hypothesis.kind !== "t") continue;
      let effect = 0;
      for (let j = 0; j < design.rank; j++) effect += hypothesis.toEffect[j]! * fit.fitted[j]!;
      images[index.effect(h)]![element] = effect;
      const standardised = effect / deviations[0]!;
      images[index.standardisedEffect(h)]![element] = Number.isFinite(standardised) ? standardised : 0;
    }
  };

  return function* (iBlock) {
    const block = loader.load(iBlock);
    for (const group of block.groups) {
      loader.pack(block, group);
      const designOf = designsOf(group);
      for (const [i, member] of group.members.entries()) {
        observeElement(designOf(i), readColumn(worker.packed, i), block.place.firstElement + member);
        if (i % ELEMENTS_A_STEP === ELEMENTS_A_STEP - 1) yield;
      }
    }
  };
}
