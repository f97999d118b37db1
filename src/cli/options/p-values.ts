// P-values beside those that every run has: asked for with a run, or of its results afterwards.
import type { Command } from "commander";
import { ADJUSTMENTS, type Adjustment } from "../../app/analyse/options.js";
import { declare } from "./declare.js";

export interface PValueOptions {
  readonly parametric?: boolean;
  readonly fdr?: Adjustment;
  readonly tail?: boolean;
  readonly gamma?: boolean;
  readonly negbin?: number;
}

export function addPValueOptions(command: Command): Command {
  return declare(command.optionsGroup("Options for further p-values"))
    .flag("parametric", "p of the distribution of t, F, v or G, element by element: parametric_1mpvalue")
    .choice(
      "fdr",
      ADJUSTMENTS,
      "adjust p-values of single elements for their number, the parametric ones and those of the shuffles: bh, by: the rate of false discoveries (Benjamini and Hochberg; and Yekutieli, under any dependence); holm, bonferroni: the chance of any error",
    )
    .flag(
      "tail",
      "family-wise p below 0.1 by a generalised Pareto distribution fitted to the tail of the null: fwe_tail_1mpvalue",
    )
    .flag("gamma", "family-wise p by a gamma distribution with the moments of the null: fwe_gamma_1mpvalue").command;
}

/** Of runs alone: p-values of results that are there are counted already. */
export function addStoppingOption(command: Command): Command {
  return declare(command).integer(
    "negbin",
    { least: 1, most: 1_000_000 },
    "uncorrected p by the negative binomial distribution: an element's shuffles count until this many have no smaller statistic, and no family-wise p are made, which need all elements (20 know p to a quarter of it; not where whole maps are enhanced)",
  ).command;
}
