// fixelstream report: of a run, of runs that were joined, of a model of one formula, or of a design. Apart, because a run needs nothing of models.
import { UsageError } from "../../errors.js";
import { modelPage } from "../../report/model-page.js";
import { collectModel } from "./collect-model.js";
import { findModelSource, type ModelSource } from "./model-source.js";
import { isDesign, reportDesign } from "./report-design.js";
import { reportJoint } from "./report-joint.js";
import {
  clusterTables,
  pageParts,
  placeOf,
  publishPage,
  type ReportOptions,
  type ReportSummary,
  writeReport,
} from "./write-report.js";

export interface AnyReportOptions extends ReportOptions {
  /** Of a file or directory with several of lm and gam. */
  readonly analysis?: string | undefined;
}

/** `results`: also an .h5, a directory or a table of lm and gam. Throws as writeReport; UsageError: which analysis. */
export async function reportAny({ analysis, ...options }: AnyReportOptions): Promise<ReportSummary> {
  const start = performance.now();
  const { results, signal } = options;
  const design = analysis === undefined ? await designOf(options) : undefined;
  if (design !== undefined) return design;
  const joint = analysis === undefined ? await reportJoint(options) : undefined;
  if (joint !== undefined) return joint;
  const source = await findModelSource(results, analysis, signal);
  if (source !== undefined) return await writeModelReport(source, options, start);
  if (analysis === undefined) return await writeReport(options);
  throw new UsageError(
    `Cannot report ${results}: expected results of lm or gam beside --analysis ${analysis}, got others. Leave --analysis out.`,
  );
}

/** Of a design: nothing lies behind it, and it has no clusters. Undefined: no design. */
async function designOf({ results, out, background, tracts }: ReportOptions): Promise<ReportSummary | undefined> {
  const unused = background !== undefined ? "--background" : tracts !== undefined ? "--tracts" : undefined;
  if (unused !== undefined && isDesign(results))
    throw new UsageError(
      `Cannot report ${results}: expected no ${unused} beside a design, which has no picture of a brain, got it. Leave it out.`,
    );
  return await reportDesign(results, out);
}

async function writeModelReport(
  source: ModelSource,
  { results, out, background, tracts, signal }: ReportOptions,
  start: number,
): Promise<ReportSummary> {
  const page = placeOf(out, source);
  const data = await collectModel(source, results, { background, tracts, tableBase: page.base, signal });
  const text = modelPage(data, results, {
    ...pageParts(),
    madeWith: { background, tracts },
  });
  signal?.throwIfAborted();
  return publishPage(page, { text, tables: clusterTables(page, data), data, start, stale: "[\\p{L}\\p{N}._-]+" });
}
