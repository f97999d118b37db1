// From what was asked to the model that is fitted, in any thread.
import { createElementAdditiveModel } from "./additive-model.js";
import { createElementLinearModel } from "./linear-model.js";
import type { ElementModel, ElementModelSpec } from "./model-spec.js";

/** Throws UsageError, DesignError: formula, columns, terms. */
export const createElementModel = (spec: ElementModelSpec): ElementModel =>
  spec.kind === "gam" ? createElementAdditiveModel(spec) : createElementLinearModel(spec);
