// What each hypothesis shuffles, e_h, for all elements of a group at once, in the packed panels: two ways to the same numbers (element-test.ts).
//   shared design    project the nuisance of h out of y
//   own columns      y - Q Q'y by kernels and lanes, plus what h tests of it (column-residuals.ts)

import { groupRows } from "../../stats/glm/group-rows.js";
import { nuisanceRows } from "../../stats/glm/nuisance-rows.js";
import type { Context } from "../context.js";
import type { ModelJob } from "../plan/job.js";
import { columnPreparer } from "./column-residuals.js";
import type { DesignCache } from "./design-cache.js";
import type { ElementGroup, ModelLoader } from "./model-block.js";
import { createPanels } from "./panels.js";
import { createRowRemover } from "./remove-rows.js";
import type { ProductRows, ResidualPreparer } from "./residual-preparer.js";

export function createResidualPreparer(
  context: Context,
  modelJob: ModelJob,
  loader: ModelLoader,
  cache: DesignCache,
): ResidualPreparer {
  if (modelJob.size.nElementColumns > 0) return columnPreparer(context, modelJob, loader);
  return sharedPreparer(context, modelJob, loader, cache);
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
