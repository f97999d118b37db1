// The page of a design (fixelstream design): its picture, what is tested, how well its columns can be told apart, how many subjects each cell has.
import { html, table } from "./html.js";
import { count, short } from "./numbers.js";
import { type FrameInputs, framePage } from "./page.js";
import type { ModelData } from "./report-data.js";
import { correlations, modelHtml } from "./sections/design.js";
import type { Section } from "./sections/section.js";
import { contrastInWords } from "./words.js";

export interface DesignPageData {
  readonly model: ModelData;
  readonly formula: string;
  readonly command: string;
  readonly phenotypes: string;
  readonly subjects: readonly string[];
  readonly columns: readonly { readonly name: string; readonly term?: string | undefined; readonly about: string }[];
  /** `weights`: [rank][nColumns] */
  readonly tests: readonly {
    readonly name: string;
    readonly label: string;
    readonly weights: readonly (readonly number[])[];
  }[];
  readonly cells: readonly {
    readonly factors: string;
    readonly cells: readonly { readonly levels: string; readonly nSubjects: number }[];
  }[];
  readonly dropped: readonly { readonly name: string; readonly missing: readonly string[] }[];
  readonly notes: readonly string[];
  readonly warnings: readonly { readonly tag: string; readonly message: string }[];
}

type PageParts = Pick<FrameInputs, "script" | "style" | "version">;

/** `from`: the directory as typed. */
export function designPage(data: DesignPageData, from: string, parts: PageParts): string {
  const { formula, subjects, columns, tests } = data;
  const sections = [warnings(data), design(data), hypotheses(data), cells(data), leftOut(data), provenance(data)];
  return framePage({
    ...parts,
    of: "a design",
    title: `Design ${from}`,
    facts: `${count(subjects.length)} subjects, ${formula}, ${columns.length} columns, ${tests.length === 1 ? "1 hypothesis" : `${count(tests.length)} hypotheses`}`,
    sections: sections.filter((section) => section !== undefined),
    from,
  });
}

function warnings({ warnings: found, notes }: DesignPageData): Section | undefined {
  if (found.length + notes.length === 0) return undefined;
  return {
    id: "warnings",
    title: found.length === 0 ? "Notes" : "Warnings",
    body: html`<ul class="warnings">${found.map(({ tag, message }) => html`<li><code>${tag}</code> ${message}</li>\n`)}${notes.map((note) => html`<li>${note}</li>\n`)}</ul>`,
  };
}

function design({ model, columns }: DesignPageData): Section {
  return {
    id: "design",
    title: "Design",
    body: html`${modelHtml(model)}
${table(
  "Columns",
  ["column", "name", "term", "what it is"],
  columns.map(({ name, term, about }, j) => [String(j + 1), name, term ?? "", about]),
  { numeric: new Set([0]) },
)}
${correlations(model)}`,
  };
}

function hypotheses({ tests, model: { factors } }: DesignPageData): Section {
  return {
    id: "hypotheses",
    title: "Hypotheses",
    body: table(
      "Weights of the hypotheses",
      ["hypothesis", "label", "row", "above 0", ...factors],
      tests.flatMap(({ name, label, weights }) =>
        weights.map((row, i) => [
          ...[name, label, String(i + 1), contrastInWords(row, factors)],
          ...factors.map((_, j) => short(row[j] ?? 0)),
        ]),
      ),
      { numeric: new Set([2, ...factors.map((_, j) => j + 4)]) },
    ),
  };
}

function cells({ cells: found }: DesignPageData): Section | undefined {
  if (found.length === 0) return undefined;
  return {
    id: "cells",
    title: "Cells",
    body: html`${found.map(({ factors, cells: levels }) =>
      table(
        `Subjects in each cell of ${factors}`,
        ["cell", "subjects"],
        levels.map(({ levels: name, nSubjects }) => [name, count(nSubjects)]),
        { numeric: new Set([1]) },
      ),
    )}`,
  };
}

function leftOut({ dropped }: DesignPageData): Section | undefined {
  if (dropped.length === 0) return undefined;
  return {
    id: "left-out",
    title: "Left out",
    body: table(
      "Subjects that are not in the design",
      ["subject", "what is missing"],
      dropped.map(({ name, missing }) => [name, missing.length === 0 ? "no row in the table" : missing.join(", ")]),
    ),
  };
}

function provenance({ command, formula, phenotypes, subjects }: DesignPageData): Section {
  return {
    id: "provenance",
    title: "Provenance",
    body: html`${table(
      "The design",
      ["what", "value"],
      [
        ["command", html`<code>${command}</code>`],
        ["formula", html`<code>${formula}</code>`],
        ["table of the subjects", html`<code>${phenotypes}</code>`],
      ],
    )}
<details><summary>Rows</summary>${table(
      "Rows of the design",
      ["row", "subject"],
      subjects.map((name, i) => [String(i + 1), name]),
      { numeric: new Set([0]) },
    )}</details>`,
  };
}
