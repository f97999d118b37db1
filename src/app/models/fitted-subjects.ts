// Of whom a model is, kept beside its numbers: its design without what elements bring, and where each subject's values are. A report tells it by name.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { termName } from "../../stats/elementwise/model-spec.js";
import type { ModelFrame } from "../../stats/formula/model-frame.js";
import { type MatrixOptions, modelMatrix } from "../../stats/formula/model-matrix.js";
import type { ColumnSourceSpec } from "../../store/column-source.js";

export interface RecordedSubjects {
  /** Columns by the names of their terms; a row a subject: its values, blanks between. Absent: too large to be kept. */
  readonly design?: { readonly columns: readonly string[]; readonly rows: readonly string[] };
  /** Of columns that code a factor by 0 and 1: what those mean. */
  readonly levels?: Readonly<Record<string, readonly [zero: string, one: string]>>;
  /** In the order of the design. Absent: without names, or too large. */
  readonly subjects?: readonly string[];
  /** The store or the .h5 that has their values. */
  readonly data: string;
}

/** Bytes of text of each: an attribute of HDF5 holds 64 KiB. */
const MOST_BYTES = 24_000;

interface Fitted {
  readonly coding: MatrixOptions;
  /** Of the response. */
  readonly source: ColumnSourceSpec;
  /** Of the data. */
  readonly subjects: readonly string[] | undefined;
}

export function fittedSubjects(frame: ModelFrame, { coding, source, subjects }: Fitted): RecordedSubjects {
  const { columns, nRows, matrix, elementwise } = modelMatrix(frame, coding);
  const own = columns.flatMap((_, j) => ((elementwise[j]?.length ?? 0) > 0 ? [] : [j]));
  const rows = Array.from({ length: nRows }, (_, i) =>
    own.map((j) => Number(matrix[i * columns.length + j]!.toPrecision(9))).join(" "),
  );
  const placed = source.rows ?? Array.from({ length: source.nRowsInFile }, (_, i) => i);
  const inFile = frame.rows.map((row) => placed[row]!);
  const names = subjects?.length === source.nRowsInFile ? inFile.map((row) => subjects[row]!) : undefined;
  return {
    ...(isSmall(rows) && { design: { columns: own.map((j) => termName(columns[j]!)), rows } }),
    levels: levelsOf(frame, coding),
    ...(names !== undefined && isSmall(names) && { subjects: names }),
    data: storeOf(source.path),
  };
}

/** Of treatment coding, in which 0 is the first level. */
function levelsOf(
  frame: ModelFrame,
  { unordered = "treatment" }: MatrixOptions,
): NonNullable<RecordedSubjects["levels"]> {
  const found: [string, readonly [string, string]][] = [];
  for (const { text, value } of frame.variables) {
    if (value.kind !== "factor" || value.ordered || value.contrasts !== undefined || unordered !== "treatment")
      continue;
    const [first, ...others] = value.levels;
    for (const level of others) found.push([`${text}${level}`, [`${text} is ${first}`, `${text} is ${level}`]]);
  }
  return Object.fromEntries(found);
}

const isSmall = (texts: readonly string[]): boolean => Buffer.byteLength(JSON.stringify(texts)) <= MOST_BYTES;

/** A store is known by its directory. */
function storeOf(path: string): string {
  const directory = dirname(path);
  return existsSync(join(directory, "store.json")) ? directory : path;
}
