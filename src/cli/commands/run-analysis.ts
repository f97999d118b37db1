// Runs a statistical command, or prints its plan: the same for all kinds of elements.
import type { AnalysisOptions } from "../../app/analyse/options.js";
import { formatPlan } from "../../app/analyse/plan/describe-plan.js";
import type { CliStreams } from "../cli-streams.js";
import { reportInference } from "../listeners/inference.js";
import type { AnalysisTyped } from "../options/analysis.js";
import { printResult, printSummary, say } from "../print.js";
import { describeOutcome, withReport } from "./end-of-run.js";
import { type AnalysisUseCase, isDrawn, runScalars } from "./run-scalars.js";

export async function runAnalysis<Options extends AnalysisOptions>(
  useCase: AnalysisUseCase<Options>,
  given: Options,
  typed: AnalysisTyped,
  streams: CliStreams,
): Promise<void> {
  const { elements, infer, plan, seedOf } = useCase;
  if (given.scalar?.includes(",")) return await runScalars(useCase, given, typed, streams);
  const options = { ...given, seed: seedOf(given) };
  const isTold = isDrawn(options) && typed.seed === undefined && !options.prepareOnly && !typed.dryRun;
  const reporter = reportInference(streams, typed, isTold ? options.seed : undefined);
  try {
    if (typed.dryRun) {
      const summary = await plan(options, reporter.events);
      await printResult(streams, typed.json ? `${JSON.stringify(summary)}\n` : formatPlan(summary));
      return;
    }
    const found = await infer(options, reporter.events);
    reporter.stop();
    const summary = await withReport(found, options, typed, streams);
    if (typed.json) await printSummary(streams, `${JSON.stringify(summary)}\n`);
    else if (!typed.quiet) say(streams, await describeOutcome(summary, elements, options));
  } finally {
    reporter.stop();
  }
}
