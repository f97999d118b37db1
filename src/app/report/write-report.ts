// A run's report: one page and tables of clusters, out of what a run left on disk.
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { InputError, InternalError } from "../../errors.js";
import { pathKindOf } from "../../formats/path-kind.js";
import { CLUSTERS_TSV_BEGINS, clustersTsv } from "../../report/clusters.js";
import { reportPage } from "../../report/page.js";
import { REPORT_BEGINS, REPORT_FILE } from "../../report/page-file.js";
import type { ShownData } from "../../report/report-data.js";
import { clustersFileName } from "../../report/sections/clusters.js";
import { publishReport } from "../../results/report-folder.js";
import { VERSION } from "../../version.js";
import { collectReport } from "./collect.js";
import { findResults } from "./find-results.js";

export interface ReportOptions {
  /** The output of fixelcfestats, or the prefix of the other commands. */
  readonly results: string;
  /** Of the page. Default: `report.html` beside the results, behind their prefix. */
  readonly out?: string | undefined;
  /** An image drawn behind fixels or voxels. */
  readonly background?: string | undefined;
  /** Of masks of bundles, by which clusters are named. */
  readonly tracts?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ReportSummary {
  /** Of the page. */
  readonly report: string;
  readonly bytes: number;
  /** Tables of clusters. */
  readonly tables: readonly string[];
  readonly hypotheses: readonly {
    readonly name: string;
    readonly significant: number | undefined;
    readonly clusters: number;
  }[];
  /** Sentences: what could not be shown as it should be. */
  readonly remarks: readonly string[];
  readonly elapsedMs: number;
}

/** Throws InputError: no results, or nothing can be written there; the reason of the signal. */
export async function writeReport(options: ReportOptions): Promise<ReportSummary> {
  const { results, out, background, tracts, signal } = options;
  const start = performance.now();
  const found = findResults(results);
  const page = placeOf(out, found);
  const data = await collectReport(found, { background, tracts, tableBase: page.base, signal });
  const text = reportPage({
    data,
    ...pageParts(),
    madeWith: { background, tracts },
  });
  signal?.throwIfAborted();
  return publishPage(page, {
    text,
    tables: clusterTables(page, data),
    data,
    start,
    stale: "[tF]\\d+(_positive|_negative)?",
  });
}

/** What every page is put together with. Throws InternalError. */
export const pageParts = () => ({
  script: builtForPage("client.js"),
  style: builtForPage("page.css"),
  version: VERSION,
});

/** Of each hypothesis that was tested. */
export const clusterTables = ({ base }: PagePlace, data: ShownData): MadePage["tables"] =>
  data.hypotheses.flatMap((h) =>
    h.p === undefined ? [] : [{ name: `${base}${clustersFileName(h.name)}`, text: clustersTsv(h.clusters, data) }],
  );

export interface MadePage {
  readonly text: string;
  readonly tables: readonly { readonly name: string; readonly text: string }[];
  readonly data: Pick<ShownData, "hypotheses" | "remarks">;
  readonly start: number;
  /** Names of hypotheses whose tables go where this page has none of them: a regular expression. */
  readonly stale: string;
}

export function publishPage(page: PagePlace, { text, tables, data, start, stale }: MadePage): ReportSummary {
  const escaped = page.base.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  publishReport({
    directory: page.directory,
    files: [
      ...tables.map((file) => ({ ...file, begins: CLUSTERS_TSV_BEGINS })),
      { name: page.name, text, begins: REPORT_BEGINS },
    ],
    stale: { names: new RegExp(`^${escaped}clusters_${stale}\\.tsv$`, "u"), begins: CLUSTERS_TSV_BEGINS },
    purpose: `Cannot write the report ${page.path}`,
  });
  return {
    report: page.path,
    bytes: Buffer.byteLength(text),
    tables: tables.map(({ name }) => join(page.directory, name)),
    hypotheses: data.hypotheses.map(({ name, p, significant, clusters }) => ({
      ...{ name, significant: p === undefined ? undefined : significant.length, clusters: clusters.length },
    })),
    remarks: data.remarks,
    elapsedMs: performance.now() - start,
  };
}

export interface PagePlace {
  readonly path: string;
  readonly directory: string;
  readonly name: string;
  /** In front of the names of tables. */
  readonly base: string;
}

export function placeOf(out: string | undefined, { directory, base }: { directory: string; base: string }): PagePlace {
  if (out === undefined) {
    const name = `${base}${REPORT_FILE}`;
    return { path: join(directory, name), directory, name, base };
  }
  const name = basename(out);
  const folder = dirname(out);
  const refuse = (expected: string, got: string, remedy: string) =>
    new InputError(`Cannot write the report ${out}: expected ${expected}, got ${got}. ${remedy}`, { path: out });
  if (!/\.html?$/i.test(name)) throw refuse("a name that ends in .html", "another", "Give it a name as report.html.");
  if (pathKindOf(folder) !== "directory") throw refuse(`an existing directory ${folder}`, "none", "Make it first.");
  return { path: out, directory: folder, name, base: `${name.replace(/\.html?$/i, "")}_` };
}

/** Where the build puts it: beside this file when it is built; from the sources what was built last. Throws InternalError. */
function builtForPage(name: "client.js" | "page.css"): string {
  const here = import.meta.url;
  const url = here.endsWith(".ts")
    ? new URL(`../../../dist/src/report/${name}`, here)
    : new URL(`../../report/${name}`, here);
  try {
    return readFileSync(fileURLToPath(url), "utf8").trim();
  } catch (cause) {
    throw new InternalError(`${name} of the report is not where the build puts it: ${fileURLToPath(url)}.`, { cause });
  }
}
