// What the inputs of a run turned out to be: what a user looks at first when a result surprises.
import { conditionNumber } from "../../stats/design/matrix.js";
import type { InferencePlan } from "./resolve-inference.js";

export interface InferenceFacts {
  readonly nFixels: number;
  /** Fixels inside the mask; undefined without one. */
  readonly nInMask: number | undefined;
  /** Fixels that get p-values; undefined without -posthoc. */
  readonly nInPosthoc: number | undefined;
  readonly nSubjects: number;
  /** The folder that had all files of the subject list; undefined for a store. */
  readonly subjectsFrom: string | undefined;
  readonly nFactors: number;
  /** Of which so many are element-wise. */
  readonly nElementColumns: number;
  /** 1: no variance groups. */
  readonly nVarianceGroups: number;
  /** Largest over smallest singular value of the design; Infinity when its columns are dependent. */
  readonly condition: number;
  readonly hypotheses: readonly string[];
}

export function describeFacts(plan: InferencePlan): InferenceFacts {
  return {
    nFixels: plan.input.nFixels,
    nInMask: plan.elementOfFixel === undefined ? undefined : plan.columns.length,
    nInPosthoc: plan.posthoc.eligible === undefined ? undefined : plan.posthoc.nEligible,
    nSubjects: plan.input.subjects.length,
    subjectsFrom: plan.input.searchedIn,
    nFactors: plan.nFactors,
    nElementColumns: plan.columnInputs.length,
    nVarianceGroups: plan.groups?.count ?? 1,
    condition: conditionNumber(plan.design),
    hypotheses: plan.hypotheses.map(({ name }) => name),
  };
}
