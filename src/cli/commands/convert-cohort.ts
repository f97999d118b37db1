// fixelstream convert cohort: ModelArray's table of images into a store or an .h5.
import { Command } from "commander";
import { UsageError } from "../../errors.js";
import { formatCount, formatDuration } from "../../units.js";
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

type Typed = StandardOptions &
  ProgressOptions & {
    readonly memory: number;
    readonly nthreads?: number;
    readonly scalar?: string;
    readonly template?: string;
    readonly gzip?: number;
    readonly json?: boolean;
  };

const HELP = {
  about: [
    "Convert the images that a table names into a store or a ModelArray file, all scalars into one.",
    "The table is ModelArray's: a row a subject and scalar with columns scalar_name and source_file; or a row a subject with a column of paths a scalar. Cells may be separated by commas, semicolons, tabs or blanks. Rows of several scalars are joined by a column of subjects (subject_id, participant_id, ..), else by their file names, into one order. Paths are looked for in the template, then beside the table, then in the working directory.",
  ],
  examples: [
    "convert cohort cohort.csv cohort.h5 --template fixel_template/",
    "convert cohort cohort.csv cohort.fxs --template fixel_template/",
    "convert cohort wide.csv both.h5 --template fixel_template/ --scalar FD,log_FC",
  ],
};

export function createConvertCohortCommand(streams: CliStreams): Command {
  const command = describeHelp(new Command("cohort"), HELP)
    .summary("from ModelArray's table of images (CSV)")
    .argument("<table>", "CSV with a header line")
    .argument("<output>", "cohort.h5, or a store (cohort.fxs)");
  declare(command.optionsGroup("Options of the conversion"))
    .word("template", "directory", "fixel directory with index and directions; required")
    .word("scalar", "names", "which scalars, separated by commas (default: all)")
    .integer("gzip", { least: 1, most: 9 }, "compress an .h5, to pass it on; it must be converted before it is used")
    .flag("json", "the summary as JSON on standard output");
  addMemoryOption(command);
  addProgressOption(command);
  addStandardOptions(command, { threads: true });
  return command.action(async (cohort: string, output: string) => {
    const { convertCohort } = await import("../../app/convert/convert-cohort.js");
    const typed = command.opts<Typed>();
    const { template, gzip: gzipLevel, nthreads: nThreads, force = false } = typed;
    const memoryBytes = memoryOf(typed, streams);
    if (template === undefined) {
      throw new UsageError(
        `Cannot convert ${cohort}: expected --template DIRECTORY, the fixel directory with index and directions, got none.`,
      );
    }
    const progress = createProgress(streams.stderr, typed);
    const start = performance.now();
    try {
      const summary = await convertCohort({
        ...{ cohort, template, output, gzipLevel, memoryBytes, nThreads, force },
        scalars: typed.scalar?.split(",").map((name) => name.trim()),
        command: streams.command,
        signal: streams.signal,
        onWarning: warner(streams),
        onProgress: (phase, share) => {
          streams.signal?.throwIfAborted();
          progress.update(phase, share);
        },
      });
      progress.stop();
      for (const warning of summary.warnings) say(streams, `fixelstream: warning: ${warning}\n`);
      if (typed.json) await printSummary(streams, `${JSON.stringify(summary)}\n`);
      else if (!typed.quiet) {
        const resumed = summary.scalars.filter(({ nResumed }) => nResumed > 0);
        const shares = resumed.map(
          ({ name, nResumed, nSubjects }) => `${nResumed} of ${nSubjects} subjects of ${name}`,
        );
        if (shares.length > 0) say(streams, continued(output, shares.join(", ")));
        const scalars = summary.scalars.map(
          ({ name, nSubjects, elementType }) => `${name} ${formatCount(nSubjects, "subjects")}, ${elementType}`,
        );
        say(
          streams,
          `fixelstream: ${output}: ${formatCount(summary.nElements, "fixels")}, ${scalars.join("; ")} in ${formatDuration(performance.now() - start)}\n`,
        );
        const { unusedColumns } = summary;
        if (unusedColumns.length > 0)
          say(
            streams,
            `fixelstream: columns that name no images are not used: ${unusedColumns.join(", ")}. Name a column of paths with --scalar.\n`,
          );
      }
    } finally {
      progress.stop();
    }
  });
}
