// fixelstream convert modelarray: a ModelArray file of any layout into a store, or into an .h5 that can be used where it lies.
import { Command } from "commander";
import { formatBytes, formatCount, formatDuration } from "../../units.js";
import type { CliStreams } from "../cli-streams.js";
import { describeHelp } from "../help.js";
import { createProgress } from "../listeners/progress.js";
import { declare } from "../options/declare.js";
import { memoryOf } from "../options/memory.js";
import {
  addProgressOption,
  addStandardOptions,
  type ProgressOptions,
  type StandardOptions,
} from "../options/standard.js";
import { continued, printSummary, say } from "../print.js";

type Typed = StandardOptions &
  ProgressOptions & {
    readonly memory: number;
    readonly scalar?: string;
    readonly template?: string;
    readonly gzip?: number;
    readonly json?: boolean;
  };

const HELP = {
  about: [
    "Convert a ModelArray file (HDF5) of any layout, compressed or not, into a store, or into an .h5 that fixelcfestats can use where it lies. Every chunk is read once.",
    "A contiguous, uncompressed .h5 needs no conversion: give it to fixelcfestats as it is.",
  ],
  examples: [
    "convert modelarray cohort.h5 cohort.fxs",
    "convert modelarray cohort.h5 plain.h5",
    "convert modelarray old.h5 cohort.fxs --scalar log_FC --template fixel_template/",
  ],
};

/** Bytes. More makes it no faster. */
const DEFAULT_MEMORY_BYTES = 2 ** 28;

export function createConvertModelarrayCommand(streams: CliStreams): Command {
  const command = describeHelp(new Command("modelarray"), HELP)
    .summary("from a ModelArray file (.h5) of any layout")
    .argument("<input>", "ModelArray file, for example cohort.h5")
    .argument("<output>", "a store (cohort.fxs), or a contiguous .h5");
  declare(command.optionsGroup("Options of the conversion"))
    .word("scalar", "name", "this scalar alone (default: all, in one order of subjects)")
    .word("template", "directory", "fixel directory, where the file has no /fixels and /voxels")
    .integer("gzip", { least: 1, most: 9 }, "compress an .h5, to pass it on; it must be converted before it is used")
    .flag("json", "the summary as JSON on standard output")
    .bytes("memory", "memory to work in, beside what Node and libhdf5 themselves take", {
      default: DEFAULT_MEMORY_BYTES,
      shown: "256MiB",
    });
  addProgressOption(command);
  addStandardOptions(command);
  return command.action(async (input: string, output: string) => {
    const { convertModelArray } = await import("../../app/convert/convert-modelarray.js");
    const typed = command.opts<Typed>();
    const progress = createProgress(streams.stderr, typed);
    const start = performance.now();
    const resumed: string[] = [];
    try {
      const { scalar, template, gzip: gzipLevel, force = false } = typed;
      const memoryBytes = memoryOf(typed, streams);
      const summary = await convertModelArray({
        ...{ input, output, scalar, template, gzipLevel, memoryBytes, force },
        command: streams.command,
        signal: streams.signal,
        onResumed: (name, share) => resumed.push(`${Math.floor(share * 100)} % of ${name}`),
        onProgress: (phase, share) => {
          streams.signal?.throwIfAborted();
          progress.update(phase, share);
        },
      });
      progress.stop();
      for (const warning of summary.warnings) say(streams, `fixelstream: warning: ${warning}\n`);
      if (typed.json) await printSummary(streams, `${JSON.stringify(summary)}\n`);
      else if (!typed.quiet) {
        if (resumed.length > 0) say(streams, continued(output, resumed.join(", ")));
        const scalars = summary.scalars.map(
          ({ name, nSubjects, elementType }) => `${name} ${formatCount(nSubjects, "subjects")}, ${elementType}`,
        );
        say(
          streams,
          `fixelstream: ${output}: ${summary.nElements} ${summary.elements}, ${scalars.join("; ")}; ${formatBytes(summary.dataBytes)} in ${formatDuration(performance.now() - start)}\n`,
        );
      }
    } finally {
      progress.stop();
    }
  });
}
