// fixelstream fixelcfestats: MRtrix3's command, argument for argument.
import type { Command } from "commander";
import type { FixelCfeOptions } from "../../app/analyse/options.js";
import type { CliStreams } from "../cli-streams.js";
import { describeHelp } from "../help.js";
import { type AnalysisTyped, addAnalysisOptions, resolveAnalysisOptions } from "../options/analysis.js";
import { resolveHypothesisForm } from "../options/hypothesis-form.js";
import { addCfeOptions, type CfeOptions } from "../options/inference.js";
import { runAnalysis } from "./run-analysis.js";

type Typed = AnalysisTyped &
  CfeOptions & {
    readonly mask?: string;
    readonly posthoc?: string;
    readonly template?: string;
    readonly resultFormat?: "mif" | "nii";
  };

const HELP = {
  usages: [
    "<input> <subjects> <design> <contrast> <connectivity> <output> [options]",
    "<input> <subjects> <design> <connectivity> <output> -ttests <file> -ftest <file>.. [options]",
    "<input> <subjects> <connectivity> <output> --design-dir <directory> [options]",
  ],
  about: [
    "Inference on fixel data by permutation, with connectivity-based fixel enhancement (CFE). Arguments, options, outputs and numbers are those of MRtrix3's fixelcfestats; memory stays within --memory whatever the size of the cohort.",
    "A design by names takes the place of the design and contrast files: a directory that fixelstream design made (--design-dir), or a formula with its table and tests (--formula '~ group * age' --phenotypes cohort.csv --test group).",
    "The design matrix is used as it is: no column of ones is ever added. A model with an intercept needs that column in the design and its weight in every row of contrasts.",
    "A fixel directory is converted on its first use; the converted cohort and the prepared connectivity stay in the cache and serve later analyses of the same files.",
  ],
  examples: [
    "fixelcfestats fd_smooth/ subjects.txt design.txt contrast.txt matrix/ stats_fd/",
    "fixelcfestats cohort.fxs - design.txt contrast.txt matrix/ out/ -nshuffles 10000 --uncorrected-shuffles 500",
    "fixelcfestats cohort.fxs subset.txt design.txt contrast.txt matrix/ out/ -ftests f.txt -mask mask.mif --seed 1",
  ],
  references: [
    "Raffelt et al. Connectivity-based fixel enhancement: whole-brain statistical analysis of diffusion MRI measures in the presence of crossing fibres. NeuroImage 2015, 117:40-55.",
    "Smith et al. On the regulation of connectivity-based fixel enhancement. Proc ISMRM 2020.",
    "Freedman & Lane. A nonstochastic interpretation of reported significance levels. J Bus Econ Stat 1983, 1:292-298.",
    "Winkler et al. Permutation inference for the general linear model. NeuroImage 2014, 92:381-397.",
  ],
};

export function define(command: Command, streams: CliStreams): Command {
  describeHelp(command, HELP)
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
    .argument("[connectivity]", "directory made by fixelconnectivity, ours or MRtrix3's")
    // The last of six; with five, what stands before it moves up (hypothesis-form.ts).
    .argument("[output]", "directory for the results, a fixel directory itself");
  addCfeOptions(command);
  addAnalysisOptions(command, {
    inDouble: "images",
    declareOwn: (declared) =>
      declared
        .file("mask", "fixel data file: only fixels that round to something else than 0 in it take part")
        .file("posthoc", "fixel data file: only fixels in this mask are tested; the others support their neighbours")
        .integer(
          "uncorrected-shuffles",
          { least: 0 },
          "shuffles that make the uncorrected p-values; of the others only the maximum is found, several times faster, and family-wise p-values stay the same (default: all; 0: no uncorrected image)",
        )
        .word(
          "scalar",
          "name",
          "which scalar of a store (default: FD, or the only one); several with commas between: a run each with the same shuffles, into a folder of its name in <output>",
        )
        .word("template", "directory", "fixel directory of a cohort.h5 that has no /fixels and /voxels")
        .choice("result-format", ["mif", "nii"], "format of the result images (default: mif, whatever the index is)")
        .word("cache", "directory", "converted stores and prepared matrices (default: .fixelstream beside the output)"),
  });
  return command.action(async () => {
    const { inferFixels, planInference, seedOfFixels } = await import("../../app/analyse/fixels.js");
    const typed = command.opts<Typed>();
    const options = resolveOptions(command.args, typed, streams.command);
    await runAnalysis(
      { elements: "fixels", infer: inferFixels, plan: planInference, seedOf: seedOfFixels },
      options,
      typed,
      streams,
    );
  });
}

function resolveOptions(paths: readonly string[], typed: Typed, command: string): FixelCfeOptions {
  const { mask, posthoc, template, resultFormat } = typed;
  return {
    ...resolveAnalysisOptions(typed, command),
    ...resolveHypothesisForm(paths, typed),
    ...{ mask, posthoc, template, resultFormat },
    cfeDh: typed.cfe_dh,
    cfeE: typed.cfe_e,
    cfeH: typed.cfe_h,
    cfeC: typed.cfe_c,
    cfeLegacy: typed.cfe_legacy ?? false,
    uncorrectedShuffles: typed.uncorrectedShuffles,
  };
}
