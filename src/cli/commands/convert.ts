// fixelstream convert fixels: a fixel directory and a subject list into one store.
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
import { continued, printSummary, say, warner } from "../print.js";
import { createConvertCohortCommand } from "./convert-cohort.js";
import { createConvertEdgesCommand } from "./convert-edges.js";
import { createConvertModelarrayCommand } from "./convert-modelarray.js";
import { createConvertVectorsCommand } from "./convert-vectors.js";
import { createConvertVoxelsCommand } from "./convert-voxels.js";

type Typed = StandardOptions &
  ProgressOptions & {
    readonly memory: number;
    readonly nthreads?: number;
    readonly scalar: string;
    readonly gzip?: number;
    readonly json?: boolean;
  };

const HELP = {
  about: [
    "Convert a fixel directory with one data file a subject into a store. It is read once; memory stays within --memory whatever the number of subjects.",
    "The files named in the list are looked for in the fixel directory, then beside the list, then in the working directory. A conversion that was stopped is continued by the same command. A store of the same subjects and template gets the scalar beside those it has.",
    "A store is a directory; docs/formats.md says how numpy reads it.",
  ],
  examples: [
    "convert fixels fd_smooth/ subjects.txt cohort.fxs",
    "convert fixels log_fc_smooth/ subjects.txt cohort.fxs --scalar log_fc",
    "convert fixels fd_smooth/ subjects.txt cohort.fxs --memory 256MiB -force",
  ],
};

export function define(command: Command, streams: CliStreams): Command {
  describeHelp(command, {
    about: ["Convert a cohort once into a store (cohort.fxs) that serves every later analysis."],
    examples: [
      "convert fixels fd_smooth/ subjects.txt cohort.fxs",
      "convert modelarray cohort.h5 cohort.fxs",
      "convert cohort cohort.csv cohort.fxs --template fixel_template/",
    ],
  });
  return command
    .addCommand(createConvertFixelsCommand(streams))
    .addCommand(createConvertModelarrayCommand(streams))
    .addCommand(createConvertCohortCommand(streams))
    .addCommand(createConvertVectorsCommand(streams))
    .addCommand(createConvertVoxelsCommand(streams))
    .addCommand(createConvertEdgesCommand(streams));
}

function createConvertFixelsCommand(streams: CliStreams): Command {
  const command = describeHelp(new Command("fixels"), HELP)
    .summary("from a fixel directory with one data file a subject")
    .argument("<input>", "fixel directory (index, directions)")
    .argument("<subjects>", "text file, one data file name a line")
    .argument("<output>", "the store to make, for example cohort.fxs; or a ModelArray file, cohort.h5");
  declare(command.optionsGroup("Options of the conversion"))
    .word("scalar", "name", "what the values are, for example FD or log_FC", { default: "FD" })
    .integer("gzip", { least: 1, most: 9 }, "compress an .h5, to pass it on; it must be converted before it is used")
    .flag("json", "the summary as JSON on standard output");
  addMemoryOption(command);
  addProgressOption(command);
  addStandardOptions(command, { threads: true });
  return command.action(async (inputDirectory: string, subjectList: string, output: string) => {
    const { convertFixels } = await import("../../app/convert/convert.js");
    const typed = command.opts<Typed>();
    const progress = createProgress(streams.stderr, typed);
    try {
      const start = performance.now();
      const summary = await convertFixels({
        inputDirectory,
        subjectList,
        output,
        scalar: typed.scalar,
        gzipLevel: typed.gzip,
        memoryBytes: memoryOf(typed, streams),
        nThreads: typed.nthreads,
        force: typed.force ?? false,
        command: streams.command,
        signal: streams.signal,
        onWarning: warner(streams),
        onProgress: ({ phase, done, total }) => {
          streams.signal?.throwIfAborted(); // between two subjects; what is converted stays and is continued
          progress.update(phase, done / total);
        },
      });
      progress.stop();
      if (typed.json) await printSummary(streams, `${JSON.stringify(summary)}\n`);
      else if (!typed.quiet) {
        if (summary.nResumed > 0)
          say(streams, continued(output, `${summary.nResumed} of ${formatCount(summary.nSubjects, "subjects")}`));
        if (summary.nReadAgain > 0) {
          say(
            streams,
            `fixelstream: ${output}: values that a stopped run had converted were damaged on the disk: ${summary.nReadAgain} of its subjects read again\n`,
          );
        }
        say(
          streams,
          `fixelstream: ${output}: ${formatCount(summary.nSubjects, "subjects")} x ${formatCount(summary.nElements, "fixels")}, ${summary.elementType}, ${formatBytes(summary.dataBytes)} in ${formatDuration(performance.now() - start)}\n`,
        );
      }
    } finally {
      progress.stop();
    }
  });
}
