// ModelArray's layout of a cohort, as R (ModelArray, rhdf5) and Python (ConFixel, ModelArrayIO, h5py) write it:
//   /scalars/NAME/values          (subjects, elements), numbers; some writers swap the axes
//   names of the subjects         attribute column_names of `values`, or dataset /scalars/NAME/column_names (ModelArrayIO since 2025-11)
//   /fixels (5, m), /voxels (4, v) see fixel-tables.ts
import { InputError, UsageError } from "../../errors.js";
import type { DatasetDescription, Hdf5File } from "./open.js";

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
export function listScalars(file: Hdf5File): string[] {
  assertFinished(file);
  if (file.kindOf("/scalars") !== "group") throw notModelArray(file, `${listed(file.namesIn("/"))} in /`);
  const names = file.namesIn("/scalars").filter((name) => file.kindOf(valuesPath(name)) === "dataset");
  if (names.length === 0) throw notModelArray(file, `${listed(file.namesIn("/scalars"))} in /scalars`);
  return names;
}

/** The scalar wanted, FD, or the only one. Throws UsageError listing what there is. */
export function chooseScalar(file: Hdf5File, wanted: string | undefined): string {
  const names = listScalars(file);
  if (wanted === undefined && names.length === 1) return names[0]!;
  const name = wanted ?? DEFAULT_SCALAR;
  if (names.includes(name)) return name;
  throw new UsageError(`Cannot use scalar ${name}: ${file.path} holds ${names.join(", ")}. Choose one with --scalar.`);
}

/** Throws InputError: not a matrix of numbers, or names that fit neither axis. */
export function describeScalar(file: Hdf5File, name: string): ScalarDataset {
  const values = file.describe(valuesPath(name));
  const { shape, kind } = values;
  const where = `${values.objectPath} of ${file.path}`;
  if (shape.length !== 2 || shape.includes(0) || (kind !== "float" && kind !== "integer")) {
    throw new InputError(
      `Cannot use ${where}: expected a matrix of numbers, subjects x elements, got ${shape.join(" x ") || "a single value"} of ${kind}. Make the file again.`,
      { path: file.path },
    );
  }
  const names = subjectNamesOf(file, name);
  const [rows, columns] = shape as [number, number];
  if (names.length !== rows && names.length !== columns) {
    throw new InputError(
      `Cannot use ${where}: expected ${rows} subjects in column_names, one a row of its ${rows} x ${columns} values, got ${names.length}. Make the file again.`,
      { path: file.path },
    );
  }
  const transposed = isTransposed(file, shape as [number, number], names.length);
  const [nSubjects, nElements] = transposed ? [columns, rows] : [rows, columns];
  return { name, values, nSubjects, nElements, transposed, subjectNames: names };
}

export const valuesPath = (scalar: string): string => `/scalars/${scalar}/values`;
export const namesPath = (scalar: string): string => `/scalars/${scalar}/column_names`;

/** Throws InputError for a file of ours whose writer did not come to its end. */
export function assertFinished(file: Hdf5File): void {
  if (file.readAttribute("/", WRITING_MARKER) === undefined) return;
  throw new InputError(
    `Cannot use ${file.path}: expected a finished file, got one whose writer was stopped before its end. Delete it, and make it again.`,
    { path: file.path },
  );
}

function subjectNamesOf(file: Hdf5File, scalar: string): string[] {
  const group = `/scalars/${scalar}`;
  const found =
    file.readAttribute(valuesPath(scalar), "column_names") ??
    (file.kindOf(namesPath(scalar)) === "dataset" ? file.readTexts(namesPath(scalar)) : undefined) ??
    file.readAttribute(group, "column_names");
  if (found !== undefined) return found.map(String);
  throw new InputError(
    `Cannot use ${valuesPath(scalar)} of ${file.path}: expected the subjects' names in its attribute column_names or in the dataset ${namesPath(scalar)}, got neither. Make the file again with ModelArrayIO or fixelstream.`,
    { path: file.path },
  );
}

/** Names decide; where they fit both axes, the number of fixels does; else rows are subjects. */
function isTransposed(file: Hdf5File, [rows, columns]: readonly [number, number], nNames: number): boolean {
  if (rows !== nNames) return true;
  if (columns !== nNames || rows === columns || file.kindOf("/fixels") !== "dataset") return false;
  return file.describe("/fixels").shape.includes(rows);
}

function notModelArray(file: Hdf5File, got: string): InputError {
  return new InputError(
    `Cannot use ${file.path}: expected ModelArray's layout (/scalars/NAME/values), got ${got}. Is it the right file?`,
    { path: file.path },
  );
}

/** At most this many names in a message. */
const NAMED = 6;

function listed(names: readonly string[]): string {
  if (names.length === 0) return "nothing";
  const rest = names.length > NAMED ? ` and ${names.length - NAMED} more` : "";
  return `${names.slice(0, NAMED).join(", ")}${rest}`;
}
