// The page of joint p-values: each run's own results, with p over all of them.
import { existsSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { type JointPageData, jointPage } from "../../report/joint-page.js";
import { REPORT_FILE } from "../../report/page-file.js";
import type { HypothesisData, ReportData } from "../../report/report-data.js";
import { readNumbers } from "../../results/read-numbers.js";
import { collectReport } from "./collect.js";
import { type FoundJoint, findJoint } from "./find-joint.js";
import {
  clusterTables,
  pageParts,
  placeOf,
  publishPage,
  type ReportOptions,
  type ReportSummary,
} from "./write-report.js";

/** Undefined: `results` are not of joint. Throws as writeReport. */
export async function reportJoint({
  results,
  out,
  background,
  tracts,
  signal,
}: ReportOptions): Promise<ReportSummary | undefined> {
  const start = performance.now();
  const found = findJoint(results);
  if (found === undefined) return undefined;
  const page = placeOf(out, { directory: found.directory, base: "" });
  const { record, directory } = found;
  const { values: maxima } = await readNumbers(join(directory, "null_dist.txt"));
  const collected: ReportData[] = [];
  for (const [r, run] of found.runs.entries()) {
    const { name } = record.joint.runs[r]!;
    const { hypotheses } = record.results.runs[r]!;
    const ending = record.files.find((file) => file.startsWith("fwe_1mpvalue_"))!.replace(/^.*\./, "");
    collected.push(
      await collectReport(run, {
        ...{ background, tracts, tableBase: page.base, signal },
        joint: {
          ...{ nShuffles: record.problem.nShuffles, maxima },
          summaryOf: (own) => hypotheses.find((one) => one.name === own) ?? {},
          fileOf: (postfix) => join(directory, `fwe_1mpvalue_${name}${postfix}.${ending}`),
        },
      }),
    );
  }
  const data = joined(found, collected, page.directory);
  const text = jointPage(data, { ...pageParts(), madeWith: { background, tracts } });
  signal?.throwIfAborted();
  return publishPage(page, {
    ...{ text, start, data: data.shown, tables: clusterTables(page, data.shown) },
    stale: "[\\p{L}\\p{N} ._-]+",
  });
}

function joined(
  { record, place, isChanged, runs }: FoundJoint,
  collected: readonly ReportData[],
  pageDirectory: string,
): JointPageData {
  const names = record.joint.runs.map(({ name }) => name);
  const scalars = collected.map(({ scalar }) => scalar);
  // the same scalar of other data, or none that was named: folders tell them apart
  const areNamed = new Set(scalars).size === scalars.length && !scalars.includes("the value");
  const measures = areNamed ? scalars : names;
  const [first] = collected as [ReportData];
  const named = collected.map((one, r) => ({
    ...one,
    ...{ scalar: measures[r]!, joined: measures },
    hypotheses: one.hypotheses.map(
      (h): HypothesisData => ({
        ...h,
        ...{ name: `${names[r]}_${h.name}`, measure: measures[r]! },
      }),
    ),
  }));
  const remarks = [
    ...(isChanged ? ["run.json is not as it was written: what is taken from it may be wrong."] : []),
    ...new Set(collected.flatMap((one) => one.remarks)),
  ];
  const elsewhere = { missing: "Values of subjects, designs and data are in the page of each run." };
  return {
    ...{ record, place, measures, runs: named },
    areAlike: new Set(runs.map((run) => run.record.runPlan.design.sha256)).size === 1,
    pages: runs.map((run, r) => {
      const path = join(run.directory, `${run.base}${REPORT_FILE}`);
      return {
        ...{ name: names[r]!, path: record.joint.runs[r]!.path },
        link: existsSync(path) ? relative(pageDirectory, path).split(sep).map(encodeURIComponent).join("/") : undefined,
      };
    }),
    shown: {
      ...first,
      ...{ place, remarks, mean: undefined, maps: [], effects: elsewhere, check: elsewhere },
      scalar: measures.join(", "),
      hypotheses: named.flatMap(({ hypotheses }) => hypotheses),
      ...{ files: record.files, recordName: "run.json" },
    },
  };
}
