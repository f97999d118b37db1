// Dependent columns of a design by name.
import { type DesignFrame, frameOf } from "./design-frame.js";
import { at, type Matrix } from "./matrix.js";

/** Of its largest part: a weight below it is rounding. */
const NO_PART = 1e-9;
/** A mean of so many standard deviations is worth a word. */
const FAR_FROM_ZERO = 100;
const MOST_NAMED = 5;

/** One sentence, or two; for a design whose columns are dependent. */
export function describeDependence(design: Matrix): string {
  const frame = frameOf(design);
  const { combinations } = frame.factors;
  const dependent = Array.from({ length: frame.nColumns }, (_, j) => j).filter((j) => combinations[j] !== undefined);
  const parts = dependent.map((j) => ({ j, of: partsOf(frame, j) }));
  const sentences = parts.slice(0, MOST_NAMED).map(({ j, of }) => `column ${j + 1} is ${combinationOf(of)}`);
  if (parts.length > MOST_NAMED) sentences.push(`${parts.length - MOST_NAMED} further columns are combinations, too`);
  const far = [...new Set(parts.flatMap(({ j, of }) => [j, ...of]))].filter((j) => isFarFromZero(design, j));
  const hint =
    frame.hasConstant && far.length > 0
      ? ` Numbers as large beside their spread as those of ${columns(far)} leave no digits for what a column has of its own: if it should have something, subtract the mean, before squaring or multiplying.`
      : "";
  return `${sentences.join(", ")} (counted from 1), to the digits that were given.${hint}`;
}

/** Columns, from 0, that column j is made of. */
function partsOf({ factors }: DesignFrame, j: number): number[] {
  const { combinations, lengths } = factors;
  const parts = Array.from(combinations[j]!.subarray(0, j), (weight, l) => Math.abs(weight) * lengths[l]!);
  const largest = Math.max(0, ...parts);
  return parts.flatMap((part, l) => (part > NO_PART * largest ? [l] : []));
}

function combinationOf(of: readonly number[]): string {
  if (of.length === 0) return "zero";
  return of.length === 1 ? `a multiple of column ${of[0]! + 1}` : `a combination of ${columns(of)}`;
}

function columns(list: readonly number[]): string {
  const names = list.map((j) => `${j + 1}`);
  if (names.length === 1) return `column ${names[0]}`;
  return `columns ${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

function isFarFromZero(design: Matrix, j: number): boolean {
  const values = Array.from({ length: design.nRows }, (_, i) => at(design, i, j));
  const mean = values.reduce((sum, value) => sum + value / values.length, 0);
  const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2 / values.length, 0));
  return spread > 0 && Math.abs(mean) > FAR_FROM_ZERO * spread;
}
