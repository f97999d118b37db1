// What conversions of one input into one store share: their options, and what is said while they go on and at the end.
import type { Command } from "commander";
import { formatBytes, formatCount, formatDuration } from "../../units.js";
import type { CliStreams } from "../cli-streams.js";
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
  ProgressOptions & { readonly memory: number; readonly scalar: string; readonly json?: boolean };

/** `scalar`: what its name does. */
export function addStoreOptions(command: Command, scalar = "what the values are called in the store"): Command {
  declare(command.optionsGroup("Options of the conversion"))
    .word("scalar", "name", scalar, { default: "values" })
    .flag("json", "the summary as JSON on standard output");
  addMemoryOption(command);
  addProgressOption(command);
  return addStandardOptions(command);
}

/** As typed, and where to say things. */
interface Given {
  readonly output: string;
  readonly scalar: string;
  readonly memoryBytes: number;
  readonly force: boolean;
  readonly command: string;
  readonly signal: AbortSignal | undefined;
  readonly onWarning: ReturnType<typeof warner>;
  readonly onProgress: (phase: string, done: number, total: number) => void;
}

interface Summary {
  readonly nSubjects: number;
  readonly nElements: number;
  /** Subjects that a stopped run had converted. */
  readonly nResumed: number;
  readonly elementType: string;
  readonly dataBytes: number;
  readonly warnings: readonly string[];
}

export interface StoreConversion<Found extends Summary> {
  convert(given: Given): Promise<Found>;
  /** `200 voxels`. */
  describeElements(found: Found): string;
  /** Sentences, each a line of its own before the summary. */
  notesOf?(found: Found): readonly string[];
}

export async function convertIntoStore<Found extends Summary>(
  output: string,
  command: Command,
  streams: CliStreams,
  { convert, describeElements, notesOf }: StoreConversion<Found>,
): Promise<void> {
  const typed = command.opts<Typed>();
  const progress = createProgress(streams.stderr, typed);
  try {
    const start = performance.now();
    const found = await convert({
      ...{ output, scalar: typed.scalar, memoryBytes: memoryOf(typed, streams), force: typed.force ?? false },
      ...{ command: streams.command, signal: streams.signal, onWarning: warner(streams) },
      onProgress: (phase, done, total) => {
        streams.signal?.throwIfAborted(); // what is converted stays and is continued
        progress.update(phase, done / total);
      },
    });
    progress.stop();
    for (const message of found.warnings) say(streams, `fixelstream: warning: ${message}\n`);
    if (typed.json) await printSummary(streams, `${JSON.stringify(found)}\n`);
    else if (!typed.quiet) {
      if (found.nResumed > 0)
        say(streams, continued(output, `${found.nResumed} of ${formatCount(found.nSubjects, "subjects")}`));
      for (const note of notesOf?.(found) ?? []) say(streams, `fixelstream: ${note}\n`);
      say(
        streams,
        `fixelstream: ${output}: ${formatCount(found.nSubjects, "subjects")} x ${describeElements(found)}, ${found.elementType}, ${formatBytes(found.dataBytes)} in ${formatDuration(performance.now() - start)}\n`,
      );
    }
  } finally {
    progress.stop();
  }
}
