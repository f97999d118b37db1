// fixelstream vectorstats: MRtrix3's command, argument for argument.
import type { Command } from "commander";
import type { CliStreams } from "../cli-streams.js";
import { describeHelp } from "../help.js";
import {
  type AnalysisTyped,
  addAnalysisOptions,
  addSubjectsOption,
  resolveAnalysisOptions,
} from "../options/analysis.js";
import { resolveVectorForm } from "../options/hypothesis-form.js";
import { runAnalysis } from "./run-analysis.js";

const HELP = {
  usages: [
    "<input> <design> <contrast> <prefix> [options]",
    "<input> <design> <prefix> -ttests <file> -ftest <file>.. [options]",
    "<input> <prefix> --design-dir <directory> [options]",
  ],
  about: [
    "Inference on vectors by permutation: every element is tested by itself, with family-wise control over all of them. Arguments, options, outputs and numbers are those of MRtrix3's vectorstats; memory stays within --memory whatever the number of subjects and elements.",
    "The input is a list of text files with one vector each, a matrix whose rows are subjects (text, .npy, .npz), or a store made by convert.",
    "A design by names takes the place of the design and contrast files: a directory that fixelstream design made (--design-dir), or a formula with its table and tests (--formula '~ group * age' --phenotypes cohort.csv --test group).",
    "The design matrix is used as it is: no column of ones is ever added. A model with an intercept needs that column in the design and its weight in every row of contrasts.",
    "Results are <prefix>betas.csv, <prefix>tvalue.csv and so on: the prefix is put in front of the names as it is.",
  ],
  examples: [
    "vectorstats subjects.txt design.txt contrast.txt stats_",
    "vectorstats connectomes.npy design.txt contrast.txt out/ -ftests f.txt -nshuffles 10000 --seed 1",
    "vectorstats cohort.fxs design.txt contrast.txt out/fd_ --memory 512MiB --precision single",
  ],
  references: [
    "Freedman & Lane. A nonstochastic interpretation of reported significance levels. J Bus Econ Stat 1983, 1:292-298.",
    "Winkler et al. Permutation inference for the general linear model. NeuroImage 2014, 92:381-397.",
  ],
};

export function define(command: Command, streams: CliStreams): Command {
  describeHelp(command, HELP)
    .argument("<input>", "list of vector files, a matrix (text, .npy, .npz; rows are subjects), or a store (.fxs)")
    .argument("<design>", "design matrix, one row a subject")
    .argument("[contrast]", "contrast matrix, one row a t-test; left out with -ttests or -ftest")
    // The last of four; with three, what stands before it moves up (hypothesis-form.ts).
    .argument("[prefix]", "in front of the name of every result");
  addAnalysisOptions(command, {
    inDouble: "effects and statistics",
    isEnhanced: false,
    declareOwn: (declared) =>
      addSubjectsOption(declared)
        .word(
          "scalar",
          "name",
          "which scalar of a store or array of a .npz (default: the only one); several with commas between: a run each with the same shuffles, into a folder of its name behind <prefix>",
        )
        .word("cache", "directory", "converted vectors (default: .fixelstream beside the results)"),
  });
  return command.action(async () => {
    const { inferVectors, planVectors, seedOfVectors } = await import("../../app/analyse/vectors.js");
    const typed = command.opts<AnalysisTyped>();
    const options = { ...resolveAnalysisOptions(typed, streams.command), ...resolveVectorForm(command.args, typed) };
    await runAnalysis(
      { elements: "elements", infer: inferVectors, plan: planVectors, seedOf: seedOfVectors },
      options,
      typed,
      streams,
    );
  });
}
