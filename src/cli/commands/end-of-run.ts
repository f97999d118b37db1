// What follows a run that is done: its report, and what is said of it.
import type { InferenceSummary } from "../../app/analyse/analyse.js";
import type { AnalysisOptions } from "../../app/analyse/options.js";
import type { CliStreams } from "../cli-streams.js";
import type { AnalysisTyped } from "../options/analysis.js";
import { addReport } from "./add-report.js";
import { formatOutcome } from "./format-summary.js";

/** The summary itself where there are no results yet: of a shard, or a preparation. */
export async function withReport(
  found: InferenceSummary,
  options: AnalysisOptions,
  typed: AnalysisTyped,
  streams: CliStreams,
): Promise<InferenceSummary> {
  const results =
    "output" in options ? String(options.output) : "prefix" in options ? String(options.prefix) : undefined;
  const hasResults = results !== undefined && found.shard === undefined && options.prepareOnly !== true;
  return hasResults ? await addReport(found, results, typed, streams) : found;
}

/** For people. */
export async function describeOutcome(
  summary: InferenceSummary,
  elements: string,
  options: AnalysisOptions,
): Promise<string> {
  const { nextStep } = await import("../../app/analyse/next-step.js");
  return formatOutcome(summary, elements, options.prepareOnly === true, nextStep(summary));
}
