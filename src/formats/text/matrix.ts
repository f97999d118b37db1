// Matrices as people write them: design, contrasts, F-tests, groups, permutations.
//   MRtrix3's     numbers separated by blanks, tabs, commas and semicolons, any number of them; `#` starts a comment
//   a table       cells separated in one way, perhaps quoted, with a first row of names, a first column of names, or both; decimal commas
//   FSL's VEST    keywords, then numbers (vest.ts)
// Never a column added.
import { InputError } from "../../errors.js";
import { createTurns, inTurns } from "../../turns.js";
import { formatCount } from "../../units.js";
import { SEPARATED_BY, type Separator, splitCells } from "./cells.js";
import { findLayout } from "./dialect.js";
import { createGrowingArray } from "./growing-array.js";
import { contentLines } from "./lines.js";
import { hasDecimalComma, isName, parseNumber, shorten, TOKEN } from "./numbers.js";
import { readTextFile, type TextOptions } from "./read-text.js";
import type { TableLayout } from "./table-layout.js";
import { assertVestSize, isVest, parseVestHeader } from "./vest.js";

export interface Matrix {
  readonly nRows: number;
  readonly nColumns: number;
  /** f64 [nRows x nColumns], row-major; nan and inf are values. */
  readonly values: Float64Array;
}

/** A matrix with what stood beside its numbers. */
export interface NumberTable extends Matrix {
  /** [nColumns], out of a first row of names. */
  readonly columnNames?: readonly string[];
  /** [nRows], out of a first column. */
  readonly rowNames?: readonly string[];
  /** What the first row has above the names of rows; absent or empty: nothing. */
  readonly rowNamesTitle?: string;
  /** Undefined: numbers as MRtrix3 has them. */
  readonly form?: TableForm;
}

export interface TableForm {
  readonly format: "table" | "vest";
  readonly separator: Separator | undefined;
  readonly decimalComma: boolean;
}

/** Numbers, or lines without any, between two turns: some milliseconds. */
const VALUES_A_STEP = 2 ** 14;

/** Throws InputError naming the line: not a number, out of range, ragged, no number at all, two readings. */
export function parseMatrix(text: string, path: string): NumberTable {
  const steps = parseMatrixInSteps(text, path);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** As parseMatrix, line after line: for turns of the event loop between them. */
export function* parseMatrixInSteps(text: string, path: string): Generator<void, NumberTable> {
  if (isVest(text)) {
    const header = parseVestHeader(text, path);
    const matrix = yield* parsePlain(text, header.nLines, path);
    assertVestSize(header, matrix, path);
    const form: TableForm = { format: "vest", separator: undefined, decimalComma: false };
    return { ...matrix, form, ...(header.rowNames === undefined ? {} : { rowNames: header.rowNames }) };
  }
  const layout = yield* findLayout(text, path);
  return layout === undefined ? yield* parsePlain(text, 0, path) : yield* parseTable(text, layout, path);
}

/** Throws as readTextFile and parseMatrix. */
export async function readMatrix(path: string, options: TextOptions = {}): Promise<NumberTable> {
  const text = await readTextFile(path, options);
  return await inTurns(parseMatrixInSteps(text, path), createTurns(options.signal));
}

/** How a text was read, where it is not the plain case: `8 rows of 3 columns, separated by semicolons, ..`. */
export function describeForm({ nRows, nColumns, columnNames, rowNames, form }: NumberTable): string | undefined {
  if (form === undefined) return undefined;
  const listed = (names: readonly string[]) => (names.length > 3 ? `${names[0]} .. ${names.at(-1)}` : names.join(", "));
  const parts = [
    `${formatCount(nRows, "rows")} of ${formatCount(nColumns, "columns")}`,
    ...(form.format === "vest" ? ["FSL's VEST format"] : []),
    ...(form.separator === undefined || (nColumns === 1 && rowNames === undefined)
      ? []
      : [`separated by ${SEPARATED_BY[form.separator]}`]),
    ...(form.decimalComma ? ["commas are decimal marks"] : []),
    ...(columnNames === undefined ? [] : [`the first row has names (${listed(columnNames)})`]),
    ...(rowNames === undefined
      ? []
      : [
          form.format === "vest"
            ? `rows are named (${listed(rowNames)})`
            : `the first column has names (${listed(rowNames)})`,
        ]),
  ];
  return parts.join(", ");
}

function* parsePlain(text: string, skip: number, path: string): Generator<void, Matrix> {
  const values = createGrowingArray();
  let nRows = 0;
  let nColumns = 0;
  for (const { number, content } of contentLines(text)) {
    if (number <= skip) continue;
    const before = values.length();
    TOKEN.lastIndex = 0;
    for (let match = TOKEN.exec(content); match !== null; match = TOKEN.exec(content)) {
      const value = parseNumber(match[0], path, number);
      if (value === undefined) throw notANumber(match[0], `line ${number}`, path);
      values.push(value);
      // a line may be all there is
      if (values.length() % VALUES_A_STEP === 0) {
        const { lastIndex } = TOKEN; // others may use it meanwhile
        yield;
        TOKEN.lastIndex = lastIndex;
      }
    }
    if (number % VALUES_A_STEP === 0) yield;
    const width = values.length() - before;
    if (width === 0) continue;
    if (nRows === 0) nColumns = width;
    else if (width !== nColumns) {
      const message = `Cannot read ${path}: expected ${formatCount(nColumns, "columns")} as in its first row, got ${width} (line ${number}). Give every row the same number of values.`;
      throw new InputError(message, { path });
    }
    nRows += 1;
  }
  if (nRows === 0) throw withoutNumbers(path);
  return { nRows, nColumns, values: values.take() };
}

function* parseTable(
  text: string,
  { separator, header, rowNames: hasRowNames, rowNamesTitle }: TableLayout,
  path: string,
): Generator<void, NumberTable> {
  const values = createGrowingArray();
  const rowNames: string[] = [];
  const marks = createDecimalMarks(separator, path);
  let width = header === undefined ? undefined : header.length + (hasRowNames ? 1 : 0);
  let seenHeader = header === undefined;
  let nRows = 0;
  for (const { number, content } of contentLines(text)) {
    if (number % VALUES_A_STEP === 0) yield;
    if (!/[^\s,;]/.test(content)) continue;
    if (!seenHeader) {
      seenHeader = true;
      continue;
    }
    let cells = splitCells(content, separator);
    if (cells === undefined) throw badQuotes(number, path);
    if (cells.length > 1 && cells.at(-1)!.text === "" && cells.length === (width ?? cells.length - 1) + 1)
      cells = cells.slice(0, -1);
    width ??= cells.length;
    if (cells.length !== width) {
      const as = header === undefined ? "its first row" : "its row of names";
      const message = `Cannot read ${path}: expected ${formatCount(width, "cells")} separated by ${SEPARATED_BY[separator]} as in ${as}, got ${cells.length} (line ${number}). Give every row the same number of cells.`;
      throw new InputError(message, { path });
    }
    if (hasRowNames) rowNames.push(nameOf(cells[0]!.text, { header, number, path, title: rowNamesTitle }));
    for (let i = hasRowNames ? 1 : 0; i < cells.length; i++) {
      const column = i - (hasRowNames ? 1 : 0);
      const { text: cell } = cells[i]!;
      const where = header === undefined ? `line ${number}` : `line ${number}, column ${header[column]}`;
      const value = parseNumber(marks.asPoint(cell, where), path, where);
      if (value === undefined) throw notANumber(cell, where, path);
      values.push(value);
      if (values.length() % VALUES_A_STEP === 0) yield;
    }
    nRows += 1;
  }
  if (nRows === 0) throw withoutNumbers(path);
  marks.assertClear();
  const form: TableForm = { format: "table", separator, decimalComma: marks.isComma() };
  return {
    ...{ nRows, nColumns: values.length() / nRows, values: values.take(), form },
    ...(header === undefined ? {} : { columnNames: header }),
    ...(hasRowNames ? { rowNames } : {}),
    ...(rowNamesTitle === undefined ? {} : { rowNamesTitle }),
  };
}

interface NamePlace {
  readonly header: readonly string[] | undefined;
  readonly number: number;
  readonly path: string;
  /** What the header has above the names. */
  readonly title: string | undefined;
}

/** Without a header a column is one of names only if all of it is: a slip of the pen must not make a number a name. */
function nameOf(text: string, { header, number, path, title }: NamePlace): string {
  if (text !== "" && (header !== undefined || isName(text))) return text;
  const where = title === undefined || title === "" ? `line ${number}` : `line ${number}, column ${title}`;
  throw new InputError(
    `Cannot read ${path}: expected a name in the first cell of every row, as the first row has, got ${text === "" ? "an empty one" : shorten(text)} (${where}). Name every row, or none.`,
    { path },
  );
}

/** 1,500 of a spreadsheet that groups thousands. */
const THOUSANDS = /^[+-]?[1-9]\d{0,2}(,\d{3})+$/;

/** One decimal mark for the whole text. A comma in a cell between commas is none: there it groups thousands. */
function createDecimalMarks(separator: Separator, path: string) {
  let point: string | undefined;
  let comma: string | undefined;
  let onlyThousands = true;
  const assertOne = () => {
    if (point === undefined || comma === undefined) return;
    throw new InputError(
      `Cannot read ${path}: expected one decimal mark, got both ${point} and ${comma}. Write decimal points.`,
      { path },
    );
  };
  return {
    isComma: () => comma !== undefined,
    asPoint(cell: string, where: string): string {
      if (cell.includes(".")) {
        point ??= `${shorten(cell)} (${where})`;
        assertOne();
      }
      if (separator === "comma" || !hasDecimalComma(cell)) return cell;
      comma ??= `${shorten(cell)} (${where})`;
      onlyThousands &&= THOUSANDS.test(cell);
      assertOne();
      return cell.replace(",", ".");
    },
    /** Throws InputError where every comma may group thousands, unless semicolons say that commas are decimal marks. */
    assertClear(): void {
      if (comma === undefined || !onlyThousands || separator === "semicolon") return;
      throw new InputError(
        `Cannot read ${path}: commas may be decimal marks or group thousands, as in ${comma}, expected one reading, got two. Write numbers without commas.`,
        { path },
      );
    },
  };
}

/** Value `index` (row-major, from 0) of a matrix that parseMatrix accepts, as it is written: for messages, because a number of many digits is rounded. */
export function tokenAt(text: string, index: number, { values, form }: NumberTable): string {
  if (form?.format === "table") return String(values[index]);
  const skip = form === undefined ? 0 : parseVestHeader(text, "").nLines;
  let before = 0;
  for (const { number, content } of contentLines(text)) {
    const tokens = number <= skip ? [] : (content.match(TOKEN) ?? []);
    if (index < before + tokens.length) return shorten(tokens[index - before]!);
    before += tokens.length;
  }
  return "another value";
}

function notANumber(token: string, where: string, path: string): InputError {
  const got = token === "" ? "an empty cell" : JSON.stringify(shorten(token));
  const remedy = token.includes(",")
    ? "Where semicolons or tabs separate, a comma is a decimal mark: separate the values in one way."
    : where.includes("column")
      ? "Write a number there: groups as numbers of their own, each in the way that the model needs."
      : "Names of columns belong into the first row, names of rows into the first column, other words behind a #.";
  return new InputError(`Cannot read ${path}: expected a number, got ${got} (${where}). ${remedy}`, { path });
}

function withoutNumbers(path: string): InputError {
  const message = `Cannot read ${path}: expected a matrix of numbers, got a file without any. Is it the right file?`;
  return new InputError(message, { path });
}

function badQuotes(line: number, path: string): InputError {
  const message = `Cannot read ${path}: expected cells whose quotes are closed before the next separator, got others (line ${line}). Correct the quotes.`;
  return new InputError(message, { path });
}
