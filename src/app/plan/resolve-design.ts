// The design and what is tested, in either form of the command line, read and checked against each other and the subjects.
import { DesignError } from "../../errors.js";
import { readMatrix } from "../../formats/text/matrix.js";
import { checkDesignRank, checkDesignShapes, checkFinite } from "../../stats/design/check-design.js";
import {
  type HypothesisList,
  type NamedMatrix,
  resolveHypotheses,
  resolveRowHypotheses,
} from "../../stats/design/hypothesis.js";
import type { Matrix } from "../../stats/design/matrix.js";
import type { FixelCfeOptions } from "../fixel-cfe-options.js";

type DesignFiles = Pick<FixelCfeOptions, "design" | "contrast" | "ftests" | "fonly" | "ttests" | "ftest" | "column">;

export interface ResolvedDesign {
  readonly design: Matrix;
  readonly list: HypothesisList;
}

/** Throws InputError for a file that is no matrix, DesignError with all problems found. */
export function resolveDesign(files: DesignFiles, nSubjects: number, subjectsFrom: string): ResolvedDesign {
  const design = read(files.design);
  const contrasts = read(files.contrast ?? files.ttests);
  const ftests = read(files.ftests);
  const rows = (files.ftest ?? []).map((path) => read(path));
  const withFactors = [...(contrasts === undefined ? [] : [contrasts]), ...rows];
  const problems = [
    ...checkDesignShapes({
      design: design.matrix,
      designPath: files.design,
      contrasts: withFactors,
      nElementColumns: files.column?.length ?? 0,
      nSubjects,
      subjectsFrom,
    }),
    ...checkFinite([design, ...withFactors, ...(ftests === undefined ? [] : [ftests])]),
  ];
  if (problems.length > 0) throw new DesignError(problems);
  const list =
    files.contrast === undefined
      ? resolveRowHypotheses({ ttests: contrasts, ftests: rows })
      : resolveHypotheses({
          contrasts: contrasts!.matrix,
          contrastPath: contrasts!.path,
          fonly: files.fonly,
          ...(ftests === undefined ? {} : { ftests: ftests.matrix, ftestsPath: ftests.path }),
        });
  if (list.problems.length > 0) throw new DesignError(list.problems);
  const unusable = checkDesignRank(design.matrix, list.hypotheses, files.design, files.column?.length ?? 0);
  if (unusable.length > 0) throw new DesignError(unusable);
  return { design: design.matrix, list };
}

function read(path: string): NamedMatrix;
function read(path: string | undefined): NamedMatrix | undefined;
function read(path: string | undefined): NamedMatrix | undefined {
  return path === undefined ? undefined : { matrix: readMatrix(path), path };
}
