// Inputs that nobody means to give and somebody does: they work, or are refused with a sentence; never a crash, never a NaN where a number belongs.
import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { newAnalysis, write } from "../support/expect-refusal.js";
import { runWithReport } from "../support/in-process-cli.js";
import { rawFixelData } from "../support/make-cohort.js";
import { readNullDistribution, readSmallImage } from "../support/peer.js";
import type { SmallAnalysis, SmallAnalysisOptions } from "../support/small-analysis.js";

const QUICK = ["-nshuffles", "20", "-nthreads", "0", "-quiet", "--seed", "1"];
const run = (input: SmallAnalysis, ...options: string[]) =>
  runWithReport(["fixelcfestats", ...input.positionals, ...QUICK, ...options]);
const DONE = { status: 0, stdout: "", stderr: "" };
const constant = (count: number) =>
  `fixelstream: warning: ${count} of 24 elements cannot be tested and get zeros: ${count} with the same value in all observations. Leave them out with -mask.\n`;
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

describe("cohorts", () => {
  it("of one subject", async () => {
    const input = newAnalysis({ nSubjects: 1 });
    write(input, "design.txt", "1\n");
    write(input, "contrast.txt", "1\n");
    const { status, stderr } = await run(input);
    expect(input.relative(stderr)).toBe(
      "fixelstream: error: Cannot use design.txt: expected more subjects than independent columns, got 1 subject and 1 column: no degree of freedom is left. Add subjects or remove columns.\n",
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
    expect(stderr).toContain(
      "warning: The design has 5 columns of which only 2 are linearly independent: column 3 is a multiple of column 2, column 4 is a multiple of column 1, column 5 is a multiple of column 1 (counted from 1)",
    );
    expect(valuesOf(input, "tvalue").every(Number.isFinite)).toBe(true);
  });
  it("of constant data", async () => {
    const input = newAnalysis({ value: () => 0.7 });
    expect(await run(input)).toEqual({ ...DONE, stderr: constant(24) });
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
    expect(await run(input)).toEqual({ ...DONE, stderr: constant(8) });
    for (const name of IMAGES) expect(valuesOf(input, name).every(Number.isFinite), name).toBe(true);
    const ofConstant = valuesOf(input, "tvalue").filter((_, fixel) => fixel % 3 === 0);
    expect(ofConstant).toEqual(new Array(8).fill(0));
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
    const { status, stderr } = await run(input, "-mask", input.at("mask.mif"));
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: expect.stringMatching(
        /^fixelstream: warning: -mask .* has 24 values of 24 that are neither 0 nor 1.* 12 in and 12 out/,
      ),
    });
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
    expect(status).toBe(0);
    expect(stderr).toMatch(/^fixelstream: warning: 24 of 24 fixels have no connection in the matrix; /);
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
    expect((await runWithReport(tokens)).status).toBe(0);
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
      'Cannot read design.txt: expected a number, got "0x10" (line 8). Names of columns belong into the first row, names of rows into the first column, other words behind a #.',
    ],
    [
      "1,5e",
      'Cannot read design.txt: expected a number, got "5e" (line 8). Names of columns belong into the first row, names of rows into the first column, other words behind a #.',
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
