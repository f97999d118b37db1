// The observed pass of models whose design varies or whose variance is grouped: effects, deviations, condition and exact statistics.

import { createArrayPool } from "../../stats/design/array-pool.js";
import {
  type ElementDesign,
  factoriseShared,
  hasEffects,
  resolveElementDesign,
  VERDICTS,
  type Verdict,
} from "../../stats/glm/element-design.js";
import { elementEffects, fitElement, observeTest } from "../../stats/glm/element-test.js";
import { verdictOfData } from "../../stats/glm/observed.js";
import type { Context } from "../context.js";
import type { ModelJob } from "../plan/job.js";
import type { Steps } from "../seams.js";
import type { DesignCache } from "./design-cache.js";
import type { ElementGroup, ModelBlock, ModelLoader } from "./model-block.js";
import { createGroupObserver } from "./observe-group.js";
import { createObservedWriter, type ObservedElement } from "./observed-images.js";
import { createPanels } from "./panels.js";

/** A design of its own takes an element some hundred microseconds. */
const ELEMENTS_A_STEP = 16;

export function createModelObserver(
  context: Context,
  modelJob: ModelJob,
  loader: ModelLoader,
  cache: DesignCache,
): (iBlock: number) => Steps {
  const { size } = modelJob;
  const isShared = size.nElementColumns === 0 && size.nGroups === 1;
  const observeGroup = isShared
    ? createGroupObserver(context, modelJob, loader, cache)
    : createElementsObserver(context, modelJob, loader, cache);
  return function* (iBlock) {
    const block = loader.load(iBlock, "first");
    for (const group of block.groups) yield* observeGroup(block, group);
  };
}

/** One element after the other: each has a design of its own, or a variance that is not one number. */
function createElementsObserver(
  context: Context,
  modelJob: ModelJob,
  loader: ModelLoader,
  cache: DesignCache,
): (block: ModelBlock, group: ElementGroup) => Steps {
  const { worker, report } = context;
  const { model, size } = modelJob;
  const write = createObservedWriter(context);
  const { readColumn } = createPanels(context);

  const openScope = createArrayPool();
  const [ofGroup, ofElement] = [openScope(), openScope()];

  const designsOf = (group: ElementGroup): ((i: number) => ElementDesign) => {
    if (size.nElementColumns === 0) return () => cache.designOf(group);
    const shared = factoriseShared(model, group.keep, ofGroup.take);
    return (i) => resolveElementDesign(model, group.keep, shared, loader.ownColumns(i, ofElement.take), ofElement.take);
  };

  const count = (verdict: Verdict) => {
    report.verdicts[VERDICTS.indexOf(verdict)]!++;
  };

  const observe = (design: ElementDesign, y: Float64Array, keep: Uint8Array): ObservedElement => {
    const { verdict, condition, dof, hypotheses } = design;
    if (verdict !== "testable") count(verdict);
    if (verdict === "testable" && size.nGroups === 1) report.dofs[dof]!++;
    if (!hasEffects(verdict)) return { condition, beta: [], deviations: [], tests: [] };
    const fit = fitElement(design, y, ofElement.take);
    const { beta, deviations } = elementEffects(model, design, fit);
    const tests = hypotheses.map((hypothesis) =>
      observeTest(model, design, hypothesis, fit, deviations[0]!, ofElement.take),
    );
    if (verdict === "testable") count(tests.every(({ isTested }) => isTested) ? verdict : verdictOfData(y, keep));
    return { condition, beta, deviations, tests };
  };

  return function* (block, group) {
    loader.pack(block, group);
    const designOf = designsOf(group);
    for (const [i, member] of group.members.entries()) {
      const y = readColumn(worker.packed, i, ofElement.take);
      write(block.place.firstElement + member, observe(designOf(i), y, group.keep));
      ofElement.giveBack();
      if (i % ELEMENTS_A_STEP === ELEMENTS_A_STEP - 1) yield;
    }
    ofGroup.giveBack();
  };
}
