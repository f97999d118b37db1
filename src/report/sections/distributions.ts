// How Z and p are distributed over elements, and what each file of the results is.
import { binsOf, histogram } from "../charts.js";
import { html, table } from "../html.js";
import { capital, count, short } from "../numbers.js";
import { ELEMENTS, type ReportData } from "../report-data.js";
import type { Section } from "./section.js";

export function distributionsSection(data: ReportData): Section {
  const { many } = ELEMENTS[data.kind];
  return {
    id: "distributions",
    title: "Distributions",
    body: html`${data.hypotheses.map((h) => {
      const z = binsOf(h.z, 60);
      const p = h.p && binsOf(h.p, 20, [0, 1]);
      return html`<h3>${h.name}</h3><div class="charts"><figure>${histogram(`Histogram of Z of ${h.name}`, z, { x: "Z", y: many, lines: [{ value: 0, words: "0" }] })}<figcaption>Z of all ${many}; without an effect anywhere it is about normal around 0.</figcaption></figure>
${p === undefined ? "" : html`<figure>${histogram(`Histogram of ${h.pWords}: ${h.name}`, p, { x: h.pWords, y: many, lines: [{ value: 0.05, words: "0.05" }] })}<figcaption>${capital(h.pWords)}; most are 1 where nothing is found.</figcaption></figure>`}</div>
<details><summary>As a table</summary>${table(
        `Z of ${h.name}`,
        ["Z from", "to", many],
        z.counts.map((n, i) => [short(z.edges[i]!), short(z.edges[i + 1]!), count(n)]),
        { numeric: new Set([0, 1, 2]) },
      )}</details>`;
    })}`,
  };
}

const FILES: readonly (readonly [RegExp, string])[] = [
  [/^beta(_?\d+|s)$/, "effect of each column of the design"],
  [/^std_dev\d*$/, "standard deviation of the residuals"],
  [/^cond$/, "condition number of each element's design"],
  [/^[tF]value/, "the statistic"],
  [/^Zstat/, "the statistic as a normal deviate"],
  [/^abs_effect/, "the contrast of the effects, in the units of the data"],
  [/^std_effect/, "the same in standard deviations"],
  [/^(cfe|tfce)_empirical|^empirical/, "what enhanced statistics were divided by"],
  [/^(cfe|tfce|enhanced|clustersize)/, "the enhanced statistic"],
  [/^fwe_tail_1mpvalue/, "1 − family-wise p by the fitted tail of the null"],
  [/^fwe_gamma_1mpvalue/, "1 − family-wise p by the fitted gamma distribution"],
  [/^(parametric|uncorrected)_(bh|by)_1mpvalue/, "1 − false discovery rate of each element"],
  [/^(parametric|uncorrected)_(holm|bonferroni)_1mpvalue/, "1 − family-wise p, by the number of tests"],
  [/^parametric_1mpvalue/, "1 − p of the statistic's distribution, not corrected"],
  [/^fwe_1mpvalue/, "1 − family-wise p: above 0.95 is significant"],
  [/^uncorrected/, "1 − p of each element by itself, not corrected"],
  [/^null_contributions/, "how often each element was the maximum"],
  [/^null_dist/, "the largest statistic of each shuffle"],
];

export function filesSection({ files, recordName }: ReportData): Section {
  const base = recordName.slice(0, -"run.json".length);
  const rows = files.map((file) => {
    const stem = file.slice(base.length).replace(/\.(mif|nii|csv|txt)$/, "");
    return [html`<code>${file}</code>`, FILES.find(([pattern]) => pattern.test(stem))?.[1] ?? ""];
  });
  return {
    id: "files",
    title: "Files",
    body: table(
      "Files of the results",
      ["file", "what it is"],
      [...rows, [html`<code>${recordName}</code>`, "what was run, on what, how long it took"]],
    ),
  };
}
