// Names beside the numbers of a table: of subjects, in the first column, and of factors, in the first row. They are compared with what they must agree with;
// nothing is ever moved.
import type { NamedMatrix } from "../../../stats/design/hypothesis.js";
import { listNames, matchSubjects } from "../../../subject-names.js";

export interface NamedRows {
  /** As typed. */
  readonly path: string;
  /** Out of the first column; undefined: it is one of numbers. */
  readonly rowNames?: readonly string[] | undefined;
  /** What stands above them. */
  readonly rowNamesTitle?: string | undefined;
}

export interface SubjectOrder {
  /** Names in row order; undefined: the input has none. */
  readonly subjects: readonly string[] | undefined;
  readonly nSubjects: number;
  /** Where they came from, for messages. */
  readonly subjectsFrom: string;
}

export interface NameCheck {
  /** One sentence or two each. */
  readonly problems: readonly string[];
  /** That names could not be compared. */
  readonly notes: readonly string[];
}

/** Rows of a table against the subjects, by name. */
export function checkRowNames({ path, rowNames, rowNamesTitle = "" }: NamedRows, order: SubjectOrder): NameCheck {
  const { subjects, subjectsFrom } = order;
  if (rowNames === undefined) return { problems: [], notes: [] };
  const note = (text: string): NameCheck => ({ problems: [], notes: [text] });
  if (subjects === undefined)
    return note(`Names of subjects in ${path} are not compared: ${subjectsFrom} has values without names.`);
  const matches = matchSubjects(rowNames, subjects);
  // a count without a title is R's or pandas'; with one it may be the subjects' numbers
  const isIndex = rowNamesTitle === "" || matches.every((match) => typeof match !== "number");
  if (isCount(rowNames) && isIndex)
    return note(`The first column of ${path} numbers its rows: subjects are not compared.`);
  const namesWith = (is: (name: string, i: number) => boolean) => rowNames.filter(is);
  const met = new Set(matches);
  const seen = new Set<string>();
  const repeated = new Set(namesWith((name) => seen.has(name) || seen.add(name) === undefined));
  const parts = [
    part(
      "not among the subjects",
      namesWith((_, i) => matches[i] === "none"),
    ),
    part(
      "of more than one subject",
      namesWith((name, i) => matches[i] === "several" && !repeated.has(name)),
    ),
    part("more than once", [...repeated]),
    part(
      "subjects without a row",
      subjects.filter((_, i) => !met.has(i)),
    ),
  ].filter((text) => text !== undefined);
  if (parts.length > 0) {
    const message = `Cannot use ${path}: expected the subjects of ${subjectsFrom}, each once, in its first column, got ${parts.join("; ")}. Write every subject as there, or leave the column out if it has something else.`;
    return { problems: [message], notes: [] };
  }
  const moved = matches.findIndex((match, i) => match !== i);
  if (moved < 0) return { problems: [], notes: [] };
  const message = `Cannot use ${path}: expected its rows in the order of the subjects of ${subjectsFrom}, got ${rowNames[moved]} in row ${moved + 1}, where ${subjects[moved]} belongs. Sort the rows: they are not moved for you.`;
  return { problems: [message], notes: [] };
}

const part = (what: string, names: readonly string[]): string | undefined =>
  names.length === 0 ? undefined : `${what}: ${listNames(names)}`;

/** 0, 1, 2, .. or 1, 2, 3, ..: an index that R or pandas put in front. */
function isCount(names: readonly string[]): boolean {
  return [0, 1].some((first) => names.every((name, i) => name === String(i + first)));
}

/** Weights against the factors, by name, where both name them; what is behind the design's columns is of element-wise ones. */
export function checkColumnNames(design: NamedMatrix, weights: readonly NamedMatrix[]): string[] {
  const { columnNames: factors, path: designPath } = design;
  if (factors === undefined) return [];
  return weights.flatMap(({ path, columnNames }) => {
    const other = columnNames?.findIndex((name, i) => i < factors.length && !isSame(name, factors[i]!)) ?? -1;
    if (other < 0) return [];
    return [
      `Cannot use ${path}: expected its columns named as those of ${designPath} are, ${factors[other]} at place ${other + 1}, got ${columnNames![other]}. Put the columns into the design's order, or leave their names out.`,
    ];
  });
}

/** Columns of F-tests select rows of the contrasts. */
export function checkSelectedNames(contrasts: NamedRows, ftests: NamedMatrix): string[] {
  const { rowNames } = contrasts;
  const other =
    ftests.columnNames?.findIndex(
      (name, i) => rowNames !== undefined && i < rowNames.length && !isSame(name, rowNames[i]!),
    ) ?? -1;
  if (other < 0) return [];
  return [
    `Cannot use ${ftests.path}: expected its columns named as the rows of ${contrasts.path} are, ${rowNames![other]} at place ${other + 1}, got ${ftests.columnNames![other]}. Put the columns into that order, or leave their names out.`,
  ];
}

const isSame = (a: string, b: string): boolean => a.trim().toLowerCase() === b.trim().toLowerCase();
