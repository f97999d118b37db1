// fixelstream lm from the command line: whatever form input and output have, the numbers are the same, and those of ModelArray where its cohort is there.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openHdf5 } from "../../src/formats/hdf5/open.js";
import { describeResults, readResults } from "../../src/formats/hdf5/results-matrix.js";
import { runInProcess } from "../support/in-process-cli.js";
import { cellsOf, readCells } from "../support/modelarray-peer.js";
import { fixturesDirectory, modelArrayPeer, readSmallImage } from "../support/peer.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const demo = join(fixturesDirectory, "demo");

/** The demo cohort with a table of covariates, in another order than the subjects' files, one of them unknown. */
function makeCohort(): string {
  const directory = temporaryDirectory();
  cpSync(join(demo, "fd"), join(directory, "fd"), { recursive: true });
  const names = readFileSync(join(demo, "subjects.txt"), "utf8").trim().split("\n");
  const rows = names.map((name, i) => `${name},${20 + ((i * 7) % 13)},${i % 2 === 0 ? "a" : "b"},${(i % 5) / 4}`);
  writeFileSync(join(directory, "subjects.txt"), `${names.join("\n")}\n`);
  writeFileSync(join(directory, "table.csv"), `source_file,age,group,dose\n${[...rows].reverse().join("\n")}\n`);
  return directory;
}

async function lm(directory: string, input: string, formula: string, output: string, ...more: string[]) {
  const tokens = ["lm", join(directory, input), join(directory, "table.csv"), formula, join(directory, output)];
  const threads = more.includes("-nthreads") ? [] : ["-nthreads", "0"];
  const result = await runInProcess([...tokens, ...threads, ...more]);
  return { ...result, stderr: result.stderr.replaceAll(`${directory}/`, "") };
}

async function readAnalysis(path: string, analysis: string): Promise<Map<string, Float64Array>> {
  const file = await openHdf5(path);
  try {
    const results = await describeResults(file, analysis);
    const columns = new Map<string, Float64Array>();
    const scratchPath = join(temporaryDirectory(), "chunk");
    for await (const values of readResults(file, results, { memoryBytes: 2 ** 26, scratchPath }))
      columns.set(results.names[columns.size]!, values);
    return columns;
  } finally {
    await file.close();
  }
}

test("a fixel directory, a store and an .h5 give the same numbers, as a table, in an .h5 and as images", {
  timeout: 180_000,
}, async () => {
  const directory = makeCohort();
  const at = (name: string) => join(directory, name);
  for (const output of ["cohort.fxs", "cohort.h5"])
    expect((await runInProcess(["convert", "fixels", at("fd"), at("subjects.txt"), at(output)])).status).toBe(0);
  const formula = "FD ~ group * age + s(dose, k = 4, fx = TRUE)";
  expect(await lm(directory, "fd", formula, "fd.csv")).toMatchObject({ status: 0 });
  const scalar = (await runInProcess(["info", at("cohort.fxs"), "--json"])).stdout.includes('"FD"') ? "FD" : "fd";
  for (const [input, output] of [
    ["cohort.fxs", "fxs.csv"],
    ["cohort.h5", "h5.csv"],
    ["cohort.h5", "results.h5"],
    ["cohort.fxs", "cohort.h5"],
    ["cohort.fxs", "images"],
  ] as const) {
    const result = await lm(directory, input, formula.replace("FD", scalar), output);
    expect(result, `${input} ${output} ${result.stderr}`).toMatchObject({ status: 0 });
  }
  const text = readFileSync(at("fd.csv"), "utf8");
  expect(readFileSync(at("fxs.csv"), "utf8")).toBe(text);
  expect(readFileSync(at("h5.csv"), "utf8")).toBe(text);
  const table = readCells(at("fd.csv"));
  expect(table.columns.slice(0, 4)).toEqual([
    ...["element_id", "Intercept.estimate", "Intercept.statistic", "Intercept.p.value"],
  ]);
  expect(table.columns).toContain("groupb:age.p.value.fdr");
  expect(table.columns).toContain("s(dose).3.estimate");
  for (const file of ["results.h5", "cohort.h5"]) {
    const columns = await readAnalysis(at(file), "lm");
    expect([...columns.keys()]).toEqual(table.columns);
    for (const [name, values] of columns)
      expect(
        cellsOf(table, name).findIndex((cell, i) => !Object.is(Number(cell), values[i])),
        name,
      ).toBe(-1);
  }
  expect(readdirSync(at("images"))).toEqual(
    expect.arrayContaining(["index.mif", "directions.mif", "lm_age.1m.p.value.mif"]),
  );
  const image = readSmallImage(at("images/lm_age.p.value.mif")).values;
  expect(cellsOf(table, "age.p.value").findIndex((cell, i) => Math.abs(image[i]! / Number(cell) - 1) > 1e-6)).toBe(-1);
  const record = JSON.parse(readFileSync(at("images/lm_model.json"), "utf8"));
  expect(record).toMatchObject({ format: "fixelstream-model", nSubjects: 40, nElements: 2244, nFitted: 2244 });
  // nothing is left beside the results
  expect(readdirSync(directory).filter((name) => name.includes(".model-"))).toEqual([]);
});

test("threads, and a small memory, change no bit", { timeout: 180_000 }, async () => {
  const directory = makeCohort();
  const args = ["--full", "--correct", "fdr,bonferroni,holm"];
  await lm(directory, "fd", "FD ~ group + age", "one.csv", ...args);
  const two = await lm(directory, "fd", "FD ~ group + age", "two.csv", ...args, "-nthreads", "2", "--memory", "110MiB");
  expect(two.status).toBe(0);
  expect(readFileSync(join(directory, "two.csv"))).toEqual(readFileSync(join(directory, "one.csv")));
});

test("what is left out is said", { timeout: 180_000 }, async () => {
  const directory = makeCohort();
  const table = readFileSync(join(directory, "table.csv"), "utf8").split("\n");
  // three subjects without a row, one without an age
  writeFileSync(
    join(directory, "table.csv"),
    [...table.slice(0, 5), ...table.slice(8)].join("\n").replace(/^(sub-01.mif),\d+/m, "$1,"),
  );
  const { status, stderr } = await lm(directory, "fd", "FD ~ age", "out.csv", "--min-subjects-rel", "1");
  expect(status).toBe(1);
  expect(stderr).toContain("1 of 37 subjects of table.csv lack a value of age and are left out of every element.");
  expect(stderr).toContain(
    "Cannot fit 'FD ~ age': expected more than 37 subjects (--min-subjects-abs 10, --min-subjects-rel 1), got 36. Add subjects, or lower the threshold.",
  );
  expect(await lm(directory, "fd", "FD ~ age", "out.csv")).toMatchObject({ status: 0 });
  expect(await lm(directory, "fd", "FD ~ age", "out.csv")).toMatchObject({ status: 1 });
  const subset = await lm(
    directory,
    "fd",
    "FD ~ age",
    "subset.csv",
    "--subset",
    "group == 'a' & age > 21",
    "--full",
    "--json",
  );
  expect(JSON.parse(subset.stdout)).toMatchObject({ nFitted: 2244, nTooFew: 0 });
  expect(JSON.parse(subset.stdout).nSubjects).toBeLessThan(20);
});

/** The first is the key, each other one a group. */
function journalLines(directory: string): number {
  const [partial] = readdirSync(directory).filter((name) => name.includes(".model-"));
  if (partial === undefined) return 0;
  return readFileSync(join(directory, partial, "journal.jsonl"), "utf8")
    .trim()
    .split("\n").length;
}

test("a run that is stopped is continued by the same command, and by no other", { timeout: 180_000 }, async () => {
  const directory = makeCohort();
  const tokens = ["lm", join(directory, "fd"), join(directory, "table.csv"), "FD ~ group", join(directory, "out.csv")];
  await lm(directory, "fd", "FD ~ group", "whole.csv");
  const stop = new AbortController();
  const { fitModels } = await import("../../src/app/models/fit-models.js");
  const { modelDefaults } = await import("../support/model-options.js");
  const options = modelDefaults(tokens);
  await expect(
    fitModels({
      ...options,
      signal: stop.signal,
      onProgress(phase) {
        // a slow machine tells of progress within a group too, before the journal has it
        if (phase === "fit" && journalLines(directory) > 1) stop.abort(new Error("stopped"));
      },
    }),
  ).rejects.toThrow("stopped");
  const left = readdirSync(directory).filter((name) => name.includes(".model-"));
  expect(left).toHaveLength(1);
  const again = await fitModels(options);
  expect(again).toMatchObject({ nFitted: 2244, nResumed: 2244, bytesRead: 0 });
  expect(readFileSync(join(directory, "out.csv"))).toEqual(readFileSync(join(directory, "whole.csv")));
  expect(readdirSync(directory).filter((name) => name.includes(".model-"))).toEqual([]);
});

test.skipIf(modelArrayPeer === undefined)("ModelArray's own cohort and answers", { timeout: 180_000 }, async () => {
  const directory = temporaryDirectory();
  const at = (name: string) => join(directory, name);
  for (const name of ["cohort.h5", "phenotypes.csv"]) cpSync(join(modelArrayPeer!, name), at(name));
  mkdirSync(at("more"));
  const formula = "FD ~ age * sex + motion + site";
  const tokens = ["lm", at("cohort.h5"), at("phenotypes.csv"), formula, at("out.csv"), "--full"];
  const { status, stderr } = await runInProcess([...tokens, "--correct", "fdr,bonferroni", "-nthreads", "0"]);
  expect(status, stderr).toBe(0);
  const [mine, theirs] = [readCells(at("out.csv")), readCells(join(modelArrayPeer!, "lm_interaction.csv"))];
  expect(mine.columns).toEqual(theirs.columns);
  for (const [i, row] of theirs.rows.entries()) {
    for (const [j, cell] of row.entries()) {
      // R's p-values of the constant element 43 are rounding, and all false discovery rates depend on their order
      if (row[0] === "43" || theirs.columns[j]!.endsWith("fdr")) continue;
      const [a, b] = [Number(mine.rows[i]![j]), Number(cell)];
      if (Number.isNaN(b)) expect(a).toBeNaN();
      else expect(Math.abs(a - b), `${theirs.columns[j]} of ${row[0]}`).toBeLessThanOrEqual(1e-10 * Math.abs(b));
    }
  }
  expect(existsSync(at("out.csv"))).toBe(true);
});

test("a column of any name for subjects joins rows to them, and is not meant by a point", {
  timeout: 60_000,
}, async () => {
  const directory = makeCohort();
  const at = (name: string) => join(directory, name);
  expect(await lm(directory, "fd", "FD ~ age + group + dose", "named.csv")).toMatchObject({ status: 0 });
  for (const name of ["bids_id", "Subject ID", "file"]) {
    writeFileSync(at("table.csv"), readFileSync(at("table.csv"), "utf8").replace(/^[^,]*/, name));
    const result = await lm(directory, "fd", "FD ~ .", `${name.length}.csv`);
    expect(result, result.stderr).toMatchObject({ status: 0 });
    expect(result.stderr).not.toContain("in the order in which they stand");
    expect(readFileSync(at(`${name.length}.csv`), "utf8")).toBe(readFileSync(at("named.csv"), "utf8"));
  }
});
