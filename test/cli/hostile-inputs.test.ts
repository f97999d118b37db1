// Inputs that nobody means to give and somebody does: they work, or are refused with a sentence; never a crash, never a NaN where a number belongs.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { listing, newAnalysis, write } from "../support/expect-refusal.js";
import { runInProcess } from "../support/in-process-cli.js";
import { rawFixelData } from "../support/make-cohort.js";
import { makeTemporaryDirectory, readNullDistribution, readSmallImage } from "../support/peer.js";
import { builtCommand } from "../support/run-cli.js";
import { makeSmallAnalysis, type SmallAnalysis, type SmallAnalysisOptions } from "../support/small-analysis.js";

const QUICK = ["-nshuffles", "20", "-nthreads", "0", "-quiet", "--seed", "1"];
const run = (input: SmallAnalysis, ...options: string[]) =>
  runInProcess(["fixelcfestats", ...input.positionals, ...QUICK, ...options]);
const DONE = { status: 0, stdout: "", stderr: "" };
const valuesOf = (input: SmallAnalysis, name: string) =>
  Array.from(readSmallImage(input.at("out", `${name}.mif`)).values);
const IMAGES = [
  "tvalue",
  "Zstat",
  "cfe",
  "fwe_1mpvalue",
  "uncorrected_pvalue",
  "null_contributions",
  "abs_effect",
  "std_effect",
];

describe("paths", () => {
  const awkward = [
    ["with blanks and quotes", 'a study\'s "first" try'],
    ["in other scripts", "Ünïcode 脳 мозг 🧠"],
    ["of 255 bytes", "x".repeat(255)],
    ["that look like options", "-force"],
    ["that look like formats", "cohort.h5.mif"],
  ] as const;
  it.each(awkward)("%s, of folders and of subjects", async (_what, name) => {
    const parent = makeTemporaryDirectory();
    const input = makeSmallAnalysis(path.join(parent, name));
    const subject = `${name.slice(0, 251)}.mif`;
    fs.renameSync(input.at("fd", "sub-2.mif"), input.at("fd", subject));
    write(input, "subjects.txt", fs.readFileSync(input.at("subjects.txt"), "utf8").replace("sub-2.mif", subject));
    expect(await run(input)).toEqual(DONE);
    const record = JSON.parse(fs.readFileSync(input.at("out", "run.json"), "utf8"));
    expect(record.inputs.subjects[1].name).toBe(subject);
    // the same through a store
    const store = input.at("cohort.fxs");
    expect(await runInProcess(["convert", "fixels", ...input.positionals.slice(0, 2), store, "-quiet"])).toEqual(DONE);
    const tokens = [store, input.at("subjects.txt"), ...input.positionals.slice(2, 5), input.at("from store")];
    expect(await runInProcess(["fixelcfestats", ...tokens, ...QUICK])).toEqual(DONE);
    expect(readSmallImage(input.at("from store", "cfe.mif")).values).toEqual(
      readSmallImage(input.at("out", "cfe.mif")).values,
    );
  });
  it("through a file, and too long to exist, are nothing of that name", async () => {
    const input = newAnalysis();
    for (const bad of [input.at("design.txt", "fd"), input.at("y".repeat(256))]) {
      for (const position of [0, 1, 2, 3, 4]) {
        const tokens = input.positionals.with(position, bad);
        const { status, stderr } = await runInProcess(["fixelcfestats", ...tokens, ...QUICK]);
        expect({ position, status }).toEqual({ position, status: 1 });
        expect(stderr).toMatch(/^fixelstream: error: Cannot (use|read) .*: expected .*, got .*\. .*\n$/);
      }
      const { status, stderr } = await runInProcess(["fixelcfestats", ...input.positionals, "-mask", bad, ...QUICK]);
      expect(status).toBe(1);
      expect(stderr).toMatch(/^fixelstream: error: Cannot .*: expected .*, got .*\. .*\n$/);
    }
  });
  it("of a store too long to be written", async () => {
    const input = newAnalysis();
    const before = listing(input.root);
    const store = input.at(`${"z".repeat(251)}.fxs`);
    const { status, stderr } = await runInProcess([
      "convert",
      "fixels",
      ...input.positionals.slice(0, 2),
      store,
      "-quiet",
    ]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^fixelstream: error: Cannot write .*z\.fxs: .*\n$/);
    expect(listing(input.root)).toEqual(before);
  });
});

describe("inputs are never written to", () => {
  const stateOf = (directory: string) =>
    [".", ...listing(directory)].map((name) => {
      const { mtimeMs, size } = fs.statSync(path.join(directory, name));
      return [name, mtimeMs, size];
    });
  it("whatever is read", async () => {
    const input = newAnalysis();
    const outputs = makeTemporaryDirectory();
    const before = stateOf(input.root);
    const six = input.positionals.with(5, path.join(outputs, "out"));
    expect(await runInProcess(["fixelcfestats", ...six, ...QUICK])).toEqual(DONE);
    const store = path.join(outputs, "cohort.fxs");
    expect(await runInProcess(["convert", "fixels", ...six.slice(0, 2), store, "-quiet"])).toEqual(DONE);
    expect(stateOf(input.root)).toEqual(before);
    const stored = stateOf(store);
    const through = [store, "-", ...six.slice(2, 5), path.join(outputs, "through")];
    expect(await runInProcess(["fixelcfestats", ...through, ...QUICK])).toEqual(DONE);
    expect((await runInProcess(["verify", store, "-quiet"])).status).toBe(0);
    expect(stateOf(store)).toEqual(stored);
  });

  const mount = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0"';
  const unshared = (script: string, ...tokens: string[]) =>
    spawnSync("unshare", ["--mount", "--map-root-user", "bash", "-c", script, ...tokens], { encoding: "utf8" });
  const canMount = unshared(`${mount} && ! touch "$0/probe" 2>/dev/null`, makeTemporaryDirectory()).status === 0;
  it.skipIf(!canMount)("and may lie on a read-only disk", () => {
    const input = newAnalysis();
    const outputs = makeTemporaryDirectory();
    const six = input.positionals.with(5, path.join(outputs, "out"));
    const { status, stderr } = unshared(
      `${mount} && exec "$@"`,
      ...[input.root, process.execPath, builtCommand, "fixelcfestats", ...six, ...QUICK],
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(fs.existsSync(path.join(outputs, "out", "cfe.mif"))).toBe(true);
    // and an output there is refused before anything is done
    const refused = unshared(
      `${mount} && exec "$@"`,
      ...[input.root, process.execPath, builtCommand, "fixelcfestats", ...input.positionals, ...QUICK],
    );
    expect(input.relative(refused.stderr)).toBe(
      "fixelstream: error: Cannot write results to out: expected a directory that can be written, got a read-only file system. Choose another directory for the results.\n",
    );
    expect(refused.status).toBe(1);
  });
});

describe("cohorts", () => {
  it("of one subject", async () => {
    const input = newAnalysis({ nSubjects: 1 });
    write(input, "design.txt", "1\n");
    write(input, "contrast.txt", "1\n");
    const { status, stderr } = await run(input);
    expect(input.relative(stderr)).toBe(
      "fixelstream: error: Cannot use design.txt: expected more subjects than independent columns, got 1 subjects and 1 columns: no degree of freedom is left. Add subjects or remove columns.\n",
    );
    expect(status).toBe(1);
  });
  it("with more regressors than subjects", async () => {
    const input = newAnalysis({ nSubjects: 3 });
    write(input, "design.txt", "1 0 2 5\n1 1 3 7\n1 0 1 9\n");
    write(input, "contrast.txt", "0 1 0 0\n");
    const { status, stderr } = await run(input);
    expect(input.relative(stderr)).toMatch(
      /^fixelstream: error: Cannot use design\.txt: expected more subjects than independent columns, got 3 subjects and 3 columns: /,
    );
    expect(status).toBe(1);
  });
  it("with more regressors than subjects, but dependent ones", async () => {
    const input = newAnalysis({ nSubjects: 4 });
    write(input, "design.txt", "1 0 0 1 1\n1 0 0 1 1\n1 1 2 1 1\n1 1 2 1 1\n");
    write(input, "contrast.txt", "0 1 2 0 0\n");
    const { status, stderr } = await run(input);
    expect(status).toBe(0);
    expect(stderr).toContain("warning: The design has 5 columns of which only 2 are linearly independent.");
    expect(valuesOf(input, "tvalue").every(Number.isFinite)).toBe(true);
  });
  it("of constant data", async () => {
    const input = newAnalysis({ value: () => 0.7 });
    expect(await run(input)).toEqual(DONE);
    for (const name of IMAGES) {
      // effects: rounding of 0.7
      expect(
        valuesOf(input, name).every((value) => Math.abs(value) < 1e-14),
        name,
      ).toBe(true);
    }
    expect(readNullDistribution(input.at("out", "null_dist.txt"))).toEqual(new Array(20).fill(0));
  });
  it("where single fixels are constant", async () => {
    const input = newAnalysis({
      value: (subject, fixel) => (fixel % 3 === 0 ? 300 : 300 + ((subject * 7 + fixel * 5) % 11)),
    });
    expect(await run(input)).toEqual(DONE);
    for (const name of IMAGES) expect(valuesOf(input, name).every(Number.isFinite), name).toBe(true);
    const constant = valuesOf(input, "tvalue").filter((_, fixel) => fixel % 3 === 0);
    expect(constant).toEqual(new Array(8).fill(0));
  });
  it("of values at the ends of float32", async () => {
    const input = newAnalysis({ value: (subject, fixel) => ((subject + fixel) % 5 === 0 ? 3e38 : -3e38) });
    const { status } = await run(input);
    expect(status).toBe(0);
    for (const name of ["tvalue", "Zstat", "cfe", "fwe_1mpvalue"])
      expect(valuesOf(input, name).every(Number.isFinite), name).toBe(true);
  });
  it("in which everybody has the same effect exactly", async () => {
    const input = newAnalysis({ value: (subject) => (subject < 4 ? 2 : 1) });
    const { status } = await run(input);
    expect(status).toBe(0);
    for (const name of IMAGES) expect(valuesOf(input, name).some(Number.isNaN), name).toBe(false);
  });
});

describe("masks", () => {
  it("of one fixel", async () => {
    const input = newAnalysis();
    write(input, "mask.mif", rawFixelData(Float32Array.from({ length: 24 }, (_, fixel) => (fixel === 3 ? 1 : 0))));
    expect(await run(input, "-mask", input.at("mask.mif"))).toEqual(DONE);
    for (const name of IMAGES) {
      const values = valuesOf(input, name);
      expect(values.filter(Number.isNaN), name).toHaveLength(23);
      expect(Number.isFinite(values[3]), name).toBe(true);
    }
    expect(valuesOf(input, "fwe_1mpvalue")[3]).toBe(1);
  });
  it("of NaN outside, as our own results have", async () => {
    const input = newAnalysis();
    const mask = Float32Array.from({ length: 24 }, (_, fixel) => (fixel < 12 ? 0.5 : Number.NaN));
    write(input, "mask.mif", rawFixelData(mask));
    expect(await run(input, "-mask", input.at("mask.mif"))).toEqual(DONE);
    expect(valuesOf(input, "cfe").map(Number.isNaN)).toEqual(Array.from(mask, Number.isNaN));
  });
});

describe("connectivity", () => {
  const connected = async (connections: NonNullable<SmallAnalysisOptions["connections"]>) => {
    const input = newAnalysis({ connections });
    return { input, ...(await run(input)) };
  };
  it("without any connection", async () => {
    const { input, status, stderr } = await connected(() => []);
    expect(status).toBe(0);
    expect(stderr).toMatch(/^fixelstream: warning: 24 of 24 fixels have no connection in the matrix; /);
    for (const name of ["cfe", "fwe_1mpvalue", "null_contributions"]) {
      expect(valuesOf(input, name), name).toEqual(new Array(24).fill(0));
    }
  });
  it("of zeros", async () => {
    const { input, status, stderr } = await connected((fixel) => [[fixel, 0]]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    for (const name of ["cfe", "fwe_1mpvalue", "null_contributions"]) {
      expect(valuesOf(input, name), name).toEqual(new Array(24).fill(0));
    }
  });
  it("of every fixel with itself only: the enhanced order is that of Z", async () => {
    const { input, status, stderr } = await connected((fixel) => [[fixel, 1]]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const [z, cfe] = ["Zstat", "cfe"].map((name) => valuesOf(input, name));
    for (const [fixel, value] of cfe!.entries()) {
      // extent 1 at every height: the sum of (h dh)^3 up to Z
      const heights = Array.from({ length: Math.floor(Math.max(z![fixel]!, 0) / 0.1) }, (_, i) => ((i + 1) * 0.1) ** 3);
      const expected = heights.reduce((sum, height) => sum + height, 0);
      expect(Math.abs(value - expected)).toBeLessThanOrEqual(1e-5 * expected);
    }
  });
  it("in which one fixel stands apart", async () => {
    const { input, status, stderr } = await connected((fixel) =>
      fixel === 2
        ? []
        : [
            [fixel, 1],
            [(fixel + 1) % 24, 0.3],
          ],
    );
    expect(status).toBe(0);
    expect(stderr).toMatch(/^fixelstream: warning: 1 of 24 fixels have no connection in the matrix; /);
    expect(valuesOf(input, "cfe")[2]).toBe(0);
    expect(valuesOf(input, "Zstat")[2]).not.toBe(0);
  });
});

describe("texts", () => {
  it("from Windows: CRLF and a byte order mark, and no newline at the end", async () => {
    const input = newAnalysis();
    expect(await run(input)).toEqual(DONE);
    const plain = valuesOf(input, "cfe");
    write(input, "p.txt", Array.from({ length: 8 }, (_, i) => `${i + 1}\t${8 - i}\n`).join(""));
    for (const name of ["subjects.txt", "design.txt", "contrast.txt", "p.txt"]) {
      const text = fs.readFileSync(input.at(name), "utf8").trimEnd();
      write(input, name, `\ufeff${text.replaceAll("\n", "\r\n")}`);
    }
    expect((await run(input, "-force")).status).toBe(0);
    expect(valuesOf(input, "cfe")).toEqual(plain);
    const tokens = [
      "fixelcfestats",
      ...input.positionals,
      "-permutations",
      input.at("p.txt"),
      "-nthreads",
      "0",
      "-force",
    ];
    expect((await runInProcess(tokens)).status).toBe(0);
    expect(readNullDistribution(input.at("out", "null_dist.txt"))).toHaveLength(2);
  });
  it("with commas, tabs, comments and blank lines", async () => {
    const input = newAnalysis();
    write(input, "design.txt", `# ones, group\n\n${"1,0 # control\n".repeat(4)}${"+1.0e0\t 1.\n".repeat(4)}\n`);
    expect(await run(input)).toEqual(DONE);
  });
  it.each([
    ["nan", "Cannot use design.txt: expected finite numbers, got NaN in row 8, column 2 (counted from 1)."],
    ["-inf", "Cannot use design.txt: expected finite numbers, got -Infinity in row 8, column 2 (counted from 1)."],
    [
      "1e400",
      "Cannot read design.txt: expected numbers up to 1.8e308, got 1e400 (line 8). Write inf if infinity is meant.",
    ],
    [
      "0x10",
      'Cannot read design.txt: expected a number, got "0x10" (line 8). Names of columns or rows need a # in front of their line.',
    ],
    [
      "1,5e",
      'Cannot read design.txt: expected a number, got "5e" (line 8). Names of columns or rows need a # in front of their line.',
    ],
  ])("%s in a matrix", async (token, message) => {
    const input = newAnalysis();
    write(input, "design.txt", `${"1 0\n".repeat(7)}1 ${token}\n`);
    const { status, stderr } = await run(input);
    expect({ status, stderr: input.relative(stderr) }).toEqual({
      status: 1,
      stderr: `fixelstream: error: ${message}\n`,
    });
  });
});
