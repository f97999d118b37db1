// Hypotheses from contrast rows and F-tests, in the two forms of MRtrix3. Names are those of its outputs: t1, t2, .., F1, ..
//   3.0.x                rows of the contrast matrix are t-tests; an F-test is a row of 0 and 1 that selects some of them
//   development branch   t-tests are rows of weights; an F-test is a matrix of rows of weights of its own
import { formatCount } from "../../units.js";
import type { Warning } from "../../warnings.js";
import { independentRows } from "./design-frame.js";
import { at, type Matrix, matrixOf } from "./matrix.js";

export interface Hypothesis {
  /** t1, t2, .. or F1, F2, ..: the postfix of its outputs; of a direction t1_positive or t1_negative. */
  readonly name: string;
  /** The t-test of which this is one of two directions (--two-tailed); absent otherwise. */
  readonly test?: string;
  readonly direction?: "positive" | "negative";
  readonly kind: "t" | "F";
  /** C, f64 [rank x nFactors], full row rank. */
  readonly contrast: Matrix;
  readonly rank: number;
}

export interface HypothesisInputs {
  /** f64 [nContrasts x nFactors], finite; each row a t-test. */
  readonly contrasts: Matrix;
  /** f64 [nFtests x nContrasts] of 0 and 1: rows of `contrasts` taken together. */
  readonly ftests?: Matrix;
  /** Keep only the F-tests. */
  readonly fonly: boolean;
  /** Where they came from, for messages. */
  readonly contrastPath?: string;
  readonly ftestsPath?: string;
}

/** A matrix and where it came from, for messages. */
export interface NamedMatrix {
  readonly matrix: Matrix;
  readonly path: string;
  /** [nColumns], where the file has them. */
  readonly columnNames?: readonly string[] | undefined;
}

export interface RowHypothesisInputs {
  /** f64 [nContrasts x nFactors], finite; each row a t-test. */
  readonly ttests?: NamedMatrix | undefined;
  /** One an F-test: f64 [rows x nFactors], finite. */
  readonly ftests: readonly NamedMatrix[];
}

export interface HypothesisList {
  readonly hypotheses: readonly Hypothesis[];
  readonly warnings: readonly Warning[];
  readonly problems: readonly string[];
}

/** The form of 3.0.x. */
export function resolveHypotheses(inputs: HypothesisInputs): HypothesisList {
  const { contrasts, ftests, fonly, contrastPath = "the contrast matrix", ftestsPath = "the F-tests" } = inputs;
  const problems: string[] = [];
  const warnings: Warning[] = [];
  const tTests = resolveTtests({ matrix: contrasts, path: contrastPath }, problems);
  const fTests =
    ftests === undefined
      ? []
      : selectFtests(
          { matrix: contrasts, path: contrastPath },
          { matrix: ftests, path: ftestsPath },
          warnings,
          problems,
        );
  if (fonly && ftests === undefined) {
    problems.push("Cannot use -fonly: expected F-tests to keep, got none. Give them with -ftests.");
  }
  return { hypotheses: fonly ? fTests : [...tTests, ...fTests], warnings, problems };
}

/** The form of the development branch. */
export function resolveRowHypotheses({ ttests, ftests }: RowHypothesisInputs): HypothesisList {
  const problems: string[] = [];
  const warnings: Warning[] = [];
  const tTests = ttests === undefined ? [] : resolveTtests(ttests, problems);
  const fTests = ftests.flatMap(({ matrix, path }, i) => {
    if (matrix.values.every((v) => v === 0)) {
      problems.push(`Cannot test ${path}: its rows are zero and test nothing. Give at least one non-zero weight.`);
      return [];
    }
    return [fTestOf(`F${i + 1}`, matrix, warnings)];
  });
  return { hypotheses: [...tTests, ...fTests], warnings, problems };
}

function resolveTtests({ matrix, path }: NamedMatrix, problems: string[]): Hypothesis[] {
  return Array.from({ length: matrix.nRows }, (_, i) => {
    const contrast = matrixOf(1, matrix.nColumns, (_, j) => at(matrix, i, j));
    if (contrast.values.every((v) => v === 0)) {
      problems.push(
        `Cannot test row ${i + 1} of ${path}: it is zero and tests nothing. Give at least one non-zero weight.`,
      );
    }
    return { name: `t${i + 1}`, kind: "t", contrast, rank: 1 };
  });
}

function selectFtests(
  contrasts: NamedMatrix,
  { matrix: ftests, path }: NamedMatrix,
  warnings: Warning[],
  problems: string[],
): Hypothesis[] {
  const { nRows: nContrasts, nColumns: nFactors } = contrasts.matrix;
  if (ftests.nColumns !== nContrasts) {
    problems.push(
      `Cannot use ${path}: expected ${formatCount(nContrasts, "columns")} (one per row of ${contrasts.path}), got ${ftests.nColumns}.`,
    );
    return [];
  }
  return Array.from({ length: ftests.nRows }, (_, i) => {
    const row = Array.from({ length: ftests.nColumns }, (_, j) => at(ftests, i, j));
    const other = row.find((v) => v !== 0 && v !== 1);
    if (other !== undefined) {
      problems.push(
        `Cannot use row ${i + 1} of ${path}: expected only 0 and 1, which select rows of ${contrasts.path}, got ${other}.`,
      );
      return [];
    }
    const selected = row.flatMap((v, j) => (v === 1 ? [j] : []));
    const rows = matrixOf(selected.length, nFactors, (a, b) => at(contrasts.matrix, selected[a]!, b));
    if (rows.values.every((v) => v === 0)) {
      problems.push(
        `Cannot use row ${i + 1} of ${path}: it selects no contrast that tests something. Put a 1 in at least one column.`,
      );
      return [];
    }
    return [fTestOf(`F${i + 1}`, rows, warnings)];
  }).flat();
}

/** `rows`: not all zero. */
function fTestOf(name: string, rows: Matrix, warnings: Warning[]): Hypothesis {
  const independent = independentRows(rows);
  const rank = independent.length;
  if (rank === rows.nRows) return { name, kind: "F", contrast: rows, rank };
  warnings.push({
    tag: "f-test-rank",
    message: `F-test ${name} has ${formatCount(rows.nRows, "rows")} of which only ${rank} are independent; a basis of their row space is tested instead.`,
  });
  return {
    ...{ name, kind: "F", rank },
    contrast: matrixOf(rank, rows.nColumns, (i, j) => at(rows, independent[i]!, j)),
  };
}
