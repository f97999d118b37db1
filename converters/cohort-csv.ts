// ModelArray's cohort tables: which image is which subject's, for which scalar.
//   long    scalar_name, source_file, ...    a row a subject and scalar
//   wide    FD, log_fc, ...                  a row a subject, a column of paths a scalar
import { InputError } from "../src/errors.js";
import { imageKindOf } from "../src/formats/image.js";
import { isPlainName } from "../src/formats/plain-name.js";
import { readTable, type Table } from "../src/formats/text/csv.js";
import type { TextOptions } from "../src/formats/text/read-text.js";

export interface CohortScalar {
  readonly name: string;
  /** As they stand in the table, in its order. */
  readonly sourceFiles: readonly string[];
}

/** Throws InputError: neither form, an empty cell, a name that cannot be a scalar's, or a scalar that is not there. */
export async function readCohort(
  path: string,
  wanted: readonly string[] | undefined,
  options: TextOptions = {},
): Promise<CohortScalar[]> {
  const table = await readTable(path, options);
  const isLong = ["scalar_name", "source_file"].every((name) => table.columns.includes(name));
  const scalars = isLong ? longForm(table) : wideForm(table, wanted);
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
  for (const { name, sourceFiles } of chosen) {
    if (!isPlainName(name))
      throw new InputError(`Cannot use ${path}: ${shorten(JSON.stringify(name))} cannot be the name of a scalar.`, {
        path,
      });
    const empty = sourceFiles.indexOf("");
    if (empty >= 0) {
      throw new InputError(
        `Cannot use ${path}: expected a file for every subject of ${shorten(name)}, got an empty cell for the ${empty + 1}. of ${sourceFiles.length}. Fill it, or leave the row out.`,
        { path },
      );
    }
  }
  return chosen;
}

/** A table that is none may be one long cell. */
const shorten = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}..` : text);

function longForm({ columns, rows }: Table): CohortScalar[] {
  const nameAt = columns.indexOf("scalar_name");
  const fileAt = columns.indexOf("source_file");
  const files = new Map<string, string[]>();
  for (const row of rows) {
    const name = row[nameAt]!;
    const known = files.get(name);
    if (known === undefined) files.set(name, [row[fileAt]!]);
    else known.push(row[fileAt]!);
  }
  return [...files].map(([name, sourceFiles]) => ({ name, sourceFiles }));
}

/** Columns whose every cell names an image; or the ones asked for. */
function wideForm({ columns, rows }: Table, wanted: readonly string[] | undefined): CohortScalar[] {
  return columns.flatMap((name, at) => {
    const sourceFiles = rows.map((row) => row[at]!);
    const isPaths = sourceFiles.every((file) => imageKindOf(file) !== undefined);
    return (wanted?.includes(name) ?? isPaths) ? [{ name, sourceFiles }] : [];
  });
}
