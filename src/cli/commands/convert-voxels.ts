// fixelstream convert voxels: the voxels of a mask of many images into one store.
import { Command } from "commander";
import { formatBytes, formatCount, formatDuration } from "../../units.js";
import type { CliStreams } from "../cli-streams.js";
import { describeHelp } from "../help.js";
import { createProgress } from "../listeners/progress.js";
import { declare } from "../options/declare.js";
import { memoryOf } from "../options/memory.js";
import {
  addMemoryOption,
  addProgressOption,
  addStandardOptions,
  type ProgressOptions,
  type StandardOptions,
} from "../options/standard.js";
import { printSummary, say } from "../print.js";

type Typed = StandardOptions &
  ProgressOptions & { readonly memory: number; readonly scalar: string; readonly json?: boolean };

const HELP = {
  about: [
    "Convert images, one a subject, into a store that has the voxels of a mask, in the mask's order. Images have the sizes of the mask; where they lie is not compared.",
    "Files named in the list are looked for beside it, then in the working directory. An analysis of the store is given the same mask.",
  ],
  examples: [
    "convert voxels images.txt mask.mif voxels.fxs",
    "convert voxels images.txt mask.nii.gz fa.fxs --scalar FA --memory 512MiB",
    "convert voxels images.txt mask.mif voxels.fxs -force",
  ],
};

export function createConvertVoxelsCommand(streams: CliStreams): Command {
  const command = describeHelp(new Command("voxels"), HELP)
    .summary("from images, the voxels of a mask")
    .argument("<list>", "text with one image a line (.mif, .nii, also .gz)")
    .argument("<mask>", "image: voxels that round to something else than 0 in it are taken")
    .argument("<output>", "the store to make, for example voxels.fxs");
  declare(command.optionsGroup("Options of the conversion"))
    .word("scalar", "name", "what the values are called in the store", { default: "values" })
    .flag("json", "the summary as JSON on standard output");
  addMemoryOption(command);
  addProgressOption(command);
  addStandardOptions(command);
  return command.action(async (list: string, mask: string, output: string) => {
    const { convertVoxels } = await import("../../app/convert/convert-voxels.js");
    const typed = command.opts<Typed>();
    const progress = createProgress(streams.stderr, typed);
    try {
      const start = performance.now();
      const summary = await convertVoxels({
        list,
        mask,
        output,
        scalar: typed.scalar,
        memoryBytes: memoryOf(typed, streams),
        force: typed.force ?? false,
        command: streams.command,
        signal: streams.signal,
        onWarning: ({ message }) => say(streams, `fixelstream: warning: ${message}\n`),
        onProgress: (phase, done, total) => {
          streams.signal?.throwIfAborted(); // what is converted stays and is continued
          progress.update(phase, done / total);
        },
      });
      progress.stop();
      for (const warning of summary.warnings) say(streams, `fixelstream: warning: ${warning}\n`);
      if (typed.json) await printSummary(streams, `${JSON.stringify(summary)}\n`);
      else if (!typed.quiet) {
        say(
          streams,
          `fixelstream: ${output}: ${formatCount(summary.nSubjects, "subjects")} x ${formatCount(summary.nElements, "voxels")}, ${summary.elementType}, ${formatBytes(summary.dataBytes)} in ${formatDuration(performance.now() - start)}\n`,
        );
      }
    } finally {
      progress.stop();
    }
  });
}
