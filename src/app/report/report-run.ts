// The report at the end of a run: its results are complete by then, and whatever happens here does not make them less so.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isFixelstreamError } from "../../errors.js";
import { REPORT_BEGINS, REPORT_FILE } from "../../report/page-file.js";
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
export async function reportRun(results: string, signal?: AbortSignal): Promise<ReportedRun> {
  try {
    const { writeReport } = await import("./write-report.js"); // and all that draws
    const { report, remarks } = await writeReport({ results, signal });
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

/** Where none is wanted: one of an earlier run must not be taken for this one's. Throws nothing. */
export function reportNothing(results: string): ReportedRun {
  try {
    const path = earlierReport(results);
    if (path === undefined) return {};
    return { warning: `${path} is of an earlier run: fixelstream report ${shellWord(results)} makes it again.` };
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
