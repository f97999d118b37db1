// What a page says of a run is what the run's options made of it: one table of options, each beside the images on the disk.
import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { runInProcess, runWithReport } from "../support/in-process-cli.js";
import { readSmallImage } from "../support/peer.js";
import { readPageParts } from "../support/read-page.js";
import { newReportCase, QUICK, readPage, runReported } from "../support/report-cases.js";
import type { SmallAnalysis } from "../support/small-analysis.js";

const N_IN_MASK = 18;

/** A mask of the first fixels, out of a data file. */
function writeMask(input: SmallAnalysis): string {
  const bytes = fs.readFileSync(input.at("fd", "sub-1.mif"));
  for (let i = 0; i < 24; i++) bytes.writeFloatLE(i < N_IN_MASK ? 1 : 0, bytes.length - 4 * (24 - i));
  fs.writeFileSync(input.at("mask.mif"), bytes);
  return input.at("mask.mif");
}

/** A column that each fixel brings: values of other data. */
function writeColumn(input: SmallAnalysis): string {
  fs.mkdirSync(input.at("other"));
  const names = Array.from({ length: 12 }, (_, s) => `other/sub-${s + 1}.mif`);
  for (const [s, name] of names.entries()) {
    const bytes = fs.readFileSync(input.at("fd", `sub-${s + 1}.mif`));
    for (let i = 0; i < 24; i++) bytes.writeFloatLE(Math.sin(3 * s + 5 * i), bytes.length - 4 * (24 - i));
    fs.writeFileSync(input.at(name), bytes);
  }
  fs.writeFileSync(input.at("column.txt"), `${names.join("\n")}\n`);
  fs.writeFileSync(input.at("contrast.txt"), "0 -1 0\n");
  return input.at("column.txt");
}

function writeFTest(input: SmallAnalysis): string {
  fs.writeFileSync(input.at("ftests.txt"), "1\n");
  return input.at("ftests.txt");
}

interface Case {
  readonly name: string;
  readonly tokens: (input: SmallAnalysis) => string[];
  /** Default: t1. */
  readonly hypothesis?: string;
  readonly nTested?: number;
  /** Of the methods section and of the verdict. */
  readonly methods: RegExp;
  readonly verdict?: RegExp;
  /** Nowhere on the page. */
  readonly never?: RegExp;
}

const CASES: readonly Case[] = [
  {
    name: "-strong",
    tokens: () => ["-strong"],
    methods: /one-sided for each t-test, and over all hypotheses together/,
  },
  {
    ...{
      name: "--uncorrected-shuffles 0",
      tokens: () => ["--uncorrected-shuffles", "0"],
      methods: /Family-wise error/,
    },
    never: /not corrected|uncorrected_/,
  },
  {
    ...{ name: "--stop-when-settled", tokens: () => ["--stop-when-settled", "-nshuffles", "600"] },
    methods: /Shuffling was to end as soon as|Of 600 shuffles that were planned the first 500 were done/,
  },
  {
    ...{ name: "-posthoc", tokens: (input) => ["-posthoc", writeMask(input)], nTested: N_IN_MASK },
    methods:
      /of 12 subjects in 24 fixels were .* Family-wise error over the 18 fixels of a mask chosen for this test was controlled/,
  },
  {
    ...{ name: "-mask", tokens: (input) => ["-mask", writeMask(input)], nTested: N_IN_MASK },
    methods: /of 12 subjects in 18 fixels of a mask were analysed/,
    never: /in 24 fixels/,
  },
  {
    ...{ name: "-column", tokens: (input) => ["-column", writeColumn(input)] },
    methods: /with \d columns \(all, patient.*\) and 1 that differ between fixels; 9 degrees of freedom/,
  },
  {
    ...{ name: "-nonstationarity", tokens: () => ["-nonstationarity", "-nshuffles_nonstationarity", "20"] },
    methods: /corrected for non-stationarity \(Salimi-Khorshidi et al\. 2011\)/,
  },
  {
    ...{ name: "a single F-test", tokens: (input) => ["-ftests", writeFTest(input), "-fonly"], hypothesis: "F1" },
    methods: /without a direction, as F-tests are/,
    verdict: /The value depends on patient in .* an F-test of 1 row;/,
    never: /one-sided|no group or intercept/,
  },
];

it.each(CASES)("$name", async ({ tokens, hypothesis = "t1", nTested = 24, methods, verdict = /./, never = /(?!)/ }) => {
  const input = newReportCase({ factors: "all\tpatient" });
  const parts = readPageParts(await runReported(input, ...tokens(input)));
  const p = readSmallImage(input.at("out", "fwe_1mpvalue.mif")).values;
  const n = p.filter((value) => 1 - value < 0.05 - 1e-6).length;
  expect(n).toBeGreaterThan(3);
  expect(parts.verdictOf(hypothesis)).toContain(`in ${n} of ${nTested} fixels (`);
  expect(parts.verdictOf(hypothesis)).toMatch(verdict);
  expect(parts.textOf("methods")).toMatch(methods);
  const said = parts.titles.length > 0 ? parts.document.body.textContent! : "";
  expect(said).not.toMatch(never);
  saysWhatIsThere(input, parts);
});

/** Files listed and files in commands are on the disk. */
function saysWhatIsThere(input: SmallAnalysis, parts: ReturnType<typeof readPageParts>): void {
  const listed = parts.tableOf("Files of the results")!.rows.map(([name]) => name!);
  for (const name of listed) expect(fs.existsSync(input.at("out", name)), name).toBe(true);
  const elsewhere = parts.document.querySelector("#provenance pre")!.textContent!;
  const loaded = /-fixel\.load \S*\/(\S+\.mif)/.exec(elsewhere)?.[1];
  expect(listed).toContain(loaded);
}

describe("--negbin", () => {
  it("tests each by itself: nothing is said to be family-wise", async () => {
    const input = newReportCase({ factors: "all\tpatient" });
    const parts = readPageParts(await runReported(input, "--negbin", "4"));
    expect(parts.verdictOf("t1")).toContain("was not tested for all fixels together (--negbin)");
    const methods = parts.textOf("methods");
    expect(methods).toContain(
      "Each fixel was tested by itself with random permutations, which ended for it at the 4th",
    );
    expect(methods).toContain("not corrected for the number of fixels");
    expect(methods).toContain("doi:10.1016/j.neuroimage.2016.05.068");
    expect(methods).not.toMatch(/Family-wise|distribution of the maximum/);
    expect(parts.textOf("provenance")).toContain("# not corrected");
    saysWhatIsThere(input, parts);
  });

  it("with --fdr the smallest is called what it is", async () => {
    const input = newReportCase({ factors: "all\tpatient" });
    const parts = readPageParts(await runReported(input, "--negbin", "4", "--fdr", "bh"));
    expect(parts.verdictOf("t1")).not.toMatch(/family-wise/);
    expect(parts.verdictOf("t1")).toContain("The smallest false discovery rate");
    saysWhatIsThere(input, parts);
  });
});

it("of shards the page after merge is that of the run in one piece", async () => {
  const whole = newReportCase({ factors: "all\tpatient" });
  const parts = readPageParts(await runReported(whole));
  const input = newReportCase({ factors: "all\tpatient" });
  for (const shard of ["2/2", "1/2"]) {
    const line = ["fixelcfestats", ...input.positionals, ...QUICK, "--shard", shard];
    expect(await runInProcess(line)).toMatchObject({ status: 0 });
  }
  expect(await runWithReport(["merge", input.at("out"), "-quiet"])).toMatchObject({ status: 0, stderr: "" });
  const merged = readPageParts(readPage(input.at("out", "report.html")));
  expect(merged.verdictOf("t1")).toBe(parts.verdictOf("t1"));
  expect(merged.textOf("methods")).toBe(parts.textOf("methods"));
  expect(merged.textOf("provenance")).toContain("merged of 2 parts");
});
