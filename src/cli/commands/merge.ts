// fixelstream merge: the shards of a run become its results.
import type { Command } from "commander";
import type { CliStreams } from "../cli-streams.js";
import { describeHelp } from "../help.js";
import { reportInference } from "../listeners/inference.js";
import { declare } from "../options/declare.js";
import {
  addMemoryOption,
  addProgressOption,
  addStandardOptions,
  addThreadsOption,
  nThreadsOf,
  type ResourceOptions,
  type StandardOptions,
} from "../options/standard.js";
import { printSummary, say } from "../print.js";
import { addReport, addReportOption, type ReportTyped } from "./add-report.js";
import { formatInferenceSummary } from "./format-summary.js";

type Typed = StandardOptions &
  ResourceOptions &
  ReportTyped & { readonly cache?: string; readonly keepShards?: boolean; readonly json?: boolean };

const HELP = {
  about: [
    "Makes the results of a run out of its shards: what fixelcfestats, mrclusterstats, connectomestats or vectorstats wrote with --shard 1/N to N/N. The results are those of the run that was never divided, to the bit.",
    "Every shard must be there once, whole, and of one plan: the same data, design, options and seed, computed by the same kernels. Whatever is not is named, with the command that makes it. The data are opened once more, for effects and statistics; the options are those of the shards.",
    "When the results are there the shards are removed.",
  ],
  examples: [
    "merge stats_fd/",
    "merge out/x_ --keep-shards",
    "merge stats_fd/ -force -nthreads 4 --cache /scratch/.fixelstream",
  ],
};

export function define(command: Command, streams: CliStreams): Command {
  describeHelp(command, HELP).argument("<output>", "the output of fixelcfestats, or the prefix of the other commands");
  const declared = declare(command.optionsGroup("Options"))
    .word("cache", "directory", "where the converted data are (default: where the shards had them)")
    .flag("keep-shards", "do not remove the shards (default: removed when the results are there)")
    .flag("json", "the summary as JSON on standard output");
  addReportOption(declared);
  addMemoryOption(command);
  addThreadsOption(command);
  addProgressOption(command);
  addStandardOptions(command, { threads: true });
  return command.action(async (output: string) => {
    const { ELEMENTS_OF, mergeShards } = await import("../../app/shards/merge.js");
    const typed = command.opts<Typed>();
    const { cache, keepShards, force = false, memory: memoryBytes } = typed;
    const reporter = reportInference(streams, typed);
    try {
      const options = { output, cache, keepShards, force, memoryBytes, nThreads: nThreadsOf(typed) };
      const merged = await mergeShards(options, reporter.events);
      reporter.stop();
      const summary = await addReport(merged, output, typed, streams);
      if (typed.json) await printSummary(streams, `${JSON.stringify(summary)}\n`);
      else if (!typed.quiet) {
        const { nextStep } = await import("../../app/analyse/next-step.js");
        say(streams, formatInferenceSummary(summary, ELEMENTS_OF[summary.kind], nextStep(summary)));
      }
    } finally {
      reporter.stop();
    }
  });
}
