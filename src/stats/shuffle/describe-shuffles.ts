// What the number of shuffles means for the p-values, as data.
import type { Warning } from "../../warnings.js";
import type { ShufflePlan } from "./shuffle-plan.js";

export interface ShuffleDescription {
  readonly count: number;
  readonly exhaustive: boolean;
  /** Step of the p-values, 1 / count: also the smallest one where the identity is among the shuffles. */
  readonly smallestP: number;
  readonly warnings: readonly Warning[];
}

const KINDS = { ee: "permutations", ise: "sign flips", both: "pairs of a permutation and sign flips" } as const;

/** `wanted`: as asked for with -nshuffles, for the text; may be left out. */
export function describeShuffles(plan: ShufflePlan, wanted?: number): ShuffleDescription {
  const { count, exhaustive } = plan;
  const smallestP = 1 / count;
  const floor = `1/${count} = ${Number(smallestP.toPrecision(3))}`;
  const warnings: Warning[] = [];
  if (exhaustive) {
    const asked = wanted === undefined ? "" : ` (${wanted} were asked for)`;
    warnings.push({
      tag: "all-shuffles-used",
      message: `Only ${count} different ${KINDS[plan.errors]} exist${asked}: each is used once, and the smallest possible p-value is ${floor}.`,
    });
  }
  if (smallestP > 0.05) {
    const remedy = exhaustive
      ? "Use more subjects, or fewer restrictions on the shuffles."
      : "Use more shuffles (-nshuffles) for an inference.";
    warnings.push({
      tag: "too-few-shuffles",
      message: `With ${count} shuffles no p-value can reach 0.05: the smallest possible one is ${floor}. ${remedy}`,
    });
  }
  return { count, exhaustive, smallestP, warnings };
}
