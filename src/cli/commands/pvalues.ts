// fixelstream pvalues: p-values beside those of a run that is done.
import type { Command } from "commander";
import type { AddSummary } from "../../app/p-values/add-p-values.js";
import { formatCount } from "../../units.js";
import type { CliStreams } from "../cli-streams.js";
import { describeHelp } from "../help.js";
import { declare } from "../options/declare.js";
import { addPValueOptions, type PValueOptions } from "../options/p-values.js";
import { addStandardOptions, type StandardOptions } from "../options/standard.js";
import { printSummary, say, warner } from "../print.js";
import { type ReportTyped, renewReport } from "./add-report.js";
import { formatMore } from "./format-more-p.js";

const HELP = {
  about: [
    "P-values beside those of a run that is done, of any statistical command or of merge: out of its results alone, without the data and without another shuffle. They are what the run would have written with the same options.",
    "Images are written beside the others, and run.json lists them and what was found. Nothing is overwritten without -force. A report.html that is there is made again with them.",
  ],
  examples: ["pvalues stats_fd/ --tail", "pvalues out/x_ --parametric --fdr bh", "pvalues stats_fd/ --fdr holm -force"],
};

export function define(command: Command, streams: CliStreams): Command {
  describeHelp(command, HELP).argument("<output>", "the output of fixelcfestats, or the prefix of the other commands");
  addPValueOptions(command);
  declare(command.optionsGroup("Options"))
    .flag("json", "the summary as JSON on standard output")
    .flag("no-report", "leave report.html as it was before (default: one that is beside the results is made again)");
  addStandardOptions(command);
  return command.action(async (output: string) => {
    const { addPValues } = await import("../../app/p-values/add-p-values.js");
    const typed = command.opts<StandardOptions & PValueOptions & ReportTyped & { readonly json?: boolean }>();
    const { parametric, fdr: adjust, tail, gamma, force = false } = typed;
    const options = { output, parametric, adjust, tail, gamma, force, command: streams.command };
    const added = await addPValues(options, { onWarning: warner(streams), signal: streams.signal });
    const summary = await renewReport(added, output, typed, streams);
    if (typed.json) await printSummary(streams, `${JSON.stringify(summary)}\n`);
    else if (!typed.quiet) say(streams, formatAdded(summary));
  });
}

const ELEMENTS = { fixel: "fixels", voxel: "voxels", edge: "edges", vector: "elements" } as const;

function formatAdded({
  kind,
  directory,
  nShuffles,
  hypotheses,
  files,
  report,
}: AddSummary & { readonly report?: string }): string {
  const lines = [`fixelstream: p-values of a run of ${formatCount(nShuffles, "shuffles")} in ${directory}`];
  for (const { name, statistic, ...found } of hypotheses) {
    lines.push(`  ${name}:`);
    for (const line of formatMore(found, ELEMENTS[kind], statistic)) lines.push(`    ${line}`);
  }
  lines.push(`  written: ${files.join(", ")}`);
  if (report !== undefined) lines.push(`  report: ${report}`);
  return `${lines.join("\n")}\n`;
}
