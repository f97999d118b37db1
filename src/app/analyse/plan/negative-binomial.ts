// --negbin: which runs can stop counting element by element.
import { UsageError } from "../../../errors.js";
import type { ShufflePlan } from "../../../stats/shuffle/shuffle-plan.js";
import type { EnhancementPlan } from "../element-kind.js";
import type { AnalysisOptions } from "../options.js";

const LEAVE_OUT = "Leave one of them out.";

/** Throws UsageError for what needs all elements of every shuffle, for shuffles that come in no order drawn at random, and for those that are not all in this run. */
export function checkNegativeBinomial(
  options: AnalysisOptions & { readonly uncorrectedShuffles?: number | undefined },
  { exhaustive, count }: Pick<ShufflePlan, "exhaustive" | "count">,
  enhancement: EnhancementPlan["kind"],
): void {
  const { negativeBinomial: n, shard, strong, tail, gamma, stopWhenSettled, notest, permutations } = options;
  if (n === undefined) return;
  const refuse = (what: string, expected: string, got: string, remedy = LEAVE_OUT) =>
    new UsageError(`Cannot use --negbin ${n} with ${what}: expected ${expected}, got ${got}. ${remedy}`);
  const single = "p-values of single elements alone, which are all that stopped counts give";
  const familyWise = { "-strong": strong, "--tail": tail, "--gamma": gamma, "--stop-when-settled": stopWhenSettled };
  for (const [option, isAsked] of Object.entries(familyWise))
    if (isAsked) throw refuse(option, single, "what is made of the largest of all elements in every shuffle");
  const drawn = "shuffles in an order drawn at random, all in this run";
  if (shard !== undefined) throw refuse("--shard", drawn, `part ${shard.index} of ${shard.of}`);
  if (notest) throw refuse("-notest", drawn, "none");
  if (permutations !== undefined) throw refuse("-permutations", drawn, "a list");
  if (options.uncorrectedShuffles !== undefined)
    throw refuse("--uncorrected-shuffles", "one rule for which shuffles count", "two");
  if (enhancement === "graph")
    throw refuse(
      "the enhancement of whole maps",
      "elements that can be left out (fixelcfestats, vectorstats, connectomestats none)",
      "neighbours that all need each other",
      "Leave it out: nothing would be saved.",
    );
  const leave = "Leave --negbin out: p-values of all shuffles are exact.";
  if (exhaustive)
    throw refuse(`-nshuffles ${count} or more`, drawn, `all ${count} that exist, one after the other`, leave);
  if (n >= count)
    throw refuse(`${count} shuffles`, `fewer than ${count}`, `${n}, after which none is left`, "Give fewer.");
}
