// What the observed pass says about elements that cannot be tested: they get zeros, and the user a count with the reasons.
import { VERDICTS, type Verdict } from "../../../stats/glm/element-design.js";
import { countFactors, type GlmModel } from "../../../stats/glm/model.js";
import { formatCount } from "../../../units.js";
import type { Warning } from "../../../warnings.js";
import type { ElementKind } from "../element-kind.js";
import type { AnalysisOptions } from "../options.js";
import { tooSmallGroup } from "./resolve-precision.js";

export function modelWarnings(
  { leaveOut }: Pick<ElementKind<never, never>, "leaveOut">,
  { precision }: Pick<AnalysisOptions, "precision">,
  model: GlmModel | undefined,
  verdicts: readonly number[],
): Warning[] {
  if (model === undefined) return [];
  const warnings: Warning[] = [];
  const small = tooSmallGroup(model);
  if (precision === "single" && small !== undefined) {
    warnings.push({
      tag: "precision-double",
      message: `--precision single is not used: the smallest variance group has ${formatCount(small.size, "subjects")}, and single precision keeps the variance of groups of ${small.needed} or more (6 beyond the ${formatCount(countFactors(model), "factors")}). The null is computed in double.`,
    });
  }
  const untestable = verdicts.reduce((sum, count, i) => (VERDICTS[i] === "testable" ? sum : sum + count), 0);
  if (untestable === 0) return warnings;
  const all = verdicts.reduce((sum, count) => sum + count, 0);
  const reasons = VERDICTS.flatMap((verdict, i) =>
    verdict === "testable" || verdicts[i] === 0 ? [] : [`${verdicts[i]} ${reasonOf(verdict, model)}`],
  );
  warnings.push({
    tag: "untestable-elements",
    message: `${untestable} of ${all} elements cannot be tested and get zeros: ${reasons.join(", ")}. Leave them ${leaveOut}${lacksValues(verdicts) ? ", or leave out subjects with many missing values" : ""}.`,
  });
  return warnings;
}

/** Whether missing values are among the reasons. */
const lacksValues = (verdicts: readonly number[]): boolean =>
  VERDICTS.some((verdict, i) => verdicts[i]! > 0 && !["testable", "constant-data", "no-variance"].includes(verdict));

function reasonOf(verdict: Exclude<Verdict, "testable">, model: GlmModel): string {
  const k = countFactors(model);
  const least = Math.min(model.design.nRows, 2 * k);
  switch (verdict) {
    case "few-observations":
      return `with fewer than ${formatCount(least, "observations")} left`;
    case "fewer-than-factors":
      return `with fewer observations than the ${formatCount(k, "factors")}`;
    case "dependent-columns":
      return "whose columns depend on each other in the observations left";
    case "small-group":
      return "with a variance group of one observation at most";
    case "no-freedom":
      return "without a degree of freedom";
    case "constant-data":
      return "with the same value in all observations";
    case "no-variance":
      return model.groups === undefined
        ? "that the design explains to 7 digits or more, which leaves no residual to test with"
        : "that the design explains to 7 digits or more in some variance group, which leaves no residual to test with";
  }
}
