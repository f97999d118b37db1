// Puts the sections into one file that fetches nothing, runs one script and obeys one style sheet: its policy says so to the browser.
import { createHash } from "node:crypto";
import { escapeHtml, type Html, html } from "./html.js";
import { capital, count } from "./numbers.js";
import { type MadeWith, madeWithElement, REPORT_BEGINS } from "./page-file.js";
import { packPayload } from "./payload.js";
import { ELEMENTS, type ReportData } from "./report-data.js";
import { clustersSection } from "./sections/clusters.js";
import { dataCheckSection } from "./sections/data-check.js";
import { designSection } from "./sections/design.js";
import { distributionsSection, filesSection } from "./sections/distributions.js";
import { effectsSection } from "./sections/effects.js";
import { methodsSection } from "./sections/methods.js";
import { networkSection } from "./sections/network.js";
import { nullSection } from "./sections/null.js";
import { picturesSection } from "./sections/pictures.js";
import { provenanceSection } from "./sections/provenance.js";
import { type Section, sectionHtml } from "./sections/section.js";
import { verdictsSection, warningsSection } from "./sections/verdicts.js";

export interface PageInputs {
  readonly data: ReportData;
  /** What runs in the browser. */
  readonly script: string;
  readonly style: string;
  /** `0.1.0` */
  readonly version: string;
  readonly madeWith?: MadeWith | undefined;
}

export function reportPage({ data, ...inputs }: PageInputs): string {
  const { record, recordName } = data;
  const title = titleOf(data);
  const sections = sectionsOf(data);
  return framePage({
    ...inputs,
    of: `plan ${record.runPlan.hash}`,
    title,
    facts: factsOf(data),
    sections,
    from: recordName,
  });
}

export interface FrameInputs extends Omit<PageInputs, "data"> {
  /** `plan 0f..`: what results the page is of. */
  readonly of: string;
  readonly title: string;
  /** Under the title. */
  readonly facts: string;
  readonly sections: readonly Section[];
  /** What the numbers were read from. */
  readonly from: string;
}

export function framePage({ of, title, facts, sections, from, ...rest }: FrameInputs): string {
  const { script, style, version, madeWith = {} } = rest;
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `${REPORT_BEGINS} ${escapeHtml(version)} of ${escapeHtml(of)} -->
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">${madeWithElement(madeWith)}
<title>${escapeHtml(title)}</title><style>${style}</style></head>
<body>${skipTo(sections)}
${headerOf(facts, sections, title)}
<main>${sections.map((section) => sectionHtml(section).text).join("")}</main>
<footer>Made by fixelstream ${escapeHtml(version)} from ${escapeHtml(from)} and the files beside it. The page fetches nothing.</footer>
<script>${script}</script></body></html>
`;
}

/** Past the list of sections: a page of a design has no verdict. */
function skipTo(sections: readonly Section[]): string {
  const to = sections.find(({ id }) => id === "verdict") ?? sections[0];
  return to === undefined ? "" : html`<a class="skip" href="#${to.id}">To the ${to.id}</a>`.text;
}

function sectionsOf(data: ReportData): Section[] {
  return [
    warningsSection(data),
    verdictsSection(data),
    picturesSection(data, packPayload(data, data.mean)),
    networkSection(data),
    clustersSection(data),
    effectsSection(data),
    designSection(data),
    nullSection(data),
    dataCheckSection(data),
    methodsSection(data),
    provenanceSection(data),
    distributionsSection(data),
    filesSection(data),
  ].filter((section) => section !== undefined);
}

const hashOf = (text: string): string => `sha256-${createHash("sha256").update(text).digest("base64")}`;

function titleOf({ scalar, kind, place }: ReportData): string {
  const what = scalar === "the value" ? capital(ELEMENTS[kind].many) : scalar;
  return `${what}: results in ${place === "" ? "." : place}`;
}

function factsOf({ record, kind }: ReportData): string {
  const { problem, startedAt } = record;
  const { many } = ELEMENTS[kind];
  return `${count(Number(problem.nSubjects))} subjects, ${count(Number(problem.nElements))} ${many}, ${count(Number(problem.nShuffles))} shuffles; run of ${startedAt.slice(0, 10)} with fixelstream ${record.versions.fixelstream}`;
}

function headerOf(facts: string, sections: readonly Section[], title: string): Html {
  return html`<header><h1>${title}</h1><p class="sub">${facts}</p>
<nav aria-label="Sections"><ul>${sections.map(({ id, title: name }) => html`<li><a href="#${id}">${name}</a></li>`)}</ul></nav></header>`;
}
