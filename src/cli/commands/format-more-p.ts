// What p-values beside those of every run say, a line each.
import type { InferenceSummary } from "../../app/analyse/analyse.js";
import { formatCount } from "../../units.js";

type Found = Pick<InferenceSummary["hypotheses"][number], "parametric" | "adjusted" | "tail" | "gamma">;
type Fitted = NonNullable<Found["tail"] | Found["gamma"]>;
type Tail = Extract<Fitted["distribution"], { readonly nTail: number }>;

/** What is adjusted, for people. */
const METHODS = {
  bh: "false discovery rate (Benjamini-Hochberg)",
  by: "false discovery rate (Benjamini-Yekutieli)",
  holm: "family-wise (Holm)",
  bonferroni: "family-wise (Bonferroni)",
} as const;

export function formatMore(
  { parametric, adjusted = [], tail, gamma }: Found,
  elements: string,
  statistic = "Zstat",
): string[] {
  const lines: string[] = [];
  if (parametric !== undefined) {
    const { nBelow, nTests, smallestP } = parametric;
    lines.push(
      `parametric: ${formatCount(nBelow, elements)} of ${nTests} tested with p < 0.05, not corrected (smallest p ${short(smallestP)})`,
    );
  }
  for (const { of, method, nBelow, nTests, smallestP } of adjusted) {
    lines.push(
      `${METHODS[method]} of ${of} p: ${formatCount(nBelow, elements)} of ${nTests} tested below 0.05 (smallest ${short(smallestP)})`,
    );
  }
  for (const fit of [tail, gamma]) if (fit !== undefined) lines.push(formatFit(fit, elements, statistic));
  return lines;
}

function formatFit(
  { kind, distribution, rejected, nBelow, smallestP, threshold }: Fitted,
  elements: string,
  statistic: string,
): string {
  if (distribution === null) return `${kind}: not fitted (${rejected}): p of the shuffles`;
  const at = threshold === null ? "" : `; p = 0.05 at ${statistic} ${short(threshold)}`;
  const what =
    "nTail" in distribution
      ? describeTail(distribution)
      : `gamma distribution of mean ${short(distribution.mean)}, variance ${short(distribution.variance)}, skewness ${short(distribution.skewness)}`;
  return `${kind}: ${formatCount(nBelow, elements)} with family-wise p < 0.05 (smallest p ${short(smallestP)})${at}; ${what}`;
}

const describeTail = ({ nTail, threshold, shape, fitP }: Tail): string =>
  `generalised Pareto of the ${nTail} shuffles above ${short(threshold)}, shape ${short(shape)}, goodness of fit p ${short(fitP)}`;

const short = (value: number): string => `${Number(value.toPrecision(3))}`;
