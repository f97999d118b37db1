// The report at the end of a run: its results are complete by then, and whatever happens here does not make them less so.
import { closeSync, existsSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { isFixelstreamError } from "../../errors.js";
import { type MadeWith, REPORT_BEGINS, REPORT_FILE, readMadeWith } from "../../report/page-file.js";
import { beginsWith } from "../../results/report-folder.js";
import { shellWord } from "../../shell-word.js";
import { findResults } from "./find-results.js";
import { modelPagePlace } from "./model-page-place.js";

export interface ReportedRun {
  /** Of the page; undefined: none was made. */
  readonly report?: string | undefined;
  /** A sentence: why not, or that what lies there is of an earlier run. */
  readonly warning?: string | undefined;
}

/** Throws nothing. */
export async function reportRun(
  results: string,
  { signal, ...given }: { readonly signal?: AbortSignal | undefined } & MadeWith = {},
): Promise<ReportedRun> {
  return await reported(shellWord(results), async () => {
    const { writeReport } = await import("./write-report.js"); // and all that draws
    return await writeReport({ results, signal, ...given });
  });
}

/** Of what lm or gam wrote to `output`. Throws nothing. */
export async function reportModel(output: string, analysis: string, signal?: AbortSignal): Promise<ReportedRun> {
  return await reported(ofModel(output, analysis), async () => {
    const { reportAny } = await import("./report-any.js");
    return await reportAny({ results: output, analysis: isTable(output) ? undefined : analysis, signal });
  });
}

/** Of what joint wrote to `output`. Throws nothing. */
export async function reportJoined(output: string, signal?: AbortSignal): Promise<ReportedRun> {
  return await reported(shellWord(output), async () => {
    const { reportAny } = await import("./report-any.js");
    return await reportAny({ results: output, signal });
  });
}

/** As reportNothing. */
export const reportNotJoined = (output: string): ReportedRun =>
  leftBehind(() => ownPage(output, ""), shellWord(output), "of an earlier run");

/** `of`: behind `fixelstream report`. */
async function reported(
  of: string,
  make: () => Promise<{ readonly report: string; readonly remarks: readonly string[] }>,
): Promise<ReportedRun> {
  try {
    const { report, remarks } = await make();
    return { report, warning: remarks.length === 0 ? undefined : `Of the report ${report}: ${remarks.join(" ")}` };
  } catch (error) {
    const reason = isFixelstreamError(error)
      ? error.message
      : error instanceof Error
        ? `${error.name}: ${error.message}`
        : String(error);
    return {
      warning: `The results are complete, but their report was not made: ${reason} fixelstream report ${of} makes it.`,
    };
  }
}

/** Where something was put beside the results of a run: its page is made again with what it was made with; none where there was none. Throws nothing. */
export async function reportAgain(results: string, signal?: AbortSignal): Promise<ReportedRun> {
  let page: string | undefined;
  try {
    page = earlierReport(results);
  } catch {
    return {};
  }
  if (page === undefined) return {};
  const { report, warning } = await reportRun(results, { signal, ...madeWith(page) });
  return report === undefined ? { warning: `${warning} ${page} is from before.` } : { report, warning };
}

/** Bytes of a page in which that stands. */
const HEAD_BYTES = 16_384;

function madeWith(page: string): MadeWith {
  const fd = openSync(page, "r");
  try {
    const bytes = Buffer.alloc(HEAD_BYTES);
    return readMadeWith(bytes.toString("utf8", 0, readSync(fd, bytes, 0, HEAD_BYTES, 0)));
  } finally {
    closeSync(fd);
  }
}

/** Where none is wanted: one of an earlier run must not be taken for this one's. Throws nothing. */
export function reportNothing(results: string, isOf = "of an earlier run"): ReportedRun {
  return leftBehind(() => earlierReport(results), shellWord(results), isOf);
}

/** The same of lm and gam. Throws nothing. */
export function reportNoModel(output: string, analysis: string): ReportedRun {
  const { directory, base } = modelPagePlace(output, analysis);
  return leftBehind(() => ownPage(directory, base), ofModel(output, analysis), "of an earlier run");
}

/** Has one analysis, and no name of it. */
const isTable = (output: string): boolean => output.toLowerCase().endsWith(".csv");

const ofModel = (output: string, analysis: string): string =>
  `${shellWord(output)}${isTable(output) ? "" : ` --analysis ${shellWord(analysis)}`}`;

function leftBehind(find: () => string | undefined, of: string, isOf: string): ReportedRun {
  try {
    const path = find();
    return path === undefined ? {} : { warning: `${path} is ${isOf}: fixelstream report ${of} makes it again.` };
  } catch {
    return {};
  }
}

/** The page of an earlier run, where it lies beside results; undefined: none. */
function earlierReport(results: string): string | undefined {
  const { directory, base } = findResults(results);
  return ownPage(directory, base);
}

function ownPage(directory: string, base: string): string | undefined {
  const path = join(directory, `${base}${REPORT_FILE}`);
  return existsSync(path) && beginsWith(path, REPORT_BEGINS) ? path : undefined;
}
