// fixelstream joint: family-wise p-values over several runs of the same shuffles.
import type { Command } from "commander";
import type { JointSummary } from "../../app/joint/joint.js";
import { UsageError } from "../../errors.js";
import { formatCount } from "../../units.js";
import type { CliStreams } from "../cli-streams.js";
import { describeHelp } from "../help.js";
import { declare } from "../options/declare.js";
import { addStandardOptions, type StandardOptions } from "../options/standard.js";
import { printSummary, say } from "../print.js";
import { addJointReport, addReportOption, type ReportTyped } from "./add-report.js";

type Typed = StandardOptions & ReportTyped & { readonly out?: string; readonly json?: boolean };

const HELP = {
  about: [
    "Family-wise p-values over several measures: of each shuffle the largest statistic of all runs and all their hypotheses makes the null distribution, so that p is controlled over measures, hypotheses and elements together. Nothing is computed again: the files of the runs are all that is read.",
    "The runs must have done the same shuffles (the same --seed, -nshuffles, -errors and blocks) of the same subjects in the same order, with the same enhancement; what differs is refused by name. fixelcfestats --scalar FD,FC,FDC runs several measures so.",
    "A page of what was found by all together is put beside the results.",
  ],
  examples: [
    "joint stats/FD stats/FC stats/FDC --out stats/joint",
    "joint out/fa_ out/md_ --out out/joint",
    "joint stats/FD stats/FC --out joint/ -force --json",
  ],
};

export function define(command: Command, streams: CliStreams): Command {
  describeHelp(command, HELP).argument(
    "<outputs...>",
    "outputs of two or more runs of fixelcfestats, or prefixes of the other commands",
  );
  const declared = declare(command.optionsGroup("Options"))
    .word("out", "directory", "for the results: fwe_1mpvalue of each run and hypothesis, null_dist.txt, run.json")
    .flag("json", "the summary as JSON on standard output");
  addReportOption(declared);
  addStandardOptions(command);
  return command.action(async (runs: string[]) => {
    const { joinRuns } = await import("../../app/joint/joint.js");
    const typed = command.opts<Typed>();
    if (typed.out === undefined)
      throw new UsageError("Cannot join runs: expected a directory for the results, got none. Give it with --out.");
    const options = { runs, output: typed.out, force: typed.force ?? false, command: streams.command };
    const joined = await joinRuns(options, streams.signal);
    // with -quiet too: a result may not be what it seems
    for (const { message } of joined.warnings) say(streams, `fixelstream: warning: ${message}\n`);
    const summary = await addJointReport(joined, typed, streams);
    if (typed.json) await printSummary(streams, `${JSON.stringify(summary)}\n`);
    else if (!typed.quiet) say(streams, formatJoint(summary));
  });
}

function formatJoint({
  runs,
  nShuffles,
  nSubjects,
  output,
  report,
}: JointSummary & { readonly report?: string }): string {
  const lines = [
    `fixelstream: ${formatCount(runs.length, "runs")} of ${formatCount(nSubjects, "subjects")}, ${formatCount(nShuffles, "shuffles")}`,
  ];
  for (const { name: run, hypotheses } of runs) {
    for (const { name, significant, smallestP, largestFwe } of hypotheses) {
      lines.push(
        `  ${run} ${name}: ${significant} with joint p < 0.05 (smallest p ${Number(smallestP.toPrecision(3))}, largest fwe_1mpvalue ${largestFwe.toFixed(4)})`,
      );
    }
  }
  lines.push(`  results: ${output}`);
  if (report !== undefined) lines.push(`  report: ${report}`);
  return `${lines.join("\n")}\n`;
}
