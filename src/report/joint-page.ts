// The page of joint p-values: a verdict on each measure by all of them, the pictures and clusters of all, and where the rest stands.
import type { RunRecord } from "../results/run-record.js";
import { html, type Piece, table } from "./html.js";
import { inList, jointMethods } from "./methods.js";
import { count } from "./numbers.js";
import { type FrameInputs, framePage } from "./page.js";
import { packPayload } from "./payload.js";
import { ELEMENTS, type ReportData } from "./report-data.js";
import { clustersSection } from "./sections/clusters.js";
import { distributionsSection, filesSection } from "./sections/distributions.js";
import { methodsHtml } from "./sections/methods.js";
import { networkSection } from "./sections/network.js";
import { nullSection } from "./sections/null.js";
import { picturesSection } from "./sections/pictures.js";
import type { Section } from "./sections/section.js";
import { verdictsSection, warningsSection } from "./sections/verdicts.js";

export interface JointPageData {
  readonly record: Pick<RunRecord, "command" | "startedAt" | "versions" | "machine" | "warnings"> & {
    readonly joint: {
      readonly shufflesHash: string;
      readonly runs: readonly { readonly name: string; readonly path: string; readonly planHash: string }[];
    };
    readonly problem: { readonly nSubjects: number; readonly nShuffles: number };
  };
  readonly place: string;
  /** What each run is of. */
  readonly measures: readonly string[];
  /** With joint p, and hypotheses named by their run too. */
  readonly runs: readonly ReportData[];
  /** Of one design. */
  readonly areAlike: boolean;
  readonly pages: readonly {
    readonly name: string;
    readonly path: string;
    /** From this page to that; undefined: there is none. */
    readonly link: string | undefined;
  }[];
  /** All hypotheses of all runs. */
  readonly shown: ReportData;
}

type PageParts = Pick<FrameInputs, "script" | "style" | "version" | "madeWith">;

export function jointPage(data: JointPageData, parts: PageParts): string {
  const { record, place, measures, runs, areAlike, shown } = data;
  const { nSubjects, nShuffles } = record.problem;
  const sections = [
    warningsSection({ ...shown, record: { ...shown.record, warnings: record.warnings } }),
    verdicts(data),
    picturesSection(shown, packPayload(shown, undefined)),
    networkSection(shown),
    clustersSection(shown),
    runsSection(data),
    nullSection(shown),
    { id: "methods", title: "For the methods section", body: methodsHtml(jointMethods(runs, { areAlike })) },
    provenance(data),
    distributionsSection(shown),
    filesSection(shown),
  ].filter((section) => section !== undefined);
  return framePage({
    ...parts,
    of: `joint shuffles ${record.joint.shufflesHash}`,
    title: `${inList(measures)}: joint results in ${place}`,
    facts: `${count(runs.length)} runs of ${count(nSubjects)} subjects, ${count(nShuffles)} shuffles; joined ${record.startedAt.slice(0, 10)} with fixelstream ${record.versions.fixelstream}`,
    sections,
    from: "run.json",
  });
}

function verdicts({ runs, measures }: JointPageData): Section {
  const { many } = ELEMENTS[runs[0]!.kind];
  return {
    id: "verdict",
    title: "Verdicts",
    body: html`<p>p is family-wise over all ${many}, hypotheses and measures (${inList(measures)}) together: what is found here is found with 5 % risk of any false one in all of them.</p>
${runs.map((run) => verdictsSection(run).body)}`,
  };
}

function runsSection({ pages, runs, measures }: JointPageData): Section {
  const { many } = ELEMENTS[runs[0]!.kind];
  const rows = runs.flatMap((run, r) =>
    run.hypotheses.map((h, i): Piece[] => {
      const { name, path, link } = pages[r]!;
      const recorded = (run.record.results as { hypotheses?: readonly { significant?: number }[] }).hypotheses?.[i];
      return [
        h.name,
        measures[r]!,
        html`<code>${path}</code>`,
        count(h.significant.length),
        recorded?.significant === undefined ? "n/a" : count(recorded.significant),
        link === undefined
          ? html`<code>fixelstream report ${path}</code>`
          : html`<a href="${link}">page of ${name}</a>`,
      ];
    }),
  );
  return {
    id: "runs",
    title: "Runs",
    body: html`<p>Values of subjects, designs, data and memory are in the page of each run. By itself a run finds no fewer ${many}: its p is over its own ${many} alone.</p>
${table("Runs that were joined", ["hypothesis", "measure", "results", `${many} with joint p < 0.05`, "by the run alone", "page"], rows, { numeric: new Set([3, 4]) })}`,
  };
}

function provenance({ record }: JointPageData): Section {
  const { command, startedAt, versions, machine, joint } = record;
  return {
    id: "provenance",
    title: "Provenance",
    body: html`${table(
      "The joining",
      ["what", "value"],
      [
        ["command", html`<code>${command}</code>`],
        ["begun", startedAt],
        ["shuffles", html`<code>${joint.shufflesHash}</code>`],
        [
          "versions",
          Object.entries(versions)
            .map(([name, version]) => `${name} ${version}`)
            .join(", "),
        ],
        ["machine", `${machine.processor}, ${machine.cores} cores`],
      ],
    )}${table(
      "Inputs",
      ["run", "path", "plan"],
      joint.runs.map(({ name, path, planHash }) => [name, html`<code>${path}</code>`, html`<code>${planHash}</code>`]),
    )}`,
  };
}
