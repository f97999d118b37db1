// Drawn shuffles for the empirical statistic of -nonstationarity, which should not hold the unshuffled data.
// Deviation: MRtrix3 does not put the identity in front of drawn shuffles, but may draw it.
import { InternalError } from "../../errors.js";
import type { ShufflePlan } from "./shuffle-plan.js";

/** The same plan from shuffle 1 on: count - 1 shuffles. Plan one more than wanted. Throws InternalError if shuffle 0 may not be the identity. */
export function withoutIdentity(plan: ShufflePlan): ShufflePlan {
  if (!plan.startsWithIdentity) throw new InternalError("Cannot leave out the identity: expected it as shuffle 0.");
  return {
    nSubjects: plan.nSubjects,
    count: plan.count - 1,
    errors: plan.errors,
    startsWithIdentity: false,
    exhaustive: plan.exhaustive,
    labelsInto: (index, out) => plan.labelsInto(index + 1, out),
    signsInto: (index, out) => plan.signsInto(index + 1, out),
  };
}
