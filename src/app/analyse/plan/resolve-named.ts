// A design by names in place of files: out of a directory that `fixelstream design` made, or of a formula. Its rows are joined to the subjects by their names.
import { join } from "node:path";
import { DesignError, InputError, InternalError } from "../../../errors.js";
import type { NamedMatrix } from "../../../stats/design/hypothesis.js";
import { at, matrixOf } from "../../../stats/design/matrix.js";
import { listNames, matchSubjects } from "../../../subject-names.js";
import type { Warning } from "../../../warnings.js";
import { DESIGN_FILE, type DesignRecord, parseDesignRecord } from "../../design/design-files.js";
import { buildDesign, hypothesisNames } from "../../design/named-design.js";
import { parsePhenotypes, rowsOfSubjects, type SubjectRows } from "../../design/read-phenotypes.js";
import type { InputFiles } from "../input-files.js";
import type { NamedDesignOptions } from "../options.js";
import type { SubjectOrder } from "./table-names.js";

export interface GivenDesign {
  readonly design: NamedMatrix;
  /** Rows of weights, one a t-test; undefined: none. */
  readonly ttests: NamedMatrix | undefined;
  /** One an F-test. */
  readonly ftests: readonly NamedMatrix[];
  /** What hypotheses are called, by their names. */
  readonly labels: ReadonlyMap<string, string>;
}

export interface ResolvedNamed {
  /** Places of the subjects that take part, ascending; undefined: all. */
  readonly rows: readonly number[] | undefined;
  readonly given: GivenDesign;
  readonly notes: readonly string[];
  readonly warnings: readonly Warning[];
}

interface NamedContext extends SubjectOrder {
  readonly files: InputFiles;
  readonly scalar: string | undefined;
  /** Element-wise regressors: their weights are zero. */
  readonly nElementColumns: number;
}

/** Throws InputError and DesignError as what is read and made, and where names do not tell whose rows are whose. */
export async function resolveNamed(named: NamedDesignOptions, context: NamedContext): Promise<ResolvedNamed> {
  return named.kind === "directory" ? await fromDirectory(named.directory, context) : await fromFormula(named, context);
}

async function fromFormula(
  { formula, phenotypes: path, tests, coding, subjectColumn }: NamedDesignOptions & { kind: "formula" },
  { files, subjects, nSubjects, subjectsFrom, scalar, nElementColumns }: NamedContext,
): Promise<ResolvedNamed> {
  const phenotypes = parsePhenotypes(await files.text("phenotypes", path), path);
  const rows =
    subjects === undefined
      ? rowsInOrder(phenotypes, nSubjects, subjectsFrom)
      : rowsOfSubjects(phenotypes, { subjects, subjectsFrom, column: subjectColumn, scalar });
  const built = buildDesign({ formula, tests, coding }, rows);
  const known = subjects ?? rows.subjects;
  const place = new Map(known.map((name, i) => [name, i]));
  const chosen = built.subjects.map((name) => place.get(name) ?? -1);
  if (chosen.some((row) => row < 0)) throw new InternalError("a row of the design is of no subject");
  const named = hypothesisNames(built.tests);
  const tTests = built.tests.filter(({ kind }) => kind === "t").flatMap((test) => test.rows);
  const { columns } = built;
  const weights = (list: readonly (readonly number[])[], label: string): NamedMatrix => ({
    matrix: matrixOf(list.length, columns.length + nElementColumns, (i, j) => list[i]![j] ?? 0),
    path: label,
  });
  return {
    rows: isAll(chosen, nSubjects) ? undefined : chosen,
    given: {
      design: { matrix: built.matrix, path: `the design of '${formula}'`, columnNames: columns },
      ttests: tTests.length === 0 ? undefined : weights(tTests, "the tests"),
      ftests: named.filter(({ test }) => test.kind === "F").map(({ test }) => weights(test.rows, `'${test.label}'`)),
      labels: new Map(named.map(({ name, test }) => [name, test.label])),
    },
    notes: built.notes,
    // what is said of the design itself is said of every design
    warnings: [
      ...(subjects === undefined ? [byPosition(path, subjectsFrom)] : []),
      ...built.warnings.filter(({ tag }) => tag === "subjects-dropped"),
    ],
  };
}

/** Values without names: row for row. */
function rowsInOrder(
  { table, path }: ReturnType<typeof parsePhenotypes>,
  nSubjects: number,
  subjectsFrom: string,
): SubjectRows {
  if (table.nRows !== nSubjects) {
    throw new DesignError([
      `Cannot use ${path}: expected ${nSubjects} rows (one per subject of ${subjectsFrom}, which has values without names), got ${table.nRows}. Give one row a subject, in their order.`,
    ]);
  }
  return {
    subjects: Array.from({ length: nSubjects }, (_, i) => `row ${i + 1}`),
    table,
    column: "",
    absent: [],
    notes: [],
  };
}

/** A wrong order would be a wrong result: no name can tell. */
const byPosition = (path: string, subjectsFrom: string): Warning => ({
  tag: "column-order",
  message: `${subjectsFrom} does not name its subjects: rows of ${path} are taken in the order in which they stand.`,
});

const isAll = (rows: readonly number[], nSubjects: number): boolean =>
  rows.length === nSubjects && rows.every((row, i) => row === i);

async function fromDirectory(directory: string, context: NamedContext): Promise<ResolvedNamed> {
  const { files, nElementColumns, nSubjects } = context;
  const path = join(directory, DESIGN_FILE);
  const record = parseDesignRecord(await files.text("designRecord", path));
  if (record === undefined) {
    throw new InputError(
      `Cannot use ${path}: expected what fixelstream design writes, got something else. Make the directory anew, or give the design and the contrasts as arguments.`,
      { path },
    );
  }
  if (record.tests.length === 0) {
    throw new DesignError([
      `Cannot use ${directory}: expected a design with tests, got none. Make it anew with --test.`,
    ]);
  }
  const columnNames = record.columns.map(({ name }) => name);
  const read = async (role: string, name: string): Promise<NamedMatrix> => ({
    matrix: await files.matrix(role, join(directory, name)),
    path: join(directory, name),
    columnNames,
  });
  const design = await read("design", "design.txt");
  const tTests = record.tests.filter(({ name }) => name.startsWith("t"));
  const fTests = record.tests.filter(({ name }) => name.startsWith("F"));
  const ttests = tTests.length === 0 ? undefined : await read("ttests", "ttests.txt");
  const ftests: NamedMatrix[] = [];
  for (const [i] of fTests.entries()) ftests.push(await read(`ftest${i + 1}`, `ftest${i + 1}.txt`));
  assertSame(design, undefined, record.subjects.length, columnNames.length, path);
  if (ttests !== undefined)
    assertSame(
      ttests,
      tTests.flatMap(({ weights }) => weights),
      tTests.length,
      columnNames.length,
      path,
    );
  for (const [i, { weights }] of fTests.entries())
    assertSame(ftests[i]!, weights, weights.length, columnNames.length, path);
  const { places, rows, notes, warnings } = joinRows(record, directory, context);
  const { matrix } = design;
  const widened = (one: NamedMatrix): NamedMatrix => ({
    ...one,
    matrix: matrixOf(one.matrix.nRows, columnNames.length + nElementColumns, (i, j) =>
      j < columnNames.length ? at(one.matrix, i, j) : 0,
    ),
  });
  return {
    rows: isAll(rows, nSubjects) ? undefined : rows,
    given: {
      design: { ...design, matrix: matrixOf(places.length, matrix.nColumns, (i, j) => at(matrix, places[i]!, j)) },
      ttests: ttests && widened(ttests),
      ftests: ftests.map(widened),
      labels: new Map(record.tests.map(({ name, label }) => [name, label])),
    },
    notes,
    warnings,
  };
}

/** The files beside design.json may have been edited: what they are called would then be wrong. */
function assertSame(
  { matrix, path }: NamedMatrix,
  weights: readonly (readonly number[])[] | undefined,
  nRows: number,
  nColumns: number,
  recordPath: string,
): void {
  const isOther =
    matrix.nRows !== nRows ||
    matrix.nColumns !== nColumns ||
    weights?.some((row, i) => row.some((weight, j) => weight !== at(matrix, i, j)));
  if (!isOther) return;
  throw new InputError(
    `Cannot use ${path}: expected ${nRows} rows of ${nColumns} numbers as ${recordPath} has them, got others. Make the directory anew with fixelstream design, or give its files as arguments.`,
    { path },
  );
}

interface JoinedRows {
  /** Rows of the design, in the order of the subjects. */
  readonly places: readonly number[];
  /** Places of their subjects, ascending. */
  readonly rows: readonly number[];
  readonly notes: readonly string[];
  readonly warnings: readonly Warning[];
}

function joinRows(record: DesignRecord, directory: string, context: NamedContext): JoinedRows {
  const { subjects, nSubjects, subjectsFrom } = context;
  const nRows = record.subjects.length;
  const inOrder = Array.from({ length: nRows }, (_, i) => i);
  if (subjects === undefined) {
    if (nRows !== nSubjects) {
      throw new DesignError([
        `Cannot use ${directory}: expected ${nSubjects} rows (one per subject of ${subjectsFrom}, which has values without names), got ${nRows}. Rows follow the order of the subjects.`,
      ]);
    }
    return { places: inOrder, rows: inOrder, notes: [], warnings: [byPosition(directory, subjectsFrom)] };
  }
  const matches = matchSubjects(record.subjects, subjects);
  const rowOf = new Map(matches.flatMap((match, row) => (typeof match === "number" ? [[match, row] as const] : [])));
  const lost = record.subjects.filter((_, row) => typeof matches[row] !== "number");
  if (lost.length > 0 || rowOf.size < nRows) {
    const got = lost.length > 0 ? `none, or several, for ${listNames(lost)}` : "one for two of its rows";
    throw new DesignError([
      `Cannot use ${directory}: expected a subject of ${subjectsFrom} for each of its ${nRows} rows, got ${got}. Make the design for these subjects with fixelstream design.`,
    ]);
  }
  const rows = [...rowOf.keys()].sort((a, b) => a - b);
  const places = rows.map((place) => rowOf.get(place)!);
  const left = subjects.filter((_, place) => !rowOf.has(place));
  return {
    ...{ places, rows },
    notes: isAll(places, nRows) ? [] : [`Rows of ${directory} are put into the order of ${subjectsFrom}, by name.`],
    warnings:
      left.length === 0
        ? []
        : [
            {
              tag: "subjects-dropped",
              message: `${left.length} of ${nSubjects} subjects ${left.length === 1 ? "takes" : "take"} no part, having no row in ${directory}: ${listNames(left)}.`,
            },
          ],
  };
}
