// What the shuffles of an analysis mean for its p-values, before any data are read: as data, and as warnings.
import { joinNames } from "../../subject-names.js";
import { formatCount } from "../../units.js";
import type { Warning } from "../../warnings.js";
import { type PValue, smallestPossibleP } from "../inference/p-values.js";
import type { Relabellings } from "../inference/relabellings.js";
import type { ShufflePlan } from "./shuffle-plan.js";

/** Of a hypothesis; or of the largest of all (-strong), which stands for their p-values then. */
export interface TestRelabellings extends Relabellings {
  /** As in a sentence: `t1`, `the largest of t1 and t2 (-strong)`. */
  readonly name: string;
  readonly testsMean: boolean;
}

/** A list of shuffles given by the user (-permutations). */
export interface ListedFacts {
  /** As typed. */
  readonly path: string;
  /** Columns that leave the data as they are. */
  readonly nUnshuffled: number;
  /** Columns with negative indices. */
  readonly nFlipped: number;
  /** -errors both was given. */
  readonly asksForSigns: boolean;
}

export interface ShuffleContext {
  /** As asked for with -nshuffles. */
  readonly wanted?: number | undefined;
  /** The tests whose p-values there will be; none: nothing is known of the design. */
  readonly tests?: readonly TestRelabellings[];
  readonly blocks?: { readonly kind: "within" | "whole" | "tree"; readonly path: string } | undefined;
  readonly listed?: ListedFacts | undefined;
}

const KINDS = { ee: "permutations", ise: "sign flips", both: "pairs of a permutation and sign flips" } as const;

export function describeShuffles(plan: ShufflePlan, context: ShuffleContext = {}): Warning[] {
  const nSame = context.listed?.nUnshuffled === 0 ? 0 : 1;
  const { tests = [{ name: "", testsMean: false, nDifferent: undefined, nSame, nExist: undefined }] } = context;
  const warnings = [...describeAllUsed(plan, context, tests), ...describeListed(plan, context)];
  const groups = groupAlike(tests);
  for (const group of groups) {
    const warning = describeTest(plan, context, { ...group.test, name: joinNames(group.names) });
    // Of too few shuffles of any kind, the same is true of every test.
    if (warning !== undefined && warnings.every(({ message }) => message !== warning.message)) warnings.push(warning);
  }
  return warnings;
}

function describeAllUsed(
  { count, exhaustive, errors }: ShufflePlan,
  { wanted }: ShuffleContext,
  tests: readonly TestRelabellings[],
): Warning[] {
  if (!exhaustive) return [];
  const asked = wanted === undefined ? "" : ` (${wanted} were asked for)`;
  const smallest = tests.every(({ nSame }) => nSame === 1)
    ? `, and the smallest possible p-value is ${fractionOf({ count: 1, of: count })}`
    : "";
  const message = `Only ${count} different ${KINDS[errors]} exist${asked}: each is used once${smallest}.`;
  return [{ tag: "all-shuffles-used", message }];
}

function describeListed({ count }: ShufflePlan, { listed }: ShuffleContext): Warning[] {
  if (listed === undefined) return [];
  const { path, nFlipped, nUnshuffled, asksForSigns } = listed;
  const warnings: Warning[] = [];
  if (nFlipped > 0) {
    const drawn = asksForSigns ? " No other signs are drawn (-errors both)." : "";
    const message = `${nFlipped} of the ${formatCount(count, "shuffles")} of ${path} have negative indices: the signs of these observations are flipped, as in PALM.${drawn}`;
    warnings.push({ tag: "listed-sign-flips", message });
  }
  if (nUnshuffled === 0) {
    const message = `The unshuffled data are not among the ${formatCount(count, "shuffles")} of ${path}: p-values of exactly 0 (fwe_1mpvalue 1) are possible in the results. The unshuffled data belong in the null once: put a column 1, 2, 3, .. in front. The summary counts them in.`;
    warnings.push({ tag: "unshuffled-not-listed", message });
  }
  return warnings;
}

function describeTest(plan: ShufflePlan, context: ShuffleContext, test: TestRelabellings): Warning | undefined {
  const { count } = plan;
  if (count > 1 && test.nSame === count) {
    const how = `${howMany(count, plan, context)} only exchange observations that are alike in what is tested`;
    const message = `No shuffle changes the statistic of ${test.name}: ${how}, so every p-value is 1. ${remedyOf(plan, context, test)}`;
    return { tag: "unchanged-by-shuffles", message };
  }
  const hasUnshuffled = context.listed === undefined || context.listed.nUnshuffled > 0;
  const smallest = smallestPossibleP({ nSame: test.nSame, hasUnshuffled }, count);
  const isLarge = isTooLarge(plan, context, test, smallest);
  const repeated = isRepeated(plan, context, test) ? describeRepeats(plan, context, test) : undefined;
  if (isLarge) {
    const least = `the smallest possible one is ${fractionOf(smallest)}. ${remedyOfFew(plan, context, test)}`;
    const message =
      repeated === undefined
        ? `With ${formatCount(count, "shuffles")} no p-value can reach 0.05: ${least}`
        : `No p-value of ${test.name} can reach 0.05: ${repeated}, and ${least}`;
    return { tag: "too-few-shuffles", message };
  }
  if (repeated === undefined) return undefined;
  return {
    tag: "repeated-relabellings",
    message: `For ${test.name} ${repeated}, and the smallest possible p-value is ${fractionOf(smallest)}.`,
  };
}

/** Of a draw: whether it is large by what there is, and not by luck. That is left to the summary, which counts. */
function isTooLarge(
  { count, exhaustive }: ShufflePlan,
  { listed }: ShuffleContext,
  { nDifferent = count, nExist }: TestRelabellings,
  smallest: PValue,
): boolean {
  const isLarge = smallest.count * 20 > smallest.of;
  if (exhaustive || listed !== undefined) return isLarge;
  // where nobody knows how many exist, a repeat or two are luck
  const nKnown = nExist ?? (2 * nDifferent <= count ? nDifferent : count);
  return isLarge && Math.min(count, nKnown) < 20;
}

/** Whether repeats are more than the odd one among thousands. */
function isRepeated({ count, exhaustive }: ShufflePlan, { listed }: ShuffleContext, test: TestRelabellings): boolean {
  const { nDifferent = count, nSame, nExist } = test;
  if (exhaustive) return nDifferent < count;
  if (nExist !== undefined) return nExist < count;
  return 2 * nDifferent <= count || (listed !== undefined && nSame > 1);
}

function describeRepeats(plan: ShufflePlan, context: ShuffleContext, test: TestRelabellings): string {
  const { count, exhaustive } = plan;
  const { nDifferent = count, nSame, nExist } = test;
  const all = howMany(count, plan, context);
  if (exhaustive || nExist === undefined) {
    if (nDifferent * nSame === count)
      return `${all} are ${nDifferent} different relabellings, each ${formatCount(nSame, "times")}`;
    const least = exhaustive ? "" : " (at least so many exist)";
    return `${all} are ${nDifferent} different relabellings${least}, ${timesUnshuffled(nSame)}`;
  }
  return `only ${nExist} different relabellings exist: ${all} are ${nDifferent} of them, ${timesUnshuffled(nSame)}`;
}

function timesUnshuffled(nSame: number): string {
  const times = nSame === 1 ? "once" : nSame === 2 ? "twice" : `${formatCount(nSame, "times")}`;
  return `${times} that of the unshuffled data`;
}

function howMany(count: number, { exhaustive, errors }: ShufflePlan, { listed }: ShuffleContext): string {
  if (listed !== undefined) return `the ${formatCount(count, "shuffles")} of ${listed.path}`;
  return `the ${count} ${KINDS[errors]}${exhaustive ? "" : " drawn"}`;
}

function remedyOfFew({ exhaustive }: ShufflePlan, { listed }: ShuffleContext, { nExist }: TestRelabellings): string {
  if (exhaustive || (nExist !== undefined && nExist < 20))
    return "Use more subjects, or fewer restrictions on the shuffles.";
  return listed === undefined
    ? "Use more shuffles (-nshuffles) for an inference."
    : "List more shuffles for an inference.";
}

function remedyOf(
  { errors }: ShufflePlan,
  { blocks, listed }: ShuffleContext,
  { testsMean }: TestRelabellings,
): string {
  if (listed !== undefined) return "List shuffles that exchange others, or leave -permutations out.";
  if (errors === "ee" && testsMean) return "A mean is the same in any order: use -errors ise (sign flips) to test one.";
  if (blocks?.kind === "within")
    return `The members of each block of ${blocks.path} are alike: give -exchange_whole if whole blocks may be exchanged, or blocks whose members differ in what is tested.`;
  if (blocks?.kind === "whole")
    return `The blocks of ${blocks.path} are alike: give -exchange_within if the members of each may be exchanged, or blocks that differ in what is tested.`;
  if (blocks?.kind === "tree")
    return `What trades places in ${blocks.path} is alike: let blocks or subjects that differ in what is tested trade places.`;
  return "Use fewer restrictions on the shuffles.";
}

/** `36/720 = 1/20 = 0.05`. */
function fractionOf({ count, of }: PValue): string {
  const divisor = greatestDivisor(count, of);
  const lowest = divisor === 1 ? "" : ` = ${count / divisor}/${of / divisor}`;
  return `${count}/${of}${lowest} = ${Number((count / of).toPrecision(3))}`;
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

/** Tests of which the same is to be said. */
function groupAlike(tests: readonly TestRelabellings[]) {
  const groups: { readonly names: string[]; readonly test: TestRelabellings }[] = [];
  for (const test of tests) {
    const alike = groups.find(
      ({ test: other }) =>
        other.nDifferent === test.nDifferent &&
        other.nSame === test.nSame &&
        other.nExist === test.nExist &&
        other.testsMean === test.testsMean,
    );
    if (alike === undefined) groups.push({ names: [test.name], test });
    else alike.names.push(test.name);
  }
  return groups;
}
