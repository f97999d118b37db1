// Runs a statistical command, or prints its plan: the same for all kinds of elements.
import type { InferenceEvents, InferenceSummary } from "../../app/analyse/analyse.js";
import type { AnalysisOptions } from "../../app/analyse/options.js";
import { formatPlan, type PlanSummary } from "../../app/analyse/plan/describe-plan.js";
import type { CliStreams } from "../cli-streams.js";
import { reportInference } from "../listeners/inference.js";
import type { AnalysisTyped } from "../options/analysis.js";
import { printResult, printSummary, say } from "../print.js";
import { addReport } from "./add-report.js";
import { formatOutcome } from "./format-summary.js";

export interface AnalysisUseCase<Options extends AnalysisOptions> {
  readonly elements: "fixels" | "voxels" | "edges" | "elements";
  infer(options: Options, events: InferenceEvents): Promise<InferenceSummary>;
  plan(options: Options, events: InferenceEvents): Promise<PlanSummary>;
  /** That an earlier run with the same options drew, and that is to be continued; else the one of the options. */
  seedOf(options: Options): number;
}

export async function runAnalysis<Options extends AnalysisOptions>(
  { elements, infer, plan, seedOf }: AnalysisUseCase<Options>,
  given: Options,
  typed: AnalysisTyped,
  streams: CliStreams,
): Promise<void> {
  const options = { ...given, seed: seedOf(given) };
  const isDrawn =
    (options.permutations === undefined && !options.notest) ||
    (options.nonstationarity === true && options.permutationsNonstationarity === undefined);
  const isTold = isDrawn && typed.seed === undefined && !options.prepareOnly && !typed.dryRun;
  const reporter = reportInference(streams, typed, isTold ? options.seed : undefined);
  try {
    if (typed.dryRun) {
      const summary = await plan(options, reporter.events);
      await printResult(streams, typed.json ? `${JSON.stringify(summary)}\n` : formatPlan(summary));
      return;
    }
    const found = await infer(options, reporter.events);
    reporter.stop();
    const results =
      "output" in options ? String(options.output) : "prefix" in options ? String(options.prefix) : undefined;
    const hasResults = results !== undefined && found.shard === undefined && options.prepareOnly !== true;
    const summary = hasResults ? await addReport(found, results, typed, streams) : found;
    if (typed.json) await printSummary(streams, `${JSON.stringify(summary)}\n`);
    else if (!typed.quiet) {
      const { nextStep } = await import("../../app/analyse/next-step.js");
      say(streams, formatOutcome(summary, elements, options.prepareOnly === true, nextStep(summary)));
    }
  } finally {
    reporter.stop();
  }
}
