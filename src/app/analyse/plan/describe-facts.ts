// What the inputs of a run turned out to be: what a user looks at first when a result surprises.

import { conditionOf } from "../../../stats/design/design-condition.js";
import { frameOf } from "../../../stats/design/design-frame.js";
import { testName } from "../../../stats/inference/families.js";
import type { ElementKind } from "../element-kind.js";
import type { AnalysisPlan } from "../resolve-analysis.js";

export interface InferenceFacts {
  /** What is counted. */
  readonly elements: "fixels" | "voxels" | "edges" | "elements";
  /** Of the source. */
  readonly nElements: number;
  /** Elements inside the mask; undefined without one. */
  readonly nInMask: number | undefined;
  /** Elements that get p-values; undefined without -posthoc. */
  readonly nInPosthoc: number | undefined;
  readonly nSubjects: number;
  /** Of the rows, in the order of the design; undefined: the input has values without names. */
  readonly firstSubject: string | undefined;
  readonly lastSubject: string | undefined;
  /** Undefined: the input has no name for it. */
  readonly scalar: string | undefined;
  /** The folder that had all files of the subject list; undefined where there is none. */
  readonly subjectsFrom: string | undefined;
  readonly nFactors: number;
  /** Names of the design's columns, where it has them. */
  readonly factors: readonly string[] | undefined;
  /** Of which so many are element-wise. */
  readonly nElementColumns: number;
  /** 1: no variance groups. */
  readonly nVarianceGroups: number;
  /** Of the columns of the design, centred where the constant is among them, and scaled: Infinity when they are dependent. */
  readonly condition: number;
  /** `t1`, or `t1 (patients)` where the contrasts name it. */
  readonly hypotheses: readonly string[];
  /** How inputs were read where that is not the plain case: sentences. */
  readonly notes: readonly string[];
}

/** A name of ours and what the user calls it. */
export const labelled = (name: string, label: string | undefined): string =>
  label === undefined ? name : `${name} (${label})`;

export function describeFacts(
  { elements }: Pick<ElementKind<never, never>, "elements">,
  plan: AnalysisPlan,
): InferenceFacts {
  const { input, selection, columnInputs, groups, factors, notes } = plan;
  return {
    elements,
    nElements: input.nElements,
    nInMask: selection.elementOf === undefined ? undefined : selection.columns.length,
    nInPosthoc: selection.eligible === undefined ? undefined : selection.nEligible,
    nSubjects: input.nSubjects,
    firstSubject: input.subjects?.[0],
    lastSubject: input.subjects?.at(-1),
    scalar: input.scalar,
    subjectsFrom: input.searchedIn,
    nFactors: plan.nFactors,
    factors,
    notes,
    nElementColumns: columnInputs.length,
    nVarianceGroups: groups?.count ?? 1,
    condition: conditionOf(frameOf(plan.design)).number,
    hypotheses: plan.hypotheses.map((hypothesis) => labelled(hypothesis.name, plan.labels.get(testName(hypothesis)))),
  };
}
