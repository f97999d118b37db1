// A table of subjects as a formula needs it, and which of its rows is whose: joined by a column of names.
import { DesignError, InputError } from "../../errors.js";
import { parseTable } from "../../formats/text/csv.js";
import { namesSubjects } from "../../formats/text/table-layout.js";
import { didYouMean, nearest } from "../../near-names.js";
import { type DataTable, rowsOf, tableOf } from "../../stats/formula/data-table.js";
import { listNames, matchSubjects } from "../../subject-names.js";

export interface Phenotypes {
  /** As typed. */
  readonly path: string;
  readonly table: DataTable;
  /** Names of columns. */
  readonly columns: readonly string[];
  /** By row: its cells as they stand. */
  readonly cells: readonly (readonly string[])[];
}

/** Throws as parseTable. */
export function parsePhenotypes(text: string, path: string): Phenotypes {
  const { columns, rows } = parseTable(text, path);
  return { path, columns, cells: rows, table: tableOf(columns, rows) };
}

export interface SubjectRows {
  /** Of whom the table has a row, by row of `table`. */
  readonly subjects: readonly string[];
  /** Their rows, in the order of the subjects. */
  readonly table: DataTable;
  /** The column that names them. */
  readonly column: string;
  /** Whom the table does not have. */
  readonly absent: readonly string[];
  /** What was decided: sentences. */
  readonly notes: readonly string[];
}

export interface RowChoice {
  /** Whose rows, in that order; undefined: all of the table, in its own. */
  readonly subjects: readonly string[] | undefined;
  /** Where they came from, for messages. */
  readonly subjectsFrom: string;
  /** The column that names them; undefined: by its own name. */
  readonly column: string | undefined;
  /** Of a table with a row a subject and scalar (ModelArray's): whose rows. Undefined: the first scalar's. */
  readonly scalar: string | undefined;
}

/** Throws InputError: no column names the subjects, or one of them has several rows; DesignError: none of them is in the table. */
export function rowsOfSubjects(phenotypes: Phenotypes, choice: RowChoice): SubjectRows {
  const { path } = phenotypes;
  const { kept, notes } = rowsOfScalar(phenotypes, choice.scalar);
  const { column, matches } = subjectColumn(phenotypes, kept, choice);
  const at = phenotypes.columns.indexOf(column);
  const names = kept.map((row) => phenotypes.cells[row]![at]!);
  const rowOf = new Map<number, number>();
  const twice: string[] = [];
  for (const [i, match] of matches.entries()) {
    if (typeof match !== "number") continue;
    if (rowOf.has(match)) twice.push(names[i]!);
    else rowOf.set(match, kept[i]!);
  }
  if (twice.length > 0) {
    throw new InputError(
      `Cannot use ${path}: expected one row a subject, got several for ${listNames([...new Set(twice)])} in its column ${column}. Leave one row each, or name another column with --subject-column.`,
      { path },
    );
  }
  const subjects = choice.subjects ?? names;
  const present = subjects.flatMap((name, place) => (rowOf.has(place) ? [{ name, row: rowOf.get(place)! }] : []));
  if (present.length === 0) {
    throw new DesignError([
      `Cannot use ${path}: expected rows of the subjects of ${choice.subjectsFrom} (${listNames(subjects, 3)}), got none of them in its column ${column} (${listNames(names, 3)}). Name the column of subjects with --subject-column.`,
    ]);
  }
  const unused = names.filter((_, i) => typeof matches[i] !== "number");
  return {
    subjects: present.map(({ name }) => name),
    table: rowsOf(
      phenotypes.table,
      present.map(({ row }) => row),
    ),
    column,
    absent: subjects.filter((_, place) => !rowOf.has(place)),
    notes: [
      ...notes,
      ...(choice.subjects === undefined ? [] : [`Rows of ${path} are joined to the subjects by its column ${column}.`]),
      ...(unused.length === 0
        ? []
        : [`${unused.length} rows of ${path} are of no subject of ${choice.subjectsFrom}: ${listNames(unused)}.`]),
    ],
  };
}

const normalised = (name: string): string => name.toLowerCase().replace(/[\s.-]+/g, "_");

function rowsOfScalar({ columns, cells, path }: Phenotypes, wanted: string | undefined) {
  const all = cells.map((_, row) => row);
  const at = columns.findIndex((name) => normalised(name) === "scalar_name");
  if (at < 0) return { kept: all, notes: [] };
  const names = [...new Set(cells.map((row) => row[at]!))];
  const chosen = wanted !== undefined && names.includes(wanted) ? wanted : names[0]!;
  if (names.length === 1) return { kept: all, notes: [] };
  return {
    kept: all.filter((row) => cells[row]![at] === chosen),
    notes: [`Of ${path} the rows of ${chosen} are used, which has rows of ${listNames(names)}.`],
  };
}

type Matches = ReturnType<typeof matchSubjects>;

/** The one asked for; else of those whose name is that of a column of subjects the one that has most of them. */
function subjectColumn(
  { columns, cells, path }: Phenotypes,
  kept: readonly number[],
  { subjects, column, subjectsFrom }: RowChoice,
): { column: string; matches: Matches } {
  const cellsOf = (name: string) => kept.map((row) => cells[row]![columns.indexOf(name)]!);
  const matchesOf = (name: string): Matches =>
    subjects === undefined ? placesOf(cellsOf(name)) : matchSubjects(cellsOf(name), subjects);
  if (column !== undefined) {
    if (columns.includes(column)) return { column, matches: matchesOf(column) };
    throw new InputError(
      `Cannot use --subject-column ${column}: expected a column of ${path} (${listNames(columns, 12)}), got another name.${didYouMean(nearest(column, columns)) || " Correct it."}`,
      { path },
    );
  }
  const candidates = columns.filter((name) => namesSubjects(name) || normalised(name) === "source_file");
  const counted = candidates.map((name) => {
    const matches = matchesOf(name);
    return { column: name, matches, n: new Set(matches.filter((match) => typeof match === "number")).size };
  });
  // of equals the first; a name for every row says more than a shared one
  const best = counted.toSorted((a, b) => b.n - a.n)[0];
  if (best !== undefined) return best;
  throw new InputError(
    `Cannot use ${path}: expected a column that names the subjects${subjects === undefined ? "" : ` of ${subjectsFrom}`} (subject_id, participant_id, source_file, ..), got ${listNames(columns, 12)}. Name it with --subject-column.`,
    { path },
  );
}

/** Each name the first place that it has: a second row of it is one too many. */
function placesOf(names: readonly string[]): number[] {
  const first = new Map<string, number>();
  return names.map((name, i) => {
    if (!first.has(name)) first.set(name, i);
    return first.get(name)!;
  });
}
