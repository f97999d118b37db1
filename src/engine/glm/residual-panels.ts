// What each hypothesis shuffles, e_h, for all elements of a group at once, in the packed panels: three ways to the same numbers (element-test.ts).
//   shared design    project the nuisance of h out of y
//   own columns      y - Q Q'y by kernels and lanes, plus what h tests of it
//   own columns and variance groups    element by element

import { createArrayPool } from "../../stats/design/array-pool.js";
import { type ElementDesign, factoriseShared, resolveElementDesign } from "../../stats/glm/element-design.js";
import { fitElement, nullResidual, type Residual } from "../../stats/glm/element-test.js";
import { groupRows, splitByGroup } from "../../stats/glm/group-rows.js";
import { nuisanceRows } from "../../stats/glm/nuisance-rows.js";
import type { Context } from "../context.js";
import type { ModelJob } from "../plan/job.js";
import { columnPreparer } from "./column-residuals.js";
import type { DesignCache } from "./design-cache.js";
import { rowsOfGroups } from "./group-shuffle.js";
import type { ElementGroup, ModelLoader } from "./model-block.js";
import { createPanels } from "./panels.js";
import { createRowRemover } from "./remove-rows.js";
import { MEMBERS_A_STEP, type ProductRows, type ResidualPreparer } from "./residual-preparer.js";

export function createResidualPreparer(
  context: Context,
  modelJob: ModelJob,
  loader: ModelLoader,
  cache: DesignCache,
): ResidualPreparer {
  const { nElementColumns, nGroups } = modelJob.size;
  if (nElementColumns === 0) return sharedPreparer(context, modelJob, loader, cache);
  return (nGroups === 1 ? columnPreparer : elementPreparer)(context, modelJob, loader);
}

function sharedPreparer(
  context: Context,
  modelJob: ModelJob,
  loader: ModelLoader,
  cache: DesignCache,
): ResidualPreparer {
  const { job, f64 } = context;
  const { regions, model } = modelJob;
  const n = job.size.nSubjects;
  const panels = createPanels(context);
  const removeRows = createRowRemover(context);
  const productOf = (group: ElementGroup): ProductRows =>
    cache.derivedOf(group, (design, allocate) => {
      const groups = groupRows(design, model.groups!, group.keep, job.hasSigns, allocate);
      return { count: groups.rows.length / n, rows: groups.rows, groups };
    });
  return function* (block, group) {
    const design = cache.designOf(group);
    yield;
    if (design.verdict !== "testable") return undefined;
    const width = panels.columns(group.members.length);
    return {
      designs: group.members.map(() => design),
      product: productOf(group),
      fill(h) {
        loader.pack(block, group);
        const nuisance = nuisanceRows(design, h, n);
        f64(regions.basis, nuisance.length).set(nuisance);
        removeRows(width, nuisance.length / n, regions.basis);
      },
    };
  };
}

function elementPreparer(context: Context, modelJob: ModelJob, loader: ModelLoader): ResidualPreparer {
  const { size, model } = modelJob;
  const { job, kernels, worker: w, f64 } = context;
  const { nElementColumns: c, nGroups, sharedRank: r } = size;
  const n = job.size.nSubjects;
  const openScope = createArrayPool();
  const [ofGroup, ofElement] = [openScope(), openScope()];
  const { columns, readColumn, writeColumn } = createPanels(context);
  const ofGroups = rowsOfGroups(modelJob);
  const wide = kernels.panels.f64;
  /** Residualised own columns of each element, the rows of each variance group [W/4][rows][4], over the columns as they were read. */
  const placeOwn = (designs: readonly (ElementDesign | undefined)[], width: number) => {
    for (let row = 0; row < nGroups * c; row++) {
      const rows = ofGroups[Math.floor(row / c)]!;
      const panels = f64(loader.ownPanel(row), width * rows.length).fill(0);
      for (const [e, design] of designs.entries()) {
        if (design === undefined) continue;
        const values = design.basis.subarray((r + (row % c)) * n);
        let to = (e - (e % wide)) * rows.length + (e % wide);
        for (let t = 0; t < rows.length; t++, to += wide) panels[to] = values[rows[t]!]!;
      }
    }
  };
  return function* (block, group) {
    ofGroup.giveBack();
    loader.pack(block, group);
    const shared = factoriseShared(model, group.keep, ofGroup.take);
    const designs: (ElementDesign | undefined)[] = [];
    const fits: (Residual | undefined)[] = [];
    for (let e = 0; e < group.members.length; e++) {
      const own = loader.ownColumns(e, ofElement.take);
      const design = resolveElementDesign(model, group.keep, shared, own, ofGroup.take);
      const isTested = design.verdict === "testable";
      designs.push(isTested ? design : undefined);
      fits.push(isTested ? fitElement(design, readColumn(w.packed, e, ofElement.take), ofGroup.take) : undefined);
      ofElement.giveBack();
      if (e % MEMBERS_A_STEP === 0) yield;
    }
    if (designs.every((design) => design === undefined)) return undefined;
    const width = columns(designs.length);
    placeOwn(designs, width);
    return {
      designs,
      product: { count: nGroups * r, rows: splitByGroup(shared.q, model.groups!, ofGroup.take) },
      fill(h) {
        f64(w.packed, width * n).fill(0);
        for (const [e, design] of designs.entries()) {
          if (design === undefined) continue;
          const residual = nullResidual(design, design.hypotheses[h]!, fits[e]!, ofElement.take);
          writeColumn(w.packed, e, (i) => residual[i]!);
          ofElement.giveBack();
        }
      },
    };
  };
}
