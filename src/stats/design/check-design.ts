// Everything about a design that can be wrong, found before any data is read.

import { formatCount } from "../../units.js";
import type { Warning } from "../../warnings.js";
import { columns, describeDependence } from "./describe-dependence.js";
import { conditionOf } from "./design-condition.js";
import { frameOf } from "./design-frame.js";
import type { Hypothesis, NamedMatrix } from "./hypothesis.js";
import type { Matrix } from "./matrix.js";
import { inestimableHypotheses } from "./partition.js";

export interface DesignInputs {
  readonly design: Matrix;
  readonly designPath: string;
  /** Everything with a column per column of the design. */
  readonly contrasts: readonly NamedMatrix[];
  /** Regressors that elements bring: further columns of the contrasts. */
  readonly nElementColumns?: number;
  readonly nSubjects: number;
  /** Where the subjects came from, for messages. */
  readonly subjectsFrom: string;
}

/** One sentence a problem; empty when the shapes fit. Shapes first: what follows needs them. */
export function checkDesignShapes(inputs: DesignInputs): string[] {
  const { design, designPath, contrasts, nElementColumns = 0, nSubjects, subjectsFrom } = inputs;
  const nFactors = design.nColumns + nElementColumns;
  const also = nElementColumns === 0 ? "" : ` and one per -column`;
  const problems: string[] = [];
  if (design.nRows !== nSubjects) {
    problems.push(
      `Cannot use ${designPath}: expected ${formatCount(nSubjects, "rows")} (one per subject of ${subjectsFrom}), got ${design.nRows}. Rows follow the order of the subjects.`,
    );
  }
  for (const { matrix, path } of contrasts) {
    if (matrix.nColumns === nFactors) continue;
    problems.push(
      `Cannot use ${path}: expected ${formatCount(nFactors, "columns")} (one per column of ${designPath}${also}), got ${matrix.nColumns}. No column is ever added for you.`,
    );
  }
  return problems;
}

/** Problems of entries that are not finite, one sentence a matrix; decompositions need finite ones. */
export function checkFinite(matrices: readonly NamedMatrix[]): string[] {
  return matrices.flatMap(({ matrix, path, columnNames }) => {
    const where = matrix.values.findIndex((v) => !Number.isFinite(v));
    if (where < 0) return [];
    const row = Math.floor(where / matrix.nColumns) + 1;
    const column = (where % matrix.nColumns) + 1;
    const named = columnNames === undefined ? "" : `, ${columnNames[column - 1]}`;
    return [
      `Cannot use ${path}: expected finite numbers, got ${matrix.values[where]} in row ${row}, column ${column} (counted from 1${named}).`,
    ];
  });
}

/** Beyond them the squares of a column's entries, times those of a contrast's, leave the range of doubles. */
const LARGEST = 1e60;
const SMALLEST = 1e-60;

/** Problems of sizes that no unit has: columns of the design and rows of contrasts whose largest entry squares cannot be formed of. One sentence a matrix. */
export function checkMagnitudes(design: NamedMatrix, contrasts: readonly NamedMatrix[]): string[] {
  const largestOf = ({ matrix: { nRows, nColumns, values } }: NamedMatrix, byColumn: boolean): number[] => {
    const largest = new Array<number>(byColumn ? nColumns : nRows).fill(0);
    for (const [i, value] of values.entries()) {
      const place = byColumn ? i % nColumns : Math.floor(i / nColumns);
      largest[place] = Math.max(largest[place]!, Math.abs(value));
    }
    return largest;
  };
  return [design, ...contrasts].flatMap((named) => {
    const byColumn = named === design;
    const largest = largestOf(named, byColumn);
    const isBeyond = (value: number) => value !== 0 && (value > LARGEST || value < SMALLEST);
    const where = largest.findIndex((value) => Number.isFinite(value) && isBeyond(value));
    if (where < 0) return [];
    const what = byColumn ? "column" : "row";
    return [
      `Cannot use ${named.path}: expected numbers between ${SMALLEST} and ${LARGEST} in size, got ${largest[where]} as the largest of ${what} ${where + 1} (counted from 1). Write the ${what} in another unit.`,
    ];
  });
}

const IF_NOT_MEANT =
  "If a column should say something of its own, subtract its mean (before squaring or multiplying) and give all its digits.";

/** Problems of rank; call only when the shapes fit. */
export function checkDesignRank(
  design: Matrix,
  hypotheses: readonly Hypothesis[],
  designPath: string,
  nElementColumns = 0,
  names?: readonly string[],
): string[] {
  const { rank } = frameOf(design);
  const problems: string[] = [];
  if (rank === 0) return [`Cannot use ${designPath}: expected at least one entry that is not zero, got none.`];
  if (design.nRows - rank - nElementColumns < 1) {
    problems.push(
      `Cannot use ${designPath}: expected more subjects than independent columns, got ${formatCount(design.nRows, "subjects")} and ${formatCount(rank + nElementColumns, "columns")}: no degree of freedom is left. Add subjects or remove columns.`,
    );
  }
  // with element-wise columns what can be estimated is a matter of each element
  if (nElementColumns > 0) return problems;
  for (const { name } of inestimableHypotheses(design, hypotheses)) {
    problems.push(
      `Cannot test hypothesis ${name}: the columns of ${designPath} are linearly dependent (rank ${rank} of ${design.nColumns}) and cannot estimate it: ${describeDependence(design, names)}. Remove a redundant column or change the contrast. ${IF_NOT_MEANT}`,
    );
  }
  return problems;
}

/** Largest condition number that nothing is said about. Deviation: MRtrix3's is of the design as it is, so that units decide. */
const LARGEST_CONDITION = 100;

/** `names`: of the design's columns, where it has them. */
export function designWarnings(design: Matrix, names?: readonly string[]): Warning[] {
  const frame = frameOf(design);
  if (frame.rank < design.nColumns) {
    return [
      {
        tag: "design-rank",
        message: `The design has ${formatCount(design.nColumns, "columns")} of which only ${frame.rank} are linearly independent: ${describeDependence(design, names)}. Effects that the contrasts can estimate are right; single betas are one solution of many. ${IF_NOT_MEANT}`,
      },
    ];
  }
  const { number, worst } = conditionOf(frame);
  if (number <= LARGEST_CONDITION) return [];
  return [
    {
      tag: "design-conditioning",
      message: `The design is poorly conditioned (condition number ${number.toPrecision(3)} of its columns, ${frame.hasConstant ? "centred and " : ""}scaled; above 100): they nearly depend on each other, ${columns([worst], names)} the most (counted from 1). Statistics are exact for the numbers as given, but estimates of single columns may be dominated by noise, that of rounded entries included. Leave out a column that says the same as another; subtract a mean before squaring or multiplying.`,
    },
  ];
}
