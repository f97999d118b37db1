// What is read of a table otherwise than R may read it: without a word two programs would answer the same formula differently.
import { type DataTable, findColumn } from "./data-table.js";
import { deparse, namesIn } from "./expression.js";
import type { FrameVariable, ModelFrame } from "./model-frame.js";

/** As R sorts levels under most languages: by letters, whatever their case. */
const inEnglish = new Intl.Collator("en");

/** Sentences. `table`: that the frame was made of. */
export function describeUnlikeR(
  { terms, variables, smoothVariables, formula }: ModelFrame,
  table: DataTable,
): string[] {
  const smooth = terms.smooths.flatMap(({ expression, byExpression }) => [
    expression,
    ...(byExpression ? [byExpression] : []),
  ]);
  const used = [...terms.variables.map(({ expression }) => expression), ...smooth];
  const commas = [...new Set([...used, ...(formula.response ? [formula.response] : [])].flatMap(namesIn))].filter(
    (name) => {
      const column = findColumn(table, name);
      return column?.kind === "number" && column.decimalComma === true;
    },
  );
  const columns = new Map<string, FrameVariable>();
  for (const variable of [...variables, ...smoothVariables.values()]) columns.set(variable.text, variable);
  const orders = used.flatMap((expression) => {
    const value = expression.kind === "name" ? columns.get(deparse(expression))?.value : undefined;
    if (value?.kind !== "factor" || value.ordered) return [];
    const [first] = value.levels;
    const ofLanguage = value.levels.toSorted(inEnglish.compare)[0];
    if (first === ofLanguage) return [];
    const text = deparse(expression);
    return [
      `The first level of ${text} is ${first}, by the characters' numbers, as in R under the locale C; under English R has ${ofLanguage} first. For that, write relevel(${text}, ref = ${JSON.stringify(ofLanguage)}).`,
    ];
  });
  return [
    ...(commas.length === 0
      ? []
      : [
          `Commas in ${commas.join(", ")} are read as decimal marks, as R's read.csv2 does; its read.csv makes levels of such cells.`,
        ]),
    ...new Set(orders),
  ];
}
