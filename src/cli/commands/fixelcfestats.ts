// fixelstream fixelcfestats: MRtrix3's command, argument for argument.
import { randomInt } from "node:crypto";
import { Command } from "commander";
import { type FixelCfeOptions, inferFixels, planInference } from "../../app/infer.js";
import { formatPlan } from "../../app/plan/describe-plan.js";
import type { CliStreams } from "../cli-streams.js";
import { describeHelp } from "../help.js";
import { reportInference } from "../listeners/inference.js";
import { declare } from "../options/declare.js";
import { resolveHypothesisForm } from "../options/hypothesis-form.js";
import {
  addCfeOptions,
  addDesignOptions,
  addShuffleOptions,
  type CfeOptions,
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
  ShuffleOptions &
  CfeOptions & {
    readonly mask?: string;
    readonly posthoc?: string;
    readonly scalar?: string;
    readonly template?: string;
    readonly cache?: string;
    readonly kernels: FixelCfeOptions["kernels"];
    readonly precision: FixelCfeOptions["precision"];
    readonly dryRun?: boolean;
    readonly json?: boolean;
  };

const HELP = {
  usages: [
    "<input> <subjects> <design> <contrast> <connectivity> <output> [options]",
    "<input> <subjects> <design> <connectivity> <output> -ttests <file> -ftest <file>.. [options]",
  ],
  about: [
    "Inference on fixel data by permutation, with connectivity-based fixel enhancement (CFE). Arguments, options, outputs and numbers are those of MRtrix3's fixelcfestats; memory stays within --memory whatever the size of the cohort.",
    "The design matrix is used as it is: no column of ones is ever added. A model with an intercept needs that column in the design and its weight in every row of contrasts.",
    "A fixel directory is converted on its first use; the converted cohort and the prepared connectivity stay in the cache and serve later analyses of the same files.",
  ],
  examples: [
    "fixelcfestats fd_smooth/ subjects.txt design.txt contrast.txt matrix/ stats_fd/",
    "fixelcfestats cohort.fxs - design.txt contrast.txt matrix/ stats_fd/ -nshuffles 10000 --memory 4GiB",
    "fixelcfestats cohort.fxs subset.txt design.txt contrast.txt matrix/ out/ -ftests f.txt -mask mask.mif --seed 1",
  ],
  references: [
    "Raffelt et al. Connectivity-based fixel enhancement: whole-brain statistical analysis of diffusion MRI measures in the presence of crossing fibres. NeuroImage 2015, 117:40-55.",
    "Smith et al. On the regulation of connectivity-based fixel enhancement. Proc ISMRM 2020.",
    "Freedman & Lane. A nonstochastic interpretation of reported significance levels. J Bus Econ Stat 1983, 1:292-298.",
    "Winkler et al. Permutation inference for the general linear model. NeuroImage 2014, 92:381-397.",
  ],
};

export function createFixelcfestatsCommand(streams: CliStreams): Command {
  const command = describeHelp(new Command("fixelcfestats"), HELP)
    .summary("inference on fixel data with connectivity-based fixel enhancement")
    .argument(
      "<input>",
      "fixel directory with one data file a subject, a converted store (cohort.fxs) or a ModelArray file (.h5)",
    )
    .argument(
      "<subjects>",
      "text file, one data file name a line; with a store or .h5: a list that selects, or - for all",
    )
    .argument("<design>", "design matrix, one row a subject")
    .argument("<contrast>", "contrast matrix, one row a t-test; left out with -ttests or -ftest")
    .argument("<connectivity>", "directory made by MRtrix3's fixelconnectivity")
    // The last of six; with five, what stands before it moves up (hypothesis-form.ts).
    .argument("[output]", "directory for the results, a fixel directory itself");
  addCfeOptions(command);
  addShuffleOptions(command);
  addDesignOptions(command);
  declare(command.optionsGroup("Options of fixelstream"))
    .file("mask", "fixel data file: only fixels that are not 0 in it take part")
    .file(
      "posthoc",
      "fixel data file: only fixels that are not 0 in it are tested; the others support their neighbours",
    )
    .word("scalar", "name", "which scalar of a store (default: FD, or the only one)")
    .word("template", "directory", "fixel directory of a cohort.h5 that has no /fixels and /voxels")
    .word("cache", "directory", "converted stores and prepared matrices (default: .fixelstream beside the output)");
  addMemoryOption(command);
  addThreadsOption(command);
  addIoOption(command);
  const precision = "of the null's matrix product; images are always computed in double";
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
  try {
    if (typed.dryRun) {
      const plan = await planInference(options, reporter.events);
      await printResult(streams, typed.json ? `${JSON.stringify(plan)}\n` : formatPlan(plan));
      return;
    }
    const isDrawn = typed.seed === undefined && options.permutations === undefined && !options.notest;
    if (isDrawn) reporter.note(`seed ${options.seed} (give --seed ${options.seed} for the same shuffles)`);
    const summary = await inferFixels(options, reporter.events);
    reporter.stop();
    if (typed.json) await printSummary(streams, `${JSON.stringify(summary)}\n`);
    else if (!typed.quiet) streams.stderr.write(formatInferenceSummary(summary));
  } finally {
    reporter.stop();
  }
}

function resolveOptions(paths: readonly string[], typed: Typed, command: string): FixelCfeOptions {
  const { mask, posthoc, nshuffles: nShuffles, permutations, scalar, template, cache } = typed;
  const { errors, io, kernels, precision, variance, column } = typed;
  const { exchange_within: exchangeWithin, exchange_whole: exchangeWhole } = typed;
  return {
    ...resolveHypothesisForm(paths, typed),
    ...{ mask, posthoc, nShuffles, permutations, scalar, template, cache, errors, io, kernels, precision, command },
    ...{ variance, column, exchangeWithin, exchangeWhole },
    seed: typed.seed ?? randomInt(2 ** 32 - 1),
    strong: typed.strong ?? false,
    notest: typed.notest ?? false,
    cfeDh: typed.cfe_dh,
    cfeE: typed.cfe_e,
    cfeH: typed.cfe_h,
    cfeC: typed.cfe_c,
    cfeLegacy: typed.cfe_legacy ?? false,
    force: typed.force ?? false,
    memoryBytes: typed.memory,
    nThreads: nThreadsOf(typed),
  };
}
