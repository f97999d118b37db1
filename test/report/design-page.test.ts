// fixelstream report of a design's directory: what design.json and design.txt say, beside the directory.
import fs from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { runInProcess } from "../support/in-process-cli.js";
import { readPageParts } from "../support/read-page.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const COHORT = [
  ...["participant_id,group,age", "s1,control,31", "s2,control,27", "s3,control,39", "s4,patient,44"],
  ...["s5,patient,52", "s6,patient,36", "<script>,patient,41", "s8,control,"],
];

async function newDesign(): Promise<string> {
  const root = temporaryDirectory();
  fs.writeFileSync(path.join(root, "cohort.csv"), `${COHORT.join("\n")}\n`);
  const out = path.join(root, "my design");
  const tokens = ["~ group + age", "--test", "group", "--out", out, "-quiet"];
  expect(await runInProcess(["design", path.join(root, "cohort.csv"), ...tokens])).toMatchObject({ status: 0 });
  return out;
}

it("has the picture, tests, correlations, inflation and cells; the design can still be replaced", async () => {
  const out = await newDesign();
  const { status, stderr } = await runInProcess(["report", `${out}/`]);
  expect(status, stderr).toBe(0);
  const page = `${out}_report.html`;
  expect(stderr).toContain(page);
  const html = fs.readFileSync(page, "utf8");
  expect(html).not.toContain("<script>,");
  expect(html).toContain('<a class="skip" href="#');
  expect(html).not.toContain('href="#verdict"');
  const parts = readPageParts(html);
  const record = JSON.parse(fs.readFileSync(path.join(out, "design.json"), "utf8"));
  expect(parts.textOf("design")).toContain(`${record.subjects.length} subjects, ${record.columns.length} columns`);
  expect(parts.document.querySelector("#design figure svg")).not.toBeNull();
  // the number that the command printed, not another one of the same name
  expect(parts.textOf("design")).toContain(
    `condition number ${Number(record.condition.toPrecision(4))} (of columns that are centred and scaled)`,
  );
  const names = record.columns.map(({ name }: { name: string }) => name);
  expect(parts.tableOf("Columns")!.rows.map((row) => row[1])).toEqual(names);
  const { head, rows } = parts.tableOf("Weights of the hypotheses")!;
  expect(head.slice(4)).toEqual(names);
  expect(rows[0]!.slice(4).map(Number)).toEqual(record.tests[0].weights[0]);
  const inflated = parts.tableOf(
    "Correlations of columns, and variance inflation (above 5: the others explain most of it)",
  )!;
  for (const row of inflated.rows) {
    const { inflation } = record.columns.find(({ name }: { name: string }) => name === row[0]);
    expect(Number(row.at(-1))).toBeCloseTo(inflation, 1);
  }
  const cells = record.cells.flatMap(({ cells: found }: { cells: { nSubjects: number }[] }) => found);
  expect(cells.length).toBeGreaterThan(1);
  const shown = parts.tableOf(`Subjects in each cell of ${record.cells[0].factors}`)!;
  expect(shown.rows.map((row) => Number(row[1]))).toEqual(
    record.cells[0].cells.map(({ nSubjects }: { nSubjects: number }) => nSubjects),
  );
  const cohort = path.join(path.dirname(out), "cohort.csv");
  const again = ["design", cohort, "~ group", "--test", "group", "--out", out, "-force", "-quiet"];
  expect(await runInProcess(again)).toMatchObject({ status: 0 });
  expect(await runInProcess(["report", out, "-quiet"])).toMatchObject({ status: 0 });
  expect(readPageParts(fs.readFileSync(page, "utf8")).tableOf("Columns")!.rows).toHaveLength(2);
});

it("refuses what is no such design, and images behind it", async () => {
  const out = await newDesign();
  const behind = await runInProcess(["report", out, "--background", "x.mif"]);
  expect(behind.status).not.toBe(0);
  expect(behind.stderr).toContain("expected no --background beside a design");
  fs.appendFileSync(path.join(out, "design.txt"), "1 0 3\n");
  const longer = await runInProcess(["report", out]);
  expect(longer.status).toBe(1);
  expect(longer.stderr).toMatch(/got \d+ x 3 values in design\.txt for \d+ subjects and 3 columns in design\.json/);
  fs.writeFileSync(path.join(out, "design.json"), "{}");
  const other = await runInProcess(["report", out]);
  expect(other.stderr).toContain("a design.json of something else, or of another version");
});
