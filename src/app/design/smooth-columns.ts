// Columns of the fixed smooths of a formula: what makes s(x, fx = TRUE) a term like any other, which permutations test.
import { UsageError } from "../../errors.js";
import { smoothsOf } from "../../stats/elementwise/smooth-terms.js";
import type { ModelFrame } from "../../stats/formula/model-frame.js";
import type { SmoothTerm } from "../../stats/formula/smooth-term.js";

export interface SmoothColumns {
  /** Of the term: `s(age)`. */
  readonly label: string;
  /** `s(age).1`, as mgcv has them; with a factor `s(age):sexM.1`. */
  readonly names: readonly string[];
  /** f64 [subjects] each. */
  readonly columns: readonly Float64Array[];
}

/** One each of the frame's smooth terms. Throws UsageError for one that is not fixed, DesignError as smoothsOf. */
export function smoothColumns(frame: ModelFrame): SmoothColumns[] {
  const { smooths } = frame.terms;
  const penalised = smooths.find(({ fx }) => !fx);
  if (penalised !== undefined)
    throw new UsageError(
      `Cannot use ${penalised.text}: expected a fixed smooth, fx = TRUE, got a penalised one, whose columns depend on the data. Write ${fixed(penalised)}.`,
    );
  const all = smooths.length === 0 ? [] : smoothsOf(frame);
  return smooths.map((smooth) => {
    const own = all.filter(({ term }) => term === smooth);
    return {
      label: smooth.label,
      names: own.flatMap(({ label, basis }) => basis.columns.map((_, j) => `${label}.${j + 1}`)),
      columns: own.flatMap(({ basis }) => basis.columns),
    };
  });
}

const fixed = ({ variable, k, by }: SmoothTerm) =>
  `s(${variable}${by === undefined ? "" : `, by = ${by}`}, k = ${k ?? 4}, fx = TRUE)`;
