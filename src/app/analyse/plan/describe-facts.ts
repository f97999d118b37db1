// What the inputs of a run turned out to be: what a user looks at first when a result surprises.
import { conditionOf, frameOf } from "../../../stats/design/design-frame.js";
import type { ElementKind } from "../element-kind.js";
import type { AnalysisPlan } from "../resolve-analysis.js";

export interface InferenceFacts {
  /** What is counted. */
  readonly elements: "fixels" | "elements";
  /** Of the source. */
  readonly nElements: number;
  /** Elements inside the mask; undefined without one. */
  readonly nInMask: number | undefined;
  /** Elements that get p-values; undefined without -posthoc. */
  readonly nInPosthoc: number | undefined;
  readonly nSubjects: number;
  /** The folder that had all files of the subject list; undefined where there is none. */
  readonly subjectsFrom: string | undefined;
  readonly nFactors: number;
  /** Of which so many are element-wise. */
  readonly nElementColumns: number;
  /** 1: no variance groups. */
  readonly nVarianceGroups: number;
  /** Of the columns of the design, centred where the constant is among them, and scaled: Infinity when they are dependent. */
  readonly condition: number;
  readonly hypotheses: readonly string[];
}

export function describeFacts(
  { elements }: Pick<ElementKind<never, never>, "elements">,
  plan: AnalysisPlan,
): InferenceFacts {
  const { input, selection, columnInputs, groups } = plan;
  return {
    elements,
    nElements: input.nElements,
    nInMask: selection.elementOf === undefined ? undefined : selection.columns.length,
    nInPosthoc: selection.eligible === undefined ? undefined : selection.nEligible,
    nSubjects: input.nSubjects,
    subjectsFrom: input.searchedIn,
    nFactors: plan.nFactors,
    nElementColumns: columnInputs.length,
    nVarianceGroups: groups?.count ?? 1,
    condition: conditionOf(frameOf(plan.design)).number,
    hypotheses: plan.hypotheses.map(({ name }) => name),
  };
}
