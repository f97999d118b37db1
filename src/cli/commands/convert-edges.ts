// fixelstream convert edges: the edges of many connectomes into one store.
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
    "Convert connectomes, one a subject, into a store of their edges: the upper triangle with the diagonal, row by row. A connectome is a symmetric matrix of numbers in text (separated by blanks, tabs or commas) or .npy; full, upper and lower triangles may be mixed.",
    "Files named in the list are looked for beside it, then in the working directory. Values of both triangles have to be equal, or 0 in one.",
  ],
  examples: [
    "convert edges connectomes.txt edges.fxs",
    "convert edges connectomes.txt fbc.fxs --scalar FBC --memory 512MiB",
    "convert edges connectomes.txt edges.fxs -force",
  ],
};

export function createConvertEdgesCommand(streams: CliStreams): Command {
  const command = describeHelp(new Command("edges"), HELP)
    .summary("from connectomes, their edges")
    .argument("<list>", "text with the file of one connectome a line (text, .npy)")
    .argument("<output>", "the store to make, for example edges.fxs");
  declare(command.optionsGroup("Options of the conversion"))
    .word("scalar", "name", "what the values are called in the store", { default: "values" })
    .flag("json", "the summary as JSON on standard output");
  addMemoryOption(command);
  addProgressOption(command);
  addStandardOptions(command);
  return command.action(async (list: string, output: string) => {
    const { convertEdges } = await import("../../app/convert/convert-edges.js");
    const typed = command.opts<Typed>();
    const progress = createProgress(streams.stderr, typed);
    try {
      const start = performance.now();
      const summary = await convertEdges({
        list,
        output,
        scalar: typed.scalar,
        memoryBytes: memoryOf(typed, streams),
        force: typed.force ?? false,
        command: streams.command,
        signal: streams.signal,
        onProgress: (phase, done, total) => {
          streams.signal?.throwIfAborted(); // what is converted stays and is continued
          progress.update(phase, done / total);
        },
      });
      progress.stop();
      for (const warning of summary.warnings) say(streams, `fixelstream: warning: ${warning}\n`);
      if (typed.json) await printSummary(streams, `${JSON.stringify(summary)}\n`);
      else if (!typed.quiet) {
        for (const note of summary.notes) say(streams, `fixelstream: ${note}\n`);
        say(
          streams,
          `fixelstream: ${output}: ${formatCount(summary.nSubjects, "subjects")} x ${formatCount(summary.nElements, "edges")} between ${formatCount(summary.nNodes, "nodes")}, ${summary.elementType}, ${formatBytes(summary.dataBytes)} in ${formatDuration(performance.now() - start)}\n`,
        );
      }
    } finally {
      progress.stop();
    }
  });
}
