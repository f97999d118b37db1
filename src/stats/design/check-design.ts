// Everything about a design that can be wrong, found before any data is read.
import type { Warning } from "../../warnings.js";
import type { Hypothesis } from "./hypothesis.js";
import { conditionNumber, type Matrix } from "./matrix.js";
import { designRank, inestimableHypotheses } from "./partition.js";

export interface DesignInputs {
  readonly design: Matrix;
  readonly designPath: string;
  readonly contrasts: Matrix;
  readonly contrastPath: string;
  readonly nSubjects: number;
  /** Where the subjects came from, for messages. */
  readonly subjectsFrom: string;
}

/** One sentence a problem; empty when the shapes fit. Shapes first: what follows needs them. */
export function checkDesignShapes(inputs: DesignInputs): string[] {
  const { design, designPath, contrasts, contrastPath, nSubjects, subjectsFrom } = inputs;
  const problems: string[] = [];
  if (design.nRows !== nSubjects) {
    problems.push(
      `Cannot use ${designPath}: expected ${nSubjects} rows (one per subject of ${subjectsFrom}), got ${design.nRows}. Rows follow the order of the subjects.`,
    );
  }
  if (contrasts.nColumns !== design.nColumns) {
    problems.push(
      `Cannot use ${contrastPath}: expected ${design.nColumns} columns (one per column of ${designPath}), got ${contrasts.nColumns}.`,
    );
  }
  for (const [matrix, path] of [
    [design, designPath],
    [contrasts, contrastPath],
  ] as const) {
    const where = matrix.values.findIndex((v) => !Number.isFinite(v));
    if (where >= 0) {
      const row = Math.floor(where / matrix.nColumns) + 1;
      problems.push(
        `Cannot use ${path}: expected finite numbers, got ${matrix.values[where]} in row ${row}, column ${(where % matrix.nColumns) + 1} (counted from 1).`,
      );
    }
  }
  return problems;
}

/** Problems of rank; call only when the shapes fit. */
export function checkDesignRank(design: Matrix, hypotheses: readonly Hypothesis[], designPath: string): string[] {
  const rank = designRank(design);
  const problems: string[] = [];
  if (rank === 0) return [`Cannot use ${designPath}: every entry is zero.`];
  if (design.nRows - rank < 1) {
    problems.push(
      `Cannot use ${designPath}: ${design.nRows} subjects leave no degree of freedom beside ${rank} independent regressors; expected at least ${rank + 1} subjects.`,
    );
  }
  for (const { name } of inestimableHypotheses(design, hypotheses)) {
    problems.push(
      `Cannot test hypothesis ${name}: the columns of ${designPath} are linearly dependent (rank ${rank} of ${design.nColumns}) and this contrast is not estimable. Remove a redundant column or change the contrast.`,
    );
  }
  return problems;
}

export function designWarnings(design: Matrix): Warning[] {
  const rank = designRank(design);
  if (rank < design.nColumns) {
    return [
      {
        tag: "design-rank",
        message: `The design has ${design.nColumns} columns of which only ${rank} are linearly independent. Effects that the contrasts can estimate are right; single betas are one solution of many.`,
      },
    ];
  }
  const condition = conditionNumber(design);
  if (condition <= 100) return [];
  return [
    {
      tag: "design-conditioning",
      message: `The design is poorly conditioned (condition number ${condition.toPrecision(3)}, above 100): estimates may be dominated by noise. Centring and scaling the regressors often helps.`,
    },
  ];
}
