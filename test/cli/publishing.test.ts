// Results are moved in place together. Where that fails half-way, nothing may say that what lies there is the result of one run.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { newAnalysis } from "../support/expect-refusal.js";
import { runInProcess } from "../support/in-process-cli.js";
import { writeLongVectors } from "../support/long-analysis.js";

/** Name and bytes of the files of a folder; of folders the names. */
const contents = (folder: string) =>
  fs.readdirSync(folder, { withFileTypes: true }).map((entry) => {
    const name = path.join(folder, entry.name);
    return [entry.name, entry.isFile() ? fs.readFileSync(name, "hex") : fs.readdirSync(name).join(" ")];
  });

/** `record`: run.json's path; `obstacle`: a result in whose place a folder lies that somebody keeps something in. */
async function expectNoMixture(tokens: readonly string[], record: string, obstacle: string): Promise<void> {
  expect((await runInProcess([...tokens, "-nshuffles", "20", "-seed", "1"])).status).toBe(0);
  fs.rmSync(obstacle);
  fs.mkdirSync(obstacle);
  fs.writeFileSync(path.join(obstacle, "note.txt"), "");
  const before = contents(path.dirname(record));
  const { status, stderr } = await runInProcess([...tokens, "-nshuffles", "30", "-seed", "2", "-force"]);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^fixelstream: error: Cannot write results to /m);
  // all as it was, or without the file that promises it
  if (fs.existsSync(record)) expect(contents(path.dirname(record))).toEqual(before);
  expect(fs.existsSync(path.join(obstacle, "note.txt"))).toBe(true);
}

it("fixelcfestats whose last result cannot be put in place", async () => {
  const input = newAnalysis();
  const tokens = ["fixelcfestats", ...input.positionals, "-quiet", "-nthreads", "0"];
  await expectNoMixture(tokens, input.at("out/run.json"), input.at("out/uncorrected_pvalue.mif"));
});

it("vectorstats whose last result cannot be put in place", async () => {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "fixelstream-test-"));
  writeLongVectors(root, { nSubjects: 12, nElements: 20 });
  fs.mkdirSync(path.join(root, "out"));
  const inputs = ["data.npy", "design.txt", "contrast.txt", "out/x_"].map((name) => path.join(root, name));
  const tokens = ["vectorstats", ...inputs, "-cache", path.join(root, "cache"), "-quiet", "-nthreads", "0"];
  await expectNoMixture(tokens, path.join(root, "out/x_run.json"), path.join(root, "out/x_uncorrected_pvalue.csv"));
});
