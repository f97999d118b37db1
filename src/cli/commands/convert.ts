// fixelstream convert fixels: a fixel directory and a subject list into one store.
import { Command } from "commander";
import { convertFixels } from "../../app/convert.js";
import { formatBytes, formatDuration } from "../../units.js";
import type { CliStreams } from "../cli-streams.js";
import { createProgress } from "../listeners/progress.js";
import { addMemoryOption, addStandardOptions, type StandardOptions } from "../options/standard.js";

type Typed = StandardOptions & { readonly memory: number; readonly scalar: string; readonly json?: boolean };

export function createConvertCommand(streams: CliStreams): Command {
  return new Command("convert")
    .summary("convert a cohort once into a store that serves every later analysis")
    .description("Convert a cohort once into a store (cohort.fxs) that serves every later analysis.")
    .addCommand(createConvertFixelsCommand(streams));
}

const EXAMPLES = `
Examples:
  fixelstream convert fixels fd_smooth/ subjects.txt cohort.fxs
  fixelstream convert fixels log_fc_smooth/ subjects.txt log_fc.fxs --scalar log_fc
  fixelstream convert fixels fd_smooth/ subjects.txt cohort.fxs --memory 256MiB -force

The files named in the list are looked for in the fixel directory, then beside the list, then in the working directory.
A store is a directory; FORMAT.md describes it byte for byte, and numpy.memmap reads it.
`;

function createConvertFixelsCommand(streams: CliStreams): Command {
  const command = new Command("fixels")
    .summary("from a fixel directory with one data file a subject")
    .description("Convert a fixel directory with one data file a subject into a store.")
    .argument("<input>", "fixel directory (index, directions)")
    .argument("<subjects>", "text file, one data file name a line")
    .argument("<output>", "the store to make, for example cohort.fxs")
    .option("--scalar <name>", "what the values are, for example FD or log_FC", "FD")
    .option("--json", "the summary as JSON on standard output");
  addMemoryOption(command);
  addStandardOptions(command);
  command.addHelpText("after", EXAMPLES);
  return command.action(async (inputDirectory: string, subjectList: string, output: string) => {
    const typed = command.opts<Typed>();
    const progress = createProgress(streams.stderr, typed.quiet === true);
    try {
      const start = performance.now();
      const summary = await convertFixels({
        inputDirectory,
        subjectList,
        output,
        scalar: typed.scalar,
        memoryBytes: typed.memory,
        force: typed.force ?? false,
        command: streams.command,
        onProgress: ({ phase, done, total }) => progress.update(phase, done / total),
      });
      progress.stop();
      if (typed.json) streams.stdout.write(`${JSON.stringify(summary)}\n`);
      else if (!typed.quiet) {
        streams.stderr.write(
          `fixelstream: ${output}: ${summary.nSubjects} subjects x ${summary.nElements} fixels, ${summary.elementType}, ${formatBytes(summary.dataBytes)} in ${formatDuration(performance.now() - start)}\n`,
        );
      }
    } finally {
      progress.stop();
    }
  });
}
