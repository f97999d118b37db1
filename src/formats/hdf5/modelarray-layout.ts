// ModelArray's layout of a cohort, as R (ModelArray, rhdf5) and Python (ConFixel, ModelArrayIO, h5py) write it:
//   /scalars/NAME/values          (subjects, elements), numbers; some writers swap the axes
//   names of the subjects         attribute column_names of `values`, or dataset /scalars/NAME/column_names (ModelArrayIO since 2025-11)
//   /fixels (5, m), /voxels (4, v) see fixel-tables.ts
import { InputError, UsageError } from "../../errors.js";
import { formatCount } from "../../units.js";
import { assertChecksum, sumTexts } from "./checksums.js";
import type { DatasetDescription } from "./dataset.js";
import type { Hdf5File } from "./open.js";

export const DEFAULT_SCALAR = "FD";
/** Attributes of / in files of ours: the first while a file is being made, the second when it is whole. */
export const WRITING_MARKER = "fixelstream_writing";
export const COMPLETE_MARKER = "fixelstream_complete";

export interface ScalarDataset {
  readonly name: string;
  readonly values: DatasetDescription;
  readonly nSubjects: number;
  readonly nElements: number;
  /** The file has (elements, subjects). */
  readonly transposed: boolean;
  /** One a subject, in row order. */
  readonly subjectNames: readonly string[];
}

/** Scalars of the file. Throws InputError: unfinished, or not ModelArray's layout. */
export async function listScalars(file: Hdf5File): Promise<string[]> {
  await assertFinished(file);
  if ((await file.kindOf("/scalars")) !== "group") {
    throw notModelArray(file, `${listed(await file.namesIn("/"))} in /`);
  }
  const names = await file.groupsWith("/scalars", VALUES);
  if (names.length === 0) throw notModelArray(file, `${listed(await file.namesIn("/scalars"))} in /scalars`);
  return names;
}

/** The scalar wanted, FD, or the only one. Throws UsageError listing what there is. */
export async function chooseScalar(file: Hdf5File, wanted: string | undefined): Promise<string> {
  const names = await listScalars(file);
  if (wanted === undefined && names.length === 1) return names[0]!;
  const name = wanted ?? DEFAULT_SCALAR;
  if (names.includes(name)) return name;
  throw new UsageError(`Cannot use scalar ${name}: ${file.path} holds ${listed(names)}. Choose one with --scalar.`);
}

/** Throws InputError: not a matrix of numbers, or names that fit neither axis. */
export async function describeScalar(file: Hdf5File, name: string): Promise<ScalarDataset> {
  const values = await file.describe(valuesPath(name));
  const { shape, kind, typeName } = values;
  const where = `${values.objectPath} of ${file.path}`;
  if (shape.length !== 2 || shape.includes(0) || (kind !== "float" && kind !== "integer")) {
    throw new InputError(
      `Cannot use ${where}: expected a matrix of numbers, subjects x elements, got ${shape.join(" x ") || "a single value"} of ${typeName}. Make the file again.`,
      { path: file.path },
    );
  }
  const [rows, columns] = shape as [number, number];
  const names = await subjectNamesOf(file, name, [rows, columns]);
  await assertChecksum(file, valuesPath(name), `the subjects' names of ${name}`, sumTexts(names));
  if (names.length !== rows && names.length !== columns) {
    throw new InputError(
      `Cannot use ${where}: expected ${formatCount(rows, "subjects")} in column_names, one a row of its ${rows} x ${columns} values, got ${names.length}. Make the file again.`,
      { path: file.path },
    );
  }
  const transposed = await isTransposed(file, shape as [number, number], names.length);
  const [nSubjects, nElements] = transposed ? [columns, rows] : [rows, columns];
  return { name, values, nSubjects, nElements, transposed, subjectNames: names };
}

export const VALUES = "values";
export const valuesPath = (scalar: string): string => `/scalars/${scalar}/${VALUES}`;
export const namesPath = (scalar: string): string => `/scalars/${scalar}/column_names`;

export const RESULTS_MATRIX = "results_matrix";
/** Analyses of the file. */
export const listAnalyses = (file: Hdf5File): Promise<string[]> => file.groupsWith("/results", RESULTS_MATRIX);

/** Throws InputError for a file of ours whose writer did not come to its end. */
export async function assertFinished(file: Hdf5File): Promise<void> {
  if ((await file.readAttribute("/", WRITING_MARKER)) === undefined) return;
  throw new InputError(
    `Cannot use ${file.path}: expected a finished file, got one whose writer was stopped before its end. Delete it, and make it again.`,
    { path: file.path },
  );
}

async function subjectNamesOf(file: Hdf5File, scalar: string, sizes: readonly number[]): Promise<string[]> {
  const group = `/scalars/${scalar}`;
  const found =
    (await file.readAttribute(valuesPath(scalar), "column_names")) ??
    (await readNames(file, namesPath(scalar), sizes)) ??
    (await file.readAttribute(group, "column_names"));
  if (found !== undefined) return found.map(String);
  throw new InputError(
    `Cannot use ${valuesPath(scalar)} of ${file.path}: expected the subjects' names in its attribute column_names or in the dataset ${namesPath(scalar)}, got neither. Make the file again with ModelArrayIO or fixelstream.`,
    { path: file.path },
  );
}

/**
 * Texts of a dataset with one for each row or column of a matrix; undefined: there is no such dataset. Throws InputError for another number of them, which
 * is not read: it may be anything.
 */
export async function readNames(
  file: Hdf5File,
  objectPath: string,
  sizes: readonly number[],
): Promise<string[] | undefined> {
  if ((await file.kindOf(objectPath)) !== "dataset") return undefined;
  const { shape } = await file.describe(objectPath);
  const count = shape.reduce((product, size) => product * size, 1);
  if (sizes.includes(count)) return await file.readTexts(objectPath);
  throw new InputError(
    `Cannot use ${objectPath} of ${file.path}: expected ${sizes.join(" or ")} names, one for each row or column of the values, got ${count}. Make the file again.`,
    { path: file.path },
  );
}

/** Names decide; where they fit both axes, the number of fixels does; else rows are subjects. */
async function isTransposed(
  file: Hdf5File,
  [rows, columns]: readonly [number, number],
  nNames: number,
): Promise<boolean> {
  if (rows !== nNames) return true;
  if (columns !== nNames || rows === columns || (await file.kindOf("/fixels")) !== "dataset") return false;
  return (await file.describe("/fixels")).shape.includes(rows);
}

function notModelArray(file: Hdf5File, got: string): InputError {
  return new InputError(
    `Cannot use ${file.path}: expected ModelArray's layout (/scalars/NAME/values), got ${got}. Is it the right file?`,
    { path: file.path },
  );
}

/** At most this many names in a message. */
const NAMED = 6;

export function listed(names: readonly string[]): string {
  if (names.length === 0) return "nothing";
  const rest = names.length > NAMED ? ` and ${names.length - NAMED} more` : "";
  return `${names.slice(0, NAMED).join(", ")}${rest}`;
}
