// The commands by name. What one takes is in its module, which is loaded only when it is named: a start pays for one command.
import type { Command } from "commander";
import type { CliStreams } from "./cli-streams.js";
import type { WholeProgram } from "./whole-program.js";

interface CommandModule {
  /** `command`: new, with its name and summary; gets help, arguments, options and action. */
  define(command: Command, streams: CliStreams, program: WholeProgram): Command;
}

export interface ListedCommand {
  readonly name: string;
  readonly summary: string;
  load(): Promise<CommandModule>;
}

/** In the order of help. */
export const COMMANDS: readonly ListedCommand[] = [
  {
    name: "fixelcfestats",
    summary: "inference on fixel data with connectivity-based fixel enhancement",
    load: () => import("./commands/fixelcfestats.js"),
  },
  {
    name: "mrclusterstats",
    summary: "inference on voxels with threshold-free cluster enhancement or cluster sizes",
    load: () => import("./commands/mrclusterstats.js"),
  },
  {
    name: "connectomestats",
    summary: "inference on the edges of connectomes with network-based statistics",
    load: () => import("./commands/connectomestats.js"),
  },
  {
    name: "vectorstats",
    summary: "inference on vectors of any kind, without enhancement",
    load: () => import("./commands/vectorstats.js"),
  },
  { name: "lm", summary: "a linear model of every element, as ModelArray.lm", load: () => import("./commands/lm.js") },
  {
    name: "gam",
    summary: "an additive model of every element, as ModelArray.gam",
    load: () => import("./commands/gam.js"),
  },
  {
    name: "design",
    summary: "a design, contrasts and F-tests from a table and a formula",
    load: () => import("./commands/design.js"),
  },
  {
    name: "fixelconnectivity",
    summary: "the fixel-fixel connectivity matrix of streamlines",
    load: () => import("./commands/fixelconnectivity.js"),
  },
  {
    name: "fixelfilter",
    summary: "smooth fixel data over their connections, enhance them, or find clusters",
    load: () => import("./commands/fixelfilter.js"),
  },
  { name: "merge", summary: "make the results of a run out of its shards", load: () => import("./commands/merge.js") },
  { name: "status", summary: "how far the shards of a run are", load: () => import("./commands/status.js") },
  {
    name: "slurm",
    summary: "write, or submit, a run in shards as jobs of SLURM",
    load: () => import("./commands/slurm.js"),
  },
  {
    name: "pvalues",
    summary: "p-values of a run that is done: fitted tails, parametric, false discovery rate",
    load: () => import("./commands/pvalues.js"),
  },
  { name: "report", summary: "make a page of a run's results", load: () => import("./commands/report.js") },
  {
    name: "convert",
    summary: "convert a cohort once into a store that serves every later analysis",
    load: () => import("./commands/convert.js"),
  },
  {
    name: "export",
    summary: "results into a ModelArray file or out of one, values into .npy and tables",
    load: () => import("./commands/export.js"),
  },
  {
    name: "joint",
    summary: "family-wise p-values over several runs of the same shuffles",
    load: () => import("./commands/joint.js"),
  },
  { name: "info", summary: "what is in a store", load: () => import("./commands/info.js") },
  {
    name: "verify",
    summary: "recompute every checksum of a store, a prepared matrix, an .h5 or results",
    load: () => import("./commands/verify.js"),
  },
  {
    name: "cache",
    summary: "list or clear what analyses keep for the next one",
    load: () => import("./commands/cache.js"),
  },
  { name: "doctor", summary: "check this installation, for a bug report", load: () => import("./commands/doctor.js") },
  {
    name: "completion",
    summary: "print the completion script of a shell",
    load: () => import("./commands/completion.js"),
  },
  { name: "man", summary: "print the manual page", load: () => import("./commands/man.js") },
  { name: "demo", summary: "analyse a cohort that comes with fixelstream", load: () => import("./commands/demo.js") },
];
