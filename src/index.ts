// The public interface: what a program may call instead of the command line. Its keys are snapshot-tested.

export type { InferenceEvents, InferenceSummary } from "./app/analyse/analyse.js";
export { inferFixels, inferVectors, planInference, planVectors } from "./app/analyse/kinds.js";
export type { FixelCfeOptions, VectorStatsOptions } from "./app/analyse/options.js";
export { type ConvertFixelsOptions, type ConvertSummary, convertFixels } from "./app/convert.js";
export { describeStore, type StoreDescription } from "./app/inspect.js";
export { type VerifyReport, verify } from "./app/verify.js";
export {
  BudgetError,
  DesignError,
  type ErrorTag,
  FixelstreamError,
  InputError,
  InternalError,
  isFixelstreamError,
  UsageError,
} from "./errors.js";
export type { ColumnSource, ColumnSourceSpec } from "./store/column-source.js";
export { openColumnSource } from "./store/open-column-source.js";
export { openStore, type Store } from "./store/open-store.js";
export { VERSION } from "./version.js";
export type { Warning, WarningTag } from "./warnings.js";
