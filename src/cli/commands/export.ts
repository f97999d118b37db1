// fixelstream export: results into a ModelArray file, or out of one into fixel images.
import type { Command } from "commander";
import { UsageError } from "../../errors.js";
import { formatCount } from "../../units.js";
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
import { printSummary, say, warner } from "../print.js";

type Typed = StandardOptions &
  ProgressOptions & {
    readonly memory: number;
    readonly analysis?: string;
    readonly scalar?: string;
    readonly template?: string;
    readonly json?: boolean;
  };

const HELP = {
  about: [
    "Put result images into a ModelArray file as one analysis, make fixel images of an analysis that ModelArray wrote, or give the values of an image or a store to other programs: as NumPy's .npy, or as a table (.tsv, .csv).",
    "Into a file that exists the analysis is added: a copy gets it and takes the file's name at the end, so there must be room for both. Out of a file every statistic becomes ANALYSIS_STATISTIC.mif, and every p.value gets its 1m.p.value.",
  ],
  usages: [
    "<results directory> <file.h5> --analysis <name> [options]",
    "<file.h5> <output directory> --analysis <name> [--template <directory>] [options]",
    "<image or store> <output.npy|.tsv|.csv> [--scalar <name>] [options]",
  ],
  examples: [
    "export stats_fd/ cohort.h5 --analysis cfe_group",
    "export cohort.h5 lm_images/ --analysis lm_age",
    "export stats_fd/fwe_1mpvalue.mif fwe.npy",
  ],
};

export function define(command: Command, streams: CliStreams): Command {
  describeHelp(command, HELP)
    .argument("<input>", "directory of result images, a ModelArray file (.h5), an image or a store (.fxs)")
    .argument("<output>", "ModelArray file (.h5), the directory to make, or a file of values (.npy, .tsv, .csv)");
  declare(command.optionsGroup("Options of the export"))
    .word("analysis", "name", "what the analysis is called in /results; required with an .h5")
    .word("scalar", "name", "which scalar of a store (default: the only one)")
    .word("template", "directory", "fixel directory, where the file has no /fixels and /voxels; for voxels an image")
    .flag("json", "the summary as JSON on standard output");
  addMemoryOption(command);
  addProgressOption(command);
  addStandardOptions(command);
  return command.action(async (input: string, output: string) => {
    const { directionOfExport, exportHdf5, exportImages, exportValues, valuesForm } = await import(
      "../../app/export/export.js"
    );
    const typed = command.opts<Typed>();
    const { analysis, template, force = false } = typed;
    const memoryBytes = memoryOf(typed, streams);
    const values = valuesForm(output) === undefined ? undefined : exportValues;
    if (values !== undefined && (analysis !== undefined || template !== undefined)) {
      throw new UsageError(
        `Cannot use ${analysis === undefined ? "--template" : "--analysis"} with ${output}: expected it with an .h5, got a file of values. Leave it out.`,
      );
    }
    if (values === undefined && analysis === undefined)
      throw new UsageError(
        `Cannot export ${input}: expected --analysis NAME, the name of the analysis in /results, got none.`,
      );
    const direction = values === undefined ? directionOfExport(input, output) : "values";
    const progress = createProgress(streams.stderr, typed);
    const { signal } = streams;
    const onProgress = (share: number) => {
      signal?.throwIfAborted();
      progress.update("export", share);
    };
    const report = async (summary: object, text: string) => {
      progress.stop();
      if (typed.json) await printSummary(streams, `${JSON.stringify(summary)}\n`);
      else if (!typed.quiet) say(streams, `fixelstream: ${text}\n`);
    };
    try {
      if (values !== undefined) {
        const { scalar } = typed;
        const summary = await values({ input, output, scalar, force, onProgress, signal });
        await report(summary, `${output}: ${summary.shape.join(" x ")} values, ${summary.type}`);
      } else if (direction === "into-hdf5") {
        const summary = await exportHdf5({ results: input, output, analysis: analysis!, onProgress, signal });
        const left =
          summary.skipped.length === 0 ? "" : `; left out, not data of these fixels: ${summary.skipped.join(", ")}`;
        await report(
          summary,
          `${output}: ${formatCount(summary.statistics.length, "statistics")} of ${formatCount(summary.nElements, "fixels")} as ${analysis}${left}`,
        );
      } else {
        const { command } = streams;
        const summary = await exportImages({
          input,
          output,
          analysis: analysis!,
          template,
          memoryBytes,
          force,
          command,
          onProgress,
          signal,
        });
        const { nElements, elements, nAbsent, warnings } = summary;
        if (warnings.length > 0) progress.stop();
        warnings.forEach(warner(streams));
        if (nAbsent > 0) {
          progress.stop();
          say(
            streams,
            `fixelstream: warning: ${analysis} has values of ${nElements - nAbsent} of ${nElements} ${elements} (element_id): the other ${nAbsent} are NaN in the images.\n`,
          );
        }
        const order = summary.isReordered ? ", in the order of element_id" : "";
        await report(
          summary,
          `${output}: ${formatCount(summary.images.length, "images")} of ${formatCount(nElements, elements)}${order}`,
        );
      }
    } finally {
      progress.stop();
    }
  });
}
