// fixelstream fixelcfestats: MRtrix3's command, argument for argument.
import { randomInt } from "node:crypto";
import { Command, Option } from "commander";
import { type FixelCfeOptions, inferFixels, planInference } from "../../app/infer.js";
import { formatPlan } from "../../app/plan/describe-plan.js";
import { UsageError } from "../../errors.js";
import type { CliStreams } from "../cli-streams.js";
import { createProgress } from "../listeners/progress.js";
import { addCfeOptions, addDesignOptions, addShuffleOptions, NOT_SUPPORTED } from "../options/inference.js";
import {
  addIoOption,
  addMemoryOption,
  addStandardOptions,
  addThreadOption,
  type ResourceOptions,
  type StandardOptions,
} from "../options/standard.js";
import { formatInferenceSummary } from "./format-summary.js";

type Typed = StandardOptions &
  ResourceOptions & {
    readonly threads?: number;
    readonly mask?: string;
    readonly posthoc?: string;
    readonly ftests?: string;
    readonly fonly?: boolean;
    readonly strong?: boolean;
    readonly notest?: boolean;
    readonly errors: FixelCfeOptions["errors"];
    readonly nshuffles?: number;
    readonly permutations?: string;
    readonly cfe_dh: number;
    readonly cfe_e: number;
    readonly cfe_h: number;
    readonly cfe_c: number;
    readonly cfe_legacy?: boolean;
    readonly seed?: number;
    readonly scalar?: string;
    readonly template?: string;
    readonly cache?: string;
    readonly kernels: FixelCfeOptions["kernels"];
    readonly precision: FixelCfeOptions["precision"];
    readonly dryRun?: boolean;
    readonly json?: boolean;
  };

const EXAMPLES = `
Examples:
  fixelstream fixelcfestats fd_smooth/ subjects.txt design.txt contrast.txt matrix/ stats_fd/
  fixelstream fixelcfestats cohort.fxs - design.txt contrast.txt matrix/ stats_fd/ -nshuffles 10000 --memory 4GiB
  fixelstream fixelcfestats cohort.fxs subset.txt design.txt contrasts.txt matrix/ out/ -ftests f.txt -mask mask.mif --seed 1

The design matrix is used as it is: if the model needs an intercept, the design must hold a column of ones. None is added.

References:
  Raffelt et al. Connectivity-based fixel enhancement. NeuroImage 2015, 117:40-55.
  Smith et al. On the regulation of connectivity-based fixel enhancement. Proc ISMRM 2020.
  Freedman & Lane. A nonstochastic interpretation of reported significance levels. J Bus Econ Stat 1983, 1:292-298.
  Winkler et al. Permutation inference for the general linear model. NeuroImage 2014, 92:381-397.
`;

export function createFixelcfestatsCommand(streams: CliStreams): Command {
  const command = new Command("fixelcfestats")
    .summary("statistical inference on fixel data with connectivity-based fixel enhancement")
    .description(
      "Statistical inference on fixel data by permutation testing with connectivity-based fixel enhancement (CFE).",
    )
    .argument("<input>", "fixel directory with one data file a subject, or a converted store (cohort.fxs)")
    .argument("<subjects>", "text file, one data file name a line; with a store: a list that selects, or - for all")
    .argument("<design>", "design matrix, one row a subject")
    .argument("<contrast>", "contrast matrix, one row a t-test")
    .argument("<connectivity>", "directory made by MRtrix3's fixelconnectivity")
    .argument("<output>", "directory for the results");
  addCfeOptions(command);
  addShuffleOptions(command);
  addDesignOptions(command);
  command
    .optionsGroup("Options of fixelstream")
    .option("--mask <image>", "fixel data file: only fixels that are not 0 in it take part")
    .option(
      "--posthoc <image>",
      "fixel data file: only fixels that are not 0 in it are tested; the others still support their neighbours",
    )
    .option("--scalar <name>", "which scalar of a store (default: FD, or the only one)")
    .option("--template <directory>", "fixel directory of a cohort.h5 that has no /fixels and /voxels")
    .option("--cache <directory>", "converted stores and prepared matrices (default: .fixelstream beside the output)");
  addMemoryOption(command);
  addThreadOption(command);
  addIoOption(command);
  command
    .addOption(
      new Option("--precision <kind>", "of the null's matrix product; images are always float64")
        .choices(["double", "single"])
        .default("double"),
    )
    .addOption(new Option("--kernels <set>", "hot loops").choices(["auto", "simd", "reference"]).default("auto"))
    .option("--dry-run", "print the plan: memory, reads, estimated time; compute nothing")
    .option("--json", "the summary (or plan) as JSON on standard output");
  addStandardOptions(command);
  command.addHelpText("after", EXAMPLES);
  command.action(async (...found: unknown[]) => {
    const paths = found.slice(0, 6) as string[];
    await runCommand(paths, command.opts<Typed>(), streams);
  });
  return command;
}

async function runCommand(paths: readonly string[], typed: Typed, streams: CliStreams): Promise<void> {
  for (const [name, what] of Object.entries(NOT_SUPPORTED)) {
    if ((typed as unknown as Record<string, unknown>)[name] === undefined) continue;
    throw new UsageError(`Cannot use -${name}: ${what} are not supported yet by this version of fixelstream.`);
  }
  const seed = typed.seed ?? randomInt(2 ** 32 - 1);
  const options = resolveOptions(paths, typed, seed, streams.command);
  if (typed.dryRun) {
    const plan = await planInference(options);
    streams.stdout.write(typed.json ? `${JSON.stringify(plan)}\n` : formatPlan(plan));
    return;
  }
  if (!typed.quiet && typed.seed === undefined && options.permutations === undefined && !options.notest) {
    streams.stderr.write(`fixelstream: seed ${seed} (give --seed ${seed} for the same shuffles)\n`);
  }
  const progress = createProgress(streams.stderr, typed.quiet === true);
  try {
    const summary = await inferFixels(options, {
      onProgress: (phase, share) => progress.update(phase, share),
      onPlan: (plan) => {
        if (typed.info) streams.stderr.write(formatPlan(plan));
      },
      onWarning: ({ message }) => {
        if (!typed.quiet) streams.stderr.write(`fixelstream: warning: ${message}\n`);
      },
    });
    progress.stop();
    if (typed.json) streams.stdout.write(`${JSON.stringify(summary)}\n`);
    else if (!typed.quiet) streams.stderr.write(formatInferenceSummary(summary));
  } finally {
    progress.stop();
  }
}

function resolveOptions(paths: readonly string[], typed: Typed, seed: number, command: string): FixelCfeOptions {
  const [input, subjects, design, contrast, connectivity, output] = paths as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const {
    mask,
    posthoc,
    ftests,
    nshuffles: nShuffles,
    permutations,
    scalar,
    cache,
    errors,
    io,
    kernels,
    precision,
  } = typed;
  return {
    ...{ input, subjects, design, contrast, connectivity, output },
    ...{ mask, posthoc, ftests, nShuffles, permutations, scalar, cache, errors, io, kernels, precision, seed, command },
    fonly: typed.fonly ?? false,
    strong: typed.strong ?? false,
    notest: typed.notest ?? false,
    cfeDh: typed.cfe_dh,
    cfeE: typed.cfe_e,
    cfeH: typed.cfe_h,
    cfeC: typed.cfe_c,
    cfeLegacy: typed.cfe_legacy ?? false,
    force: typed.force ?? false,
    memoryBytes: typed.memory,
    nThreads: typed.threads ?? typed.nthreads,
  };
}
