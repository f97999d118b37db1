// fixelstream fixelconnectivity: MRtrix3's command, argument for argument.
import type { Command } from "commander";
import type { MakeConnectivitySummary } from "../../app/connectivity/make-connectivity.js";
import { boundThreads } from "../../system-cores.js";
import { formatCount, formatDuration } from "../../units.js";
import type { CliStreams } from "../cli-streams.js";
import { describeHelp } from "../help.js";
import { createProgress } from "../listeners/progress.js";
import { declare } from "../options/declare.js";
import { memoryBeside } from "../options/memory.js";
import {
  addMemoryOption,
  addProgressOption,
  addStandardOptions,
  addThreadsOption,
  nThreadsOf,
  type ProgressOptions,
  type StandardOptions,
} from "../options/standard.js";
import { printSummary, say, warner } from "../print.js";

type Typed = StandardOptions &
  ProgressOptions & {
    readonly angle?: number;
    readonly threshold?: number;
    readonly mask?: string;
    readonly tck_weights_in?: string;
    readonly count?: string;
    readonly extent?: string;
    readonly prepare?: boolean;
    readonly cache?: string;
    readonly memory: number;
    readonly nthreads?: number;
    readonly threads?: number;
    readonly json?: boolean;
  };

const HELP = {
  about: [
    "Make the fixel-fixel connectivity matrix that fixelcfestats and smoothing need: of the streamlines through a fixel, the share that runs through each other fixel. Arguments, files and numbers are those of MRtrix3's fixelconnectivity; memory stays within --memory whatever the number of streamlines and fixels.",
    "Which fixels each streamline runs through is kept on the disk while the rows are counted, 4 bytes each, beside the matrix. A run that was stopped is continued by the same command from there.",
  ],
  examples: [
    "fixelconnectivity fixel_template/ tracks_2_million.tck matrix/",
    "fixelconnectivity fixel_template/ tracks.tck matrix/ -mask mask.mif -angle 30 --memory 4GiB",
    "fixelconnectivity fixel_template/ tracks.tck matrix/ -tck_weights_in weights.csv -extent extent.mif --prepare",
  ],
  references: [
    "Raffelt et al. Connectivity-based fixel enhancement: whole-brain statistical analysis of diffusion MRI measures in the presence of crossing fibres. NeuroImage 2015, 117:40-55.",
  ],
};

export function define(command: Command, streams: CliStreams): Command {
  describeHelp(command, HELP)
    .argument("<fixel_directory>", "fixel directory (index, directions) of the template")
    .argument("<tracks>", "streamlines, a .tck in the space of the template")
    .argument("<matrix>", "directory to make: index.mif, fixels.mif, values.mif");
  declare(command.optionsGroup("Options of the matrix"))
    .number("threshold", "the least share of a fixel's streamlines for a connection to be kept, 0 to 1 (default: 0.01)")
    .number(
      "angle",
      "the largest angle between a streamline and the fixel that it is assigned to, 0 to 90 degrees (default: 45)",
    )
    .file("mask", "fixel data file: only fixels that round to something else than 0 in it are connected")
    .file("tck_weights_in", "text, one weight a streamline, as tcksift2 writes it: weights are summed, not counted")
    .file("count", "fixel data file to make: the number of connections of each fixel")
    .file("extent", "fixel data file to make: the sum of the values of each fixel's connections");
  declare(command.optionsGroup("Options of fixelstream"))
    .flag("prepare", "put the matrix into the cache too, prepared as an analysis of all fixels uses it")
    .word("cache", "directory", "where --prepare puts it (default: .fixelstream beside the matrix)")
    .flag("json", "the summary as JSON on standard output");
  addMemoryOption(command);
  addThreadsOption(command);
  addProgressOption(command);
  addStandardOptions(command, { threads: true });
  return command.action(async (fixelDirectory: string, tracks: string, output: string) => {
    const { makeConnectivity, defaultCacheFor } = await import("../../app/connectivity/make-connectivity.js");
    const typed = command.opts<Typed>();
    const { nThreads, warning } = boundThreads(nThreadsOf({ ...typed, io: "auto" }));
    if (warning !== undefined) warner(streams)(warning);
    if (typed.cache !== undefined && typed.prepare !== true) {
      const message = `--cache ${typed.cache} is not used: the matrix is not prepared. Give --prepare too, or leave it out.`;
      warner(streams)({ tag: "ignored-option", message });
    }
    const progress = createProgress(streams.stderr, typed);
    const start = performance.now();
    try {
      const summary = await makeConnectivity({
        ...{ fixelDirectory, tracks, output, nThreads },
        ...{ angle: typed.angle, threshold: typed.threshold, mask: typed.mask },
        ...{ weights: typed.tck_weights_in, count: typed.count, extent: typed.extent },
        prepareIn: typed.prepare === true ? (typed.cache ?? defaultCacheFor(output)) : undefined,
        memoryBytes: memoryBeside(typed, streams, nThreads),
        force: typed.force ?? false,
        command: streams.command,
        signal: streams.signal,
        onProgress: (phase, share) => progress.update(phase, share),
        onWarning: warner({ stderr: streams.stderr }),
        onInfo: (text) => {
          if (typed.info) say(streams, `fixelstream: ${text}\n`);
        },
      });
      progress.stop();
      if (typed.json) await printSummary(streams, `${JSON.stringify(summary)}\n`);
      else if (!typed.quiet) {
        for (const line of describe(summary, performance.now() - start)) say(streams, `fixelstream: ${line}\n`);
      }
    } finally {
      progress.stop();
    }
  });
}

function describe(summary: MakeConnectivitySummary, elapsedMs: number): string[] {
  const { output, nFixels, nStreamlines, nMapped, nConnections, nFixelsWithoutConnection, prepared } = summary;
  const lost = [
    [summary.nShort, "of fewer than 2 points"],
    [summary.nOutside, "outside the image"],
    [summary.nWithoutFixel, "without any fixel"],
    [summary.nWeightless, "of weight 0"],
  ].flatMap(([n, what]) => (n === 0 ? [] : [`, ${n} ${what}`]));
  const lines = [
    `${formatCount(nStreamlines, "streamlines")}: ${nMapped} mapped${lost.join("")}`,
    `${output}: ${formatCount(nConnections, "connections")} of ${formatCount(nFixels, "fixels")}, ${nFixelsWithoutConnection} of them without any, in ${formatDuration(elapsedMs)}`,
  ];
  if (summary.isContinued) lines.unshift("the streamlines were mapped by a run that was stopped");
  if (prepared !== undefined) lines.push(`${prepared}: prepared for analyses of all fixels`);
  return lines;
}
