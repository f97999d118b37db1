// The plan of memory before anything is converted or prepared. What is not known then is assumed to be the worse of both, and said: a run that begins
// can be finished in the memory it was given.
import type { EngineInputs } from "../../engine/inputs.js";
import { type EnginePlan, planEngine } from "../../engine/run.js";
import { BudgetError } from "../../errors.js";
import { engineInputs } from "../plan/engine-inputs.js";
import { hasMissingValues } from "../plan/resolve-model.js";
import { describeStored } from "./describe-stored.js";
import type { AnalysisOptions } from "./options.js";
import type { AnalysisPlan } from "./resolve-analysis.js";

export interface ExpectedPlan {
  readonly inputs: EngineInputs;
  readonly engine: EnginePlan;
  /** Sentences: what was assumed. */
  readonly assumptions: readonly string[];
  /** Undefined: known only when the data are read. */
  readonly missing: boolean | undefined;
}

interface Unknown {
  readonly assumption: string;
  /** How to find out, for a budget that is enough only without what was assumed. */
  readonly remedy: string;
}

/** Throws BudgetError. */
export function planExpected(options: AnalysisOptions, plan: AnalysisPlan): ExpectedPlan {
  const missing = knownMissing(plan);
  const inputsWith = (assumed: boolean) =>
    engineInputs(options, plan, {
      planHash: "",
      source: plan.input.expected,
      connectivityPath: plan.enhancement.kind === "none" ? undefined : plan.enhancement.connectivity.path,
      columnSources: plan.columnInputs.map(({ expected }) => expected),
      missing: assumed,
    });
  const unknown: Unknown[] = [];
  const worse = inputsWith(missing ?? true);
  if (missing === undefined) {
    unknown.push({
      assumption: "whether values are missing: planned as if some were",
      remedy: "Values that are missing are counted when the data are converted: fixelstream convert does it beforehand",
    });
  }
  const connectivity = plan.enhancement.kind === "none" ? undefined : plan.enhancement.connectivity;
  if (connectivity !== undefined && !connectivity.exact) {
    unknown.push({
      assumption: `how many connections lie inside the mask: planned for all ${connectivity.nConnections}`,
      remedy:
        "Connections inside the mask are counted when the matrix is prepared, which an analysis in more memory does",
    });
  }
  const assumptions = unknown.map(({ assumption }) => assumption);
  try {
    return { inputs: worse, engine: planEngine(worse, connectivity), assumptions, missing };
  } catch (error) {
    if (!(error instanceof BudgetError) || unknown.length === 0) throw error;
    const remedies = unknown.map(({ remedy }) => `${remedy}.`).join(" ");
    throw new BudgetError(`${error.message} It is not known yet ${assumptions.join("; ")}. ${remedies}`, error);
  }
}

/** Undefined: the data have not been read yet. */
function knownMissing({ input, selection, columnInputs }: AnalysisPlan): boolean | undefined {
  // elements with columns of their own have designs of their own, whatever is missing
  if (columnInputs.length > 0) return false;
  const stored = describeStored(input.expected);
  return stored && hasMissingValues(input.expected, stored.missing, selection.columns);
}
