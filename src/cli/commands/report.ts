// fixelstream report: a page of a run's results.
import type { Command } from "commander";
import { formatBytes, formatCount, formatDuration } from "../../units.js";
import type { CliStreams } from "../cli-streams.js";
import { describeHelp } from "../help.js";
import { declare } from "../options/declare.js";
import { addStandardOptions, type StandardOptions } from "../options/standard.js";
import { printSummary, say } from "../print.js";

type Typed = StandardOptions & {
  readonly out?: string;
  readonly background?: string;
  readonly tracts?: string;
  readonly analysis?: string;
  readonly json?: boolean;
};

const HELP = {
  about: [
    "Makes a page of the results of a statistical command: what was found and how sure it is, clusters with their peaks, effects in percent, the null distribution, sentences for the methods section, and where every number comes from. One file that fetches nothing: it can be mailed, printed and archived. Beside it a table of clusters for each hypothesis (clusters_t1.tsv).",
    "Statistical commands, lm, gam, joint and merge do so themselves, unless --no-report is given; this makes it again, from what is on the disk.",
    "Of lm and gam: what depends on each term, by the correction that was asked for, else by the false discovery rate; the page is put beside the .h5 or the table, or into the directory.",
    "Of joint: what was found by all runs together, with links to their pages; the runs are read again, where joint was told that they are.",
    "Of a directory of design: its picture, what is tested, correlations and variance inflation of its columns, cells; beside the directory (design_report.html).",
  ],
  usages: ["<results> [options]"],
  examples: [
    "report out/x_ --out x.html",
    "report cohort.h5 --analysis lm_age",
    "report stats_fd/ --tracts bundles/ --background template.mif",
  ],
};

export function define(command: Command, streams: CliStreams): Command {
  describeHelp(command, HELP).argument(
    "<results>",
    "the output of fixelcfestats, joint, lm, gam or design, or the prefix of the other commands",
  );
  declare(command.optionsGroup("Options"))
    .file("out", "the page (default: report.html beside the results); an earlier report is replaced, nothing else")
    .file("background", "an image in the space of the template, behind fixels or voxels (default: the fitted mean)")
    .word(
      "tracts",
      "directory",
      "masks of bundles (fixel data files, or images on the grid): clusters are named by those that hold them",
    )
    .word("analysis", "name", "of lm and gam: which, where the file or directory has several")
    .flag("json", "the summary as JSON on standard output");
  addStandardOptions(command);
  return command.action(async (results: string) => {
    const { reportAny } = await import("../../app/report/report-any.js");
    const typed = command.opts<Typed>();
    const { out, background, tracts, analysis } = typed;
    const summary = await reportAny({ results, out, background, tracts, analysis, signal: streams.signal });
    for (const remark of summary.remarks) say(streams, `fixelstream: warning: ${remark}\n`);
    if (typed.json) await printSummary(streams, `${JSON.stringify(summary)}\n`);
    else if (!typed.quiet) {
      const { report, tables, bytes, elapsedMs } = summary;
      const also = tables.length === 0 ? "" : ` and ${formatCount(tables.length, "tables")} of clusters`;
      say(streams, `fixelstream: ${report} (${formatBytes(bytes)})${also} in ${formatDuration(elapsedMs)}\n`);
    }
  });
}
