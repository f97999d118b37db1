// What a hypothesis asks, and what was found, in words: names of the design, directions, counts.

import { short } from "./numbers.js";
import type { ModelData, Reference } from "./report-data.js";

/** What p of the shuffles is called: over the elements of a run, or over all runs that were joined. */
export const FAMILY_WISE_P = "family-wise p";
export const JOINT_P = "joint family-wise p";

/** Of a column of the design: the two values it has, ascending; undefined: more, or one. */
export function twoValues(model: ModelData, column: number): readonly [number, number] | undefined {
  const values = [...new Set(model.design.map((row) => row[column]!))].sort((a, b) => a - b);
  return values.length === 2 ? [values[0]!, values[1]!] : undefined;
}

export const isConstant = (model: ModelData, column: number): boolean =>
  model.design.every((row) => row[column] === model.design[0]?.[column]);

export const meanOf = (model: ModelData, column: number): number =>
  model.design.reduce((sum, row) => sum + row[column]!, 0) / model.design.length;

/** `patient − control`, `−1.5 × age` */
export function contrastInWords(weights: readonly number[], factors: readonly string[]): string {
  const terms = weights.flatMap((weight, i) => {
    if (weight === 0) return [];
    const size = Math.abs(weight) === 1 ? "" : `${short(Math.abs(weight))} × `;
    return [`${weight < 0 ? "−" : "+"} ${size}${factors[i] ?? `column ${i + 1}`}`];
  });
  return terms.length === 0 ? "nothing" : terms.join(" ").replace(/^\+ /, "").replace(/^− /, "−");
}

export interface Directions {
  /** Follows the name of what is measured: `is lower where patient is 1 than where it is 0`. */
  readonly tested: string;
  readonly opposite: string;
  /** `lower`: what an effect above 0 means; undefined where neither higher nor lower says it. */
  readonly comparative?: "higher" | "lower";
}

/** Of the row of a t-test; element-wise columns have no design to tell by. */
export function directionsOf(weights: readonly number[], model: ModelData): Directions {
  const involved = weights.flatMap((weight, i) => (weight === 0 ? [] : [i]));
  const compare = (say: (than: "higher" | "lower") => string, isPositive: boolean): Directions => {
    const comparative = isPositive ? "higher" : "lower";
    return { tested: say(comparative), opposite: say(isPositive ? "lower" : "higher"), comparative };
  };
  const name = (i: number) => model.factors[i] ?? `column ${i + 1}`;
  const inDesign = involved.every((i) => i < (model.design[0]?.length ?? 0));
  if (inDesign && involved.length === 1) {
    const i = involved[0]!;
    const isPositive = weights[i]! > 0;
    if (isConstant(model, i)) {
      const [above, below] = [`has a mean above 0 (${name(i)})`, `has a mean below 0 (${name(i)})`];
      return isPositive ? { tested: above, opposite: below } : { tested: below, opposite: above };
    }
    const two = twoValues(model, i);
    if (two === undefined) return compare((than) => `is ${than} where ${name(i)} is larger`, isPositive);
    const [low, high] = two;
    const named = levelsOf(model, i);
    if (named !== undefined)
      return compare((than) => `is ${than} where ${named[1]} than where ${named[0]}`, isPositive);
    return compare(
      (than) => `is ${than} where ${name(i)} is ${short(high)} than where it is ${short(low)}`,
      isPositive,
    );
  }
  if (inDesign && involved.length === 2 && weights[involved[0]!]! + weights[involved[1]!]! === 0) {
    const [a, b] = involved as [number, number];
    const what = [a, b].every((i) => isIndicator(model, i)) ? "in" : "with a unit of";
    return compare((than) => `is ${than} ${what} ${name(a)} than ${what} ${name(b)}`, weights[a]! > 0);
  }
  const words = contrastInWords(weights, model.factors);
  return { tested: `has ${words} above 0`, opposite: `has ${words} below 0` };
}

/** What 0 and 1 of a column mean, where it codes a factor. */
export const levelsOf = (model: ModelData, column: number): readonly [string, string] | undefined =>
  isIndicator(model, column) ? model.levels?.[model.factors[column]!] : undefined;

const isIndicator = (model: ModelData, column: number): boolean => {
  const two = twoValues(model, column);
  return two?.[0] === 0 && two[1] === 1;
};

/**
 * What the effect of a t-test is a share of: the fitted value in the group that it is compared with. Undefined where that would be 0 or another contrast
 * of the same: nothing but the mean is tested, or an element-wise column.
 */
export function referenceOf(weights: readonly number[], model: ModelData): Reference | undefined {
  const nColumns = model.design[0]?.length ?? 0;
  const involved = weights.flatMap((weight, i) => (weight === 0 ? [] : [i]));
  if (model.nElementColumns > 0 || involved.length === 0 || involved.some((i) => i >= nColumns)) return undefined;
  const means = Array.from({ length: nColumns }, (_, i) => meanOf(model, i));
  const name = (i: number) => model.factors[i]!;
  const others = means.some((_, i) => !involved.includes(i) && !isConstant(model, i))
    ? ", other columns of the design at their means"
    : "";
  if (involved.length === 1 && isConstant(model, involved[0]!)) return undefined;
  if (!involved.every((i) => twoValues(model, i) !== undefined)) {
    const per = involved.length === 1 ? ` per unit of ${name(involved[0]!)}` : "";
    return { row: means, words: "the fitted mean of all subjects (every column of the design at its mean)", per };
  }
  const negative = involved.filter((i) => weights[i]! < 0 && isIndicator(model, i));
  const isDifference = negative.length > 0 && negative.length < involved.length;
  if (isDifference) {
    const total = negative.reduce((sum, i) => sum - weights[i]!, 0);
    const row = means.map((mean, i) =>
      involved.includes(i) ? (negative.includes(i) ? -weights[i]! / total : 0) : mean,
    );
    return { row, words: `the fitted mean of ${negative.map(name).join(" and ")}${others}`, per: "" };
  }
  const row = means.map((mean, i) => (involved.includes(i) ? twoValues(model, i)![0] : mean));
  const where = involved
    .map((i) => levelsOf(model, i)?.[0] ?? `${name(i)} is ${short(twoValues(model, i)![0])}`)
    .join(" and ");
  const [low, high] = twoValues(model, involved[0]!)!;
  const per = involved.length === 1 && high - low !== 1 ? ` per unit of ${name(involved[0]!)}` : "";
  return { row, words: `the fitted mean where ${where}${others}`, per };
}
