// A table of subjects as a formula needs it, and which of its rows is whose: joined by a column of names.
import { DesignError } from "../../errors.js";
import { parseTable } from "../../formats/text/csv.js";
import { type DataTable, rowsOf, tableOf } from "../../stats/formula/data-table.js";
import { listNames } from "../../subject-names.js";
import { chooseNameColumn, type JoinedColumn, nameColumns, noNameColumn, rowsByPlace } from "./name-column.js";

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

/** Throws InputError: no column names the subjects, or it is not clear whose a row is; DesignError: none of them is in the table. */
export function rowsOfSubjects(phenotypes: Phenotypes, choice: RowChoice): SubjectRows {
  const { path, cells, columns } = phenotypes;
  const { kept, notes } = rowsOfScalar(phenotypes, choice.scalar);
  const counted = { columns, path, rows: kept.map((row) => cells[row]!) };
  const joined = joinedColumn(counted, choice);
  const { column, names, matches } = joined;
  const rowOf = rowsByPlace(joined, path, choice.subjectsFrom);
  const subjects = choice.subjects ?? names;
  const present = subjects.flatMap((name, place) =>
    rowOf.has(place) ? [{ name, row: kept[rowOf.get(place)!]! }] : [],
  );
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

/** Without subjects to join to: of the columns that name some the one that tells most rows apart. */
function joinedColumn(table: Parameters<typeof nameColumns>[0], choice: RowChoice): JoinedColumn {
  const { subjects, column, subjectsFrom } = choice;
  const candidates = nameColumns(table, column);
  if (subjects !== undefined) return chooseNameColumn(candidates, subjects, table, subjectsFrom);
  const counted = candidates.map((candidate) => ({ ...candidate, matches: placesOf(candidate.names) }));
  const [best] = counted.toSorted((a, b) => new Set(b.matches).size - new Set(a.matches).size);
  if (best === undefined) throw noNameColumn(table, undefined, subjectsFrom);
  return best;
}

/** Each name the first place that it has: a second row of it is one too many. */
function placesOf(names: readonly string[]): number[] {
  const first = new Map<string, number>();
  return names.map((name, i) => {
    if (!first.has(name)) first.set(name, i);
    return first.get(name)!;
  });
}
