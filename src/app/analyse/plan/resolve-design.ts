// The design and what is tested, in either form of the command line, read and checked against each other and the subjects.
import { DesignError } from "../../../errors.js";
import { checkDesignRank, checkDesignShapes, checkFinite } from "../../../stats/design/check-design.js";
import {
  type HypothesisList,
  type NamedMatrix,
  resolveHypotheses,
  resolveRowHypotheses,
} from "../../../stats/design/hypothesis.js";
import type { Matrix } from "../../../stats/design/matrix.js";
import type { InputFiles } from "../input-files.js";
import type { AnalysisOptions } from "../options.js";

type DesignOptions = Pick<AnalysisOptions, "design" | "contrast" | "ftests" | "fonly" | "ttests" | "ftest" | "column">;

export interface ResolvedDesign {
  readonly design: Matrix;
  readonly list: HypothesisList;
}

/** Throws InputError for a file that is no matrix, DesignError with all problems found. */
export async function resolveDesign(
  options: DesignOptions,
  { files, nSubjects, subjectsFrom }: { files: InputFiles; nSubjects: number; subjectsFrom: string },
): Promise<ResolvedDesign> {
  const read = async (role: string, path: string): Promise<NamedMatrix> => ({
    matrix: await files.matrix(role, path),
    path,
  });
  const readGiven = async (role: "contrast" | "ttests" | "ftests") => {
    const path = options[role];
    return path === undefined ? undefined : await read(role, path);
  };
  const design = await read("design", options.design);
  const contrasts = (await readGiven("contrast")) ?? (await readGiven("ttests"));
  const ftests = await readGiven("ftests");
  const rows: NamedMatrix[] = [];
  for (const [i, path] of (options.ftest ?? []).entries()) rows.push(await read(`ftest${i + 1}`, path));
  const withFactors = [...(contrasts === undefined ? [] : [contrasts]), ...rows];
  const problems = [
    ...checkDesignShapes({
      design: design.matrix,
      designPath: options.design,
      contrasts: withFactors,
      nElementColumns: options.column?.length ?? 0,
      nSubjects,
      subjectsFrom,
    }),
    ...checkFinite([design, ...withFactors, ...(ftests === undefined ? [] : [ftests])]),
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
  const unusable = checkDesignRank(design.matrix, list.hypotheses, options.design, options.column?.length ?? 0);
  if (unusable.length > 0) throw new DesignError(unusable);
  return { design: design.matrix, list };
}
