// fixelstream fixelfilter: MRtrix3's command, argument for argument, and the same for a cohort in a store.
import type { Command } from "commander";
import type { FilterSummary, FixelFilterOptions } from "../../app/filter/options.js";
import { boundThreads } from "../../system-cores.js";
import { boundMemory } from "../../system-memory.js";
import { formatBytes, formatCount, formatDuration } from "../../units.js";
import type { Warning } from "../../warnings.js";
import type { CliStreams } from "../cli-streams.js";
import { describeHelp } from "../help.js";
import { createProgress } from "../listeners/progress.js";
import { addFilterOptions, type FilterTyped, resolveFilterOptions } from "../options/filter.js";
import {
  addMemoryOption,
  addProgressOption,
  addStandardOptions,
  addThreadsOption,
  nThreadsOf,
} from "../options/standard.js";
import { printSummary, say } from "../print.js";

const HELP = {
  about: [
    "Filter fixel data over a fixel-fixel connectivity matrix. Arguments, options and numbers are those of MRtrix3's fixelfilter: smoothed values are the same bit for bit, clusters the same. The matrix is read once for as many subjects as --memory holds, not once a subject.",
    "The input is a data file, a fixel directory (every data file in it is filtered; index and directions are copied) or a converted store (cohort.fxs); the output is of the same kind. A cohort in an .h5 of ModelArray or fixelstream is filtered into a store. A store that was filtered serves the statistical commands like any other, and a run that was stopped is continued by the same command.",
    "smooth: weights are connectivity times a Gaussian of the distance; values that are not finite are left out, and filled in where neighbours have values. connect: clusters of connected fixels above a threshold, numbered by size from 1. cfe: an image of Z statistics, enhanced as fixelcfestats enhances it (of MRtrix3's development version). Filtered files are Float32, whatever the type of the input.",
  ],
  examples: [
    "fixelfilter fd/ smooth fd_smooth/ -matrix matrix/",
    "fixelfilter cohort.fxs smooth smooth.fxs -matrix matrix/ -fwhm 10 --memory 2GiB",
    "fixelfilter stats/fwe_1mpvalue.mif connect clusters.mif -matrix matrix/ -threshold_value 0.95",
  ],
  references: [
    "Raffelt et al. Connectivity-based fixel enhancement: whole-brain statistical analysis of diffusion MRI measures in the presence of crossing fibres. NeuroImage 2015, 117:40-55.",
  ],
};

export function define(command: Command, streams: CliStreams): Command {
  describeHelp(command, HELP)
    .argument("<input>", "fixel data file, fixel directory, a converted store (cohort.fxs), or a cohort in an .h5")
    .argument("<filter>", "smooth, connect or cfe")
    .argument("<output>", "of the same kind: a data file, a directory to make, or a store (of an .h5 too)");
  addFilterOptions(command);
  addMemoryOption(command);
  addThreadsOption(command);
  addProgressOption(command);
  addStandardOptions(command, { threads: true });
  return command.action(async (input: string, filter: string, output: string) => {
    const typed = command.opts<FilterTyped>();
    const threads = boundThreads(nThreadsOf(typed));
    const { nThreads } = threads;
    const { memoryBytes, warning } = boundMemory(typed.memory, nThreads);
    const progress = createProgress(streams.stderr, typed);
    const onWarning = ({ message }: Warning) => progress.write(`fixelstream: warning: ${message}\n`);
    for (const found of [threads.warning, warning]) if (found !== undefined) onWarning(found);
    const options: FixelFilterOptions = {
      ...resolveFilterOptions(filter, typed, onWarning),
      ...{ input, output, nThreads, memoryBytes, onWarning, command: streams.command, signal: streams.signal },
      force: typed.force ?? false,
      onProgress(phase, share) {
        streams.signal?.throwIfAborted();
        progress.update(phase, share);
      },
    };
    try {
      const { filterFixels } = await import("../../app/filter/fixel-filter.js");
      const start = performance.now();
      const summary = await filterFixels(options);
      progress.stop();
      if (typed.json) await printSummary(streams, `${JSON.stringify(summary)}\n`);
      else if (!typed.quiet) {
        for (const line of describeSummary(summary, performance.now() - start, typed))
          say(streams, `fixelstream: ${line}\n`);
      }
    } finally {
      progress.stop();
    }
  });
}

/** Lines for a reader. */
function describeSummary(summary: FilterSummary, elapsedMs: number, typed: FilterTyped): string[] {
  const { output, filter, nFiltered, nFixels, clusters, left } = summary;
  const what = summary.isStore ? "subjects" : "data files";
  const done = { smooth: "smoothed", connect: "clustered", cfe: "enhanced" }[filter];
  const held = `, ${summary.groupSize} at a time in ${formatBytes(summary.heldBytes)}`;
  const details = [
    ...(summary.nResumed > 0 ? [`${summary.nResumed} of them by an earlier run`] : []),
    ...(summary.nOutside > 0 ? [`${formatCount(summary.nOutside, "fixels")} outside the mask`] : []),
    ...(summary.nFilledIn > 0 ? [`${formatCount(summary.nFilledIn, "values")} filled in that were not finite`] : []),
    ...(summary.nNotFinite > 0 ? [`${formatCount(summary.nNotFinite, "values")} not finite now`] : []),
    ...(filter === "connect" ? [describeClusters(clusters)] : []),
  ];
  const lines = [
    `${output}: ${formatCount(nFiltered, what)} x ${formatCount(nFixels, "fixels")} ${done} in ${formatDuration(elapsedMs)}${filter === "connect" ? "" : held}${details.length === 0 ? "" : `; ${details.join(", ")}`}`,
  ];
  if (left.length > 0) lines.push(`${output}: not fixel data, and left out: ${left.join(", ")}`);
  if (typed.info) lines.push(`${typed.matrix}: ${formatCount(summary.nConnections, "connections")}`);
  return lines;
}

/** Of one image: how many, and the largest. */
function describeClusters(clusters: readonly (readonly number[])[]): string {
  const total = clusters.reduce((sum, sizes) => sum + sizes.length, 0);
  const largest = clusters.reduce((most, sizes) => Math.max(most, sizes[0] ?? 0), 0);
  return total === 0
    ? "no clusters"
    : `${formatCount(total, "clusters")}, the largest of ${formatCount(largest, "fixels")}`;
}
