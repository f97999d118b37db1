// Columns of the fixed smooths of a formula: what makes s(x, fx = TRUE) a term like any other, which permutations test.
import { UsageError } from "../../errors.js";
import type { ModelFrame } from "../../stats/formula/model-frame.js";
import type { SmoothTerm } from "../../stats/formula/smooth-term.js";
import { smoothBasis } from "../../stats/smooth/smooth-basis.js";

export interface SmoothColumns {
  /** Of the term: `s(age)`. */
  readonly label: string;
  /** `s(age).1`, as mgcv has them; with a factor `s(age):sexM.1`. */
  readonly names: readonly string[];
  /** f64 [subjects] each. */
  readonly columns: readonly Float64Array[];
}

/** One each of the frame's smooth terms. Throws UsageError for one that is not fixed, DesignError as smoothBasis. */
export function smoothColumns({ terms, smoothVariables }: ModelFrame): SmoothColumns[] {
  return terms.smooths.map((smooth) => {
    if (!smooth.fx) {
      throw new UsageError(
        `Cannot use ${smooth.text}: expected a fixed smooth, fx = TRUE, got a penalised one, whose columns depend on the data. Write ${fixed(smooth)}.`,
      );
    }
    const x = smoothVariables.get(smooth.variable)!.value;
    if (x.kind !== "numbers" || x.columns.length !== 1) {
      throw new UsageError(
        `Cannot use ${smooth.text}: expected one column of numbers, got ${x.kind === "factor" ? "a factor" : `${x.columns.length} columns`}. Give a column of numbers.`,
      );
    }
    const parts = partsOf(smooth, smoothVariables.get(smooth.by ?? "")?.value).map(({ ending, by }) => {
      const { columns } = smoothBasis({ label: smooth.text, x: x.columns[0]!, k: smooth.k, bs: smooth.bs, by });
      return { columns, names: columns.map((_, j) => `s(${smooth.variable})${ending}.${j + 1}`) };
    });
    return {
      label: smooth.label,
      names: parts.flatMap(({ names }) => names),
      columns: parts.flatMap(({ columns }) => columns),
    };
  });
}

const fixed = ({ variable, k, by }: SmoothTerm) =>
  `s(${variable}${by === undefined ? "" : `, by = ${by}`}, k = ${k ?? 4}, fx = TRUE)`;

type ByValue = ReturnType<ModelFrame["smoothVariables"]["get"]>;

/** One for each level of a factor; of an ordered one the first is the reference, whose smooth is the term without it. */
function partsOf({ by, text }: SmoothTerm, value: NonNullable<ByValue>["value"] | undefined) {
  if (by === undefined || value === undefined) return [{ ending: "", by: undefined }];
  if (value.kind === "factor") {
    return value.levels.flatMap((level, code) =>
      value.ordered && code === 0
        ? []
        : [
            {
              ending: `:${by}${level}`,
              by: { values: Float64Array.from(value.codes, (one) => (one === code ? 1 : 0)), isDummy: true },
            },
          ],
    );
  }
  const [values, ...others] = value.columns;
  if (values === undefined || others.length > 0)
    throw new UsageError(`Cannot use ${text}: expected one column as by, got ${value.columns.length}. Give one.`);
  return [{ ending: `:${by}`, by: { values, isDummy: false } }];
}
