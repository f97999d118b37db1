// First of all: what was asked, what was found, how sure it is; and what the run warned of.
import { html } from "../html.js";
import type { ReportData } from "../report-data.js";
import { verdictOf } from "../verdict.js";
import type { Section } from "./section.js";

export function warningsSection({ record, remarks }: ReportData): Section | undefined {
  if (record.warnings.length + remarks.length === 0) return undefined;
  return {
    id: "warnings",
    title: "Warnings",
    body: html`<ul class="warnings">${record.warnings.map(({ tag, message }) => html`<li><code>${tag}</code> ${message}</li>\n`)}${remarks.map((remark) => html`<li>${remark}</li>\n`)}</ul>`,
  };
}

export function verdictsSection(data: ReportData): Section {
  return {
    id: "verdict",
    title: data.hypotheses.length === 1 ? "Verdict" : "Verdicts",
    body: html`${data.hypotheses.map((h) => {
      const { name, title, headline, p, more, effect, facts, direction, nSignificant } = verdictOf(h, data);
      const sentences = [p, effect, ...more, facts, direction].filter((sentence) => sentence !== undefined);
      const kind = nSignificant === undefined ? "untested" : nSignificant > 0 ? "found" : "none";
      return html`<article class="verdict ${kind}" id="verdict-${name}" data-significant="${nSignificant}">
<h3>${title}</h3><p class="headline">${headline}</p>
<ul>${sentences.map((sentence) => html`<li>${sentence}</li>`)}</ul></article>\n`;
    })}`,
  };
}
