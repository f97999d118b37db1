// Every result of a run is known by name before it begins: what lies there under its name is refused then, and not after the shuffles.
import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { newAnalysis } from "../support/expect-refusal.js";
import { runInProcess } from "../support/in-process-cli.js";

const VARIANTS = [
  ["--two-tailed", "--parametric", "--fdr", "bh"],
  ["--two-tailed", "--tail", "--gamma"],
  ["--parametric", "--fdr", "holm"],
];
const COMMON = ["-nshuffles", "60", "-nthreads", "0", "--seed", "1", "-quiet", "--no-report"];
const SHARED = new Set(["run.json", "index.mif", "directions.mif"]);

test.each(VARIANTS)("%s %s %s %s", { timeout: 120_000 }, async (...options) => {
  const input = newAnalysis({ nSubjects: 12 });
  const given = options.filter((option) => option !== undefined);
  const run = () => runInProcess(["fixelcfestats", ...input.positionals, ...COMMON, ...given]);
  const out = input.at("out");
  expect((await run()).status).toBe(0);
  const { files } = JSON.parse(fs.readFileSync(path.join(out, "run.json"), "utf8")) as { files: string[] };
  const names = files.filter((name) => !SHARED.has(name));
  expect(names.length).toBeGreaterThan(8);
  for (const name of names) {
    fs.rmSync(out, { recursive: true });
    fs.mkdirSync(out);
    fs.writeFileSync(path.join(out, name), "another's");
    const { status, stderr } = await run();
    expect([name, status]).toEqual([name, 1]);
    expect(stderr).toContain(name);
    expect(stderr).not.toContain("made meanwhile");
    expect(fs.readdirSync(out)).toEqual([name]);
  }
});
