// Who is exchanged with whom and who shares a variance stand in the page by name; values of subjects come out of a ModelArray file too.
import fs from "node:fs";
import { expect, it } from "vitest";
import { write } from "../support/expect-refusal.js";
import { runInProcess, runWithReport } from "../support/in-process-cli.js";
import { readPageParts } from "../support/read-page.js";
import { newReportCase, QUICK, readPage, runReported } from "../support/report-cases.js";

const names = { factors: "all\tpatient", label: "fewer" };

it("blocks: how they are exchanged, and who is in each", async () => {
  const input = newReportCase(names);
  write(input, "blocks.txt", "1\n1\n2\n2\n3\n3\n1\n1\n2\n2\n3\n3\n");
  const parts = readPageParts(await runReported(input, "-exchange_within", input.at("blocks.txt")));
  expect(parts.textOf("design")).toContain(
    `Exchangeability blocks Subjects are exchanged within their block only. From -exchange_within ${input.at("blocks.txt")}. They allow 13824 permutations and 4096 sign flips.`,
  );
  expect(parts.tableOf("Blocks")).toEqual({
    head: ["block", "subjects", "who"],
    rows: [
      ["1", "4", "sub-1.mif, sub-2.mif, sub-7.mif, sub-8.mif"],
      ["2", "4", "sub-3.mif, sub-4.mif, sub-9.mif, sub-10.mif"],
      ["3", "4", "sub-5.mif, sub-6.mif, sub-11.mif, sub-12.mif"],
    ],
  });
  expect(parts.textOf("methods")).toContain(
    "random permutations within exchangeability blocks (Freedman & Lane 1983; Winkler et al. 2014; Winkler et al. 2015; seed 1)",
  );
  write(input, "blocks.txt", "1\n2\n1\n2\n3\n3\n1\n1\n2\n2\n3\n3\n");
  await runInProcess(["report", input.at("out"), "-quiet"]);
  const again = readPageParts(readPage(input.at("out", "report.html")));
  expect(again.tableOf("Blocks")).toBeUndefined();
  expect(again.textOf("design")).toContain("blocks 1 to 3 (3 of 4 subjects): 4 subjects trade places");
  expect(again.textOf("design")).toContain(
    `Who is in which block is not told: ${input.at("blocks.txt")} is not there as the run read it.`,
  );
});

it("nested blocks and the variance groups that they make", async () => {
  const input = newReportCase(names);
  // patients and controls trade places with each other in families of two
  const rows = Array.from({ length: 12 }, (_, i) => `-1\t${(i % 6) + 1}\t${i + 1}`);
  write(input, "eb.txt", `${rows.join("\n")}\n`);
  write(input, "variance.txt", "1\n1\n1\n1\n1\n1\n2\n2\n2\n2\n2\n2\n");
  const more = ["-eb", input.at("eb.txt"), "-variance", input.at("variance.txt"), "-nshuffles", "64"];
  expect((await runWithReport(["fixelcfestats", ...input.positionals, "-nthreads", "0", ...more])).status).toBe(0);
  const parts = readPageParts(readPage(input.at("out", "report.html")));
  expect(parts.tableOf("Blocks")!.rows[0]).toEqual(["-1/1", "2", "sub-1.mif, sub-7.mif"]);
  expect(parts.tableOf("Variance groups")!.rows).toEqual([
    ["0", "6", "sub-1.mif, sub-2.mif, sub-3.mif, sub-4.mif, sub-5.mif, sub-6.mif"],
    ["1", "6", "sub-7.mif, sub-8.mif, sub-9.mif, sub-10.mif, sub-11.mif, sub-12.mif"],
  ]);
  expect(parts.textOf("design")).toContain(`from ${input.at("variance.txt")}.`);
  expect(parts.textOf("methods")).toContain("with 2 groups of subjects of different variance");
});

it("without blocks and groups nothing is said of them", async () => {
  const parts = readPageParts(await runReported(newReportCase(names)));
  expect(parts.textOf("design")).not.toMatch(/lock|ariance groups/);
});

it("of a ModelArray file the page has the subjects' values that it has of images", async () => {
  const input = newReportCase(names);
  const [, , design, contrast, matrix] = input.positionals as [string, string, string, string, string];
  const out = input.at("of file");
  const file = input.at("fd.h5");
  const made = await runInProcess(["convert", "fixels", input.at("fd"), input.at("subjects.txt"), file, "-quiet"]);
  expect(made).toEqual({ status: 0, stdout: "", stderr: "" });
  await runReported(input);
  const wanted = readPageParts(readPage(input.at("out", "report.html")));
  const args = ["fixelcfestats", file, "-", design, contrast, matrix, out];
  const ran = await runWithReport([...args, ...QUICK]);
  expect(ran).toEqual({ status: 0, stdout: "", stderr: "" });
  const parts = readPageParts(readPage(input.at("of file", "report.html")));
  const valuesOf = ({ document }: ReturnType<typeof readPageParts>): string[] =>
    document.querySelector("#effects-t1")!.textContent!.split("\n");
  expect(valuesOf(wanted)).toHaveLength(13);
  expect(valuesOf(parts).map((row) => row.split("\t").slice(1))).toEqual(
    valuesOf(wanted).map((row) => row.split("\t").slice(1)),
  );
  expect(parts.tableOf("Subjects")!.rows.map((row) => row.slice(1))).toEqual(
    wanted.tableOf("Subjects")!.rows.map((row) => row.slice(1)),
  );
  fs.renameSync(file, input.at("gone.h5"));
  await runInProcess(["report", out, "-quiet"]);
  expect(readPageParts(readPage(input.at("of file", "report.html"))).textOf("effects")).toContain(
    `The values of subjects are read from the input, which is not at ${file} any more.`,
  );
});
