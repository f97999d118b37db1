// The design and what is tested, in either form of the command line, read and checked against each other and the subjects.
import { DesignError } from "../../../errors.js";
import {
  checkDesignRank,
  checkDesignShapes,
  checkFinite,
  checkMagnitudes,
} from "../../../stats/design/check-design.js";
import { inBothDirections } from "../../../stats/design/directions.js";
import {
  type HypothesisList,
  type NamedMatrix,
  resolveHypotheses,
  resolveRowHypotheses,
} from "../../../stats/design/hypothesis.js";
import type { Matrix } from "../../../stats/design/matrix.js";
import { joinNames } from "../../../subject-names.js";
import type { InputFiles } from "../input-files.js";
import type { AnalysisOptions } from "../options.js";
import type { GivenDesign } from "./resolve-named.js";
import { checkColumnNames, checkRowNames, checkSelectedNames, type NamedRows } from "./table-names.js";

type DesignOptions = Pick<
  AnalysisOptions,
  "design" | "contrast" | "ftests" | "fonly" | "ttests" | "ftest" | "column" | "twoTailed"
>;

export interface ResolvedDesign {
  readonly design: Matrix;
  readonly list: HypothesisList;
  /** Of the design's columns, where it names them. */
  readonly factors: readonly string[] | undefined;
  /** What the rows of contrasts and F-tests are called, by the name of the hypothesis. */
  readonly labels: ReadonlyMap<string, string>;
  readonly notes: readonly string[];
}

export interface SubjectsOfRun {
  /** Names in row order; undefined: the input has none. */
  readonly subjects: readonly string[] | undefined;
  readonly nSubjects: number;
  readonly subjectsFrom: string;
}

/** `given`: in place of the options' files. Throws InputError for a file that is no matrix, DesignError with all problems found. */
export async function resolveDesign(
  options: DesignOptions,
  { files, subjects, nSubjects, subjectsFrom }: SubjectsOfRun & { readonly files: InputFiles },
  given?: GivenDesign,
): Promise<ResolvedDesign> {
  const read = async (role: string, path: string): Promise<NamedMatrix & NamedRows> => {
    const matrix = await files.matrix(role, path);
    return {
      matrix,
      path,
      columnNames: matrix.columnNames,
      rowNames: matrix.rowNames,
      rowNamesTitle: matrix.rowNamesTitle,
    };
  };
  const readGiven = async (role: "contrast" | "ttests" | "ftests") => {
    const path = options[role];
    return path === undefined ? undefined : await read(role, path);
  };
  const design = given?.design ?? (await read("design", options.design));
  const contrasts = given ? given.ttests : ((await readGiven("contrast")) ?? (await readGiven("ttests")));
  const ftests = await readGiven("ftests");
  const rows: (NamedMatrix & NamedRows)[] = [...(given?.ftests ?? [])];
  for (const [i, path] of (options.ftest ?? []).entries()) rows.push(await read(`ftest${i + 1}`, path));
  const withFactors = [...(contrasts === undefined ? [] : [contrasts]), ...rows];
  const named = checkRowNames(design, { subjects, nSubjects, subjectsFrom });
  const problems = [
    ...checkDesignShapes({
      design: design.matrix,
      designPath: design.path,
      contrasts: withFactors,
      nElementColumns: options.column?.length ?? 0,
      nSubjects,
      subjectsFrom,
    }),
    ...named.problems,
    ...checkColumnNames(design, withFactors),
    ...(contrasts === undefined || ftests === undefined ? [] : checkSelectedNames(contrasts, ftests)),
    ...checkFinite([design, ...withFactors, ...(ftests === undefined ? [] : [ftests])]),
    ...checkMagnitudes(design, withFactors),
  ];
  if (problems.length > 0) throw new DesignError(problems);
  const list =
    options.contrast === undefined
      ? resolveRowHypotheses({ ttests: contrasts, ftests: rows })
      : resolveHypotheses({
          contrasts: contrasts!.matrix,
          contrastPath: contrasts!.path,
          fonly: options.fonly,
          ...(ftests === undefined ? {} : { ftests: ftests.matrix, ftestsPath: ftests.path }),
        });
  if (list.problems.length > 0) throw new DesignError(list.problems);
  const { columnNames: factors } = design;
  const nOwn = options.column?.length ?? 0;
  const unusable = checkDesignRank(design.matrix, list.hypotheses, design.path, nOwn, factors);
  if (unusable.length > 0) throw new DesignError(unusable);
  const both = options.twoTailed === true ? resolveDirections(list) : { list, notes: [] };
  return {
    ...{ design: design.matrix, list: both.list, factors },
    labels: given?.labels ?? labelsOf(contrasts, ftests),
    notes: [...named.notes, ...both.notes],
  };
}

/** Throws DesignError where no t-test has directions. */
function resolveDirections(list: HypothesisList): { readonly list: HypothesisList; readonly notes: readonly string[] } {
  const { hypotheses } = list;
  const fTests = hypotheses.filter(({ kind }) => kind === "F").map(({ name }) => name);
  if (fTests.length === hypotheses.length) {
    throw new DesignError([
      "Cannot use --two-tailed: expected a t-test, got F-tests alone, which are of both directions already. Leave it out.",
    ]);
  }
  const left = `F-tests are of both directions already: --two-tailed leaves ${joinNames(fTests)} as they are.`;
  return {
    list: { ...list, hypotheses: inBothDirections(hypotheses) },
    notes: fTests.length === 0 ? [] : [left],
  };
}

function labelsOf(contrasts: NamedRows | undefined, ftests: NamedRows | undefined): Map<string, string> {
  const labels = new Map<string, string>();
  for (const [kind, names = []] of [["t", contrasts?.rowNames] as const, ["F", ftests?.rowNames] as const])
    for (const [i, name] of names.entries()) labels.set(`${kind}${i + 1}`, name);
  return labels;
}
