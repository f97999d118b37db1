// fixelstream convert vectors: vectors in text or numpy's files into one store.
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
import { continued, printSummary, say } from "../print.js";

type Typed = StandardOptions &
  ProgressOptions & { readonly memory: number; readonly scalar: string; readonly json?: boolean };

const HELP = {
  about: [
    "Convert vectors, one a subject, into a store. The input is a list of text files with one vector each, or a matrix whose rows are subjects: text, .npy, or .npz (float16 to float64, integers, booleans; either byte order, C or Fortran order). Of a .npz with several arrays --scalar names the one that is meant.",
    "Files named in a list are looked for beside it, then in the working directory. A .npy or .npz is read piece by piece: memory stays within --memory whatever its size.",
  ],
  examples: [
    "convert vectors subjects.txt vectors.fxs",
    "convert vectors connectomes.npy connectomes.fxs --memory 256MiB",
    "convert vectors thickness.csv thickness.fxs --scalar thickness -force",
  ],
};

export function createConvertVectorsCommand(streams: CliStreams): Command {
  const command = describeHelp(new Command("vectors"), HELP)
    .summary("from vectors in text or numpy's files")
    .argument("<input>", "list of vector files, or a matrix (text, .npy, .npz)")
    .argument("<output>", "the store to make, for example vectors.fxs");
  declare(command.optionsGroup("Options of the conversion"))
    .word("scalar", "name", "what the values are called in the store, and in a .npz with several arrays", {
      default: "values",
    })
    .flag("json", "the summary as JSON on standard output");
  addMemoryOption(command);
  addProgressOption(command);
  addStandardOptions(command);
  return command.action(async (input: string, output: string) => {
    const { convertVectorInput } = await import("../../app/convert/convert-vectors.js");
    const typed = command.opts<Typed>();
    const progress = createProgress(streams.stderr, typed);
    try {
      const start = performance.now();
      const summary = await convertVectorInput({
        input,
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
        if (summary.nResumed > 0)
          say(streams, continued(output, `${summary.nResumed} of ${formatCount(summary.nSubjects, "subjects")}`));
        say(
          streams,
          `fixelstream: ${output}: ${formatCount(summary.nSubjects, "subjects")} x ${formatCount(summary.nElements, "elements")}, ${summary.elementType}, ${formatBytes(summary.dataBytes)} in ${formatDuration(performance.now() - start)}\n`,
        );
      }
    } finally {
      progress.stop();
    }
  });
}
