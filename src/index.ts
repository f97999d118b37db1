// The public interface: what a program may call instead of the command line (docs/api.md). Its keys are snapshot-tested.
export type { InferenceEvents, InferencePhase, InferenceSummary } from "./app/analyse/analyse.js";
export {
  inferEdges,
  inferFixels,
  inferVectors,
  inferVoxels,
  planEdges,
  planInference,
  planVectors,
  planVoxels,
} from "./app/analyse/kinds.js";
export {
  ANALYSIS_DEFAULTS,
  type AnalysisOptions,
  CFE_DEFAULTS,
  type EdgeAlgorithm,
  type EdgeStatsOptions,
  type FixelCfeOptions,
  TFCE_DEFAULTS,
  TFNBS_DEFAULTS,
  type VectorStatsOptions,
  type VoxelStatsOptions,
} from "./app/analyse/options.js";
export type { InferenceFacts } from "./app/analyse/plan/describe-facts.js";
export type { PlanSummary } from "./app/analyse/plan/describe-plan.js";
export { type ConvertFixelsOptions, type ConvertSummary, convertFixels } from "./app/convert/convert.js";
export { describeStore, type StoreDescription } from "./app/inspect/inspect.js";
export { type VerifyReport, verify } from "./app/verify/verify.js";
export {
  BudgetError,
  DesignError,
  type ErrorTag,
  FixelstreamError,
  InputError,
  InternalError,
  isFixelstreamError,
  ShardMismatchError,
  UsageError,
} from "./errors.js";
export { NULL_STATE_VERSION, readNullState, writeNullState } from "./results/null-state-file.js";
export type { RunRecord } from "./results/run-record.js";
export { type HypothesisNull, NO_ELEMENT, type NullState } from "./run/null-state.js";
export type { RunPlan } from "./run/run-plan.js";
export type { ColumnSource, ColumnSourceSpec } from "./store/column-source.js";
export { openColumnSource } from "./store/open-column-source.js";
export { openStore, type Store } from "./store/open-store.js";
export { VERSION } from "./version.js";
export type { Warning, WarningTag } from "./warnings.js";
