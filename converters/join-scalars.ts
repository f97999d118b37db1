// Several scalars of a table, one order of subjects: rows are joined by a column that names the subjects, else by what tells their files apart.
import { InputError } from "../src/errors.js";
import type { Table } from "../src/formats/text/csv.js";
import { namesSubjects } from "../src/formats/text/table-layout.js";
import { firstDifference, keysInCommon, listNames } from "../src/subject-names.js";

/** With the subject they name a row: of a subject who was measured several times. */
const OCCASION = /^(ses(sion)?s?|visit|time_?points?|wave|run|acq(uisition)?|scan)([\s._-]?(id|label|no|nr|number))?$/i;

/** The rows of one scalar in the table's order. */
export interface ScalarRows {
  readonly name: string;
  /** In `Table.rows`. */
  readonly rows: readonly number[];
  readonly sourceFiles: readonly string[];
}

export interface JoinedScalars {
  readonly scalars: readonly {
    readonly name: string;
    /** As they stand in the table. The same place is the same subject's in every scalar. */
    readonly sourceFiles: readonly string[];
  }[];
  /** Scalars whose rows are in another order in the table, and how they were joined: a sentence or two; undefined: none is. */
  readonly joined: string | undefined;
}

interface SubjectKeys {
  /** In words. */
  readonly by: string;
  /** One list a scalar. */
  readonly keys: readonly (readonly string[])[];
}

/** Rows of every scalar in the order of the first. Throws InputError naming who is not in all of them, or that nothing joins them. */
export function joinScalars(scalars: readonly ScalarRows[], table: Table, path: string): JoinedScalars {
  const [first, ...others] = scalars;
  const isOneRow = others.every(
    ({ rows }) => rows.length === first!.rows.length && rows.every((row, i) => row === first!.rows[i]),
  );
  if (isOneRow) return { scalars: scalars.map(({ name, sourceFiles }) => ({ name, sourceFiles })), joined: undefined };
  const { by, keys } = findKeys(scalars, table, path);
  const moved: string[] = [];
  const ordered = scalars.map(({ name, sourceFiles }, s) => {
    if (firstDifference(keys[0]!, keys[s]!) < 0) return { name, sourceFiles };
    moved.push(name);
    const placeOf = new Map(keys[s]!.map((key, place) => [key, place]));
    return { name, sourceFiles: keys[0]!.map((key) => sourceFiles[placeOf.get(key)!]!) };
  });
  if (moved.length === 0) return { scalars: ordered, joined: undefined };
  const joined = `Rows of ${listNames(moved)} are in another order in ${path} than those of ${first!.name}: all are written in the order of ${first!.name}, joined by ${by}. Rows of a design follow that order.`;
  return { scalars: ordered, joined };
}

function findKeys(scalars: readonly ScalarRows[], table: Table, path: string): SubjectKeys {
  const byColumn = keysOfColumns(scalars, table);
  if (byColumn !== undefined) {
    assertSameSubjects(scalars, byColumn, path);
    return byColumn;
  }
  const keys = keysInCommon(scalars.map(({ name, sourceFiles }) => ({ scalar: name, names: sourceFiles })));
  if (keys !== undefined) return { by: "what tells their file names apart", keys };
  const counts = scalars.map(({ name, sourceFiles }) => `${name} ${sourceFiles.length} (${sourceFiles[0]} the first)`);
  throw new InputError(
    `Cannot use ${path}: expected the same subjects for every scalar, each once, got ${listNames(counts)}, which neither a column of subjects nor their file names join. Add a column subject_id, or convert one scalar at a time with --scalar.`,
    { path },
  );
}

/** By the column of subjects, or together with that of their sessions: whatever is different in all rows of each scalar. */
function keysOfColumns(scalars: readonly ScalarRows[], { columns, rows }: Table): SubjectKeys | undefined {
  const placesOf = (is: (name: string) => boolean) => columns.flatMap((name, at) => (is(name) ? [at] : []));
  const subjects = placesOf((name) => !/file/i.test(name) && namesSubjects(name));
  const occasions = placesOf((name) => OCCASION.test(name));
  const candidates = [
    ...subjects.map((at) => [at]),
    ...subjects.flatMap((at) => occasions.map((occasion) => [at, occasion])),
    ...(occasions.length > 1 ? subjects.map((at) => [at, ...occasions]) : []),
  ];
  for (const places of candidates) {
    const keyOf = (row: number) => {
      const cells = places.map((at) => rows[row]![at]!);
      return places.length === 1 ? cells[0]! : cells.join(", ");
    };
    const keys = scalars.map((scalar) => scalar.rows.map(keyOf));
    const isWhole = scalars.every((scalar) => scalar.rows.every((row) => places.every((at) => rows[row]![at] !== "")));
    if (!isWhole || keys.some((list) => new Set(list).size < list.length)) continue;
    // a number a row tells rows apart, not subjects
    const [first, ...others] = keys.map((list) => new Set(list));
    if (others.some((set) => ![...set].some((key) => first!.has(key)))) continue;
    const names = places.map((at) => columns[at]).join(" and ");
    return { by: `${places.length === 1 ? "the column" : "the columns"} ${names}`, keys };
  }
  return undefined;
}

function assertSameSubjects(scalars: readonly ScalarRows[], { by, keys }: SubjectKeys, path: string): void {
  const [first, ...others] = keys.map((list) => new Set(list));
  for (const [i, set] of others.entries()) {
    const [a, b] = [scalars[0]!.name, scalars[i + 1]!.name];
    const missing = [...first!].filter((key) => !set.has(key));
    const extra = [...set].filter((key) => !first!.has(key));
    if (missing.length + extra.length === 0) continue;
    const got = [
      ...(missing.length > 0 ? [`${listNames(missing)} of ${a} alone`] : []),
      ...(extra.length > 0 ? [`${listNames(extra)} of ${b} alone`] : []),
    ];
    throw new InputError(
      `Cannot use ${path}: expected the same subjects for ${a} and ${b} (by ${by}), got ${got.join(" and ")}. Complete the table, or convert one scalar at a time with --scalar.`,
      { path },
    );
  }
}
