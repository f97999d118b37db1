// What a rate of errors and a set of p-values must look like when they are right.
import { expect } from "vitest";
import type { SeededRandom } from "./seeded-random.js";

/** Shuffles of a data set, the identity among them: 1 - p is above 0.95 for exactly the 5 largest of 100. */
export const N_SHUFFLES = 100;
const LEVEL = 0.05;
/** Chance that one check of a right programme fails: of six such checks (a file of voxels or edges) 99.94 % hold together. Seeds are fixed. */
const CHANCE = 1e-4;
/** Of the normal distribution. */
const QUANTILE_OF_CHANCE = 3.719;

/** What a run says of one hypothesis on one data set. */
export interface NullOutcome {
  /** 1 - p, corrected; the largest of all elements. */
  readonly largestFwe: number;
  /** 1 - p of one element, always the same, so that data sets are independent. */
  readonly uncorrected: number;
}

/** ln(n!) by adding up. */
function logFactorials(n: number): Float64Array {
  const sums = new Float64Array(n + 1);
  for (let i = 2; i <= n; i++) sums[i] = sums[i - 1]! + Math.log(i);
  return sums;
}

/** Counts of `n` independent events of probability `p` that are not surprising: less than CHANCE / 2 lies outside on either side. */
export function binomialBand(n: number, p: number = LEVEL): readonly [least: number, most: number] {
  const log = logFactorials(n);
  const density = (k: number) =>
    Math.exp(log[n]! - log[k]! - log[n - k]! + k * Math.log(p) + (n - k) * Math.log(1 - p));
  let least = 0;
  for (let below = density(0); below <= CHANCE / 2; below += density(least)) least++;
  let most = n;
  for (let above = density(n); above <= CHANCE / 2; above += density(most)) most--;
  return [least, most];
}

/** Exceeded with probability CHANCE under chi-square with `dof` degrees of freedom: Wilson and Hilferty's cube, within 2 % from 3 degrees on. */
export function criticalChiSquare(dof: number): number {
  return dof * (1 - 2 / (9 * dof) + QUANTILE_OF_CHANCE * Math.sqrt(2 / (9 * dof))) ** 3;
}

/**
 * Pearson's distance of values in [0, 1) from the uniform distribution, in twentieths. What lies below `from` (a multiple of a twentieth) is one bin:
 * statistics below 0 all have the same enhanced value, 0.
 */
export function uniformChiSquare(
  values: readonly number[],
  from = 0,
): { readonly chiSquare: number; readonly dof: number } {
  const N_BINS = 20;
  const first = Math.round(from * N_BINS);
  const shares = [...(first > 0 ? [first / N_BINS] : []), ...new Array<number>(N_BINS - first).fill(1 / N_BINS)];
  const counts = new Array<number>(shares.length).fill(0);
  // values are hundredths that went through float32
  for (const value of values) {
    const bin = Math.floor(Math.round(value * N_SHUFFLES) / (N_SHUFFLES / N_BINS));
    counts[Math.max(0, bin - first + (first > 0 ? 1 : 0))]!++;
  }
  const terms = counts.map((count, i) => {
    const expected = values.length * shares[i]!;
    return (count - expected) ** 2 / expected;
  });
  return { chiSquare: terms.reduce((a, b) => a + b), dof: shares.length - 1 };
}

/** Data sets in which an effect was found. */
export const countFound = (outcomes: readonly NullOutcome[]): number =>
  outcomes.filter(({ largestFwe }) => largestFwe > 1 - LEVEL).length;

/**
 * Whether the data themselves are among the largest of a null distribution, whose first value is theirs: of equal values, as sizes are, the order is drawn. An
 * effect is found so in as many data sets as the level says, exactly; by p-values, to which equals count as smaller (MRtrix3's too), in a few more.
 */
export function isFoundWithTies(nulls: readonly number[], random: SeededRandom): boolean {
  const own = nulls[0]!;
  const nEqual = nulls.filter((value) => value === own).length;
  const nAbove = nulls.filter((value) => value > own).length;
  return nAbove + 1 + random.integer(nEqual) <= LEVEL * nulls.length;
}

/** Of each data set: found by its p-values, and with the order of equals drawn. Both in band; where no values are equal they are the same. */
export function expectErrorsInBand(outcomes: readonly { readonly byP: boolean; readonly drawn: boolean }[]): void {
  const [least, most] = binomialBand(outcomes.length);
  const counts = (["byP", "drawn"] as const).map((by) => outcomes.filter((outcome) => outcome[by]).length);
  for (const [i, count] of counts.entries()) {
    const what = `errors in ${outcomes.length} data sets, ${i === 0 ? "by p-values" : "with equals drawn"}`;
    expect(count, `${what}, at least ${least}`).toBeGreaterThanOrEqual(least);
    expect(count, `${what}, at most ${most}`).toBeLessThanOrEqual(most);
  }
  expect(counts[0]).toBeGreaterThanOrEqual(counts[1]!);
}

/**
 * Effects were found in as many data sets as the level says, no fewer and no more; corrected and uncorrected p-values are uniform.
 * `from`: uncorrected values below it are as good as equal.
 */
export function expectCalibrated(name: string, outcomes: readonly NullOutcome[], from: number): void {
  const [least, most] = binomialBand(outcomes.length);
  const found = countFound(outcomes);
  // 1 - p counts the data themselves, so it ends at 1 and begins at 1 / N_SHUFFLES
  const corrected = uniformChiSquare(outcomes.map(({ largestFwe }) => largestFwe - 1 / N_SHUFFLES));
  const uncorrected = uniformChiSquare(
    outcomes.map((outcome) => outcome.uncorrected),
    from,
  );
  const told = [corrected, uncorrected].map(
    ({ chiSquare, dof }) => `${chiSquare.toFixed(1)} (below ${criticalChiSquare(dof).toFixed(1)})`,
  );
  process.stdout.write(
    `${name}: errors in ${found} of ${outcomes.length} (${least} to ${most}); chi-square of p ${told[0]}, uncorrected ${told[1]}\n`,
  );
  expect(found, `${name}: errors in ${outcomes.length} data sets, at least ${least}`).toBeGreaterThanOrEqual(least);
  expect(found, `${name}: errors in ${outcomes.length} data sets, at most ${most}`).toBeLessThanOrEqual(most);
  expect(corrected.chiSquare, `${name}: corrected p-values`).toBeLessThan(criticalChiSquare(corrected.dof));
  expect(uncorrected.chiSquare, `${name}: uncorrected p-values`).toBeLessThan(criticalChiSquare(uncorrected.dof));
}
