// The row of edges: a list of connectomes or a store; network-based statistics over edges that share nodes; results are matrices of nodes x nodes.
import { dirname, join } from "node:path";
import type { GraphEnhancement, GraphHeights, Network } from "../../engine/inputs.js";
import { InputError, UsageError } from "../../errors.js";
import { forEachEdge } from "../../formats/connectome.js";
import { openConnectomeResults } from "../../results/connectome-results.js";
import { formatCount } from "../../units.js";
import { VERSION } from "../../version.js";
import type { Warning } from "../../warnings.js";
import { type EdgeInput, resolveEdgeInput } from "../inputs/edge-input.js";
import { orderWarnings } from "../inputs/input-source.js";
import { allElements } from "./all-elements.js";
import { analyse, type InferenceEvents, type InferenceSummary, type MergedShuffles, planAnalysis } from "./analyse.js";
import type { ColumnInput, DataInput } from "./data-input.js";
import type { ElementKind, ElementSelection, EnhancementPlan, ResolveContext } from "./element-kind.js";
import { type EdgeStatsOptions, TFNBS_DEFAULTS } from "./options.js";
import type { PlanSummary } from "./plan/describe-plan.js";
import { type EdgeMask, readEdgeMask, readNodeNames } from "./plan/edge-masks.js";
import { STEPS_IGNORED } from "./plan/tfce-warnings.js";
import { seedOf } from "./same-line.js";
import { listOf, takeListed } from "./select-subjects.js";

interface EdgeData extends DataInput {
  readonly nNodes: number;
  readonly mask: EdgeMask | undefined;
  readonly posthoc: EdgeMask | undefined;
  readonly nodeNames: readonly string[] | undefined;
}

const EDGES: ElementKind<EdgeStatsOptions, EdgeData> = {
  kind: "edge",
  elements: "edges",
  leaveOut: "out with -mask",
  converted: "converted connectomes",
  // 3.0.8 and the development branch agree
  uncorrectedInText: "uncorrected_1mpvalue",
  enhanced: () => "enhanced",
  checkParameters,
  defaultCache: ({ prefix }) => join(dirname(`${prefix}x`), ".fixelstream"),
  describeOutput: ({ prefix }) => `${prefix}*.csv`,
  shardsOf: ({ prefix }) => `${prefix}.shards`,
  describeEarlier: ({ prefix }) => `, ${prefix}*.csv,`,
  async resolveInput(options, context) {
    const { input, mask, posthoc, nodes } = options;
    const { files } = context;
    const found = await resolveEdgeInput({ ...sourceOptions(options, context, "subjectList"), input });
    const { nNodes } = found;
    const whole = {
      ...sourceOf(found, input),
      mask: mask === undefined ? undefined : await readEdgeMask("mask", mask, files, nNodes),
      posthoc: posthoc === undefined ? undefined : await readEdgeMask("posthoc", posthoc, files, nNodes),
      nodeNames: nodes === undefined ? undefined : await readNodeNames(nodes, files, nNodes),
    };
    return await takeListed(whole, options.subjects, files);
  },
  async resolveColumns(options, { nSubjects, subjects, nNodes }, context) {
    const columns: ColumnInput[] = [];
    for (const [i, path] of (options.column ?? []).entries()) {
      const given = sourceOptions({ ...options, scalar: undefined }, context, `column${i + 1}`);
      const whole = sourceOf(await resolveEdgeInput({ ...given, input: path, isColumn: true }), path);
      const found = await takeListed(whole, listOf(options, whole), context.files);
      if (found.nSubjects !== nSubjects || found.nNodes !== nNodes) {
        throw new InputError(
          `Cannot use ${path} for -column: expected ${formatCount(nSubjects, "connectomes")} of ${nNodes} nodes (one per subject, in their order), got ${found.nSubjects} of ${found.nNodes}. Correct the list.`,
          { path },
        );
      }
      const warnings = [...(found.warnings ?? []), ...orderWarnings(path, found.subjects, subjects)];
      columns.push({ ...found, warnings });
    }
    return columns;
  },
  selectElements,
  resolveEnhancement(options, { nNodes }, { columns }): EnhancementPlan {
    const { algorithm, threshold, tfceDh: dh, tfceE: extentPower, tfceH: heightPower } = parametersOf(options);
    if (algorithm === "none") return { kind: "none" };
    const neighbours = networkOf(nNodes, columns);
    const over = (heights: GraphHeights, E: number, H: number): GraphEnhancement => ({
      ...{ kind: "graph", neighbours, heights, extentPower: E, heightPower: H },
    });
    if (algorithm === "tfnbs" && options.tfceExact === true) {
      const identity = { kind: "tfnbs-exact", extentPower, heightPower, nNodes } as const;
      return { kind: "graph", enhancement: over({ kind: "all" }, extentPower, heightPower), identity };
    }
    if (algorithm === "tfnbs") {
      const heights = { kind: "steps", dh, strict: false, rounded: false } as const;
      const identity = { kind: "tfnbs", dh, extentPower, heightPower, nNodes } as const;
      return { kind: "graph", enhancement: over(heights, extentPower, heightPower), identity };
    }
    // `Deviation:` with a threshold of 0 MRtrix3 counts edges without a statistic, whose Z is 0; here a Z has to be above 0
    const height = threshold === 0 ? Number.MIN_VALUE : threshold!;
    const heights = { kind: "one", height, strict: false } as const;
    return { kind: "graph", enhancement: over(heights, 1, 0), identity: { kind: "nbs", threshold: height, nNodes } };
  },
  openResults({ prefix, force, command }, { nNodes }, { columns }, what) {
    const commandHistory = `${command}  (version=${VERSION})`;
    return openConnectomeResults({ ...what, prefix, nNodes, edges: columns, overwrite: force, commandHistory });
  },
  describeProblem: ({ nNodes, nodeNames }) => ({ nNodes, ...(nodeNames && { nodes: nodeNames }) }),
  nameElement({ nNodes, nodeNames }, column) {
    let [i, edge] = [0, column];
    while (edge >= nNodes - i) edge -= nNodes - i++;
    const parts = [i, i + edge].map((node) => nodeNames?.[node] ?? `node ${node + 1}`);
    return { name: parts.join(" - "), parts };
  },
};

/** What tfnbs does unless it is told otherwise is filled in. */
const parametersOf = (options: EdgeStatsOptions) => ({
  ...options,
  tfceDh: options.tfceDh ?? TFNBS_DEFAULTS.tfceDh,
  tfceE: options.tfceE ?? TFNBS_DEFAULTS.tfceE,
  tfceH: options.tfceH ?? TFNBS_DEFAULTS.tfceH,
});

function sourceOptions(
  { scalar, memoryBytes, io, verify, verifyInputs, command }: EdgeStatsOptions,
  { cache, signal, files }: ResolveContext,
  role: string,
) {
  const readList = (path: string) => files.list(role, path);
  return { scalar, memoryBytes, io, verify, verifyInputs, command, cache, signal, readList };
}

/** Connectomes are looked at when they are resolved and converted. */
const sourceOf = (found: EdgeInput, subjectsFrom: string) => ({
  ...{ ...found, subjectsFrom, searchedIn: undefined },
  async checkSources() {},
});

function selectElements(options: EdgeStatsOptions, { nElements, mask, posthoc }: EdgeData): ElementSelection {
  const warnings: Warning[] = [...ignoredOptions(options), ...(mask?.warnings ?? []), ...(posthoc?.warnings ?? [])];
  const columns = allElements(nElements).filter((e) => mask?.inside[e] !== 0);
  let elementOf: Int32Array | undefined;
  if (mask !== undefined) {
    elementOf = new Int32Array(nElements).fill(-1);
    for (const [element, column] of columns.entries()) elementOf[column] = element;
  }
  if (posthoc === undefined) return { columns, elementOf, eligible: undefined, nEligible: columns.length, warnings };
  const eligible = Uint8Array.from(columns, (column) => posthoc.inside[column]!);
  const nEligible = eligible.reduce((sum, value) => sum + value, 0);
  const nInside = posthoc.inside.reduce((sum, value) => sum + value, 0);
  if (nEligible === 0) {
    throw new InputError(
      `Cannot use -posthoc ${options.posthoc}: expected edges that are in -mask ${options.mask} too, got ${nInside} of which none is. Give masks that overlap.`,
      { path: options.posthoc! },
    );
  }
  if (nEligible < nInside) {
    const message = `${nInside - nEligible} of ${nInside} edges in -posthoc ${options.posthoc} are not in -mask ${options.mask}: they are not tested.`;
    warnings.push({ tag: "posthoc-outside-mask", message });
  }
  if (options.notest)
    warnings.push({ tag: "posthoc-without-test", message: "-posthoc has no effect together with -notest." });
  return { columns, elementOf, eligible, nEligible, warnings };
}

function ignoredOptions({ algorithm, threshold, tfceDh, tfceE, tfceH, tfceExact }: EdgeStatsOptions): Warning[] {
  const given = [
    ...(algorithm !== "nbs" && threshold !== undefined ? ["-threshold"] : []),
    ...(algorithm === "tfnbs"
      ? []
      : [
          ...(tfceDh === undefined ? [] : ["-tfce_dh"]),
          ...(tfceE === undefined ? [] : ["-tfce_e"]),
          ...(tfceH === undefined ? [] : ["-tfce_h"]),
          ...(tfceExact === true ? ["--tfce-exact"] : []),
        ]),
  ];
  const steps = algorithm === "tfnbs" && tfceExact === true && tfceDh !== undefined ? [STEPS_IGNORED] : [];
  const ofOthers = given.map(
    (option): Warning => ({
      tag: "ignored-option",
      message: `${option} has no effect with ${algorithm}: it is an option of ${option === "-threshold" ? "nbs" : "tfnbs"}.`,
    }),
  );
  return [...ofOthers, ...steps];
}

function networkOf(nNodes: number, columns: Uint32Array): Network {
  return {
    nNodes,
    endsInto(ends) {
      let element = 0;
      forEachEdge(nNodes, (edge, i, j) => {
        if (columns[element] === edge) ends[element++] = i + j * 65536;
      });
    },
  };
}

function checkParameters(options: EdgeStatsOptions): void {
  const { algorithm, threshold, tfceDh, tfceE, tfceH } = parametersOf(options);
  if (!(tfceDh > 0)) throw new UsageError(`Cannot use -tfce_dh ${tfceDh}: expected a number above 0.`);
  for (const [name, value] of [
    ["-tfce_e", tfceE],
    ["-tfce_h", tfceH],
  ] as const) {
    if (!(value >= 0)) throw new UsageError(`Cannot use ${name} ${value}: expected a number of 0 or more.`);
  }
  if (threshold !== undefined && !(threshold >= 0))
    throw new UsageError(`Cannot use -threshold ${threshold}: expected a number of 0 or more, a Z.`);
  if (algorithm === "none" && options.nonstationarity === true) {
    throw new UsageError(
      "Cannot use -nonstationarity with none: expected nbs or tfnbs, of which there is a correction. Leave it out.",
    );
  }
  if (algorithm === "nbs" && threshold === undefined) {
    throw new UsageError(
      "Cannot run nbs: expected -threshold, the Z from which an edge counts, got none. Give it, such as -threshold 3.1, or use tfnbs, which needs none.",
    );
  }
}

/** connectomestats. Throws UsageError, InputError, DesignError, BudgetError, or the reason of `events.signal`; no results are left then. */
export const inferEdges = (options: EdgeStatsOptions, events?: InferenceEvents): Promise<InferenceSummary> =>
  analyse(EDGES, options, events);

/** As inferEdges, of shuffles that were computed before: all of the plan's. Throws ShardMismatchError for those of another plan. */
export const mergeEdges = (
  options: EdgeStatsOptions,
  events: InferenceEvents,
  merged: MergedShuffles,
): Promise<InferenceSummary> => analyse(EDGES, options, events, merged);

/** As seedOf. */
export const seedOfEdges = (options: EdgeStatsOptions): number => seedOf(EDGES, options);

/** connectomestats --dry-run: checks everything, and leaves nothing behind. Throws as inferEdges. */
export const planEdges = (options: EdgeStatsOptions, events?: InferenceEvents): Promise<PlanSummary> =>
  planAnalysis(EDGES, options, events);
