// A smooth term's columns over the subjects: its basis with the constraint absorbed, times a covariate or within a level of a factor.
import { DesignError } from "../../errors.js";
import { absorbConstraint, type Basis, columnMeans, scalePenalty, uniqueValues } from "./basis.js";
import { cubicRegressionBasis, LEAST_CUBIC } from "./cubic-regression.js";
import { LEAST_THIN_PLATE, MOST_KNOTS, thinPlateBasis } from "./thin-plate.js";

export const SMOOTH_BASES = ["tp", "cr"] as const;
export type SmoothBasisName = (typeof SMOOTH_BASES)[number];
/** What s() has where no k is given, as in mgcv. */
export const DEFAULT_K = 10;

export interface SmoothRequest {
  /** How the term was written, for messages. */
  readonly label: string;
  /** f64 [n], finite. */
  readonly x: Float64Array;
  readonly k?: number | undefined;
  /** Default: tp. */
  readonly bs?: string | undefined;
  /** f64 [n] that the functions are multiplied by; undefined: none. `isDummy`: 1 within a level of a factor and 0 outside it. */
  readonly by?: { readonly values: Float64Array; readonly isDummy: boolean } | undefined;
}

/**
 * Columns and penalty as mgcv's smoothCon(absorb.cons = TRUE, scale.penalty = TRUE) has them, columns up to their signs. Functions sum to zero over all
 * subjects, also within a level; those times a covariate that varies have no such constraint. Throws DesignError: an unknown basis, too few values for k, or
 * more values than there may be knots.
 */
export function smoothBasis({ label, x, k: wanted, bs = "tp", by }: SmoothRequest): Basis {
  const nDifferent = uniqueValues(x).length;
  const least = bs === "cr" ? LEAST_CUBIC : LEAST_THIN_PLATE;
  if (!SMOOTH_BASES.includes(bs as SmoothBasisName))
    throw new DesignError([
      `Cannot make ${label}: expected bs = "tp" (thin-plate) or "cr" (cubic regression), got "${bs}". Write one of these.`,
    ]);
  if (wanted !== undefined && !Number.isInteger(wanted))
    throw new DesignError([
      `Cannot make ${label}: expected a whole number for k, got ${wanted}. Write k = ${least} or more.`,
    ]);
  // -1 stands for the default, and less than the least for the least, as in mgcv
  const k = wanted === undefined || wanted < 0 ? DEFAULT_K : Math.max(least, wanted);
  if (nDifferent < k)
    throw new DesignError([
      `Cannot make ${label}: expected at least k = ${k} different values of its covariate, got ${nDifferent}. ${nDifferent < least ? "Use it without s()" : `Write k = ${nDifferent} or less`}.`,
    ]);
  if (bs === "tp" && nDifferent > MOST_KNOTS)
    throw new DesignError([
      `Cannot make ${label}: expected at most ${MOST_KNOTS} different values of its covariate, got ${nDifferent}: mgcv draws knots at random then. Round the covariate, or write bs = "cr".`,
    ]);
  const basis = scalePenalty(bs === "cr" ? cubicRegressionBasis(x, k) : thinPlateBasis(x, k));
  if (by === undefined) return absorbConstraint(basis, columnMeans(basis.columns));
  const times = (columns: readonly Float64Array[]) =>
    columns.map((column) => column.map((value, i) => value * by.values[i]!));
  const multiplied = { ...basis, columns: times(basis.columns) };
  if (by.isDummy) return absorbConstraint(multiplied, columnMeans(basis.columns));
  const isConstant = uniqueValues(by.values).length < 2;
  return isConstant ? absorbConstraint(multiplied, columnMeans(multiplied.columns)) : multiplied;
}
