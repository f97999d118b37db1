// The table of element kinds, and the use cases that programs call. Adding a kind: a row (element-kind.ts says what is in it), an input, a writer of
// results and a command.
//
//   kind    inputs                                order             mask             enhancement  results
//   fixel   fixel directory and list, store, .h5  index of the      fixel data file  cfe          fixel directory
//                                                 template
//   vector  list, matrix, .npy, .npz, store, .h5  as it is          none             none         tables (.csv)

import type { PlanSummary } from "../plan/describe-plan.js";
import { analyse, type InferenceEvents, type InferenceSummary, planAnalysis } from "./analyse.js";
import { FIXELS } from "./fixels.js";
import type { FixelCfeOptions, VectorStatsOptions } from "./options.js";
import { VECTORS } from "./vectors.js";

/** fixelcfestats. Throws UsageError, InputError, DesignError, BudgetError, or the reason of `events.signal`; no results are left then. */
export const inferFixels = (options: FixelCfeOptions, events?: InferenceEvents): Promise<InferenceSummary> =>
  analyse(FIXELS, options, events);

/** vectorstats. Throws as inferFixels. */
export const inferVectors = (options: VectorStatsOptions, events?: InferenceEvents): Promise<InferenceSummary> =>
  analyse(VECTORS, options, events);

/** fixelcfestats --dry-run: checks everything, and leaves nothing behind. Throws as inferFixels. */
export const planInference = (options: FixelCfeOptions, events?: InferenceEvents): Promise<PlanSummary> =>
  planAnalysis(FIXELS, options, events);

/** vectorstats --dry-run. Throws as inferFixels. */
export const planVectors = (options: VectorStatsOptions, events?: InferenceEvents): Promise<PlanSummary> =>
  planAnalysis(VECTORS, options, events);
