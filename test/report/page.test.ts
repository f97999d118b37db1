// The page and its tables beside a run: what it says must be what the run found, and nothing in it may be obeyed or fetched.
import fs from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { runWithReport } from "../support/in-process-cli.js";
import { readNullDistribution, readSmallImage } from "../support/peer.js";
import { newReportCase, QUICK, readPage, readTsv, runReported, textOf } from "../support/report-cases.js";
import type { SmallAnalysis } from "../support/small-analysis.js";

const HOSTILE = '<script>alert("1")</script>';

describe("beside a run", () => {
  let input: SmallAnalysis;
  let page: string;
  let text: string;
  beforeAll(async () => {
    input = newReportCase({ factors: "all\tpatient", label: "fewer" });
    page = await runReported(input);
    text = textOf(page);
  }, 600_000);

  it("the verdict has direction, counts, p with its interval, percent, and what was not tested", () => {
    const fwe = readSmallImage(input.at("out", "fwe_1mpvalue.mif")).values;
    const nullDistribution = readNullDistribution(input.at("out", "null_dist.txt"));
    const significant = [...fwe].filter((value) => 20 * Math.round((1 - value) * 200) < 200);
    expect(significant.length).toBeGreaterThanOrEqual(4);
    expect(text).toContain(
      `The value is lower where patient is 1 than where it is 0 in ${significant.length} of 24 fixels (`,
    );
    const { smallestP, monteCarlo } = JSON.parse(fs.readFileSync(input.at("out", "run.json"), "utf8")).results
      .hypotheses[0];
    const k = Math.round(smallestP * 200);
    const [low, high] = monteCarlo.smallestP.map((p: number) => Number(p.toPrecision(2)));
    // as the summary has it
    expect(text).toContain(` 95 % Monte-Carlo interval ${low} to ${high})`);
    expect(text).toMatch(
      new RegExp(
        `The smallest family-wise p of all fixels is [\\d.]+ \\(${k} of 200 shuffles; 95 % Monte-Carlo interval [\\de.-]+ to [\\d.]+\\)\\.`,
      ),
    );
    const critical = [...nullDistribution].sort((a, b) => b - a)[9]!;
    expect(text).toContain(`critical value of CFE is ${Number(critical.toPrecision(4))} `);
    expect(text).toContain("12 subjects, 10 degrees of freedom, a t-test");
    expect(text).toContain("Not tested: whether the value is higher where patient is 1 than where it is 0.");
    // beside the clusters, whose effects are of the contrast: above 0 where patients are lower
    expect(text).toContain("An effect above 0: the value is lower where patient is 1 than where it is 0.");
    const header = JSON.parse(/<script type="application\/json" id="view-header">(.*?)<\/script>/s.exec(page)![1]!);
    expect(header.hypotheses[0].meaning).toBe("the value is lower where patient is 1 than where it is 0");
    const percent = Number(
      /the value is lower by [\d.]+ on average, ([\d.]+) % of the fitted mean where patient is 0\b/.exec(text)?.[1],
    );
    expect(percent).toBeGreaterThan(20);
    expect(percent).toBeLessThan(30);
  });

  it("clusters are the components of significant fixels over the matrix, computed plainly", () => {
    const rows = readTsv(input.at("out", "clusters_t1.tsv"));
    const fwe = readSmallImage(input.at("out", "fwe_1mpvalue.mif")).values;
    const effect = readSmallImage(input.at("out", "abs_effect.mif")).values;
    const [beta0, beta1] = ["beta0.mif", "beta1.mif"].map((name) => readSmallImage(input.at("out", name)).values);
    const isIn = [...fwe].map((value) => 20 * Math.round((1 - value) * 200) < 200);
    // a chain: components are runs
    const runs: number[][] = [];
    for (const [fixel, is] of isIn.entries()) {
      if (!is) continue;
      if (isIn[fixel - 1]) runs.at(-1)!.push(fixel);
      else runs.push([fixel]);
    }
    runs.sort((a, b) => b.length - a.length);
    expect(runs.length).toBeGreaterThanOrEqual(2);
    expect(rows.map(({ size }) => Number(size))).toEqual(runs.map((run) => run.length));
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    for (const [i, run] of runs.entries()) {
      expect(run).toContain(Number(rows[i]!.peak_index));
      expect(Number(rows[i]!.mean_effect)).toBeCloseTo(mean(run.map((fixel) => effect[fixel]!)), 5);
      // patients are 1: the others' mean is beta0
      const percent = (100 * mean(run.map((fixel) => -beta1![fixel]!))) / mean(run.map((fixel) => beta0![fixel]!));
      expect(Number(rows[i]!.mean_effect_percent)).toBeCloseTo(percent, 3);
    }
    expect(textOf(page)).toContain("over the fixel-fixel connectivity in");
  });

  it("has a policy that lets in its own script and style, and asks nothing of the network", () => {
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1];
    expect(policy).toMatch(
      /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; img-src data:; base-uri 'none'; form-action 'none'$/,
    );
    expect(page).not.toMatch(/<(link|iframe|img|object|embed|form|base)\b/i);
    expect(page).not.toMatch(/\b(src|href|action|data)="(?!#)/);
    expect(page).not.toMatch(/ style="| on[a-z]+="/);
    expect(page).not.toMatch(/url\(|@import|\bfetch\(|XMLHttpRequest|WebSocket|sendBeacon/);
    expect(page.length).toBeLessThan(200_000);
  });

  it("the methods have the numbers of the run and its references", () => {
    expect(text).toContain(
      "The values of 12 subjects in 24 fixels were analysed by a general linear model with 2 columns (all, patient)",
    );
    expect(text).toContain("200 random permutations (Freedman & Lane 1983; Winkler et al. 2014; seed 1)");
    expect(text).toContain("dh = 0.1, E = 2, H = 3, C = 0.5; Raffelt et al. 2015");
    expect(page).toContain("@article{raffelt2015,");
    expect(text).toContain("doi:10.1016/j.neuroimage.2015.05.039");
  });

  it("is made again from the disk alone, to the same bits, also where only the results are left", async () => {
    const tables = fs.readFileSync(input.at("out", "clusters_t1.tsv"), "utf8");
    expect(await runWithReport(["report", input.at("out"), "-quiet"])).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(readPage(input.at("out", "report.html"))).toBe(page);
    fs.renameSync(input.at("design.txt"), input.at("gone.txt"));
    fs.renameSync(input.at("matrix"), input.at("matrix-gone"));
    const { status, stderr } = await runWithReport([
      "report",
      input.at("out"),
      "--out",
      input.at("other.html"),
      "-quiet",
    ]);
    expect(status).toBe(0);
    expect(input.relative(stderr)).toBe(
      "fixelstream: warning: The connectivity matrix cannot be read any more: clusters are made of neighbouring voxels, fixels within 45° of each other.\n",
    );
    expect(textOf(readPage(input.at("other.html")))).toContain(
      "The value is lower where patient is 1 than where it is 0 in",
    );
    expect(fs.existsSync(input.at("other_clusters_t1.tsv"))).toBe(true);
    expect(fs.readFileSync(input.at("out", "clusters_t1.tsv"), "utf8")).toBe(tables);
  });
});

describe("what comes out of files", () => {
  it("is text in the page: names that would be obeyed are shown", async () => {
    const input = newReportCase({
      factors: `all\t${HOSTILE.replaceAll('"', "'")}`,
      label: "<img src=x onerror=alert(1)>",
    });
    const page = await runReported(input);
    expect(page.match(/<script>/g)).toHaveLength(1);
    expect(page.match(/<script (?!type="(application\/json|text\/plain)")/g)).toBeNull();
    expect(page).not.toMatch(/<img/);
    expect(page).toContain("&lt;img src=x onerror=alert(1)&gt;");
    expect(page).toContain("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;");
  });
  it("marks that turn the direction of writing are shown too", async () => {
    const input = newReportCase({ factors: "all\tpatient\u202etneitap", label: "a" });
    expect(await runReported(input)).toContain("patient\\u202etneitap");
  });
});

describe("where none is made", () => {
  it("--no-report leaves none, and says that one of an earlier run is not this one's", async () => {
    const input = newReportCase();
    const tokens = ["fixelcfestats", ...input.positionals, ...QUICK];
    expect(await runWithReport([...tokens, "--no-report"])).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(fs.readdirSync(input.at("out")).filter((name) => /report|clusters/.test(name))).toEqual([]);
    await runWithReport([...tokens, "-force"]);
    expect(fs.existsSync(input.at("out", "report.html"))).toBe(true);
    const { stderr } = await runWithReport([...tokens, "-force", "--no-report"]);
    expect(input.relative(stderr)).toContain(
      "fixelstream: warning: out/report.html is of an earlier run: fixelstream report out makes it again.\n",
    );
  });

  it("one that cannot be written is a warning; what lies there stays", async () => {
    const input = newReportCase();
    fs.mkdirSync(input.at("out"));
    fs.writeFileSync(input.at("out", "report.html"), "mine");
    const { status, stderr } = await runWithReport(["fixelcfestats", ...input.positionals, ...QUICK]);
    expect(status).toBe(0);
    expect(input.relative(stderr)).toBe(
      "fixelstream: warning: The results are complete, but their report was not made: Cannot write the report out/report.html: expected no report.html there, or one of an earlier report, got another file. Move it away. fixelstream report out makes it.\n",
    );
    expect(fs.readFileSync(input.at("out", "report.html"), "utf8")).toBe("mine");
    expect(fs.readdirSync(input.at("out")).filter((name) => name.startsWith("."))).toEqual([]);
  });

  it("with -notest there are no tables, and the page says that nothing was tested", async () => {
    const input = newReportCase();
    const page = await runReported(input, "-notest");
    expect(textOf(page)).toContain("was not tested (-notest): effects and statistics only.");
    expect(fs.readdirSync(input.at("out")).filter((name) => name.endsWith(".tsv"))).toEqual([]);
  });

  it("tables of hypotheses that are no more go, others' stay", async () => {
    const input = newReportCase();
    fs.writeFileSync(input.at("contrast.txt"), "0 -1\n0 1\n");
    const page = await runReported(input);
    expect(textOf(page)).toContain(
      "The other direction, whether the value is higher where column 2 is 1 than where it is 0, is t2.",
    );
    expect(fs.existsSync(input.at("out", "clusters_t2.tsv"))).toBe(true);
    fs.writeFileSync(input.at("out", "clusters_t3.tsv"), "mine\n");
    fs.writeFileSync(input.at("contrast.txt"), "0 -1\n");
    await runWithReport(["fixelcfestats", ...input.positionals, ...QUICK, "-force"]);
    const left = fs.readdirSync(input.at("out")).filter((name) => name.endsWith(".tsv"));
    expect(left.sort()).toEqual(["clusters_t1.tsv", "clusters_t3.tsv"]);
  });
});

it("the summary ends with the page's path; --json has it", async () => {
  const input = newReportCase();
  const tokens = ["fixelcfestats", ...input.positionals, ...QUICK.filter((token) => token !== "-quiet")];
  const { stderr } = await runWithReport(tokens);
  expect(input.relative(stderr)).toMatch(/\n {2}results: out\n(?: {2}next: .*\n)? {2}report: out\/report\.html\n$/);
  const { stdout } = await runWithReport([...tokens, "-force", "--json"]);
  expect(JSON.parse(stdout).report).toBe(path.join(input.at("out"), "report.html"));
});

it("of so few shuffles that none can be significant the page says so, and draws no line", async () => {
  const input = newReportCase();
  const few = QUICK.map((token) => (token === "200" ? "15" : token));
  const { status, stderr } = await runWithReport(["fixelcfestats", ...input.positionals, ...few]);
  expect(status, stderr).toBe(0);
  const text = textOf(readPage(input.at("out", "report.html")));
  expect(text).toContain("Nothing can be significant: so few shuffles have no value that 5 % of them are above.");
  expect(text).not.toContain("critical value");
  expect(text).not.toContain("95 % line");
}, 600_000);
