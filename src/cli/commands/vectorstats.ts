// fixelstream vectorstats: MRtrix3's command, argument for argument.
import { randomInt } from "node:crypto";
import { Command } from "commander";
import { formatVectorPlan } from "../../app/vector-plan.js";
import { inferVectors, planVectors, type VectorEvents, type VectorStatsOptions } from "../../app/vector-stats.js";
import type { CliStreams } from "../cli-streams.js";
import { describeHelp } from "../help.js";
import { reportInference } from "../listeners/inference.js";
import { declare } from "../options/declare.js";
import { resolveVectorForm } from "../options/hypothesis-form.js";
import {
  addDesignOptions,
  addShuffleOptions,
  type DesignOptions,
  refuseUnsupported,
  type ShuffleOptions,
} from "../options/inference.js";
import {
  addIoOption,
  addMemoryOption,
  addProgressOption,
  addStandardOptions,
  addThreadsOption,
  nThreadsOf,
  type ResourceOptions,
  type StandardOptions,
} from "../options/standard.js";
import { printResult, printSummary } from "../print.js";
import { formatInferenceSummary } from "./format-summary.js";

type Typed = StandardOptions &
  ResourceOptions &
  DesignOptions &
  ShuffleOptions & {
    readonly scalar?: string;
    readonly cache?: string;
    readonly kernels: VectorStatsOptions["kernels"];
    readonly precision: VectorStatsOptions["precision"];
    readonly dryRun?: boolean;
    readonly json?: boolean;
  };

const HELP = {
  usages: [
    "<input> <design> <contrast> <prefix> [options]",
    "<input> <design> <prefix> -ttests <file> -ftest <file>.. [options]",
  ],
  about: [
    "Inference on vectors by permutation: every element is tested by itself, with family-wise control over all of them. Arguments, options, outputs and numbers are those of MRtrix3's vectorstats; memory stays within --memory whatever the number of subjects and elements.",
    "The input is a list of text files with one vector each, a matrix whose rows are subjects (text, .npy, or .npz with one array), or a store made by convert.",
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

export function createVectorstatsCommand(streams: CliStreams): Command {
  const command = describeHelp(new Command("vectorstats"), HELP)
    .summary("inference on vectors of any kind, without enhancement")
    .argument("<input>", "list of vector files, a matrix (text, .npy, .npz; rows are subjects), or a store (.fxs)")
    .argument("<design>", "design matrix, one row a subject")
    .argument("<contrast>", "contrast matrix, one row a t-test; left out with -ttests or -ftest")
    // The last of four; with three, what stands before it moves up (hypothesis-form.ts).
    .argument("[prefix]", "in front of the name of every result");
  addShuffleOptions(command);
  addDesignOptions(command);
  declare(command.optionsGroup("Options of fixelstream"))
    .word("scalar", "name", "which scalar of a store (default: the only one)")
    .word("cache", "directory", "converted vectors (default: .fixelstream beside the results)");
  addMemoryOption(command);
  addThreadsOption(command);
  addIoOption(command);
  const precision = "of the null's matrix product; effects and statistics are always computed in double";
  declare(command)
    .choice("precision", ["double", "single"], precision, { default: "double" })
    .choice("kernels", ["auto", "simd", "reference"], "which hot loops", { default: "auto" })
    .flag("dry-run", "check everything and print the plan: memory, reads, estimated time; compute nothing")
    .flag("json", "the summary (or plan) as JSON on standard output");
  addProgressOption(command);
  addStandardOptions(command, { threads: true });
  return command.action(async () => runCommand(command.args, command.opts<Typed>(), streams));
}

async function runCommand(paths: readonly string[], typed: Typed, streams: CliStreams): Promise<void> {
  refuseUnsupported(typed);
  const options = resolveOptions(paths, typed, streams.command);
  const reporter = reportInference(streams, typed);
  const { onFacts: _, onPlan: __, ...shared } = reporter.events;
  const events: VectorEvents = {
    ...shared,
    onFacts: (facts) => reporter.note(facts),
    onPlan: (plan) => {
      if (typed.info) reporter.note(formatVectorPlan(plan));
    },
  };
  try {
    if (typed.dryRun) {
      const plan = await planVectors(options, events);
      await printResult(streams, typed.json ? `${JSON.stringify(plan)}\n` : formatVectorPlan(plan));
      return;
    }
    const isDrawn = typed.seed === undefined && options.permutations === undefined && !options.notest;
    if (isDrawn) reporter.note(`seed ${options.seed} (give --seed ${options.seed} for the same shuffles)`);
    const summary = await inferVectors(options, events);
    reporter.stop();
    if (typed.json) await printSummary(streams, `${JSON.stringify(summary)}\n`);
    else if (!typed.quiet) streams.stderr.write(formatInferenceSummary(summary, "elements"));
  } finally {
    reporter.stop();
  }
}

function resolveOptions(paths: readonly string[], typed: Typed, command: string): VectorStatsOptions {
  const { nshuffles: nShuffles, permutations, scalar, cache, errors, io, kernels, precision, variance, column } = typed;
  const { exchange_within: exchangeWithin, exchange_whole: exchangeWhole } = typed;
  return {
    ...resolveVectorForm(paths, typed),
    ...{ nShuffles, permutations, scalar, cache, errors, io, kernels, precision, command },
    ...{ variance, column, exchangeWithin, exchangeWhole },
    seed: typed.seed ?? randomInt(2 ** 32 - 1),
    strong: typed.strong ?? false,
    notest: typed.notest ?? false,
    force: typed.force ?? false,
    memoryBytes: typed.memory,
    nThreads: nThreadsOf(typed),
  };
}
