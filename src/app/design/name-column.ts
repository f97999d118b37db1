// Which column of a table says whose each row is, for every command that joins rows to subjects by name: a wrong join gives wrong numbers without a sign.
import { InputError } from "../../errors.js";
import { namesSubjects } from "../../formats/text/table-layout.js";
import { didYouMean, meant } from "../../near-names.js";
import { listNames, matchNames, matchSubjects, type NameMatch } from "../../subject-names.js";

export interface NameColumn {
  readonly column: string;
  /** By row, as the table has them. */
  readonly names: readonly string[];
}

export interface JoinedColumn extends NameColumn {
  /** By row: the place of its subject. */
  readonly matches: readonly NameMatch[];
}

interface TableCells {
  readonly columns: readonly string[];
  /** Cells of the rows that count. */
  readonly rows: readonly (readonly string[])[];
  /** As typed. */
  readonly path: string;
}

const columnOf = ({ columns, rows }: TableCells, column: string): NameColumn => ({
  column,
  names: rows.map((row) => row[columns.indexOf(column)]!.trim()),
});

/** The one that was asked for (--subject-column), else all whose own name says that they name subjects. Throws InputError: none has the asked name. */
export function nameColumns(table: TableCells, asked: string | undefined): NameColumn[] {
  const { columns, path } = table;
  if (asked === undefined) return columns.filter(namesSubjects).map((column) => columnOf(table, column));
  if (columns.includes(asked)) return [columnOf(table, asked)];
  throw new InputError(
    `Cannot use --subject-column ${asked}: expected a column of ${path} (${listNames(columns, 12)}), got none of that name.${didYouMean(meant(asked, columns)) || " Correct the name."}`,
    { path },
  );
}

/**
 * Of `candidates` the one that has most of the subjects, by their names rather than by numbers that names contain (a column `id` may number the rows). Throws
 * InputError: there is none, or two have equally many and say differently whose a row is.
 */
export function chooseNameColumn(
  candidates: readonly NameColumn[],
  subjects: readonly string[],
  table: TableCells,
  subjectsFrom: string,
): JoinedColumn {
  const counted = candidates.map((candidate) => {
    const matches = matchSubjects(candidate.names, subjects);
    return { ...candidate, matches, nClose: nDifferent(matchNames(candidate.names, subjects)), n: nDifferent(matches) };
  });
  const [best, ...others] = counted.toSorted((a, b) => b.nClose - a.nClose || b.n - a.n);
  if (best === undefined) throw noNameColumn(table, subjects, subjectsFrom);
  const equal = others.find(({ nClose, n }) => nClose === best.nClose && n === best.n);
  const row = equal?.matches.findIndex((match, i) => match !== best.matches[i]) ?? -1;
  if (equal === undefined || row < 0 || best.n === 0) return best;
  throw new InputError(
    `Cannot use ${table.path}: expected columns that name the same subject in a row, got ${best.names[row]} as ${best.column} and ${equal.names[row]} as ${equal.column}. Correct the table, or name the column with --subject-column.`,
    { path: table.path },
  );
}

const nDifferent = (matches: readonly NameMatch[]): number =>
  new Set(matches.filter((match) => typeof match === "number")).size;

/** `subjects` undefined: the table's own are meant. A column under another name that has most of them is told. */
export function noNameColumn(table: TableCells, subjects: readonly string[] | undefined, from: string): InputError {
  const { columns, path } = table;
  const having =
    subjects &&
    columns.find((column) => 2 * nDifferent(matchNames(columnOf(table, column).names, subjects)) > subjects.length);
  return new InputError(
    `Cannot use ${path}: expected a column that names the subjects${subjects === undefined ? "" : ` of ${from}`} (subject_id, participant_id, source_file, ..), got ${listNames(columns, 12)}. ${having === undefined ? "Name it with --subject-column." : `Its column ${having} has names of them: --subject-column ${having}.`}`,
    { path },
  );
}

/** Rows by the place of their subject. Throws InputError: a name may mean several subjects, or several rows are of one. */
export function rowsByPlace({ column, names, matches }: JoinedColumn, path: string, from: string): Map<number, number> {
  const unclear = names.filter((_, row) => matches[row] === "several");
  if (unclear.length > 0) {
    throw new InputError(
      `Cannot use ${path}: expected names that mean one subject of ${from} each, got ${listNames([...new Set(unclear)])} in its column ${column}, which may mean several. Write them as there, or name another column with --subject-column.`,
      { path },
    );
  }
  const rowOf = new Map<number, number>();
  const twice: string[] = [];
  for (const [row, match] of matches.entries()) {
    if (typeof match !== "number") continue;
    const other = rowOf.get(match);
    if (other === undefined) rowOf.set(match, row);
    else twice.push(...(names[other] === names[row] ? [names[row]!] : [`${names[other]} (also ${names[row]})`]));
  }
  if (twice.length === 0) return rowOf;
  throw new InputError(
    `Cannot use ${path}: expected one row a subject, got several for ${listNames([...new Set(twice)])} in its column ${column}. Leave one row each, or name another column with --subject-column.`,
    { path },
  );
}
