// --stop-when-settled: which runs can stop, when they look, and what is said of it.
import type { Looks } from "../../../engine/shuffle-loop.js";
import { UsageError } from "../../../errors.js";
import type { Hypothesis } from "../../../stats/design/hypothesis.js";
import { familiesOf } from "../../../stats/inference/families.js";
import { combineHypotheses } from "../../../stats/inference/family-wise.js";
import { FIRST_LOOK, isSettled, looksOf } from "../../../stats/inference/settled.js";
import type { ShufflePlan } from "../../../stats/shuffle/shuffle-plan.js";
import type { AnalysisOptions } from "../options.js";

/** Throws UsageError for runs whose shuffles must all be done, or come in no order drawn at random. */
export function checkStop(
  options: Pick<AnalysisOptions, "stopWhenSettled" | "shard" | "notest" | "permutations" | "negativeBinomial">,
  { exhaustive, count }: Pick<ShufflePlan, "exhaustive" | "count">,
): void {
  if (!options.stopWhenSettled) return;
  const refuse = (what: string, got: string, remedy: string) =>
    new UsageError(
      `Cannot use --stop-when-settled with ${what}: expected shuffles in an order drawn at random, all in this run, got ${got}. ${remedy}`,
    );
  if (options.shard !== undefined) {
    const { index, of } = options.shard;
    throw refuse("--shard", `part ${index} of ${of}`, "Leave one of them out.");
  }
  if (options.notest) throw refuse("-notest", "none", "Leave one of them out.");
  if (options.permutations !== undefined) throw refuse("-permutations", "a list", "Leave one of them out.");
  if (exhaustive)
    throw refuse(
      `-nshuffles ${count} or more`,
      `all ${count} that exist, one after the other`,
      "Leave it out: p-values of all shuffles are exact.",
    );
  // beside --negbin it is refused for more than that
  if (looksOf(count).length === 0 && options.negativeBinomial === undefined) {
    throw new UsageError(
      `Cannot use --stop-when-settled with -nshuffles ${count}: expected more than the ${FIRST_LOOK} after which it is looked at first, got ${count}. Leave it out, or give more.`,
    );
  }
}

/** Undefined: all shuffles are done whatever they say. */
export function looksFor(
  { stopWhenSettled, strong }: Pick<AnalysisOptions, "stopWhenSettled" | "strong">,
  {
    shuffles: { count },
    hypotheses: tests,
  }: { readonly shuffles: Pick<ShufflePlan, "count">; readonly hypotheses: readonly Hypothesis[] },
  eligible: Uint8Array | undefined,
): Looks | undefined {
  if (!stopWhenSettled) return undefined;
  return {
    at: looksOf(count),
    isEnough({ hypotheses }) {
      return familiesOf(tests, strong).every((members) => {
        const family = members.map((h) => hypotheses[h]!);
        const { maxima } = combineHypotheses(family.map((of) => of.maxima));
        return isSettled({ maxima, statistics: family.map(({ defaults }) => defaults) }, eligible);
      });
    },
  };
}
