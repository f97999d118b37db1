// Dependent columns of a design by name.
import { joinNames } from "../../subject-names.js";
import { type DesignFrame, frameOf } from "./design-frame.js";
import type { Matrix } from "./matrix.js";

/** Of its largest part: a weight below it is rounding. */
const NO_PART = 1e-9;
const MOST_NAMED = 5;

/** The part of a sentence; for a design whose columns are dependent. `names`: of its columns, where it has them. */
export function describeDependence(design: Matrix, names?: readonly string[]): string {
  const frame = frameOf(design);
  const { combinations } = frame.factors;
  const dependent = Array.from({ length: frame.nColumns }, (_, j) => j).filter((j) => combinations[j] !== undefined);
  const parts = dependent.map((j) => ({ j, of: partsOf(frame, j) }));
  const sentences = parts
    .slice(0, MOST_NAMED)
    .map(({ j, of }) => `${columns([j], names)} is ${combinationOf(of, names)}`);
  if (parts.length > MOST_NAMED) sentences.push(`${parts.length - MOST_NAMED} further columns are combinations, too`);
  return `${sentences.join(", ")} (counted from 1), to the digits that were given`;
}

/** Columns, from 0, that column j is made of. */
function partsOf({ factors }: DesignFrame, j: number): number[] {
  const { combinations, lengths, independent } = factors;
  const parts = Array.from(combinations[j]!, (weight, l) => Math.abs(weight) * lengths[independent[l]!]!);
  const largest = Math.max(0, ...parts);
  return parts.flatMap((part, l) => (part > NO_PART * largest ? [independent[l]!] : []));
}

function combinationOf(of: readonly number[], names: readonly string[] | undefined): string {
  if (of.length === 0) return "zero";
  return of.length === 1 ? `a multiple of ${columns(of, names)}` : `a combination of ${columns(of, names)}`;
}

/** Columns, from 0, as they are called. */
export function columns(list: readonly number[], names: readonly string[] | undefined): string {
  const called = list.map((j) => (names?.[j] === undefined ? `${j + 1}` : `${j + 1} (${names[j]})`));
  return `${called.length === 1 ? "column" : "columns"} ${joinNames(called)}`;
}
