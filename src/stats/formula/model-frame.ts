// The variables of a formula for the subjects of a table, without the subjects who miss one.
import { DesignError, UsageError } from "../../errors.js";
import { type DataTable, findColumn, madeName } from "./data-table.js";
import { evaluate, isConstant, type Scope } from "./evaluate.js";
import { deparse, type Expression, isSyntactic, namesIn } from "./expression.js";
import type { Formula } from "./parse-formula.js";
import { expandTerms, type Terms } from "./terms.js";
import { shown } from "./tokens.js";
import { type Factor, lengthOf, type Numbers, numbers, type Value } from "./value.js";

export interface FrameOptions {
  /** Values that each element has of its own, such as the store's scalars: they may stand in the formula, and need no column. */
  readonly scalars?: readonly string[];
  /** Columns that `.` does not mean, such as the subjects' names. */
  readonly notInDot?: readonly string[];
}

export interface FrameVariable {
  /** As R writes it: `age`, `log(motion)`, `poly(age, 2)`. */
  readonly text: string;
  /** By row of the frame. Of an element-wise variable: ones, in as many columns as it has. */
  readonly value: Numbers | Factor;
  /** Names of the element's own values that it needs; none: the same for all elements. */
  readonly scalars: readonly string[];
  /** Columns of an element-wise variable from the values of an element, each of the length of the frame. */
  readonly evaluate: (values: ReadonlyMap<string, Float64Array>) => readonly Float64Array[];
}

export interface DroppedRow {
  /** Of the table, from 0. */
  readonly row: number;
  /** Which variables have no value, as written. */
  readonly missing: readonly string[];
}

export interface ModelFrame {
  readonly formula: Formula;
  readonly terms: Terms;
  /** Rows of the table that the frame has, ascending, from 0. */
  readonly rows: readonly number[];
  readonly dropped: readonly DroppedRow[];
  /** One each of terms.variables. */
  readonly variables: readonly FrameVariable[];
  /** Undefined: the formula has none, or the table has no such column and the caller knows it. */
  readonly response: FrameVariable | undefined;
  /** Levels that no subject of the frame has, which are left out. */
  readonly unusedLevels: readonly { readonly variable: string; readonly levels: readonly string[] }[];
  /** Variables of smooth terms, by text. */
  readonly smoothVariables: ReadonlyMap<string, FrameVariable>;
}

/**
 * As R's model.frame in lm: every variable is computed for all rows, then rows with a missing one go, then levels without a row.
 * Throws DesignError: an unknown variable, an infinite value, no row left; UsageError as expandTerms.
 */
export function modelFrame(formula: Formula, table: DataTable, options: FrameOptions = {}): ModelFrame {
  const scalars = new Set(options.scalars ?? []);
  const responseNames = new Set(formula.response === undefined ? [] : namesIn(formula.response));
  const notInDot = new Set([...(options.notInDot ?? []), ...responseNames]);
  const dot = table.columns
    .map(({ name }) => name)
    .filter((name) => !notInDot.has(name) && !notInDot.has(madeName(name)))
    .map((name) => (isSyntactic(name) ? name : madeName(name)));
  const terms = expandTerms(formula, dot);
  const all: Scope = {
    nRows: table.nRows,
    lookUp: (name) => (scalars.has(name) ? placeholder(table.nRows) : columnValue(table, name)),
    names: [...table.columns.map(({ name }) => name), ...scalars],
    text: shown(formula.text),
  };
  const isElementwise = (expression: Expression) => namesIn(expression).some((name) => scalars.has(name));
  const smoothExpressions = new Map(
    terms.smooths.flatMap(({ expression, byExpression }) =>
      [expression, ...(byExpression ? [byExpression] : [])].map((one) => [deparse(one), one] as const),
    ),
  );
  const wanted = new Map<string, Expression>([
    ...terms.variables.map(({ text, expression }) => [text, expression] as const),
    ...smoothExpressions,
  ]);
  const response = responseOf(formula, table, scalars);
  if (response !== undefined) wanted.set(deparse(response), response);

  const whole = new Map<string, Numbers | Factor>();
  for (const [text, expression] of wanted) {
    const value = evaluate(expression, all);
    whole.set(text, asVariable(value, text, table.nRows, isElementwise(expression)));
  }
  const fixed = [...wanted].filter(([, expression]) => !isElementwise(expression)).map(([text]) => text);
  /** An element-wise variable lacks what the table's columns in it lack; what its elements lack, only they know. */
  const missingOf = (text: string, expression: Expression, row: number): string[] => {
    if (!isElementwise(expression)) return isMissing(whole.get(text)!, row) ? [text] : [];
    return namesIn(expression).filter((name) => {
      const column = scalars.has(name) ? undefined : columnValue(table, name);
      return column !== undefined && isMissing(column, row);
    });
  };
  const rows: number[] = [];
  const dropped: DroppedRow[] = [];
  for (let row = 0; row < table.nRows; row++) {
    const missing = [...new Set([...wanted].flatMap(([text, expression]) => missingOf(text, expression, row)))];
    if (missing.length > 0) dropped.push({ row, missing });
    else rows.push(row);
  }
  if (rows.length === 0) throw nothingLeft(formula, dropped, table.nRows);
  assertFinite(fixed, whole, rows, formula);

  const unusedLevels: { variable: string; levels: readonly string[] }[] = [];
  const kept = (text: string): FrameVariable => {
    const expression = wanted.get(text)!;
    const needs = isElementwise(expression) ? namesIn(expression).filter((name) => scalars.has(name)) : [];
    const { value, unused } = chosenRows(whole.get(text)!, rows, needs.length > 0);
    if (unused.length > 0) unusedLevels.push({ variable: text, levels: unused });
    return { text, value, scalars: needs, evaluate: (given) => elementColumns(expression, given) };
  };
  const elementColumns = (expression: Expression, given: ReadonlyMap<string, Float64Array>) => {
    const value = evaluate(expression, {
      ...all,
      nRows: rows.length,
      lookUp: (name) => {
        const own = given.get(name);
        if (own !== undefined) return numbers(own);
        const column = columnValue(table, name);
        return column && chosenRows(column, rows, false).value;
      },
    });
    return value.kind === "numbers" ? value.columns : [];
  };
  const variables = terms.variables.map(({ text }) => kept(text));
  return {
    ...{ formula, terms, rows, dropped, variables, unusedLevels },
    response: response && (variables.find(({ text }) => text === deparse(response)) ?? kept(deparse(response))),
    smoothVariables: new Map([...smoothExpressions.keys()].map((text) => [text, kept(text)])),
  };
}

/** Values that have as many columns as an element's will; what they are is of no use. */
const placeholder = (nRows: number) =>
  numbers(Float64Array.from({ length: nRows }, (_, i) => 1 + ((i * 0.618034) % 1)));

/** A response that the table has, or that elements have; another is data that the caller knows. */
function responseOf({ response }: Formula, table: DataTable, scalars: ReadonlySet<string>): Expression | undefined {
  if (response === undefined) return undefined;
  const known = namesIn(response).every(
    (name) => scalars.has(name) || findColumn(table, name) !== undefined || isConstant(name),
  );
  return known ? response : undefined;
}

function columnValue(table: DataTable, name: string): Numbers | Factor | undefined {
  const column = findColumn(table, name);
  if (column === undefined) return undefined;
  if (column.kind === "factor")
    return { kind: "factor", levels: column.levels, codes: column.codes, ordered: column.ordered === true };
  return numbers(column.values, column.kind === "logical");
}

function asVariable(value: Value, text: string, nRows: number, elementwise: boolean): Numbers | Factor {
  if (value.kind === "numbers" || value.kind === "factor") {
    if (elementwise && value.kind === "factor") {
      throw new UsageError(
        `Cannot use ${text} as a variable: expected numbers of each element, got a factor of them. Use the values themselves.`,
      );
    }
    const length = lengthOf(value);
    // a table of one row would make a constant a variable
    if (length === nRows) return value;
    throw new DesignError([
      `Cannot use ${text} as a variable: expected ${nRows} values, one a subject, got ${length}. Correct the term.`,
    ]);
  }
  throw new DesignError([
    `Cannot use ${text} as a variable: expected numbers or levels, got ${value.kind === "texts" ? "a text" : "nothing"}. Correct the term.`,
  ]);
}

const isMissing = (value: Numbers | Factor, row: number): boolean =>
  value.kind === "factor" ? value.codes[row]! < 0 : value.columns.some((column) => Number.isNaN(column[row]!));

function nothingLeft(formula: Formula, dropped: readonly DroppedRow[], nRows: number): DesignError {
  if (nRows === 0) {
    return new DesignError([
      `Cannot use the formula '${shown(formula.text)}': expected subjects, got a table without rows. Is it the right table?`,
    ]);
  }
  const counts = new Map<string, number>();
  for (const { missing } of dropped) for (const text of missing) counts.set(text, (counts.get(text) ?? 0) + 1);
  const listed = [...counts].map(([text, count]) => `${text} for ${count}`).join(", ");
  return new DesignError([
    `Cannot use the formula '${shown(formula.text)}': expected subjects with a value for every variable, got none: missing are ${listed} of ${nRows}. Leave a variable out, or fill its column.`,
  ]);
}

function assertFinite(
  texts: readonly string[],
  values: ReadonlyMap<string, Numbers | Factor>,
  rows: readonly number[],
  formula: Formula,
): void {
  const problems = texts.flatMap((text) => {
    const value = values.get(text)!;
    if (value.kind === "factor") return [];
    const wrong = rows.filter((row) => value.columns.some((column) => !Number.isFinite(column[row]!)));
    if (wrong.length === 0) return [];
    const first = wrong.slice(0, 5).map((row) => row + 1);
    const where =
      wrong.length > 5
        ? `${first.join(", ")} and ${wrong.length - 5} more`
        : first.length > 1
          ? `${first.slice(0, -1).join(", ")} and ${first.at(-1)}`
          : `${first[0]}`;
    return [
      `Cannot use ${text} of the formula '${shown(formula.text)}': expected finite numbers, got infinite ones (${wrong.length > 1 ? "rows" : "row"} ${where} of the table, counting from 1 after its header). Correct the values, or the term.`,
    ];
  });
  if (problems.length > 0) throw new DesignError(problems);
}

function chosenRows(
  value: Numbers | Factor,
  rows: readonly number[],
  elementwise: boolean,
): { value: Numbers | Factor; unused: string[] } {
  if (value.kind === "numbers") {
    const columns = value.columns.map((column) =>
      elementwise ? new Float64Array(rows.length).fill(1) : Float64Array.from(rows, (row) => column[row]!),
    );
    return { value: { ...value, columns }, unused: [] };
  }
  const codes = rows.map((row) => value.codes[row]!);
  const used = new Set(codes);
  const levels = value.levels.filter((_, i) => used.has(i));
  const unused = value.levels.filter((_, i) => !used.has(i));
  const newCode = new Map(levels.map((level, i) => [value.levels.indexOf(level), i]));
  // -1 stays: rows of a table that are looked at for one element may still miss it
  return { value: { ...value, levels, codes: Int32Array.from(codes, (code) => newCode.get(code) ?? -1) }, unused };
}
