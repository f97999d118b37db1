// Options of the commands that fit a model to every element, and what they become.

import type { Command } from "commander";
import type { ModelOptions } from "../../app/models/options.js";
import { UsageError } from "../../errors.js";
import { didYouMean, nearest } from "../../near-names.js";
import { declare } from "./declare.js";
import {
  addIoOption,
  addMemoryOption,
  addProgressOption,
  addStandardOptions,
  addThreadsOption,
  type ResourceOptions,
  type StandardOptions,
} from "./standard.js";

export type ModelTyped = StandardOptions &
  ResourceOptions & {
    readonly scalar?: string;
    readonly analysis?: string;
    readonly full?: boolean;
    readonly correct: string;
    readonly varTerms?: string;
    readonly varSmooths?: string;
    readonly varModel?: string;
    readonly minSubjectsAbs: number;
    readonly minSubjectsRel: number;
    readonly elements?: string;
    readonly weights?: string;
    readonly subset?: string;
    readonly ordered?: readonly string[];
    readonly contrasts?: "treatment" | "sum" | "helmert" | "poly";
    readonly subjectColumn?: string;
    readonly method?: "REML" | "GCV.Cp";
    readonly changedRsq?: string;
    readonly template?: string;
    readonly cache?: string;
    readonly report?: boolean;
    readonly json?: boolean;
  };

const CORRECTIONS = ["fdr", "bonferroni", "holm", "hochberg", "hommel", "BY", "BH"] as const;

export function addModelOptions(command: Command, kind: "lm" | "gam"): Command {
  const declared = declare(command.optionsGroup("Options of the model"))
    .word("scalar", "name", "the response, where it is to be said beside the formula")
    .word("weights", "column", "a column of the table, or an expression such as 1/(1+motion): weights of the subjects")
    .word("subset", "expression", "take the rows of the table where this is true, such as 'age > 10 & site == \"A\"'")
    .files("ordered", "a column whose levels are ordered, alphabetically or as listed", "name=low,..,high")
    .choice("contrasts", ["treatment", "sum", "helmert", "poly"], "coding of factors that are not ordered", {
      default: "treatment",
    })
    .word(
      "subject-column",
      "name",
      "which column names the subjects (default: of source_file, subject, participant_id and the like the one that has most of them)",
    )
    .number("min-subjects-abs", "an element is fitted with more subjects than that", { default: 10 })
    .number("min-subjects-rel", "and with more than this share of all", { default: 0.2 })
    .file("elements", "list of elements to fit, as element_id counts them, from 0 (default: all)");
  if (kind === "gam") {
    declared
      .choice("method", ["REML", "GCV.Cp"], "how much is smoothed (default: REML; GCV.Cp where every smooth has fx)")
      .word("changed-rsq", "terms", "terms of the formula, counted from 1, whose share of the variance is given: 1,3");
  }
  declare(command.optionsGroup("Options of the output"))
    .word("analysis", "name", `what the analysis is called (default: ${kind})`)
    .flag("full", "all statistics")
    .word("var-terms", "names", "of estimate, std.error, statistic, p.value (default: all but std.error)");
  if (kind === "gam")
    declared.word("var-smooths", "names", "of edf, ref.df, statistic, p.value (default: statistic,p.value)");
  declared
    .word(
      "var-model",
      "names",
      kind === "lm"
        ? "of r.squared, adj.r.squared, sigma, statistic, p.value, df, logLik, AIC, BIC, deviance, df.residual, nobs (default: adj.r.squared,p.value)"
        : "of adj.r.squared, dev.expl, sp.criterion, scale, df, logLik, AIC, BIC, deviance, df.residual, nobs (default: dev.expl)",
    )
    .word("correct", "methods", `corrections of p-values over the elements: ${CORRECTIONS.join(", ")}, or none`, {
      default: "fdr",
    })
    .word("template", "directory", "fixel directory of the results, where the input has none; for voxels an image")
    .word("cache", "directory", "converted data (default: .fixelstream beside the results)")
    .flag("json", "the summary as JSON on standard output")
    .flag("report", "make a page of the results, as is the default", { hidden: true })
    .flag("no-report", "no page of the results (default: a report and tables of clusters are put beside them)");
  command.optionsGroup("Resources");
  addMemoryOption(command);
  addThreadsOption(command);
  addIoOption(command);
  declare(command).flag("no-verify", "do not compare checksums");
  addProgressOption(command);
  addStandardOptions(command, { threads: true });
  return command;
}

const listOf = (text: string | undefined): string[] | undefined =>
  text
    ?.split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");

/** Throws UsageError. */
export function resolveModelOptions(
  typed: ModelTyped,
  kind: "lm" | "gam",
): Omit<ModelOptions, "input" | "cohort" | "formula" | "output" | "memoryBytes" | "nThreads" | "command"> {
  const corrections = listOf(typed.correct)!.filter((name) => name !== "none");
  const unknown = corrections.find((name) => !CORRECTIONS.includes(name as (typeof CORRECTIONS)[number]));
  if (unknown !== undefined)
    throw new UsageError(
      `Cannot use --correct ${typed.correct}: expected some of ${CORRECTIONS.join(", ")}, or none, got ${unknown}.${didYouMean(nearest(unknown, CORRECTIONS)) || " Correct the name."}`,
    );
  const changedRsq = (listOf(typed.changedRsq) ?? []).map(Number);
  const wrong = changedRsq.find((term) => !Number.isInteger(term) || term < 1);
  if (wrong !== undefined)
    throw new UsageError(
      `Cannot use --changed-rsq ${typed.changedRsq}: expected numbers of terms, counted from 1, got ${typed.changedRsq}. Correct them.`,
    );
  const { minSubjectsAbs: abs, minSubjectsRel: rel } = typed;
  if (!(abs >= 0))
    throw new UsageError(
      `Cannot use --min-subjects-abs ${abs}: expected a number of 0 or more, got ${abs}. Correct it.`,
    );
  if (!(rel >= 0 && rel <= 1))
    throw new UsageError(`Cannot use --min-subjects-rel ${rel}: expected a share from 0 to 1, got ${rel}. Correct it.`);
  return {
    ...{ kind, corrections: corrections as ModelOptions["corrections"], changedRsq, minSubjects: { abs, rel } },
    ...{ scalar: typed.scalar, analysis: typed.analysis ?? kind, full: typed.full ?? false },
    ...{ termStatistics: listOf(typed.varTerms), smoothStatistics: listOf(typed.varSmooths) },
    ...{
      modelStatistics: listOf(typed.varModel),
      elements: typed.elements,
      weights: typed.weights,
      subset: typed.subset,
    },
    ...{ ordered: typed.ordered ?? [], subjectColumn: typed.subjectColumn, method: typed.method },
    coding: { unordered: typed.contrasts ?? "treatment" },
    ...{
      template: typed.template,
      cache: typed.cache,
      io: typed.io,
      verify: typed.verify,
      force: typed.force ?? false,
    },
  };
}
