// A design by names: a formula, a table and tests become matrices that know what their columns and rows are called.
import { DesignError } from "../../errors.js";
import { checkDesignRank, designWarnings } from "../../stats/design/check-design.js";
import { type HypothesisList, resolveRowHypotheses } from "../../stats/design/hypothesis.js";
import { type Matrix, matrixOf } from "../../stats/design/matrix.js";
import {
  type CellTable,
  type ColumnDescription,
  conditionNumber,
  countCells,
  describeColumns,
} from "../../stats/formula/describe-design.js";
import { type ModelFrame, modelFrame } from "../../stats/formula/model-frame.js";
import { modelMatrix } from "../../stats/formula/model-matrix.js";
import { type NamedTest, resolveTests } from "../../stats/formula/named-tests.js";
import { parseFormula } from "../../stats/formula/parse-formula.js";
import { describeUnlikeR } from "../../stats/formula/unlike-r.js";
import type { ContrastName } from "../../stats/formula/value.js";
import { listNames } from "../../subject-names.js";
import type { Warning } from "../../warnings.js";
import type { SubjectRows } from "./read-phenotypes.js";
import { smoothColumns } from "./smooth-columns.js";

export interface DesignRequest {
  /** As R writes it; what stands left of `~` is the data. */
  readonly formula: string;
  /** Terms, columns, sums of columns, F(..). */
  readonly tests: readonly string[];
  /** Of factors that are not ordered; undefined: treatment. */
  readonly coding: ContrastName | undefined;
}

export interface DroppedSubject {
  readonly name: string;
  /** Variables without a value; none: the table has no row. */
  readonly missing: readonly string[];
}

export interface NamedDesign {
  readonly formula: string;
  /** In the order of the rows. */
  readonly subjects: readonly string[];
  readonly columns: readonly string[];
  /** Labels of terms, and of the term of each column (0: the intercept, from 1). */
  readonly terms: readonly string[];
  readonly assign: readonly number[];
  readonly matrix: Matrix;
  readonly tests: readonly NamedTest[];
  readonly dropped: readonly DroppedSubject[];
  /** How the table was read: sentences. */
  readonly notes: readonly string[];
  readonly warnings: readonly Warning[];
  readonly description: DesignDescription;
}

export interface DesignDescription {
  readonly columns: readonly ColumnDescription[];
  /** Of the columns, centred and scaled. */
  readonly condition: number;
  readonly cells: readonly CellTable[];
}

/** Fewer subjects than this in a cell are said. */
export const FEW = 5;

/** Throws UsageError and DesignError as parseFormula, modelFrame, modelMatrix and resolveTests; DesignError for what the design cannot estimate. */
export function buildDesign(
  request: DesignRequest,
  { subjects, table, column, absent, notes }: SubjectRows,
): NamedDesign {
  const formula = parseFormula(request.formula);
  const frame = modelFrame(formula, table, { notInDot: [column] });
  const made = modelMatrix(frame, request.coding === undefined ? {} : { unordered: request.coding });
  const smooths = smoothColumns(frame);
  const own = made.columns.length;
  const columns = [...made.columns, ...smooths.flatMap(({ names }) => names)];
  const smooth = smooths.flatMap((one) => one.columns);
  const matrix = matrixOf(made.nRows, columns.length, (i, j) =>
    j < own ? made.matrix[i * own + j]! : smooth[j - own]![i]!,
  );
  const labels = [...made.terms, ...smooths.map(({ label }) => label)];
  const assign = [...made.assign, ...smooths.flatMap(({ names }, i) => names.map(() => made.terms.length + 1 + i))];
  const tests = resolveTests({ columns, assign, labels, terms: frame.terms }, request.tests);
  const shown = `'${request.formula}'`;
  const cells = countCells(frame);
  const { hypotheses, warnings } = hypothesesOf(tests, columns.length, shown);
  const problems = checkDesignRank(matrix, hypotheses, `the design of ${shown}`, 0, columns);
  if (problems.length > 0) throw new DesignError(namedProblems(problems, tests, emptyCells(cells)));
  const dropped = [
    ...frame.dropped.map(({ row, missing }) => ({ name: subjects[row]!, missing })),
    ...absent.map((name) => ({ name, missing: [] })),
  ];
  return {
    ...{ formula: request.formula, columns, assign, terms: labels, matrix, tests, dropped },
    subjects: frame.rows.map((row) => subjects[row]!),
    notes: [...notes, ...variableNotes(frame, columns, request.coding), ...marginNotes(frame, tests, labels)],
    warnings: [
      ...designWarnings(matrix, columns),
      ...warnings,
      ...describeUnlikeR(frame, table).map((message): Warning => ({ tag: "unlike-r", message })),
      ...droppedWarnings(dropped, subjects.length + absent.length),
    ],
    description: {
      columns: describeColumns({ columns, assign, labels }, frame, matrix),
      condition: conditionNumber(matrix),
      cells,
    },
  };
}

/** t1, t2, .. and F1, F2, ..: in the form of MRtrix3's development branch. */
export function hypothesesOf(tests: readonly NamedTest[], nColumns: number, path: string): HypothesisList {
  const matrixFrom = (rows: readonly (readonly number[])[]) => matrixOf(rows.length, nColumns, (i, j) => rows[i]![j]!);
  const tTests = tests.filter(({ kind }) => kind === "t").flatMap(({ rows }) => rows);
  return resolveRowHypotheses({
    ttests: tTests.length === 0 ? undefined : { matrix: matrixFrom(tTests), path },
    ftests: tests
      .filter(({ kind }) => kind === "F")
      .map(({ rows, label }) => ({ matrix: matrixFrom(rows), path: `'${label}'` })),
  });
}

/** The tests by the names of hypotheses: `t1`, `F1`. */
export function hypothesisNames(tests: readonly NamedTest[]): { readonly name: string; readonly test: NamedTest }[] {
  const counts = { t: 0, F: 0 };
  return tests.map((test) => {
    counts[test.kind] += 1;
    return { name: `${test.kind}${counts[test.kind]}`, test };
  });
}

/** A term within another is tested where the rest of that one is zero: at reference levels, at age 0. */
function marginNotes({ terms }: ModelFrame, tests: readonly NamedTest[], labels: readonly string[]): string[] {
  return tests.flatMap(({ label }) => {
    const own = terms.terms[labels.indexOf(label)];
    const larger = terms.terms.find(
      ({ variables }) =>
        own !== undefined &&
        variables.length > own.variables.length &&
        own.variables.every((v) => variables.includes(v)),
    );
    if (own === undefined || larger === undefined) return [];
    const others = larger.variables.filter((v) => !own.variables.includes(v)).map((v) => terms.variables[v]!.text);
    return [
      `${label} is a part of ${larger.label}: its test is where ${others.join(" and ")} is 0, or the reference level. Centre numbers (scale(x, scale = FALSE)) and code factors by their sums (--coding sum) to test it at their means.`,
    ];
  });
}

/** Cells that nobody is in, in a message. */
const MOST_EMPTY = 3;

/** What cannot be estimated, by what the user calls it, with the cells that nobody is in. */
function namedProblems(problems: readonly string[], tests: readonly NamedTest[], empty: readonly string[]): string[] {
  const labels = new Map(hypothesisNames(tests).map(({ name, test }) => [name, test.label]));
  const because =
    empty.length === 0
      ? ""
      : ` No subject has ${empty.length === 1 ? empty[0] : `${empty.slice(0, MOST_EMPTY).join("; or ")}${empty.length > MOST_EMPTY ? `; or one of ${empty.length - MOST_EMPTY} other cells` : ""}`}.`;
  const isAliased = (problem: string) => problem.startsWith("Cannot test hypothesis ");
  return problems.map((problem) => {
    const named = problem.replace(
      /^Cannot test hypothesis (\w+):/,
      (all, name: string) => `${labels.has(name) ? `Cannot test '${labels.get(name)}'` : all.slice(0, -1)}:`,
    );
    return isAliased(problem) ? named + because : named;
  });
}

export const emptyCells = (tables: readonly CellTable[]): string[] =>
  tables.flatMap(({ cells }) => cells.filter(({ nSubjects }) => nSubjects === 0).map(({ levels }) => levels));

function variableNotes(
  { variables, unusedLevels, terms, formula }: ModelFrame,
  columns: readonly string[],
  coding: ContrastName = "treatment",
): string[] {
  const used = new Set(terms.terms.flatMap((term) => term.variables));
  const notes = variables.flatMap(({ text, value }, index) => {
    if (!used.has(index) || value.kind === "numbers") return [];
    const { levels, ordered, contrasts } = value;
    const listed = listNames(levels, 8);
    if (ordered) return [`${text} is ordered: ${listed}.`];
    const name = contrasts?.name ?? coding;
    const reference = levels[(contrasts?.base ?? 1) - 1]!;
    // without an intercept each level may have a column
    const coded = columns.includes(text + reference)
      ? "each has a column"
      : name !== "treatment"
        ? `coded by ${name}`
        : reference === levels[0]
          ? "the first is the reference"
          : `${reference} is the reference`;
    return [`${text} is a factor: ${listed}; ${coded}.`];
  });
  const unused = unusedLevels.map(
    ({ variable, levels }) => `No subject with all variables has ${variable} = ${listNames(levels)}: left out.`,
  );
  const left = formula.responseName === undefined ? [] : [`${formula.responseName}, left of ~, is the data.`];
  return [...left, ...notes, ...unused];
}

function droppedWarnings(dropped: readonly DroppedSubject[], nSubjects: number): Warning[] {
  if (dropped.length === 0) return [];
  const by = new Map<string, string[]>();
  for (const { name, missing } of dropped) {
    const why = missing.length === 0 ? "without a row in the table" : `without ${missing.join(", ")}`;
    by.set(why, [...(by.get(why) ?? []), name]);
  }
  const parts = [...by].map(([why, names]) => `${why}: ${listNames(names)}`);
  return [
    {
      tag: "subjects-dropped",
      message: `${dropped.length} of ${nSubjects} subjects ${dropped.length === 1 ? "takes" : "take"} no part, having no value for every variable of the formula (${parts.join("; ")}).`,
    },
  ];
}
