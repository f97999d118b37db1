// Comma- or tab-separated values as spreadsheets, R and pandas write them: quoted cells, doubled quotes, a header line. RFC 4180.
import { InputError } from "../../errors.js";
import { readTextFile, type TextOptions } from "./read-text.js";

export interface Table {
  readonly columns: readonly string[];
  /** Cells by row, as many as columns. */
  readonly rows: readonly (readonly string[])[];
}

/** Tabs separate where the first line has one outside quotes and no comma. Blank lines are skipped. */
export function parseDelimited(text: string): string[][] {
  const source = text.replace(/^\ufeff/, "");
  const firstLine = source.split(/\r?\n/, 1)[0]!.replace(/"[^"]*"/g, "");
  const separator = firstLine.includes("\t") && !firstLine.includes(",") ? "\t" : ",";
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let quoted = false;
  const endCell = () => {
    row.push(cell.trim());
    cell = "";
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
    } else if (char === separator) endCell();
    else if (char === "\n") endRow();
    else if (char !== "\r") cell += char;
  }
  endRow();
  return rows;
}

/** Throws as readTextFile; InputError: unreadable, no rows, or rows of other lengths than the header. */
export async function readTable(path: string, options: TextOptions = {}): Promise<Table> {
  const [columns, ...rows] = parseDelimited(await readTextFile(path, options));
  if (columns === undefined || rows.length === 0) {
    throw new InputError(
      `Cannot read ${path}: expected a header line and rows, got ${columns === undefined ? "nothing" : "a header alone"}. Is it the right file?`,
      { path },
    );
  }
  const uneven = rows.findIndex((row) => row.length !== columns.length);
  if (uneven >= 0) {
    throw new InputError(
      `Cannot read ${path}: expected ${columns.length} cells in every row, as the header has, got ${rows[uneven]!.length} in row ${uneven + 1} after it. Correct the row.`,
      { path },
    );
  }
  return { columns, rows };
}
