// A number that the page says is the one that the command printed and run.json holds: of a run, of several scalars, of merged shards and of lm.
import fs from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { write } from "../support/expect-refusal.js";
import { runInProcess, runWithReport } from "../support/in-process-cli.js";
import { readPageParts } from "../support/read-page.js";
import { newReportCase, QUICK, readPage } from "../support/report-cases.js";
import type { SmallAnalysis } from "../support/small-analysis.js";

const LOUD = QUICK.filter((token) => token !== "-quiet");

interface Recorded {
  readonly problem: { nSubjects: number; nElements: number; nShuffles: number; degreesOfFreedom: number };
  readonly results: {
    hypotheses: {
      name: string;
      significant: number;
      smallestP: number;
      monteCarlo: { smallestP: [number, number]; threshold: { at: number } };
    }[];
  };
}

const inDigits = (value: number, digits: number): number => Number(value.toPrecision(digits));
/** p of the page: two digits, two decimals from 0.1 on. */
const asPage = (p: number): number => (p >= 0.1 ? Number(p.toFixed(2)) : inDigits(p, 2));
const found = (pattern: RegExp, text: string): number[] => {
  const groups = pattern.exec(text);
  expect(groups, `${pattern} in ${text}`).not.toBeNull();
  return groups!.slice(1).map((group) => Number(group.replaceAll(",", "")));
};

/** `said`: of the command, on standard error. */
function expectSame(folder: string, said: string): void {
  const record: Recorded = JSON.parse(fs.readFileSync(path.join(folder, "run.json"), "utf8"));
  const page = readPage(path.join(folder, "report.html"));
  const parts = readPageParts(page);
  const { nSubjects, nElements, nShuffles, degreesOfFreedom } = record.problem;
  expect(found(/: (\d+) fixels, (\d+) subjects, (\d+) shuffles in /, said)).toEqual([nElements, nSubjects, nShuffles]);
  expect(parts.document.querySelector("header .sub")!.textContent).toContain(
    `${nSubjects} subjects, ${nElements} fixels, ${nShuffles} shuffles;`,
  );
  expect(record.results.hypotheses.length).toBeGreaterThan(1);
  for (const { name, significant, smallestP, monteCarlo } of record.results.hypotheses) {
    const [low, high] = monteCarlo.smallestP;
    const { at } = monteCarlo.threshold;
    const printed = found(
      new RegExp(
        `\\n  ${name}: largest Z [\\d.-]+.*?, (\\d+) fixels? with family-wise p < 0.05 \\(smallest p ([\\d.e-]+),[^\\n]*\\n    smallest p within ([\\d.e-]+) to ([\\d.e-]+) \\(95 %\\); p = 0.05 at cfe ([\\d.e-]+) `,
      ),
      said,
    );
    expect(printed).toEqual([significant, ...[smallestP, low, high, at].map((value) => inDigits(value, 3))]);
    expect(parts.document.querySelector(`#verdict-${name}`)!.getAttribute("data-significant")).toBe(`${significant}`);
    const verdict = parts.verdictOf(name);
    expect(verdict).toContain(
      significant === 0 ? `none of ${nElements} fixels` : `in ${significant} of ${nElements} fixels`,
    );
    const ofPage = found(
      /The smallest family-wise p of all fixels is ([\d.e-]+) \((\d+) of (\d+) shuffles; 95 % Monte-Carlo interval ([\d.e-]+) to ([\d.e-]+)\)/,
      verdict,
    );
    expect(ofPage).toEqual([
      asPage(smallestP),
      Math.round(smallestP * nShuffles),
      nShuffles,
      asPage(low),
      asPage(high),
    ]);
    expect(found(/(\d+) subjects, (\d+) degrees of freedom, .*critical value of CFE is ([\d.,]+) /, verdict)).toEqual([
      nSubjects,
      degreesOfFreedom,
      inDigits(at, 4),
    ]);
    const clusters = fs
      .readFileSync(path.join(folder, `clusters_${name}.tsv`), "utf8")
      .trim()
      .split("\n")
      .slice(1);
    expect(clusters.reduce((sum, line) => sum + Number(line.split("\t")[1]), 0)).toBe(significant);
    if (significant > 0) expect(parts.textOf("clusters")).toContain(`in clusters_${name}.tsv beside this page`);
  }
}

const bothDirections = (): SmallAnalysis => {
  const input = newReportCase({ factors: "all\tpatient" });
  write(input, "contrast.txt", "0 -1\n0 1\n");
  return input;
};

it("of a run, its condition number among them", async () => {
  const input = bothDirections();
  // as means and units have it the columns are nearly one, as they are compared they are two
  const rows = Array.from({ length: 12 }, (_, i) => `1\t${i < 6 ? 1000 : 1001}`);
  write(input, "design.txt", `all\tpatient\n${rows.join("\n")}\n`);
  const { status, stderr } = await runWithReport(["fixelcfestats", ...input.positionals, ...LOUD]);
  expect(status, stderr).toBe(0);
  expectSame(input.at("out"), stderr);
  const [printed] = found(/condition number ([\d.]+)\)/, stderr);
  expect(printed).toBe(1);
  expect(
    found(
      /condition number ([\d.]+) \(of columns that are centred and scaled\)/,
      readPage(input.at("out", "report.html")),
    ),
  ).toEqual([printed]);
});

it("of --scalar FD,FC each page is of its scalar", async () => {
  const input = bothDirections();
  for (const scalar of ["FD", "FC"]) {
    const tokens = [
      "convert",
      "fixels",
      input.at("fd"),
      input.at("subjects.txt"),
      input.at("two.fxs"),
      "--scalar",
      scalar,
    ];
    expect(await runInProcess([...tokens, "-quiet"])).toEqual({ status: 0, stdout: "", stderr: "" });
  }
  const positionals = [input.at("two.fxs"), "-", ...input.positionals.slice(2)];
  const { status, stderr } = await runWithReport(["fixelcfestats", ...positionals, ...LOUD, "--scalar", "FD,FC"]);
  expect(status, stderr).toBe(0);
  const [, ...blocks] = stderr.split(/(?=fixelstream: \d+ fixels, \d+ subjects, \d+ shuffles)/);
  expect(blocks).toHaveLength(2);
  for (const [i, scalar] of ["FD", "FC"].entries()) {
    expectSame(input.at("out", scalar), blocks[i]!);
    expect(readPageParts(readPage(input.at("out", scalar, "report.html"))).verdictOf("t1")).toContain(
      `${scalar} is lower where`,
    );
  }
});

it("of merged shards", async () => {
  const input = bothDirections();
  for (const shard of ["1/2", "2/2"]) {
    const line = ["fixelcfestats", ...input.positionals, ...QUICK, "--shard", shard];
    expect(await runInProcess(line)).toMatchObject({ status: 0 });
  }
  const { status, stderr } = await runWithReport(["merge", input.at("out")]);
  expect(status, stderr).toBe(0);
  expectSame(input.at("out"), stderr);
});

it("of lm: subjects and fitted elements; its tables under the names that it says", async () => {
  const input = newReportCase();
  const rows = Array.from({ length: 12 }, (_, i) => `sub-${i + 1}.mif\t${i < 6 ? "control" : "patient"}`);
  write(input, "phenotypes.tsv", `source_file\tgroup\n${rows.join("\n")}\n`);
  const tokens = ["lm", input.at("fd"), input.at("phenotypes.tsv"), "FD ~ group", input.at("models"), "-nthreads", "0"];
  const { status, stderr } = await runWithReport(tokens);
  expect(status, stderr).toBe(0);
  expect(found(/: lm: (\d+) of (\d+) elements fitted, (\d+) subjects,/, stderr)).toEqual([24, 24, 12]);
  const parts = readPageParts(readPage(input.at("models", "lm_report.html")));
  expect(parts.textOf("provenance")).toContain("24 of 24 fitted;");
  expect(parts.document.querySelector("header .sub")!.textContent).toContain("12 subjects, 24 fixels,");
  const named = [...parts.textOf("clusters").matchAll(/in (\S+\.tsv) beside this page/g)].map(([, name]) => name!);
  expect(named.length).toBeGreaterThan(1);
  for (const name of named) expect(fs.existsSync(input.at("models", name)), name).toBe(true);
});
