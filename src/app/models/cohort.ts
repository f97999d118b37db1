// The table of the subjects: which rows are used, and where each row's values are.

import { DesignError, InputError, UsageError } from "../../errors.js";
import { readTable } from "../../formats/text/csv.js";
import { namesSubjects } from "../../formats/text/table-layout.js";
import { didYouMean, meant } from "../../near-names.js";
import { type DataTable, type FactorColumn, findColumn, rowsOf, tableOf } from "../../stats/formula/data-table.js";
import { type ModelFrame, modelFrame } from "../../stats/formula/model-frame.js";
import { parseExpression, parseFormula } from "../../stats/formula/parse-formula.js";
import { listNames, matchSubjects } from "../../subject-names.js";
import type { Warning } from "../../warnings.js";
import type { ModelOptions } from "./options.js";

export interface Cohort {
  readonly table: DataTable;
  /** Of each row, as the table has it; undefined: no column says. */
  readonly names: readonly string[] | undefined;
  /** Columns that name the subjects. */
  readonly notInDot: readonly string[];
  readonly weights: Float64Array | undefined;
}

/** Of several that name the subjects the one that most likely does. */
const LIKELY = /^((subject|participant)(_?id)?|sub|id)$/i;
const namesRows = (column: string): boolean => /^source[\s._-]?file$/i.test(column) || namesSubjects(column);
const SCALAR_NAME = "scalar_name";

type CohortOptions = Pick<
  ModelOptions,
  "cohort" | "subjectColumn" | "subset" | "weights" | "ordered" | "memoryBytes" | "signal"
>;

/** Throws InputError: the table; UsageError: columns and expressions that are not in it; DesignError: expressions that cannot be computed. */
export async function readCohort(
  options: CohortOptions,
  response: string,
  warn: (warning: Warning) => void,
): Promise<Cohort> {
  const { cohort: path, subjectColumn, subset, weights, ordered, memoryBytes, signal } = options;
  const cells = await readTable(path, { memoryBytes, signal });
  let rows = cells.rows;
  const scalarColumn = cells.columns.indexOf(SCALAR_NAME);
  if (scalarColumn >= 0) {
    const own = rows.filter((row) => row[scalarColumn]!.trim() === response);
    if (own.length === 0)
      throw new InputError(
        `Cannot use ${path} for ${response}: expected rows with ${response} as ${SCALAR_NAME}, got none. Correct the formula, or leave the column out.`,
        { path },
      );
    rows = own;
  }
  const named =
    subjectColumn ??
    cells.columns.find((column) => column === "source_file") ??
    cells.columns.find((column) => LIKELY.test(column)) ??
    cells.columns.find(namesRows);
  const at = named === undefined ? -1 : cells.columns.indexOf(named);
  if (subjectColumn !== undefined && at < 0)
    throw new UsageError(
      `Cannot use --subject-column ${subjectColumn}: expected a column of ${path} (${listNames(cells.columns, 12)}), got none of that name.${didYouMean(meant(subjectColumn, cells.columns)) || " Correct the name."}`,
    );
  let table = tableOf(cells.columns, rows);
  for (const wish of ordered) table = orderLevels(table, wish, path);
  let names = at < 0 ? undefined : rows.map((row) => row[at]!.trim());
  if (subset !== undefined) {
    const isIn = valuesOf(table, subset, "--subset");
    const taken = Array.from(isIn.keys()).filter((row) => isIn[row]! !== 0 && !Number.isNaN(isIn[row]!));
    if (taken.length === 0)
      throw new UsageError(
        `Cannot use --subset '${subset}': expected rows of ${path} where it is true, got none. Correct it.`,
      );
    table = rowsOf(table, taken);
    names = names && taken.map((row) => names![row]!);
  }
  const weighed = weights === undefined ? undefined : valuesOf(table, weights, "--weights");
  const wrong = weighed?.findIndex((weight) => weight < 0 || weight === Number.POSITIVE_INFINITY) ?? -1;
  if (wrong >= 0)
    throw new UsageError(
      `Cannot use --weights '${weights}': expected finite numbers of 0 or more, got ${weighed![wrong]} in row ${wrong + 1} after the header. Correct the column.`,
    );
  const nWithout = weighed?.reduce((sum, weight) => sum + Number(Number.isNaN(weight)), 0) ?? 0;
  if (nWithout > 0)
    warn({
      tag: "subjects-dropped",
      message: `${nWithout} of ${table.nRows} subjects have no weight (${weights}) and are left out.`,
    });
  const notInDot = cells.columns.filter((column) => column === named || column === SCALAR_NAME || namesRows(column));
  return { table, names, notInDot, weights: weighed };
}

/** Numbers of an expression of columns, one a row. */
function valuesOf(table: DataTable, text: string, option: string): Float64Array {
  const frame = frameOf(text, option, withoutGaps(table, text));
  const variable = frame.variables[0];
  if (variable?.value.kind !== "numbers" || variable.value.columns.length !== 1)
    throw new UsageError(`Cannot use ${option} '${text}': expected one number a row, got something else. Correct it.`);
  // rows without a value are not in the frame
  const values = new Float64Array(table.nRows).fill(Number.NaN);
  for (const [i, row] of frame.rows.entries()) values[row] = variable.value.columns[0]![i]!;
  return values;
}

/** In messages the option's own text stands: nobody wrote the formula that is made of it. */
function frameOf(text: string, option: string, table: DataTable): ModelFrame {
  try {
    // "a) + I(b" is one in parentheses only
    parseExpression(text);
    return modelFrame(parseFormula(`~ I(${text})`), table);
  } catch (error) {
    if (![DesignError, InputError, UsageError].some((kind) => error instanceof kind)) throw error;
    const message = (error as Error).message
      .replace(
        /^Cannot (read|use) (?:.* of )?the formula '.*?': expected/s,
        (_, verb) => `Cannot ${verb} ${option} '${text}': expected`,
      )
      .replace(
        /(Write it as R does|A ~ stands before the variables), for example '.*'/,
        "Write it as R does, for example 1/(1+motion) or age > 10",
      );
    throw new UsageError(message);
  }
}

const withoutGaps = (table: DataTable, text: string): DataTable => {
  if (table.nRows > 0) return table;
  throw new UsageError(`Cannot use '${text}': expected a table with rows, got none.`);
};

function orderLevels(table: DataTable, wish: string, path: string): DataTable {
  const [name, listed] = wish.split("=", 2) as [string, string | undefined];
  const column = findColumn(table, name);
  const columns = table.columns.map((one) => one.name);
  if (column?.kind !== "factor")
    throw new UsageError(
      `Cannot use --ordered ${wish}: expected a column of texts in ${path}, got ${column === undefined ? "none of that name" : "one of numbers"}.${(column === undefined && didYouMean(meant(name, columns))) || " Correct the name."}`,
    );
  const levels = listed === undefined ? column.levels : listed.split(",").map((level) => level.trim());
  const unknown =
    column.levels.find((level) => !levels.includes(level)) ?? levels.find((level) => !column.levels.includes(level));
  if (unknown !== undefined)
    throw new UsageError(
      `Cannot use --ordered ${wish}: expected the levels ${column.levels.join(", ")} in their order, got ${levels.join(", ")}. Name each once.`,
    );
  const place = column.levels.map((level) => levels.indexOf(level));
  const made: FactorColumn = {
    ...{ kind: "factor", name: column.name, levels, ordered: true },
    codes: column.codes.map((code) => (code < 0 ? code : place[code]!)),
  };
  return { ...table, columns: table.columns.map((one) => (one === column ? made : one)) };
}

/** Where each row's values are in the data. `cohort` without names goes by position. Throws InputError with the names that are not there. */
export function placeRows(
  { names, table }: Cohort,
  subjects: readonly string[] | undefined,
  nSubjects: number,
  { cohort, input }: Pick<ModelOptions, "cohort" | "input">,
  warn: (warning: Warning) => void,
): number[] {
  if (names === undefined || subjects === undefined) {
    if (table.nRows === nSubjects) {
      const message = `${names === undefined ? `${cohort} has no column that names the subjects` : `${input} does not name its subjects`}: rows are taken in the order in which they stand.`;
      warn({ tag: "column-order", message });
      return Array.from({ length: nSubjects }, (_, i) => i);
    }
    throw new InputError(
      `Cannot use ${cohort} with ${input}: expected ${nSubjects} rows, one a subject, got ${table.nRows}, and ${names === undefined ? "no column source_file or subject that says whose they are" : "subjects without names"}. Add the column, or name it with --subject-column.`,
      { path: cohort },
    );
  }
  const found = matchSubjects(names, subjects);
  const lost = names.filter((_, i) => typeof found[i] !== "number");
  if (lost.length > 0)
    throw new InputError(
      `Cannot use ${cohort} with ${input}: expected subjects that it has, such as ${listNames(subjects, 2)}, got ${lost.length} that it has not: ${listNames(lost)}. Correct the names, or take the rows out, for example with --subset.`,
      { path: cohort },
    );
  const places = found as number[];
  const twice = places.findIndex((place, i) => places.indexOf(place) !== i);
  if (twice >= 0)
    throw new InputError(
      `Cannot use ${cohort} with ${input}: expected one row a subject, got two for ${subjects[places[twice]!]} (${names[places.indexOf(places[twice]!)]}, ${names[twice]}). Take one out.`,
      { path: cohort },
    );
  const nLeft = subjects.length - places.length;
  if (nLeft > 0) {
    const others = subjects.filter((_, i) => !places.includes(i));
    warn({
      tag: "subjects-dropped",
      message: `${nLeft} of ${subjects.length} subjects of ${input} are not in the table and are left out: ${listNames(others)}.`,
    });
  }
  return places;
}
