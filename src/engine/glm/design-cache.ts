// Designs of groups of elements that bring no columns: patterns of missing observations recur from block to block.
import {
  type ElementDesign,
  factoriseShared,
  fixedElementDesign,
  resolveElementDesign,
} from "../../stats/glm/element-design.js";
import type { Context } from "../context.js";
import type { ModelJob } from "../plan/job.js";
import type { ElementGroup } from "./model-block.js";

/** Designs of groups, kept for the next blocks: patterns of missing observations recur. */
const KEPT_DESIGNS = 64;

export function createDesignCache(context: Context, { model }: ModelJob): (group: ElementGroup) => ElementDesign {
  const kept = new Map<string, ElementDesign>();
  return (group) => {
    let design = kept.get(group.key);
    if (design === undefined) {
      design = model.variable
        ? resolveElementDesign(model, group.keep, factoriseShared(model, group.keep), [])
        : fixedElementDesign(model, context.partition);
      if (kept.size >= KEPT_DESIGNS) kept.delete(kept.keys().next().value!);
      kept.set(group.key, design);
    }
    return design;
  };
}
