// The row of vectors: a list of vector files, a matrix or a store; every element by itself; results are tables.
import { dirname, join } from "node:path";
import { InputError, UsageError } from "../../errors.js";
import { openVectorResults } from "../../results/vector-results.js";
import { formatCount } from "../../units.js";
import { orderWarnings } from "../inputs/input-source.js";
import { resolveVectorInput, type VectorInput } from "../inputs/vector-input.js";
import { allElements } from "./all-elements.js";
import { analyse, type InferenceEvents, type InferenceSummary, type MergedShuffles, planAnalysis } from "./analyse.js";
import type { DataInput } from "./data-input.js";
import type { ElementKind } from "./element-kind.js";
import type { VectorStatsOptions } from "./options.js";
import type { PlanSummary } from "./plan/describe-plan.js";
import { seedOf } from "./same-line.js";
import { listOf, takeListed } from "./select-subjects.js";

const VECTORS: ElementKind<VectorStatsOptions, DataInput> = {
  kind: "vector",
  elements: "elements",
  leaveOut: "out of the vectors",
  converted: "converted vectors",
  enhanced: () => undefined,
  checkParameters({ nonstationarity }) {
    if (nonstationarity === true) {
      throw new UsageError(
        "Cannot use -nonstationarity with vectorstats: expected an enhancement to correct, got none. Leave it out.",
      );
    }
  },
  defaultCache: ({ prefix }) => join(dirname(`${prefix}x`), ".fixelstream"),
  describeOutput: ({ prefix }) => `${prefix}*.csv`,
  shardsOf: ({ prefix }) => `${prefix}.shards`,
  describeEarlier: ({ prefix }) => `, ${prefix}*.csv,`,
  async resolveInput(options, { cache, files, signal }) {
    const { input, scalar, memoryBytes, io, verify, verifyInputs, command } = options;
    const given = { input, scalar, memoryBytes, io, verify, verifyInputs, command };
    const found = await resolveVectorInput({ ...given, cache, signal });
    return await takeListed(sourceOf(found, input), options.subjects, files);
  },
  /** Given as the data are: a list of one file a subject, a matrix, or a store. */
  async resolveColumns(options, { nSubjects, nElements, subjects }, { cache, files, signal }) {
    const { input, column = [], memoryBytes, io, verify, verifyInputs, command } = options;
    const columns = [];
    const common = { scalar: undefined, memoryBytes, io, verify, verifyInputs, command, cache, signal };
    for (const path of column) {
      const whole = sourceOf(await resolveVectorInput({ ...common, input: path, isColumn: true }), path);
      const found = await takeListed(whole, listOf(options, whole), files);
      if (found.nSubjects !== nSubjects || found.nElements !== nElements) {
        throw new InputError(
          `Cannot use ${path} for -column: expected ${formatCount(nSubjects, "subjects")} x ${nElements} elements, as ${input} has, got ${found.nSubjects} x ${found.nElements}. Give one value a subject and element.`,
          { path },
        );
      }
      const warnings = [...(found.warnings ?? []), ...orderWarnings(path, found.subjects, subjects)];
      columns.push({ ...found, warnings });
    }
    return columns;
  },
  selectElements(_, { nElements }) {
    const columns = allElements(nElements);
    return { columns, elementOf: undefined, eligible: undefined, nEligible: nElements, warnings: [] };
  },
  resolveEnhancement: () => ({ kind: "none" }),
  openResults({ prefix, command, force }, { nElements }, _, what) {
    return openVectorResults({ ...what, prefix, nElements, commandHistory: command, overwrite: force });
  },
  describeProblem: () => ({}),
};

/** Vectors are looked at when they are resolved. */
const sourceOf = (found: VectorInput, subjectsFrom: string) => ({
  ...{ ...found, subjectsFrom, searchedIn: undefined },
  async checkSources() {},
});

/** vectorstats. Throws UsageError, InputError, DesignError, BudgetError, or the reason of `events.signal`; no results are left then. */
export const inferVectors = (options: VectorStatsOptions, events?: InferenceEvents): Promise<InferenceSummary> =>
  analyse(VECTORS, options, events);

/** As inferVectors, of shuffles that were computed before: all of the plan's. Throws ShardMismatchError for those of another plan. */
export const mergeVectors = (
  options: VectorStatsOptions,
  events: InferenceEvents,
  merged: MergedShuffles,
): Promise<InferenceSummary> => analyse(VECTORS, options, events, merged);

/** As seedOf. */
export const seedOfVectors = (options: VectorStatsOptions): number => seedOf(VECTORS, options);

/** vectorstats --dry-run: checks everything, and leaves nothing behind. Throws as inferVectors. */
export const planVectors = (options: VectorStatsOptions, events?: InferenceEvents): Promise<PlanSummary> =>
  planAnalysis(VECTORS, options, events);
