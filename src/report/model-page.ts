// The page of a model of one formula (lm, gam): the same pictures and tables as of a run, and what such a model has instead of shuffles.
import { binsOf, histogram } from "./charts.js";
import { html, type Piece, table } from "./html.js";
import { modelMethods, termVerdict } from "./model-words.js";
import { beginning, capital, count, short } from "./numbers.js";
import { type FrameInputs, framePage } from "./page.js";
import { packPayload } from "./payload.js";
import { ELEMENTS, type ModelReportData } from "./report-data.js";
import { clustersSection } from "./sections/clusters.js";
import { dataCheckSection } from "./sections/data-check.js";
import { correlations, modelHtml } from "./sections/design.js";
import { effectsSection } from "./sections/effects.js";
import { methodsHtml } from "./sections/methods.js";
import { picturesSection } from "./sections/pictures.js";
import { missing, type Section } from "./sections/section.js";

type PageParts = Pick<FrameInputs, "script" | "style" | "version" | "madeWith">;

/** `from`: the file or directory as typed. */
export function modelPage(data: ModelReportData, from: string, parts: PageParts): string {
  const { analysis, fitted, kind, nElements, scalar } = data;
  const facts = [
    ...(fitted === undefined ? [] : [`${count(fitted.nSubjects)} subjects`]),
    `${count(nElements)} ${ELEMENTS[kind].many}`,
    ...(fitted === undefined ? [] : [fitted.formula, `by ${fitted.program}`]),
  ].join(", ");
  const sections = [
    remarksSection(data),
    verdicts(data),
    picturesSection(data, packPayload(data, data.mean)),
    clustersSection(data),
    effectsSection(data),
    designOf(data),
    dataCheckSection(data),
    { id: "methods", title: "For the methods section", body: methodsHtml(modelMethods(data)) },
    provenanceOf(data, from),
    distributionsOf(data),
  ].filter((section) => section !== undefined);
  return framePage({
    ...parts,
    of: `analysis ${analysis}`,
    title: `${beginning(scalar, scalar)}: ${analysis} in ${from}`,
    facts,
    sections,
    from,
  });
}

function remarksSection({ remarks }: ModelReportData): Section | undefined {
  if (remarks.length === 0) return undefined;
  return {
    id: "warnings",
    title: "Warnings",
    body: html`<ul class="warnings">${remarks.map((remark) => html`<li>${remark}</li>\n`)}</ul>`,
  };
}

function verdicts(data: ModelReportData): Section {
  return {
    id: "verdict",
    title: data.hypotheses.length === 1 ? "Verdict" : "Verdicts",
    body: html`${data.hypotheses.map((term) => {
      const { title, headline, nSignificant, sentences } = termVerdict(term, data);
      const kind = nSignificant === undefined ? "untested" : nSignificant > 0 ? "found" : "none";
      return html`<article class="verdict ${kind}" id="verdict-${term.name}" data-significant="${nSignificant}">
<h3>${title}</h3><p class="headline">${headline}</p>
<ul>${sentences.map((sentence) => html`<li>${sentence}</li>`)}</ul></article>\n`;
    })}${data.medians.length === 0 ? "" : html`<p>Of the middle ${ELEMENTS[data.kind].one}: ${data.medians.map(({ name, value }) => `${name} ${short(value)}`).join(", ")}.</p>`}`,
  };
}

function designOf({ model }: ModelReportData): Section {
  const section = { id: "design", title: "Design" };
  if ("missing" in model) return { ...section, body: missing(model.missing) };
  return { ...section, body: html`${modelHtml(model.found)}${correlations(model.found)}` };
}

function provenanceOf({ fitted, analysis, statistics }: ModelReportData, from: string): Section {
  const rows: [string, Piece][] =
    fitted === undefined
      ? [["analysis", analysis]]
      : [
          ["analysis", analysis],
          ["command", html`<code>${fitted.command}</code>`],
          ["program", fitted.program],
          ["formula", html`<code>${fitted.formula}</code>`],
          ["data", html`<code>${fitted.input}</code>`],
          ["table of the subjects", html`<code>${fitted.cohort}</code>`],
          [
            "elements",
            `${count(fitted.nFitted)} of ${count(fitted.nElements)} fitted; ${count(fitted.nTooFew)} with too few subjects, ${count(fitted.nUnusable)} whose subjects make no such model, ${count(fitted.nPerfect)} fitted to the last digit`,
          ],
        ];
  return {
    id: "provenance",
    title: "Provenance",
    body: html`${table("The analysis", ["what", "value"], rows)}<p>Statistics in <code>${from}</code>: ${statistics.join(", ")}.</p>`,
  };
}

function distributionsOf(data: ModelReportData): Section {
  const { many } = ELEMENTS[data.kind];
  return {
    id: "distributions",
    title: "Distributions",
    body: html`${data.hypotheses.map(({ term, kind, statistic, singleP, p, pWords }) => {
      const bins = binsOf(statistic, 60);
      const single = singleP && binsOf(singleP, 20, [0, 1]);
      const corrected = p && binsOf(p, 20, [0, 1]);
      const marked = { y: many, lines: [{ value: 0.05, words: "0.05" }] };
      return html`<h3>${term}</h3><div class="charts"><figure>${histogram(`Histogram of ${kind} of ${term}`, bins, { x: kind, y: many })}<figcaption>${kind} of all ${many}.</figcaption></figure>
${single === undefined ? "" : html`<figure>${histogram(`Histogram of p of ${term}`, single, { x: "p, not corrected", ...marked })}<figcaption>p of each element by itself; level where nothing depends on it.</figcaption></figure>`}
${corrected === undefined ? "" : html`<figure>${histogram(`Histogram of ${pWords}: ${term}`, corrected, { x: pWords, ...marked })}<figcaption>${capital(pWords)}.</figcaption></figure>`}</div>
<details><summary>As a table</summary>${table(
        `${kind} of ${term}`,
        [`${kind} from`, "to", many],
        bins.counts.map((n, i) => [short(bins.edges[i]!), short(bins.edges[i + 1]!), count(n)]),
        { numeric: new Set([0, 1, 2]) },
      )}${
        single === undefined
          ? ""
          : table(
              `p of ${term}`,
              ["p from", "to", many],
              single.counts.map((n, i) => [short(single.edges[i]!), short(single.edges[i + 1]!), count(n)]),
              { numeric: new Set([0, 1, 2]) },
            )
      }</details>`;
    })}`,
  };
}
