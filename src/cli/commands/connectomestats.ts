// fixelstream connectomestats: MRtrix3's command, argument for argument.
import type { Command } from "commander";
import {
  EDGE_ALGORITHMS,
  type EdgeAlgorithm,
  type EdgeStatsOptions,
  TFNBS_DEFAULTS,
} from "../../app/analyse/options.js";
import { UsageError } from "../../errors.js";
import type { CliStreams } from "../cli-streams.js";
import { describeHelp } from "../help.js";
import { didYouMean, nearest } from "../near-miss.js";
import {
  type AnalysisTyped,
  addAnalysisOptions,
  addSubjectsOption,
  resolveAnalysisOptions,
} from "../options/analysis.js";
import { declare } from "../options/declare.js";
import { resolveEdgeForm } from "../options/hypothesis-form.js";
import { runAnalysis } from "./run-analysis.js";

type Typed = AnalysisTyped & {
  readonly mask?: string;
  readonly posthoc?: string;
  readonly nodes?: string;
  readonly tfce_dh?: number;
  readonly tfce_e?: number;
  readonly tfce_h?: number;
  readonly tfceExact?: boolean;
  readonly threshold?: number;
};

const HELP = {
  usages: [
    "<input> <algorithm> <design> <contrast> <prefix> [options]",
    "<input> <algorithm> <design> <prefix> -ttests <file> -ftest <file>.. [options]",
    "<input> <algorithm> <prefix> --design-dir <directory> [options]",
  ],
  about: [
    "Inference on the edges of connectomes by permutation: nbs counts the edges of the component that an edge above -threshold belongs to (network-based statistic), tfnbs sums over all thresholds (threshold-free), none compares every edge by itself. Arguments, options, outputs and numbers are those of MRtrix3's connectomestats; memory stays within --memory whatever the number of subjects.",
    "The input is a list of symmetric matrices, one a subject (text or .npy), or a store made by convert edges. Edges are the upper triangle with the diagonal, and are neighbours where they share a node. Values of both triangles have to be equal, or 0 in one; NaN in both is a missing observation.",
    "A design by names takes the place of the design and contrast files: a directory that fixelstream design made (--design-dir), or a formula with its table and tests (--formula '~ group * age' --phenotypes cohort.csv --test group).",
    "The design matrix is used as it is: no column of ones is ever added. A model with an intercept needs that column in the design and its weight in every row of contrasts.",
    "Results are <prefix>beta_0.csv, <prefix>tvalue.csv and so on, matrices of nodes x nodes: the prefix is put in front of the names as it is.",
  ],
  examples: [
    "connectomestats connectomes.txt nbs design.txt contrast.txt stats_ -threshold 3.1",
    "connectomestats connectomes.txt tfnbs design.txt contrast.txt out/ -nshuffles 10000 --seed 1 --nodes names.txt",
    "connectomestats edges.fxs none design.txt contrast.txt out/e_ --memory 512MiB",
  ],
  references: [
    "Zalesky, Fornito & Bullmore. Network-based statistic: identifying differences in brain networks. NeuroImage 2010, 53:1197-1207.",
    "Vinokur, Zalesky, Raffelt, Smith & Connelly. A novel threshold-free network-based statistics method: demonstration using simulated pathology. Proc OHBM 2015, 4144.",
    "Freedman & Lane. A nonstochastic interpretation of reported significance levels. J Bus Econ Stat 1983, 1:292-298.",
    "Winkler et al. Permutation inference for the general linear model. NeuroImage 2014, 92:381-397.",
  ],
};

export function define(command: Command, streams: CliStreams): Command {
  describeHelp(command, HELP)
    .argument("<input>", "list of connectomes, one a subject, or a store of edges (.fxs)")
    .argument("<algorithm>", "nbs, tfnbs or none")
    .argument("<design>", "design matrix, one row a subject")
    .argument("[contrast]", "contrast matrix, one row a t-test; left out with -ttests or -ftest")
    // The last of five; with four, what stands before it moves up (hypothesis-form.ts).
    .argument("[prefix]", "in front of the name of every result");
  declare(command.optionsGroup("Options for enhancement"))
    .number("threshold", "of nbs: the Z from which an edge counts")
    .number("tfce_dh", `of tfnbs: height increment of the integral (default: ${TFNBS_DEFAULTS.tfceDh})`)
    .number("tfce_e", `of tfnbs: exponent of the extent (default: ${TFNBS_DEFAULTS.tfceE})`)
    .number("tfce_h", `of tfnbs: exponent of the height (default: ${TFNBS_DEFAULTS.tfceH})`)
    .flag("tfce-exact", "of tfnbs: the integral over all heights, instead of a sum over those of -tfce_dh");
  addAnalysisOptions(command, {
    inDouble: "effects and statistics",
    declareOwn: (declared) =>
      addSubjectsOption(declared)
        .file("mask", "matrix: only edges that are not 0 in it take part")
        .file("posthoc", "matrix: only edges that are not 0 in it are tested; the others support their neighbours")
        .file("nodes", "text with the name of a node a line, for the summary and run.json")
        .word(
          "scalar",
          "name",
          "which scalar of a store (default: the only one); several with commas between: a run each with the same shuffles, into a folder of its name behind <prefix>",
        )
        .word("cache", "directory", "converted connectomes (default: .fixelstream beside the results)"),
  });
  return command.action(async () => {
    const { inferEdges, planEdges, seedOfEdges } = await import("../../app/analyse/edges.js");
    const typed = command.opts<Typed>();
    const form = resolveEdgeForm(command.args, typed);
    const options: EdgeStatsOptions = {
      ...resolveAnalysisOptions(typed, streams.command),
      ...form,
      algorithm: algorithmOf(form),
      mask: typed.mask,
      posthoc: typed.posthoc,
      nodes: typed.nodes,
      tfceDh: typed.tfce_dh,
      tfceE: typed.tfce_e,
      tfceH: typed.tfce_h,
      tfceExact: typed.tfceExact ?? false,
      threshold: typed.threshold,
    };
    await runAnalysis(
      { elements: "edges", infer: inferEdges, plan: planEdges, seedOf: seedOfEdges },
      options,
      typed,
      streams,
    );
  });
}

const isAlgorithm = (word: string): word is EdgeAlgorithm => (EDGE_ALGORITHMS as readonly string[]).includes(word);

/** Upper case is as good, as in MRtrix3. Throws UsageError. */
function algorithmOf({ input, algorithm }: { readonly input: string; readonly algorithm: string }): EdgeAlgorithm {
  const word = algorithm.toLowerCase();
  if (isAlgorithm(word)) return word;
  const hint = isAlgorithm(input.toLowerCase())
    ? ` ${input} stands first: give the input first, then the algorithm.`
    : didYouMean(nearest(word, EDGE_ALGORITHMS));
  throw new UsageError(
    `Cannot use ${algorithm} as the algorithm: expected ${EDGE_ALGORITHMS.join(", ").replace(/, (\w+)$/, " or $1")} as the second argument, got another word.${hint}`,
  );
}
