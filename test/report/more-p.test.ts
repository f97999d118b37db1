// What is beside the p of the shuffles: fitted tails, false discovery rates, p-values that were added later. The page says what the images and run.json say.
import fs from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { runInProcess } from "../support/in-process-cli.js";
import { readSmallImage } from "../support/peer.js";
import { readPageParts } from "../support/read-page.js";
import { newReportCase, readPage, runReported } from "../support/report-cases.js";
import type { SmallAnalysis } from "../support/small-analysis.js";

const names = { factors: "all\tpatient", label: "fewer" };
const summaryOf = (input: SmallAnalysis) =>
  JSON.parse(fs.readFileSync(input.at("out", "run.json"), "utf8")).results.hypotheses[0];
const below = (input: SmallAnalysis, image: string) =>
  [...readSmallImage(input.at("out", image)).values].filter((value) => 1 - value < 0.05 - 1e-6).length;

describe("fits of the null", () => {
  let input: SmallAnalysis;
  let parts: ReturnType<typeof readPageParts>;
  beforeAll(async () => {
    input = newReportCase(names);
    parts = readPageParts(await runReported(input, "--tail", "--gamma", "-cfe_e", "0.5", "-cfe_h", "1"));
  }, 600_000);

  it("are drawn over the histogram, with their numbers beside", () => {
    const figure = parts.document.querySelector("#null figure")!;
    // a curve each; bars are rects, lines are lines
    expect(figure.querySelectorAll("path[stroke-width='2.5'], g[stroke-width='2.5'] path")).toHaveLength(2);
    expect(figure.textContent).toMatch(/tail.*gamma/s);
    const { tail, gamma, smallestP, significant } = summaryOf(input);
    const { rows } = parts.tableOf("Fits of the null of t1")!;
    expect(rows.map(([from]) => from)).toEqual(["shuffles", "tail", "gamma"]);
    expect(rows[0]!.slice(3)).toEqual([String(significant), String(smallestP)]);
    for (const [i, fit] of [tail, gamma].entries()) {
      expect(Number(rows[i + 1]![2])).toBeCloseTo(fit.threshold, 1);
      expect(rows[i + 1]![3]).toBe(String(fit.nBelow));
      expect(below(input, `fwe_${fit.kind}_1mpvalue.mif`)).toBe(fit.nBelow);
      expect(Number(rows[i + 1]![4])).toBeCloseTo(fit.smallestP, 5);
    }
    expect(rows[1]![1]).toContain(`of the ${tail.distribution.nTail} shuffles above`);
    expect(rows[2]![1]).toMatch(/^gamma distribution of mean [\d.]+, variance [\d.,]+, skewness [\d.−]+$/);
  });

  it("are in the verdict and in the methods, with what to cite", () => {
    const { tail, gamma } = summaryOf(input);
    expect(parts.verdictOf("t1")).toContain(
      `By the fitted tail (--tail) ${tail.nBelow} fixels have a family-wise p below 0.05`,
    );
    expect(parts.verdictOf("t1")).toContain(`By the fitted gamma distribution (--gamma) ${gamma.nBelow} fixels`);
    expect(parts.textOf("methods")).toContain("fitted to the tail of the null (Winkler et al. 2016)");
    expect(parts.textOf("methods")).toContain("doi:10.1016/j.neuroimage.2016.05.068");
  });
});

it("without shuffles the page tells the false discovery rate, and calls it so", async () => {
  const input = newReportCase(names);
  const parts = readPageParts(await runReported(input, "-notest", "--parametric", "--fdr", "bh"));
  const n = below(input, "parametric_bh_1mpvalue.mif");
  expect(n).toBeGreaterThan(3);
  expect(parts.verdictOf("t1")).toContain(`in ${n} of 24 fixels (`);
  expect(parts.verdictOf("t1")).toContain(
    "false discovery rate (Benjamini-Hochberg) of parametric p < 0.05. The smallest false discovery rate",
  );
  const parametric = below(input, "parametric_1mpvalue.mif");
  expect(parts.verdictOf("t1")).toContain(`(--parametric) ${parametric} of 24 fixels have p below 0.05, not corrected`);
  const text = parts.document.body.textContent!;
  expect(text).not.toMatch(/amily-wise p\b(?! \()/);
  expect(text).not.toMatch(/was not tested \(-notest\)/);
  expect(parts.textOf("pictures")).toContain("False discovery rate (Benjamini-Hochberg) of parametric p at most");
  const sizes = parts.tableOf("Clusters of t1")!.rows.map((row) => Number(row[1]));
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(n);
  expect(parts.textOf("methods")).toContain("(Benjamini & Hochberg 1995)");
  expect(parts.textOf("methods")).not.toContain("Freedman");
});

it("parametric p alone is said to be not corrected, and nothing is called significant", async () => {
  const input = newReportCase(names);
  const parts = readPageParts(await runReported(input, "-notest", "--parametric"));
  expect(parts.verdictOf("t1")).toContain(
    "was not tested (-notest): effects and statistics only, and p-values that are not corrected.",
  );
  expect(parts.document.querySelector("article.found")).toBeNull();
});

describe("pvalues on a finished run", () => {
  it("makes the page again with them, behind the same image and with the same masks", async () => {
    const input = newReportCase(names);
    await runReported(input);
    fs.mkdirSync(input.at("my masks"));
    fs.copyFileSync(input.at("fd", "sub-1.mif"), input.at("my masks", "all of it.mif"));
    const made = await runInProcess(["report", input.at("out"), "--tracts", input.at("my masks"), "-quiet"]);
    expect(made).toEqual({ status: 0, stdout: "", stderr: "" });
    const { status, stderr } = await runInProcess(["pvalues", input.at("out"), "--gamma"]);
    expect(status, stderr).toBe(0);
    expect(input.relative(stderr)).toMatch(/\n {2}report: out\/report\.html\n$/);
    const parts = readPageParts(readPage(input.at("out", "report.html")));
    expect(parts.tableOf("Fits of the null of t1")!.rows).toHaveLength(2);
    expect(parts.textOf("files")).toContain("fwe_gamma_1mpvalue.mif");
    expect(parts.verdictOf("t1")).toContain("It lies in all of it (");
    const { stdout } = await runInProcess(["pvalues", input.at("out"), "--parametric", "--json"]);
    expect(JSON.parse(stdout).report).toBe(input.at("out", "report.html"));
  });

  it("makes none where there was none, and says of one that stays that it is old", async () => {
    const input = newReportCase();
    await runReported(input);
    const { stderr } = await runInProcess(["pvalues", input.at("out"), "--gamma", "--no-report", "-quiet"]);
    expect(input.relative(stderr)).toBe(
      "fixelstream: warning: out/report.html is from before: fixelstream report out makes it again.\n",
    );
    fs.rmSync(input.at("out", "report.html"));
    const result = await runInProcess(["pvalues", input.at("out"), "--parametric", "-quiet"]);
    expect(result).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(fs.existsSync(input.at("out", "report.html"))).toBe(false);
  });

  it("what the page was made with and is not there any more is a warning that says that the page is old", async () => {
    const input = newReportCase();
    await runReported(input);
    fs.mkdirSync(input.at("masks"));
    fs.copyFileSync(input.at("fd", "sub-1.mif"), input.at("masks", "a.mif"));
    await runInProcess(["report", input.at("out"), "--tracts", input.at("masks"), "-quiet"]);
    fs.rmSync(input.at("masks"), { recursive: true });
    const { status, stderr } = await runInProcess(["pvalues", input.at("out"), "--gamma", "-quiet"]);
    expect(status).toBe(0);
    expect(input.relative(stderr)).toMatch(
      /^fixelstream: warning: The results are complete, but their report was not made: .* fixelstream report out makes it\. out\/report\.html is from before\.\n$/,
    );
  });
});
