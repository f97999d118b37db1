// The plan of memory before anything is converted or prepared. What is not known then is assumed to be the worse of both, and said: a run that begins
// can be finished in the memory it was given.
import { mostGroups } from "../../connectivity/sketch-layout.js";
import type { EngineInputs, MatrixSize } from "../../engine/inputs.js";
import { type EnginePlan, planEngine } from "../../engine/run.js";
import { BudgetError } from "../../errors.js";
import { looksOf } from "../../stats/inference/settled.js";
import type { ColumnSourceSpec, ElementType } from "../../store/column-source.js";
import { expectedKernels, looksForLibrary } from "./choose-kernels.js";
import type { ColumnInput } from "./data-input.js";
import { describeStored } from "./describe-stored.js";
import type { AnalysisOptions } from "./options.js";
import { engineInputs } from "./plan/engine-inputs.js";
import { hasMissingValues } from "./plan/resolve-model.js";
import type { AnalysisPlan } from "./resolve-analysis.js";

export interface ExpectedPlan {
  readonly inputs: EngineInputs;
  readonly engine: EnginePlan;
  /** What was assumed, in words. */
  readonly assumptions: readonly string[];
  /** Undefined: known only when the data are read. */
  readonly missing: boolean | undefined;
}

interface Unknown {
  readonly assumption: string;
  /** How to find out, for a budget that is enough only without what was assumed. */
  readonly remedy: string;
}

const MISSING: Unknown = {
  assumption: "whether values are missing: planned as if some were",
  remedy: "Values that are missing are counted when the data are converted: fixelstream convert does it beforehand.",
};
const FLOAT64: Unknown = {
  assumption: "whether values need float64: planned as if some did",
  remedy: "The type of the values is found when they are converted: fixelstream convert does it beforehand.",
};
const LIBRARY =
  "whether a library of the system multiplies (--kernels auto): planned for the SIMD kernels; --kernels native plans for one";
const connectionsOf = (nConnections: number): Unknown => ({
  assumption: `how many connections lie inside the mask: planned for all ${nConnections}`,
  remedy: "Connections inside the mask are counted when the matrix is prepared, which an analysis in more memory does.",
});

/** Looks at the headers of all that is not converted yet. Throws BudgetError, and InputError as checkSources. */
export async function planExpected(
  options: AnalysisOptions,
  plan: AnalysisPlan,
  signal?: AbortSignal,
): Promise<ExpectedPlan> {
  for (const source of [plan.input, ...plan.columnInputs]) await source.checkSources(signal);
  return planFor(options, plan, ({ widestType }) => widestType());
}

/** Before a run, which looks at headers when it converts; here only where the widest type of all would be too much. Throws as planExpected. */
export async function checkBudget(
  options: AnalysisOptions,
  plan: AnalysisPlan,
  signal?: AbortSignal,
): Promise<Pick<ExpectedPlan, "missing">> {
  try {
    return planFor(options, plan, ({ bytesToWrite, expected }) => (bytesToWrite > 0 ? "f64" : expected.elementType));
  } catch (error) {
    if (!(error instanceof BudgetError)) throw error;
    return await planExpected(options, plan, signal);
  }
}

type Source = Pick<ColumnInput, "expected" | "bytesToWrite" | "widestType">;

function planFor(options: AnalysisOptions, plan: AnalysisPlan, typeOf: (source: Source) => ElementType): ExpectedPlan {
  const { enhancement, input, columnInputs } = plan;
  const connectivity = enhancement.kind === "cfe" ? enhancement.connectivity : undefined;
  const isSketched = enhancement.kind === "cfe" && enhancement.needsSketch;
  const sketchGroups = isSketched
    ? mostGroups(plan.selection.columns.length, enhancement.connectivity.nConnections)
    : undefined;
  const missing = knownMissing(plan);
  const inputsWith = (assumed: boolean, of: (source: Source) => ColumnSourceSpec) =>
    engineInputs(options, plan, {
      planHash: "",
      source: of(input),
      connectivityPath: connectivity?.path,
      sketchGroups,
      columnSources: columnInputs.map(of),
      kernels: expectedKernels(options),
      missing: assumed,
    });
  const widest = (source: Source) => ({ ...source.expected, elementType: typeOf(source) });
  const unknown: Unknown[] = [];
  const canMiss = missing === undefined && canBeMissing(plan);
  if (canMiss) unknown.push(MISSING);
  if ([input, ...columnInputs].some((source) => typeOf(source) !== source.expected.elementType)) unknown.push(FLOAT64);
  if (connectivity !== undefined && !connectivity.exact) unknown.push(connectionsOf(connectivity.nConnections));
  const inputs = inputsWith(missing ?? canMiss, widest);
  try {
    const assumptions = [...unknown.map(({ assumption }) => assumption), ...endOfShuffles(options, plan)];
    // which takes less memory or more: a budget too small for its tiles makes no difference to "auto" (choose-kernels.ts)
    if (looksForLibrary(options, plan)) assumptions.push(LIBRARY);
    return { inputs, engine: planEngine(inputs, connectivity), assumptions, missing };
  } catch (error) {
    if (!(error instanceof BudgetError) || unknown.length === 0) throw error;
    const best = inputsWith(missing ?? false, ({ expected }) => expected);
    const least = connectivity?.exact === false ? undefined : connectivity;
    throw isAssumed(error, best, least) ? withAssumptions(error, unknown) : error;
  }
}

/** What depends on the statistics: how many shuffles are done of those that are planned. */
function endOfShuffles({ negativeBinomial, stopWhenSettled }: AnalysisOptions, { shuffles }: AnalysisPlan): string[] {
  if (negativeBinomial !== undefined)
    return [`which elements stop, and when (--negbin ${negativeBinomial}): planned as if none did`];
  if (!stopWhenSettled) return [];
  const [first] = looksOf(shuffles.count);
  return [
    `when p-values are settled (--stop-when-settled): planned for all ${shuffles.count} shuffles; looked at after ${first}, and twice as many each time`,
  ];
}

/** Undefined: the data have not been read yet. */
function knownMissing({ input, selection, columnInputs }: AnalysisPlan): boolean | undefined {
  // elements with columns of their own have designs of their own, whatever is missing
  if (columnInputs.length > 0) return false;
  const stored = describeStored(input.expected);
  return stored && hasMissingValues(input.expected, stored.missing, selection.columns);
}

/** With no more subjects than factors an element that misses one cannot be tested, and there is nothing to plan for. */
const canBeMissing = ({ nFactors, input }: AnalysisPlan): boolean => nFactors < input.nSubjects;

/** Whether less memory is enough if what was assumed is not so. */
function isAssumed(error: BudgetError, best: EngineInputs, matrix: MatrixSize | undefined): boolean {
  try {
    planEngine(best, matrix);
    return true;
  } catch (reason) {
    return reason instanceof BudgetError && reason.neededBytes < error.neededBytes;
  }
}

function withAssumptions(error: BudgetError, unknown: readonly Unknown[]): BudgetError {
  const assumed = unknown.map(({ assumption }) => assumption).join("; ");
  const remedies = unknown.map(({ remedy }) => remedy).join(" ");
  return new BudgetError(`${error.message} It is not known yet ${assumed}. ${remedies}`, error);
}
