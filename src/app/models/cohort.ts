// The table of the subjects: which rows are used, and where each row's values are.

import { DesignError, InputError, UsageError } from "../../errors.js";
import { readTable } from "../../formats/text/csv.js";
import { namesSubjects } from "../../formats/text/table-layout.js";
import { didYouMean, meant } from "../../near-names.js";
import { type DataTable, type FactorColumn, findColumn, rowsOf, tableOf } from "../../stats/formula/data-table.js";
import { type ModelFrame, modelFrame } from "../../stats/formula/model-frame.js";
import { parseExpression, parseFormula } from "../../stats/formula/parse-formula.js";
import { listNames } from "../../subject-names.js";
import type { Warning } from "../../warnings.js";
import { chooseNameColumn, type NameColumn, nameColumns, rowsByPlace } from "../design/name-column.js";
import type { ModelOptions } from "./options.js";

export interface Cohort {
  readonly table: DataTable;
  /** As typed. */
  readonly path: string;
  /** Names of all columns, and the cells of the rows that are used. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Those that may say whose each row is. */
  readonly nameColumns: readonly NameColumn[];
  /** Columns that name the subjects. */
  readonly notInDot: readonly string[];
  readonly weights: Float64Array | undefined;
}

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
  let table = tableOf(cells.columns, rows);
  for (const wish of ordered) table = orderLevels(table, wish, path);
  if (subset !== undefined) {
    const isIn = valuesOf(table, subset, "--subset");
    const taken = Array.from(isIn.keys()).filter((row) => isIn[row]! !== 0 && !Number.isNaN(isIn[row]!));
    if (taken.length === 0)
      throw new UsageError(
        `Cannot use --subset '${subset}': expected rows of ${path} where it is true, got none. Correct it.`,
      );
    table = rowsOf(table, taken);
    rows = taken.map((row) => rows[row]!);
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
  const { columns } = cells;
  const used = { path, columns, rows };
  const named = nameColumns(used, subjectColumn);
  const notInDot = columns.filter(
    (column) => column === SCALAR_NAME || namesSubjects(column) || named.some((one) => one.column === column),
  );
  return { ...used, table, nameColumns: named, notInDot, weights: weighed };
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

/** Where each row's values are in the data; by position only where these do not name their subjects. Throws InputError with the names that are not there. */
export function placeRows(
  cohort: Cohort,
  subjects: readonly string[] | undefined,
  nSubjects: number,
  { input }: Pick<ModelOptions, "input">,
  warn: (warning: Warning) => void,
): number[] {
  const { path, table } = cohort;
  if (subjects === undefined) {
    if (table.nRows === nSubjects) {
      const message = `${input} does not name its subjects: rows of ${path} are taken in the order in which they stand.`;
      warn({ tag: "column-order", message });
      return Array.from({ length: nSubjects }, (_, i) => i);
    }
    throw new InputError(
      `Cannot use ${path} with ${input}: expected ${nSubjects} rows, one a subject, since the data do not name their subjects, got ${table.nRows}. Give one row a subject, in their order.`,
      { path },
    );
  }
  const joined = chooseNameColumn(cohort.nameColumns, subjects, cohort, input);
  const rowOf = rowsByPlace(joined, path, input);
  const lost = joined.names.filter((_, row) => typeof joined.matches[row] !== "number");
  if (lost.length > 0)
    throw new InputError(
      `Cannot use ${path} with ${input}: expected subjects that it has, such as ${listNames(subjects, 2)}, got ${lost.length} that it has not in its column ${joined.column}: ${listNames(lost)}. Correct the names, or take the rows out, for example with --subset.`,
      { path },
    );
  const others = subjects.filter((_, place) => !rowOf.has(place));
  if (others.length > 0) {
    const message = `${others.length} of ${subjects.length} subjects of ${input} are not in the table and are left out: ${listNames(others)}.`;
    warn({ tag: "subjects-dropped", message });
  }
  return joined.matches.map(Number);
}
