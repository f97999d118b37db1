// What lm and gam have in common: options in, progress, a summary out.
import type { Command } from "commander";
import type { ModelOptions, ModelSummary } from "../../app/models/options.js";
import { formatBytes, formatCount, formatDuration } from "../../units.js";
import type { CliStreams } from "../cli-streams.js";
import { createProgress } from "../listeners/progress.js";
import { assertWorkable } from "../options/memory.js";
import { type ModelTyped, resolveModelOptions } from "../options/model.js";
import { nThreadsOf } from "../options/standard.js";
import { printSummary, say } from "../print.js";
import { addModelReport } from "./add-report.js";

export async function runModel(command: Command, kind: "lm" | "gam", streams: CliStreams): Promise<void> {
  const [input, cohort, formula, output] = command.args as [string, string, string, string];
  const typed = command.opts<ModelTyped>();
  assertWorkable(typed.memory);
  const given = resolveModelOptions(typed, kind);
  const progress = createProgress(streams.stderr, typed);
  const options: ModelOptions = {
    ...{ ...given, input, cohort, formula, output },
    ...{ memoryBytes: typed.memory, nThreads: nThreadsOf(typed), command: streams.command, signal: streams.signal },
    areThreadsAsked: (typed.threads ?? typed.nthreads) !== undefined,
    onWarning: ({ message }) => progress.write(`fixelstream: warning: ${message}\n`),
    onProgress(phase, share) {
      streams.signal?.throwIfAborted();
      progress.update(phase, share);
    },
  };
  try {
    const { fitModels } = await import("../../app/models/fit-models.js");
    const start = performance.now();
    const found = await fitModels(options);
    progress.stop();
    const elapsedMs = performance.now() - start;
    const summary = await addModelReport(found, typed, streams);
    if (typed.json) await printSummary(streams, `${JSON.stringify(summary)}\n`);
    else if (!typed.quiet) say(streams, `fixelstream: ${describe(summary, elapsedMs)}\n`);
  } finally {
    progress.stop();
  }
}

function describe(summary: ModelSummary & { readonly report?: string }, elapsedMs: number): string {
  const { output, analysis, nFitted, nElements, nSubjects, nResumed, heldBytes, statistics, method, report } = summary;
  const resumed = nResumed > 0 ? `; ${formatCount(nResumed, "elements")} by an earlier run` : "";
  return `${output}: ${analysis}: ${formatCount(nFitted, "of")} ${formatCount(nElements, "elements")} fitted${method === undefined ? "" : ` by ${method}`}, ${formatCount(nSubjects, "subjects")}, ${formatCount(statistics.length, "statistics")}, in ${formatDuration(elapsedMs)} and ${formatBytes(heldBytes)}${resumed}${report === undefined ? "" : `\n  report: ${report}`}`;
}
