// Hypotheses from contrast rows and F-test selectors. Semantics: MRtrix3 3.0.x (t1, t2, .., F1, ..).
import type { Warning } from "../../warnings.js";
import { at, columnSpace, type Matrix, matrixOf, rankOf, transpose } from "./matrix.js";

export interface Hypothesis {
  /** t1, t2, .. or F1, F2, ..: the postfix of its outputs. */
  readonly name: string;
  readonly kind: "t" | "F";
  /** C, f64 [rank x nFactors], full row rank. */
  readonly contrast: Matrix;
  readonly rank: number;
}

export interface HypothesisInputs {
  /** f64 [nContrasts x nFactors]; each row a t-test. */
  readonly contrasts: Matrix;
  /** f64 [nFtests x nContrasts] of 0 and 1: rows of `contrasts` taken together. */
  readonly ftests?: Matrix;
  /** Keep only the F-tests. */
  readonly fonly: boolean;
}

export interface HypothesisList {
  readonly hypotheses: readonly Hypothesis[];
  readonly warnings: readonly Warning[];
  readonly problems: readonly string[];
}

export function resolveHypotheses({ contrasts, ftests, fonly }: HypothesisInputs): HypothesisList {
  const problems: string[] = [];
  const warnings: Warning[] = [];
  const tTests: Hypothesis[] = [];
  for (let i = 0; i < contrasts.nRows; i++) {
    const contrast = matrixOf(1, contrasts.nColumns, (_, j) => at(contrasts, i, j));
    if (contrast.values.every((v) => v === 0)) {
      problems.push(`Contrast ${i + 1} is zero: it tests nothing. Give at least one non-zero weight in that row.`);
    }
    tTests.push({ name: `t${i + 1}`, kind: "t", contrast, rank: 1 });
  }
  const fTests = ftests === undefined ? [] : resolveFtests(contrasts, ftests, warnings, problems);
  if (fonly && fTests.length === 0)
    problems.push("Option -fonly keeps only F-tests, but none were given with -ftests.");
  return { hypotheses: fonly ? fTests : [...tTests, ...fTests], warnings, problems };
}

function resolveFtests(contrasts: Matrix, ftests: Matrix, warnings: Warning[], problems: string[]): Hypothesis[] {
  if (ftests.nColumns !== contrasts.nRows) {
    problems.push(
      `Cannot use the F-tests: expected ${contrasts.nRows} columns (one per contrast row), got ${ftests.nColumns}.`,
    );
    return [];
  }
  const found: Hypothesis[] = [];
  for (let i = 0; i < ftests.nRows; i++) {
    const name = `F${i + 1}`;
    const row = Array.from({ length: ftests.nColumns }, (_, j) => at(ftests, i, j));
    if (row.some((v) => v !== 0 && v !== 1)) {
      problems.push(
        `F-test ${i + 1} holds ${row.find((v) => v !== 0 && v !== 1)}: expected only 0 and 1, which select contrast rows.`,
      );
      continue;
    }
    const selected = row.flatMap((v, j) => (v === 1 ? [j] : []));
    const rows = matrixOf(selected.length, contrasts.nColumns, (a, b) => at(contrasts, selected[a]!, b));
    if (selected.length === 0 || rows.values.every((v) => v === 0)) {
      problems.push(`F-test ${i + 1} is zero: it selects no contrast. Put a 1 in at least one column of that row.`);
      continue;
    }
    const rank = rankOf(rows);
    if (rank < rows.nRows) {
      warnings.push({
        tag: "f-test-rank",
        message: `F-test ${i + 1} selects ${rows.nRows} contrasts of which only ${rank} are independent; a basis of their row space is tested instead.`,
      });
    }
    const contrast = rank < rows.nRows ? transpose(columnSpace(transpose(rows))) : rows;
    found.push({ name, kind: "F", contrast, rank });
  }
  return found;
}
