// ModelArray's cohort tables: which image is which subject's, for which scalar.
//   long    scalar_name, source_file, ...    a row a subject and scalar
//   wide    FD, log_fc, ...                  a row a subject, a column of paths a scalar
import { InputError } from "../src/errors.js";
import { imageKindOf } from "../src/formats/image.js";
import { isPlainName } from "../src/formats/plain-name.js";
import { readTable, type Table } from "../src/formats/text/csv.js";
import type { TextOptions } from "../src/formats/text/read-text.js";
import { listNames } from "../src/subject-names.js";
import { type JoinedScalars, joinScalars, type ScalarRows } from "./join-scalars.js";

export interface Cohort extends JoinedScalars {
  /** Columns of a wide table that name no images. */
  readonly unused: readonly string[];
}

/**
 * Throws InputError: neither form, a list instead of a table, an empty cell, a name that cannot be a scalar's, a scalar that is not there, or scalars whose
 * subjects cannot be joined.
 */
export async function readCohort(
  path: string,
  wanted: readonly string[] | undefined,
  options: TextOptions = {},
): Promise<Cohort> {
  const table = await readTable(path, options);
  assertHeader(table, wanted, path);
  const long = longColumns(table.columns);
  const { scalars, unused } =
    long === undefined ? wideForm(table, wanted, path) : { scalars: longForm(table, long, path), unused: [] };
  const names = scalars.map(({ name }) => name);
  if (scalars.length === 0) {
    throw new InputError(
      `Cannot use ${path}: expected columns scalar_name and source_file, or columns of image paths (.mif, .nii), got ${shorten(table.columns.join(", "))}. Name the columns of paths with --scalar.`,
      { path },
    );
  }
  const absent = (wanted ?? []).filter((name) => !names.includes(name));
  if (absent.length > 0)
    throw new InputError(
      `Cannot use ${path}: expected scalar ${absent.join(", ")}, got ${shorten(names.join(", "))}.`,
      {
        path,
      },
    );
  const chosen = wanted === undefined ? scalars : wanted.map((name) => scalars.find((scalar) => scalar.name === name)!);
  for (const { name } of chosen) {
    if (!isPlainName(name))
      throw new InputError(`Cannot use ${path}: ${shorten(JSON.stringify(name))} cannot be the name of a scalar.`, {
        path,
      });
  }
  return { ...joinScalars(chosen, table, path), unused };
}

/** A table that is none may be one long cell. */
const shorten = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}..` : text);
/** As spreadsheets and people change names of columns. */
const normalised = (name: string): string => name.toLowerCase().replace(/[\s.-]+/g, "_");
const isImage = (cell: string): boolean => imageKindOf(cell) !== undefined;

/** A list begins with a file, and its first subject would be lost. */
function assertHeader({ columns }: Table, wanted: readonly string[] | undefined, path: string): void {
  const file = columns.find((name) => isImage(name) && wanted?.includes(name) !== true);
  if (file === undefined) return;
  throw new InputError(
    `Cannot use ${path}: expected a first line with names of columns, got the file ${shorten(file)} in it. A list of files is for convert fixels; a table needs its header line.`,
    { path },
  );
}

interface LongColumns {
  readonly nameAt: number;
  readonly fileAt: number;
}

/** Whatever the case of their letters is. */
function longColumns(columns: readonly string[]): LongColumns | undefined {
  const known = columns.map(normalised);
  const nameAt = known.indexOf("scalar_name");
  const fileAt = known.indexOf("source_file");
  return nameAt >= 0 && fileAt >= 0 ? { nameAt, fileAt } : undefined;
}

function longForm({ columns, rows }: Table, { nameAt, fileAt }: LongColumns, path: string): ScalarRows[] {
  const scalars = new Map<string, { rows: number[]; sourceFiles: string[] }>();
  for (const [i, row] of rows.entries()) {
    const [name, file] = [row[nameAt]!, row[fileAt]!];
    if (isMissing(name)) throw emptyCell("the name of a scalar", columns[nameAt]!, [i], path);
    if (isMissing(file)) throw emptyCell(`a file for every row of ${shorten(name)}`, columns[fileAt]!, [i], path);
    if (!isImage(file)) throw notImage(columns[fileAt]!, i, file, path);
    const known = scalars.get(name) ?? { rows: [], sourceFiles: [] };
    scalars.set(name, known);
    known.rows.push(i);
    known.sourceFiles.push(file);
  }
  return [...scalars].map(([name, found]) => ({ name, ...found }));
}

/** Columns whose cells name images; or the ones asked for. A column with some images and some gaps is one that is not whole. */
function wideForm(
  { columns, rows }: Table,
  wanted: readonly string[] | undefined,
  path: string,
): { scalars: ScalarRows[]; unused: string[] } {
  const half = columns.find((name) => ["scalar_name", "source_file"].includes(normalised(name)));
  if (half !== undefined && wanted === undefined) {
    const other = normalised(half) === "source_file" ? "scalar_name" : "source_file";
    throw new InputError(
      `Cannot use ${path}: expected columns scalar_name and source_file, got ${half} alone. Add ${other}, or name the columns of paths with --scalar.`,
      { path },
    );
  }
  const scalars: ScalarRows[] = [];
  const unused: string[] = [];
  for (const [at, name] of columns.entries()) {
    const sourceFiles = rows.map((row) => row[at]!);
    const isAsked = wanted?.includes(name);
    if (!(isAsked ?? sourceFiles.some(isImage))) {
      if (isAsked === undefined && name !== "") unused.push(name);
      continue;
    }
    const empty = sourceFiles.flatMap((file, i) => (isMissing(file) ? [i] : []));
    if (empty.length > 0) throw emptyCell(`a file for every subject of ${shorten(name)}`, name, empty, path);
    const other = sourceFiles.findIndex((file) => !isImage(file));
    if (other >= 0) throw notImage(name, other, sourceFiles[other]!, path);
    scalars.push({ name, rows: rows.map((_, i) => i), sourceFiles });
  }
  return { scalars, unused };
}

/** As R and pandas write what is not there. */
const isMissing = (cell: string): boolean => /^(|na|nan|n\/a|null|none)$/i.test(cell);

function emptyCell(expected: string, column: string, rows: readonly number[], path: string): InputError {
  const places = listNames(rows.map((row) => `${row + 1}`));
  return new InputError(
    `Cannot use ${path}: expected ${expected}, got an empty cell in column ${shorten(column)}, row ${places} after the header. Fill it, or leave the row out.`,
    { path },
  );
}

function notImage(column: string, row: number, got: string, path: string): InputError {
  return new InputError(
    `Cannot use ${path}: expected the name of an image (.mif, .nii) in every row of column ${shorten(column)}, got ${shorten(JSON.stringify(got))} in row ${row + 1} after the header. Correct it, or name the columns of paths with --scalar.`,
    { path },
  );
}
