// The report at the end of a run: its results are complete by then, and whatever happens here does not make them less so.
import { closeSync, existsSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { isFixelstreamError } from "../../errors.js";
import { type MadeWith, REPORT_BEGINS, REPORT_FILE, readMadeWith } from "../../report/page-file.js";
import { beginsWith } from "../../results/report-folder.js";
import { shellWord } from "../../shell-word.js";
import { findResults } from "./find-results.js";

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
  try {
    const { writeReport } = await import("./write-report.js"); // and all that draws
    const { report, remarks } = await writeReport({ results, signal, ...given });
    return { report, warning: remarks.length === 0 ? undefined : `Of the report ${report}: ${remarks.join(" ")}` };
  } catch (error) {
    const reason = isFixelstreamError(error)
      ? error.message
      : error instanceof Error
        ? `${error.name}: ${error.message}`
        : String(error);
    return {
      warning: `The results are complete, but their report was not made: ${reason} fixelstream report ${shellWord(results)} makes it.`,
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
  try {
    const path = earlierReport(results);
    if (path === undefined) return {};
    return { warning: `${path} is ${isOf}: fixelstream report ${shellWord(results)} makes it again.` };
  } catch {
    return {};
  }
}

/** The page of an earlier run, where it lies beside results; undefined: none. */
function earlierReport(results: string): string | undefined {
  const { directory, base } = findResults(results);
  const path = join(directory, `${base}${REPORT_FILE}`);
  return existsSync(path) && beginsWith(path, REPORT_BEGINS) ? path : undefined;
}
