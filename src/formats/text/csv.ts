// Tables of texts as spreadsheets, R and pandas write them: cells separated by commas, semicolons, tabs or blanks, quoted cells, doubled quotes, a header
// line. RFC 4180.
import { InputError } from "../../errors.js";
import { formatCount } from "../../units.js";
import { CHARACTERS, SEPARATED_BY, SEPARATORS, type Separator } from "./cells.js";
import { readTextFile, type TextOptions } from "./read-text.js";

export interface Table {
  readonly columns: readonly string[];
  /** Cells by row, as many as columns. */
  readonly rows: readonly (readonly string[])[];
  readonly separator: Separator;
}

/** Cells by row; blank lines are skipped. Undefined: a quote is not closed. */
export function parseDelimited(text: string, separator: Separator): string[][] | undefined {
  const source = text.replace(/^\ufeff/, "");
  const isSeparator = (char: string) => char === CHARACTERS[separator] || (separator === "blanks" && char === "\t");
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let quoted = false;
  let wasQuoted = false;
  const endCell = () => {
    // any number of blanks separate
    if (separator !== "blanks" || cell !== "" || wasQuoted) row.push(cell.trim());
    cell = "";
    wasQuoted = false;
  };
  const endRow = () => {
    endCell();
    if (row.some((value) => value !== "")) rows.push(row);
    row = [];
  };
  for (let i = 0; i < source.length; i++) {
    const char = source[i]!;
    if (quoted) {
      if (char !== '"') cell += char;
      else if (source[i + 1] === '"') cell += source[++i];
      else quoted = false;
    } else if (char === '"' && cell.trim() === "") {
      cell = "";
      quoted = true;
      wasQuoted = true;
    } else if (isSeparator(char)) endCell();
    else if (char === "\n") endRow();
    else if (char !== "\r") cell += char;
    else if (source[i + 1] !== "\n") endRow();
  }
  if (quoted) return undefined;
  endRow();
  return rows;
}

/** Throws as readTextFile; InputError: unreadable, no rows, or rows of other lengths than the header. */
export async function readTable(path: string, options: TextOptions = {}): Promise<Table> {
  return parseTable(await readTextFile(path, options), path);
}

/** Throws InputError: no rows, or rows of other lengths than the header. */
export function parseTable(text: string, path: string): Table {
  const { separator, lines } = readLines(text, path);
  const [columns, ...rows] = lines;
  if (columns === undefined || rows.length === 0) {
    throw new InputError(
      `Cannot read ${path}: expected a header line and rows, got ${columns === undefined ? "nothing" : "a header alone"}. Is it the right file?`,
      { path },
    );
  }
  // R's write.table has no cell above its row names
  const header = hasRowNumbers(columns, rows) ? ["", ...columns] : columns;
  const uneven = rows.findIndex((row) => row.length !== header.length);
  if (uneven >= 0) {
    throw new InputError(
      `Cannot read ${path}: expected ${formatCount(header.length, "cells")} in every row, as the header has between its ${SEPARATED_BY[separator]}, got ${rows[uneven]!.length} in row ${uneven + 1} after it. Correct the row.`,
      { path },
    );
  }
  const twice = header.find((name, i) => name !== "" && header.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new InputError(
      `Cannot read ${path}: expected columns of different names, got two named ${JSON.stringify(twice.slice(0, 200))}. Rename one of them.`,
      { path },
    );
  }
  return { columns: header, rows, separator };
}

/** Throws InputError: a quote is not closed. */
function readLines(text: string, path: string): { separator: Separator; lines: string[][] } {
  const linesWith = (separator: Separator): string[][] => {
    const lines = parseDelimited(text, separator);
    if (lines !== undefined) return lines;
    throw new InputError(
      `Cannot read ${path}: expected quotes that are closed, got one that is open at the end. Close it, or leave quotes out.`,
      { path },
    );
  };
  let several: Separator | undefined;
  const [header = ""] = text.split(/[\r\n]/, 1);
  for (const separator of SEPARATORS) {
    if (!header.includes(CHARACTERS[separator])) continue;
    const lines = linesWith(separator);
    if ((lines[0]?.length ?? 0) < 2) continue;
    if (isEven(lines)) return { separator, lines };
    if (separator !== "blanks") several ??= separator;
  }
  // uneven rows, of which it is said; or a header of one cell, which has no separator
  const separator = several ?? "comma";
  return { separator, lines: linesWith(separator) };
}

/** As long as the header, or longer by R's row numbers. */
function isEven([header, ...rows]: readonly (readonly string[])[]): boolean {
  return hasRowNumbers(header!, rows) || rows.every((row) => row.length === header!.length);
}

function hasRowNumbers(header: readonly string[], rows: readonly (readonly string[])[]): boolean {
  return rows.length > 0 && rows.every((row, i) => row.length === header.length + 1 && row[0] === String(i + 1));
}
