// The precision of the null's products: what was asked for, but where float32 would lose what a model is made of.
import type { Precision } from "../../../engine/plan/inputs.js";
import { countFactors, type GlmModel } from "../../../stats/glm/model.js";

/**
 * Subjects of a variance group beyond the factors. What is left of a group's sum of squares after the fit is a difference; with fewer it is a thousandth of its
 * terms in more than one of some billions of shuffles and elements (mathematics M9).
 */
const SPARE_SUBJECTS = 6;

/** Subjects of the smallest variance group, and of how many float32 keeps the variance. Undefined: it does. */
export function tooSmallGroup(model: GlmModel): { readonly size: number; readonly needed: number } | undefined {
  if (model.groups === undefined) return undefined;
  const sizes = new Int32Array(model.groups.count);
  for (const g of model.groups.of) sizes[g]!++;
  const size = Math.min(...sizes);
  const needed = countFactors(model) + SPARE_SUBJECTS;
  return size < needed ? { size, needed } : undefined;
}

export const resolvePrecision = (asked: Precision, model: GlmModel): Precision =>
  asked === "single" && tooSmallGroup(model) !== undefined ? "double" : asked;
