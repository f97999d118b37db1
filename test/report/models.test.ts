// Pages of lm and gam: what they say of each term is what the statistics hold, whatever form those have.
import fs from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { write } from "../support/expect-refusal.js";
import { runInProcess, runWithReport } from "../support/in-process-cli.js";
import { readSmallImage } from "../support/peer.js";
import { readPageParts } from "../support/read-page.js";
import { newReportCase, readPage, readTsv } from "../support/report-cases.js";
import type { SmallAnalysis } from "../support/small-analysis.js";

const quiet = async (...tokens: string[]) => {
  expect(await runInProcess([...tokens, "-quiet"])).toEqual({ status: 0, stdout: "", stderr: "" });
};

/** Beside the case: phenotypes.tsv with group and age. */
function newModelCase(): SmallAnalysis {
  const input = newReportCase();
  const rows = Array.from(
    { length: 12 },
    (_, i) => `sub-${i + 1}.mif\t${i < 6 ? "control" : "patient"}\t${30 + ((i * 7) % 12)}`,
  );
  write(input, "phenotypes.tsv", `source_file\tgroup\tage\n${rows.join("\n")}\n`);
  return input;
}

describe("lm into a directory", () => {
  let input: SmallAnalysis;
  let parts: ReturnType<typeof readPageParts>;
  const image = (name: string) => [...readSmallImage(input.at("models", `lm_${name}.mif`)).values];
  beforeAll(async () => {
    input = newModelCase();
    const formula = "FD ~ group + age";
    await quiet("lm", input.at("fd"), input.at("phenotypes.tsv"), formula, input.at("models"), "--correct", "holm,fdr");
    await quiet("report", input.at("models"));
    parts = readPageParts(readPage(input.at("models", "lm_report.html")));
  }, 600_000);

  it("the verdict counts by the first correction, and names it and the direction", () => {
    const holm = image("grouppatient.p.value.holm");
    const estimate = image("grouppatient.estimate");
    const significant = [...holm.keys()].filter((i) => holm[i]! < 0.05);
    expect(significant.length).toBeGreaterThan(3);
    const said = parts.verdictOf("grouppatient");
    expect(said).toContain(`FD depends on grouppatient in ${significant.length} of 24 fixels (`);
    expect(said).toContain("family-wise p (Holm) < 0.05.");
    expect(significant.every((i) => estimate[i]! < 0)).toBe(true);
    expect(said).toContain(
      `The coefficient is below 0 in ${significant.length} of them (FD is lower where group is patient than where group is control).`,
    );
    const fdr = image("grouppatient.p.value.fdr").filter((p) => p < 0.05).length;
    expect(said).toContain(`By false discovery rate (Benjamini-Hochberg) ${fdr} fixels are below 0.05.`);
    const single = image("grouppatient.p.value").filter((p) => p < 0.05).length;
    expect(said).toContain(`not corrected, ${single} fixels have p below 0.05, where 1 are expected`);
    expect(parts.verdictOf("age")).toContain(
      "No evidence that FD depends on age: none of 24 fixels has a family-wise p",
    );
  });

  it("what was asked stands before the model and its intercept", () => {
    const ids = [...parts.document.querySelectorAll("article.verdict")].map(({ id }) => id);
    expect(ids).toEqual(["verdict-grouppatient", "verdict-age", "verdict-model", "verdict-Intercept"]);
  });

  it("effects, percent, clusters and subjects are there", () => {
    const estimate = image("grouppatient.estimate");
    const rows = readTsv(input.at("models", "lm_clusters_grouppatient.tsv"));
    expect(Number(rows[0]!.largest_effect)).toBeCloseTo(Math.min(...estimate), 5);
    const percent = Number(
      /([−\d.]+) % of the fitted mean where group is control/
        .exec(parts.verdictOf("grouppatient"))![1]!
        .replace("−", "-"),
    );
    expect(percent).toBeLessThan(-20);
    expect(percent).toBeGreaterThan(-30);
    expect(parts.tableOf("Clusters of grouppatient")!.rows).toHaveLength(rows.length);
    expect(parts.textOf("effects")).toContain("group is control");
    expect(parts.tableOf("cluster 1: fitted means")!.rows.map(([name, n]) => [name, n])).toEqual([
      ["group is control", "6"],
      ["group is patient", "6"],
    ]);
    const lines = parts.document.querySelector("#effects-grouppatient")!.textContent!.split("\n");
    expect(lines).toHaveLength(13);
    expect(lines[1]!.split("\t")[0]).toBe("sub-1.mif");
    expect(parts.document.querySelector("#view-bytes")).not.toBeNull();
    expect(parts.textOf("design")).toContain("12 subjects, 3 columns");
  });

  it("the methods have the formula, the correction and what to cite", () => {
    const said = parts.textOf("methods");
    expect(said).toContain(
      "FD of 12 subjects in 24 fixels was fitted, fixel by fixel, by a linear model (FD ~ group + age).",
    );
    expect(said).toContain("(family-wise p (Holm) – Holm 1979), at 0.05");
    expect(said).toContain("Zhao et al.");
    expect(said).not.toContain("Raffelt");
  });
});

it("an .h5 has the same page as the directory, beside it, and one of several analyses is asked for", async () => {
  const input = newModelCase();
  const file = input.at("cohort.h5");
  await quiet("convert", "fixels", input.at("fd"), input.at("subjects.txt"), file);
  const name = (await runInProcess(["info", file])).stdout.match(/scalar +(\S+):/)![1]!;
  const lm = (output: string, ...more: string[]) =>
    quiet("lm", file, input.at("phenotypes.tsv"), `${name} ~ group + age`, output, ...more);
  await lm(file, "--analysis", "one");
  await lm(file, "--analysis", "two", "--correct", "none");
  await lm(input.at("images"), "--analysis", "one");
  const { status, stderr } = await runInProcess(["report", file, "-quiet"]);
  expect(status).not.toBe(0);
  expect(input.relative(stderr)).toBe(
    "fixelstream: error: Cannot report cohort.h5: expected one analysis, got one, two. Choose one with --analysis.\n",
  );
  await quiet("report", file, "--analysis", "one");
  await quiet("report", input.at("images"));
  const [inFile, inImages] = [input.at("cohort_one_report.html"), input.at("images", "one_report.html")].map((path) =>
    readPageParts(readPage(path)),
  );
  for (const section of ["verdict", "clusters", "effects", "design", "data", "distributions"])
    expect(inFile!.textOf(section).replaceAll(/cohort_one_|one_/g, "")).toBe(
      inImages!.textOf(section).replaceAll(/cohort_one_|one_/g, ""),
    );
  await quiet("report", file, "--analysis", "two");
  const two = readPageParts(readPage(input.at("cohort_two_report.html")));
  expect(two.verdictOf("grouppatient")).toContain(
    "the false discovery rate (Benjamini-Hochberg) was computed for this page",
  );
  const countOf = (text: string) => /in (\d+) of 24/.exec(text)![1];
  expect(countOf(two.verdictOf("grouppatient"))).toBe(countOf(inFile!.verdictOf("grouppatient")));
}, 600_000);

it("lm and gam make it themselves, of the analysis that they wrote; a page that cannot be made is a warning", async () => {
  const input = newModelCase();
  const line = (output: string, ...more: string[]) => [
    ...["lm", input.at("fd"), input.at("phenotypes.tsv"), "FD ~ group + age", input.at(output), ...more],
  ];
  for (const [output, page, more] of [
    ["images", "images/one_report.html", ["--analysis", "one"]],
    ["images", "images/two_report.html", ["--analysis", "two"]],
    ["file.h5", "file_one_report.html", ["--analysis", "one"]],
    ["file.h5", "file_two_report.html", ["--analysis", "two"]],
    ["table.csv", "table_report.html", []],
  ] as const) {
    const { status, stderr } = await runWithReport(line(output, ...more, "-nthreads", "0"));
    expect(status, stderr).toBe(0);
    expect(input.relative(stderr)).toMatch(new RegExp(`\n  report: ${page}\n$`));
    const made = readPage(input.at(page));
    expect(readPageParts(made).verdictOf("grouppatient")).toMatch(/ depends on grouppatient in \d+ of 24/);
    const tokens = output === "table.csv" ? [] : ["--analysis", more[1]!];
    await quiet("report", input.at(output), ...tokens);
    expect(readPage(input.at(page)).replace(/<footer>.*/s, "")).toBe(made.replace(/<footer>.*/s, ""));
  }
  const json = await runWithReport(line("second", "--json", "-quiet"));
  expect(input.relative(JSON.parse(json.stdout).report)).toBe("second/lm_report.html");
  const none = await runWithReport(line("second", "--force", "--no-report", "-quiet"));
  expect(input.relative(none.stderr)).toBe(
    "fixelstream: warning: second/lm_report.html is of an earlier run: fixelstream report second --analysis lm makes it again.\n",
  );
  write(input, "second/lm_report.html", "mine");
  const kept = await runWithReport(line("second", "--force", "-quiet"));
  expect(kept.status).toBe(0);
  expect(input.relative(kept.stderr)).toBe(
    "fixelstream: warning: The results are complete, but their report was not made: Cannot write the report second/lm_report.html: expected no lm_report.html there, or one of an earlier report, got another file. Move it away. fixelstream report second --analysis lm makes it.\n",
  );
  expect(readPage(input.at("second", "lm_report.html"))).toBe("mine");
}, 600_000);

it("gam, and a table: smooths have curves and no direction; without places there is a table", async () => {
  const input = newModelCase();
  await quiet("gam", input.at("fd"), input.at("phenotypes.tsv"), "FD ~ s(age, k = 4) + group", input.at("g"), "--full");
  await quiet("report", input.at("g"));
  const parts = readPageParts(readPage(input.at("g", "gam_report.html")));
  expect(parts.titles).toContain("Pictures");
  expect(parts.document.querySelector("#verdict-s_age")!.textContent).toMatch(/effective degrees of freedom/);
  expect(parts.textOf("methods")).toContain("Wood (2013)");
  const csv = input.at("table.csv");
  await quiet(
    "lm",
    input.at("fd"),
    input.at("phenotypes.tsv"),
    "FD ~ poly(age, 2) + group",
    csv,
    "--var-terms",
    "estimate",
  );
  await quiet("report", csv);
  const table = readPageParts(readPage(input.at("table_report.html")));
  expect(table.titles).not.toContain("Pictures");
  expect(table.verdictOf("poly_age_2_1")).toContain("was not tested: the analysis has no p-values of it.");
  expect(table.textOf("verdict")).toContain("poly(age, 2)1");
}, 600_000);

it("names that would be obeyed are shown; what is no model is refused by name", async () => {
  const input = newModelCase();
  const table = fs.readFileSync(input.at("phenotypes.tsv"), "utf8");
  write(input, "hostile.tsv", table.replaceAll("patient", "<img src=x onerror=alert(1)>"));
  await quiet("lm", input.at("fd"), input.at("hostile.tsv"), "FD ~ group", input.at("h.h5"));
  await quiet("report", input.at("h.h5"));
  const page = readPage(input.at("h_lm_report.html"));
  expect(page).not.toMatch(/<img/);
  expect(readPageParts(page).textOf("verdict")).toContain("than where group is <img src=x onerror=alert(1)>)");
  write(input, "other.csv", "a,b\n1,2\n");
  const { stderr } = await runInProcess(["report", input.at("other.csv"), "-quiet"]);
  expect(input.relative(stderr)).toBe(
    "fixelstream: error: Cannot report other.csv: expected a table of lm or gam, whose first column is element_id, got a. Give the output of one of them.\n",
  );
}, 600_000);
