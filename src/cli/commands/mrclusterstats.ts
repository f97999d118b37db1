// fixelstream mrclusterstats: MRtrix3's command, argument for argument.
import type { Command } from "commander";
import { TFCE_DEFAULTS, type VoxelStatsOptions } from "../../app/analyse/options.js";
import type { CliStreams } from "../cli-streams.js";
import { describeHelp } from "../help.js";
import {
  type AnalysisTyped,
  addAnalysisOptions,
  addSubjectsOption,
  resolveAnalysisOptions,
} from "../options/analysis.js";
import { declare } from "../options/declare.js";
import { resolveVoxelForm } from "../options/hypothesis-form.js";
import { runAnalysis } from "./run-analysis.js";

type Typed = AnalysisTyped & {
  readonly posthoc?: string;
  readonly tfce_dh: number;
  readonly tfce_e: number;
  readonly tfce_h: number;
  readonly tfceExact?: boolean;
  readonly threshold?: number;
  readonly connectivity?: boolean;
};

const HELP = {
  usages: [
    "<input> <design> <contrast> <mask> <prefix> [options]",
    "<input> <design> <mask> <prefix> -ttests <file> -ftest <file>.. [options]",
    "<input> <mask> <prefix> --design-dir <directory> [options]",
  ],
  about: [
    "Inference on voxels by permutation, with threshold-free cluster enhancement (TFCE) or by the sizes of clusters. Arguments, options, outputs and numbers are those of MRtrix3's mrclusterstats; memory stays within --memory whatever the number of subjects.",
    "The input is a list of images on the grid of the mask, a store made by convert voxels with the same mask, or a ModelArray file of its voxels. Images are converted on their first use, the voxels of the mask alone, and stay in the cache; a ModelArray file is read where it lies, its voxels in the order of its table /voxels.",
    "A design by names takes the place of the design and contrast files: a directory that fixelstream design made (--design-dir), or a formula with its table and tests (--formula '~ group * age' --phenotypes cohort.csv --test group).",
    "The design matrix is used as it is: no column of ones is ever added. A model with an intercept needs that column in the design and its weight in every row of contrasts.",
    "Results are <prefix>beta0.mif, <prefix>tvalue.mif and so on: the prefix is put in front of the names as it is.",
  ],
  examples: [
    "mrclusterstats images.txt design.txt contrast.txt mask.mif stats_",
    "mrclusterstats images.txt design.txt contrast.txt mask.nii.gz out/ -connectivity -nshuffles 10000 --seed 1",
    "mrclusterstats voxels.fxs design.txt contrast.txt mask.mif out/c_ -threshold 3.1 --memory 512MiB",
  ],
  references: [
    "Smith & Nichols. Threshold-free cluster enhancement: addressing problems of smoothing, threshold dependence and localisation in cluster inference. NeuroImage 2009, 44:83-98.",
    "Freedman & Lane. A nonstochastic interpretation of reported significance levels. J Bus Econ Stat 1983, 1:292-298.",
    "Winkler et al. Permutation inference for the general linear model. NeuroImage 2014, 92:381-397.",
  ],
};

export function define(command: Command, streams: CliStreams): Command {
  describeHelp(command, HELP)
    .argument("<input>", "list of images, one a subject, a store of voxels (.fxs) or a ModelArray file (.h5)")
    .argument("<design>", "design matrix, one row a subject")
    .argument("<contrast>", "contrast matrix, one row a t-test; left out with -ttests or -ftest")
    .argument("[mask]", "image: voxels that round to something else than 0 in it take part")
    // The last of five; with four, what stands before it moves up (hypothesis-form.ts).
    .argument("[prefix]", "in front of the name of every result");
  declare(command.optionsGroup("Options for enhancement"))
    .number("tfce_dh", "height increment of the integral", { default: TFCE_DEFAULTS.tfceDh })
    .number("tfce_e", "exponent of the extent", { default: TFCE_DEFAULTS.tfceE })
    .number("tfce_h", "exponent of the height", { default: TFCE_DEFAULTS.tfceH })
    .flag("tfce-exact", "the integral over all heights, instead of a sum over those of -tfce_dh")
    .number("threshold", "sizes of clusters of voxels with a Z above it, instead of TFCE")
    .flag("connectivity", "voxels that share an edge or a corner are neighbours too: 26 instead of 6");
  addAnalysisOptions(command, {
    inDouble: "images",
    declareOwn: (declared) =>
      addSubjectsOption(declared)
        .file("posthoc", "image: only voxels in this mask are tested; the others support their neighbours")
        .word(
          "scalar",
          "name",
          "which scalar of a store or .h5 (default: the only one); several with commas between: a run each with the same shuffles, into a folder of its name behind <prefix>",
        )
        .word("cache", "directory", "converted images (default: .fixelstream beside the results)"),
  });
  return command.action(async () => {
    const { inferVoxels, planVoxels, seedOfVoxels } = await import("../../app/analyse/voxels.js");
    const typed = command.opts<Typed>();
    const options: VoxelStatsOptions = {
      ...resolveAnalysisOptions(typed, streams.command),
      ...resolveVoxelForm(command.args, typed),
      posthoc: typed.posthoc,
      tfceDh: typed.tfce_dh,
      tfceE: typed.tfce_e,
      tfceH: typed.tfce_h,
      tfceExact: typed.tfceExact ?? false,
      threshold: typed.threshold,
      connectivity: typed.connectivity ?? false,
    };
    await runAnalysis(
      { elements: "voxels", infer: inferVoxels, plan: planVoxels, seedOf: seedOfVoxels },
      options,
      typed,
      streams,
    );
  });
}
