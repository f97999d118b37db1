// P-values beside those of the shuffles, in words: fitted tails, parametric ones, false discovery rates.
import type { NullFit } from "../stats/inference/null-fit.js";
import { count, pValue, short } from "./numbers.js";

/** As run.json has them of a hypothesis. */
export interface MoreP {
  readonly parametric?: CountedP;
  readonly adjusted?: readonly AdjustedP[];
  readonly tail?: FittedP;
  readonly gamma?: FittedP;
}

export interface CountedP {
  readonly nTests: number;
  /** p < 0.05. */
  readonly nBelow: number;
  readonly smallestP: number;
}

export interface AdjustedP extends CountedP {
  readonly of: "parametric" | "uncorrected";
  readonly method: "bh" | "by" | "holm" | "bonferroni";
}

export type FittedP = NullFit & Pick<CountedP, "nBelow" | "smallestP">;

const METHODS = {
  bh: "false discovery rate (Benjamini-Hochberg)",
  by: "false discovery rate (Benjamini-Yekutieli)",
  holm: "family-wise p (Holm)",
  bonferroni: "family-wise p (Bonferroni)",
} as const;

const OF = { parametric: "parametric p", uncorrected: "uncorrected p of the shuffles" } as const;

/** `false discovery rate (Benjamini-Hochberg) of parametric p` */
export const adjustedWords = ({ of, method }: Pick<AdjustedP, "of" | "method">): string =>
  `${METHODS[method]} of ${OF[of]}`;

/** Those that were made. */
export const fitsOf = ({ tail, gamma }: MoreP): FittedP[] => [tail, gamma].filter((fit) => fit !== undefined);

/** `tail`, `gamma`: as the options have them. */
export function fitInWords({ kind, distribution, rejected }: FittedP): string {
  if (distribution === null) return `not fitted: ${rejected}`;
  if ("nTail" in distribution) {
    const { nTail, threshold, scale, shape, fitP } = distribution;
    return `generalised Pareto distribution of the ${count(nTail)} shuffles above ${short(threshold, 4)}: scale ${short(scale)}, shape ${short(shape)}; goodness of fit p ${pValue(fitP)}`;
  }
  const { mean, variance, skewness } = distribution;
  return `${kind} distribution of mean ${short(mean, 4)}, variance ${short(variance, 4)}, skewness ${short(skewness)}`;
}

/** A sentence each. */
export function moreInWords(more: MoreP, many: string): string[] {
  const { parametric, adjusted = [] } = more;
  return [
    ...fitsOf(more).map((fit) =>
      fit.distribution === null
        ? `The null distribution was not fitted (--${fit.kind}): ${fit.rejected}. The p of the shuffles stand.`
        : `By the fitted ${fit.kind === "tail" ? "tail" : "gamma distribution"} (--${fit.kind}) ${count(fit.nBelow)} ${many} have a family-wise p below 0.05, the smallest is ${pValue(fit.smallestP)}.`,
    ),
    ...(parametric === undefined
      ? []
      : [
          `By the distribution of the statistic (--parametric) ${count(parametric.nBelow)} of ${count(parametric.nTests)} ${many} have p below 0.05, not corrected for their number; the smallest is ${pValue(parametric.smallestP)}.`,
        ]),
    ...adjusted.map(
      (one) =>
        `By ${adjustedWords(one)} ${count(one.nBelow)} of ${count(one.nTests)} ${many} are below 0.05; the smallest is ${pValue(one.smallestP)}.`,
    ),
  ];
}
