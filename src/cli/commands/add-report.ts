// The report that statistical commands, models and merge make of their results, unless they are told not to.
import type { InferenceSummary } from "../../app/analyse/analyse.js";
import type { CliStreams } from "../cli-streams.js";
import type { declare } from "../options/declare.js";
import { say } from "../print.js";

export interface ReportTyped {
  readonly report?: boolean;
}

export function addReportOption(declared: ReturnType<typeof declare>): ReturnType<typeof declare> {
  return declared
    .flag("report", "make report.html of the results, as is the default", { hidden: true })
    .flag("no-report", "no page of the results (default: report.html and tables of clusters are put beside them)");
}

/** After p-values were added to results: the page that is there with them. As addReport. */
export async function renewReport<Summary extends object>(
  summary: Summary,
  results: string,
  typed: ReportTyped,
  streams: CliStreams,
): Promise<Summary & { readonly report?: string }> {
  const { reportAgain, reportNothing } = await import("../../app/report/report-run.js");
  const { report, warning } =
    typed.report === false ? reportNothing(results, "from before") : await reportAgain(results, streams.signal);
  if (warning !== undefined) say(streams, `fixelstream: warning: ${warning}\n`);
  return report === undefined ? summary : { ...summary, report };
}

/** `results`: the output or the prefix. A report that cannot be made is a warning: the results are there. */
export async function addReport<Summary extends InferenceSummary>(
  summary: Summary,
  results: string,
  typed: ReportTyped,
  streams: CliStreams,
): Promise<Summary> {
  const { reportNothing, reportRun } = await import("../../app/report/report-run.js");
  const { report, warning } =
    typed.report === false ? reportNothing(results) : await reportRun(results, { signal: streams.signal });
  if (warning !== undefined) say(streams, `fixelstream: warning: ${warning}\n`);
  return report === undefined ? summary : { ...summary, report };
}

/** `output`: of lm or gam. As addReport. */
export async function addModelReport<Summary extends { readonly output: string; readonly analysis: string }>(
  summary: Summary,
  typed: ReportTyped,
  streams: CliStreams,
): Promise<Summary & { readonly report?: string }> {
  const { reportModel, reportNoModel } = await import("../../app/report/report-run.js");
  const { output, analysis } = summary;
  const { report, warning } =
    typed.report === false ? reportNoModel(output, analysis) : await reportModel(output, analysis, streams.signal);
  if (warning !== undefined) say(streams, `fixelstream: warning: ${warning}\n`);
  return report === undefined ? summary : { ...summary, report };
}

/** Of joint. As addReport. */
export async function addJointReport<Summary extends { readonly output: string }>(
  summary: Summary,
  typed: ReportTyped,
  streams: CliStreams,
): Promise<Summary & { readonly report?: string }> {
  const { reportJoined, reportNotJoined } = await import("../../app/report/report-run.js");
  const { output } = summary;
  const { report, warning } =
    typed.report === false ? reportNotJoined(output) : await reportJoined(output, streams.signal);
  if (warning !== undefined) say(streams, `fixelstream: warning: ${warning}\n`);
  return report === undefined ? summary : { ...summary, report };
}
