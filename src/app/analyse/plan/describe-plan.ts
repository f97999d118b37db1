// The plan of a run as --dry-run prints it and run.json keeps it.
import type { EngineInputs } from "../../../engine/inputs.js";
import { MOST_READS } from "../../../engine/plan/pattern-lists.js";
import type { EnginePlan } from "../../../engine/run.js";
import { countLanes } from "../../../run/shuffle-range.js";
import { describeTree, type TreeDescription } from "../../../stats/shuffle/describe-tree.js";
import { fixedBytesOf } from "../../../system-memory.js";
import { formatBytes, formatCount, formatDuration } from "../../../units.js";
import type { ElementKind } from "../element-kind.js";
import type { ResolvedBlocks } from "./resolve-blocks.js";

export interface PlanSummary {
  /** What is counted. */
  readonly elements: "fixels" | "voxels" | "edges" | "elements";
  readonly nSubjects: number;
  readonly nElements: number;
  readonly nShuffles: number;
  readonly nHypotheses: number;
  readonly threads: number;
  readonly batchShuffles: number;
  readonly nBatches: number;
  /** Of the empirical statistic, in front; 0: there is none. */
  readonly empirical: { readonly nShuffles: number; readonly nBatches: number };
  readonly blockWidth: number;
  readonly tileShuffles: number;
  /** Whether products in float32 decide which scores are computed in the run's precision (mathematics M20). */
  readonly isScreened: boolean;
  /** 0: no connectivity. */
  readonly windowConnections: number;
  readonly plannedBytes: number;
  readonly budgetBytes: number;
  readonly saturated: boolean;
  /** Bytes an idle Node and its idle workers take beside the plan. */
  readonly fixedBytes: number;
  readonly storePassBytes: number;
  readonly connectivityPassBytes: number;
  /** Maxima that are searched for by bounds: shuffles, batches that have some, bytes of the sketch in each of them, and batches that read the connectivity. */
  readonly search: {
    readonly nShuffles: number;
    readonly nBatches: number;
    readonly passBytes: number;
    readonly nConnectivityPasses: number;
  };
  /** Once, for checksums of blocks that are read in part. */
  readonly checkBytes: number;
  readonly totalBytesRead: number;
  /** Times that a pass may read of the store what elements have; 1: once. */
  readonly mostReads: number;
  /** From the figures of docs/benchmarks.md: an order of magnitude, not a promise. */
  readonly estimatedMs: number;
  readonly arithmetic: readonly string[];
  /** What trades places and how many ways there are; absent where all may be exchanged. */
  readonly exchangeability?: TreeDescription;
  /** What is not known before the data are read, or a library is tried, and was assumed; none in the plan of a run. */
  readonly assumptions: readonly string[];
}

/** Nanoseconds on one thread of the reference machine: a multiply-add of the product, and of one shuffle a connection that is enhanced, or bounded, a voxel, an edge. */
export const COST_NS = {
  ...{ double: 0.065, single: 0.035, epilogue: 10 },
  ...{ connection: 0.6, bound: 0.08, voxel: 30, edge: 15 },
} as const;

/** Time of the product where a library multiplies. */
const NATIVE_SHARE = 0.5;

export function describePlan(
  { elements }: Pick<ElementKind<never, never>, "elements">,
  plan: EnginePlan,
  inputs: EngineInputs,
  {
    blocks,
    assumptions = [],
  }: { readonly blocks: ResolvedBlocks | undefined; readonly assumptions?: readonly string[] },
): PlanSummary {
  const { memory, size } = plan;
  const workers = Math.max(1, inputs.nThreads);
  const product =
    COST_NS[plan.isScreened ? "single" : inputs.precision] * (inputs.kernels === "native" ? NATIVE_SHARE : 1);
  const glm = size.nElements * (size.rank * size.nSubjects * product + COST_NS.epilogue * size.hypotheses.length);
  const perConnection = (plan.connectivityPassBytes / 8) * size.hypotheses.length;
  const { search } = plan;
  const nLanes = countLanes(inputs.shuffles.range);
  const { nonStationarity } = inputs;
  const nEmpirical = nonStationarity === undefined ? 0 : countLanes(nonStationarity.shuffles.range);
  const nEnhanced = nLanes - search.nLanes + nEmpirical;
  const cfe = perConnection * (COST_NS.connection * nEnhanced + COST_NS.bound * search.nLanes);
  const graph =
    inputs.enhancement.kind === "graph"
      ? size.nElements *
        ("nNodes" in inputs.enhancement.neighbours ? COST_NS.edge : COST_NS.voxel) *
        size.hypotheses.length
      : 0;
  const slow = inputs.kernels === "reference" ? 15 : 1;
  const { range } = inputs.shuffles;
  return {
    elements,
    nSubjects: size.nSubjects,
    nElements: size.nElements,
    nShuffles: range.end - range.first,
    nHypotheses: size.hypotheses.length,
    threads: inputs.nThreads,
    batchShuffles: memory.batchShuffles,
    nBatches: memory.nBatches,
    empirical: { nShuffles: nEmpirical, nBatches: memory.nEmpiricalBatches },
    blockWidth: memory.blockWidth,
    tileShuffles: memory.tileShuffles,
    isScreened: plan.isScreened,
    windowConnections: memory.windowConnections,
    plannedBytes: memory.plannedBytes,
    budgetBytes: inputs.memoryBytes,
    saturated: memory.saturated,
    fixedBytes: fixedBytesOf(inputs.nThreads),
    storePassBytes: plan.storePassBytes,
    connectivityPassBytes: plan.connectivityPassBytes,
    search: {
      ...{ nShuffles: search.nLanes, nBatches: search.nBatches, passBytes: search.passBytes },
      nConnectivityPasses: search.nEnhancedBatches,
    },
    checkBytes: plan.checkBytes,
    totalBytesRead: plan.totalBytesRead,
    mostReads: memory.patternWidth === undefined ? 1 : MOST_READS,
    estimatedMs: (((glm + graph) * (nLanes + nEmpirical) + cfe) * slow) / 1e6 / workers,
    arithmetic: memory.arithmetic,
    ...(blocks && { exchangeability: describeTree(blocks.tree, blocks.path) }),
    assumptions,
  };
}

export function formatPlan(plan: PlanSummary): string {
  const lines = [
    `${formatCount(plan.nElements, plan.elements)}, ${formatCount(plan.nSubjects, "subjects")}, ${formatCount(plan.nHypotheses, "hypotheses")}, ${formatCount(plan.nShuffles, "shuffles")}, ${formatCount(plan.threads, "threads")}`,
    `${formatCount(plan.nBatches, "batches")} of ${formatCount(plan.batchShuffles, "shuffles")}, blocks of ${formatCount(plan.blockWidth, plan.elements)}, ${formatCount(plan.tileShuffles, "shuffles")} multiplied at a time`,
    ...(plan.empirical.nShuffles === 0
      ? []
      : [
          `before them ${formatCount(plan.empirical.nBatches, "batches")} of ${formatCount(plan.empirical.nShuffles, "shuffles")} in all for the empirical statistic (-nonstationarity)`,
        ]),
    ...blockLines(plan),
    "",
    "memory",
    ...plan.arithmetic.map((line) => `  ${line}`),
    `  beside it            Node itself about ${formatBytes(plan.fixedBytes)}`,
    "",
    "reading",
    ...readingLines(plan),
    "",
    `time                   about ${formatDuration(plan.estimatedMs)} on the machine of docs/benchmarks.md`,
    ...(plan.assumptions.length === 0
      ? []
      : ["", "not known before the run", ...plan.assumptions.map((line) => `  ${line}`)]),
  ];
  return `${lines.join("\n")}\n`;
}

function blockLines({ exchangeability: found }: PlanSummary): string[] {
  if (found === undefined) return [];
  const { path, lines, permutations, signFlips, flipped } = found;
  return [
    "",
    `exchangeability blocks ${path}`,
    ...lines.map((line) => `  ${line}`),
    `  permutations         ${permutations} different (-errors ee, both)`,
    `  sign flips           ${signFlips} different, of ${flipped} (-errors ise, both)`,
  ];
}

function readingLines(plan: PlanSummary): string[] {
  const more = plan.checkBytes === 0 ? "" : `; ${formatBytes(plan.checkBytes)} more for checksums`;
  const store = `  store                ${formatBytes(plan.storePassBytes)} a pass, ${formatCount(1 + plan.empirical.nBatches + plan.nBatches, "passes")}${more}`;
  const all = formatBytes(plan.totalBytesRead);
  // which they are is known after the observed pass
  const again =
    plan.mostReads === 1
      ? []
      : [
          `                       up to ${plan.mostReads} times as much a pass after the first, if elements that lack the same observations are brought together`,
        ];
  if (plan.connectivityPassBytes === 0) return [`${store}, ${all} in all`, ...again];
  const { search } = plan;
  return [
    store,
    ...again,
    `  connectivity         ${formatBytes(plan.connectivityPassBytes)} a pass, ${formatCount(plan.empirical.nBatches + search.nConnectivityPasses, "passes")}`,
    ...(search.nShuffles === 0
      ? []
      : [
          `  bounds               ${formatBytes(search.passBytes)} a pass, ${formatCount(search.nBatches, "passes")}, for the maxima of ${formatCount(search.nShuffles, "shuffles")}`,
        ]),
    `  in all               ${all}`,
  ];
}
