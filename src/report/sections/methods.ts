// The methods section, to be copied.
import { type Html, html } from "../html.js";
import { type Methods, methodsBibtex, methodsMarkdown, methodsOf, methodsText } from "../methods.js";
import type { ReportData } from "../report-data.js";
import type { Section } from "./section.js";

export const methodsSection = (data: ReportData): Section => ({
  id: "methods",
  title: "For the methods section",
  body: methodsHtml(methodsOf(data)),
});

export function methodsHtml(methods: Methods): Html {
  const forms = [
    ["text", "Text", methodsText(methods)],
    ["markdown", "Markdown", methodsMarkdown(methods)],
    ["bibtex", "BibTeX", methodsBibtex(methods)],
  ] as const;
  return html`<p>Numbers and settings are those of this run; how the data were made (preprocessing, template, smoothing) it does not know: add that.</p>
<div class="prose">${methods.paragraphs.map((text) => html`<p>${text}</p>\n`)}<ul>${methods.references.map(({ text }) => html`<li>${text}</li>`)}</ul></div>
${forms.map(
  ([
    id,
    name,
    text,
  ]) => html`<details><summary>${name}</summary><button type="button" class="copy" data-copies="methods-${id}">Copy</button>
<pre id="methods-${id}" tabindex="0">${text}</pre></details>\n`,
)}`;
}
