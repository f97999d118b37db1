// A formula without one of its terms, counted as R counts them.
import { UsageError } from "../../errors.js";
import type { DataTable } from "../formula/data-table.js";
import { deparse, type Expression } from "../formula/expression.js";
import { modelFrame } from "../formula/model-frame.js";
import { parseFormula } from "../formula/parse-formula.js";
import type { ElementModelSpec } from "./model-spec.js";

/** `iTerm` from 1. `label`: of the smooth without its arguments, else of the term. Throws UsageError: no such term. */
export function withoutTerm(
  text: string,
  table: DataTable,
  { scalars, notInDot }: Pick<ElementModelSpec, "scalars" | "notInDot">,
  iTerm: number,
): { formula: string; label: string } {
  const formula = parseFormula(text);
  const frame = modelFrame(formula, table, { scalars, notInDot });
  const { smooths, terms, intercept } = frame.terms;
  // terms of one variable come in the order in which they are written, products behind them
  const left = new Set(terms.map(({ label }) => label));
  const ordered: { text: string; label: string; order: number }[] = [];
  const visit = (expression: Expression): void => {
    if (expression.kind === "group") {
      visit(expression.inner);
      return;
    }
    if (expression.kind === "binary" && "+*/-".includes(expression.operator)) {
      visit(expression.left);
      visit(expression.right);
      return;
    }
    const written = deparse(expression);
    const smooth = smooths.find((one) => one.text === written);
    if (smooth !== undefined) ordered.push({ text: written, label: smooth.label, order: 1 });
    else if (left.delete(written)) ordered.push({ text: written, label: written, order: 1 });
  };
  visit(formula.right);
  for (const { label, variables } of terms)
    if (left.has(label)) ordered.push({ text: label, label, order: variables.length });
  const sorted = ordered.map((one, i) => ({ ...one, i })).sort((a, b) => a.order - b.order || a.i - b.i);
  const gone = sorted[iTerm - 1];
  if (gone === undefined)
    throw new UsageError(
      `Cannot use --changed-rsq ${iTerm}: expected a term from 1 to ${sorted.length} (${sorted.map(({ text: one }) => one).join(", ")}), got ${iTerm}. Correct it.`,
    );
  const rest = sorted.filter((one) => one !== gone).map(({ text: one }) => one);
  const right = [intercept ? "1" : "0", ...rest].join(" + ");
  return { formula: `${scalars[0]} ~ ${right}`, label: gone.label };
}
