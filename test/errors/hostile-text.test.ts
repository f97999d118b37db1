// Texts that are legal byte by byte and meant to take for ever, or to take all memory. Every answer comes within seconds.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it, test } from "vitest";
import { openImage, readImageVector } from "../../src/formats/image.js";
import { parseMifHeader } from "../../src/formats/mif/header.js";
import { parseIntegers } from "../../src/formats/text/integers.js";
import { parseMatrix, readMatrix } from "../../src/formats/text/matrix.js";
import { readTextFile } from "../../src/formats/text/read-text.js";
import { buildMifHeader } from "../support/byte-builders.js";
import { rawFixelData } from "../support/make-cohort.js";
import { writeProblem, writeRows } from "../support/make-problem.js";
import { runProblem } from "../support/run-inference.js";
import { createRandom } from "../support/seeded-random.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const MILLION = 1_000_000;
/** Milliseconds, on a slow machine with other work. What is wrong here takes hours. */
const SOON = 15_000;
const directory = temporaryDirectory();
const at = (...names: string[]) => path.join(directory, ...names);

describe("a matrix", () => {
  it.each([
    ["digits", `${"1".repeat(MILLION)}x`],
    ["digits with an exponent", `${"1".repeat(MILLION)}e`],
    ["points", ".".repeat(MILLION)],
    ["signs", "+".repeat(MILLION)],
  ])("refuses a million %s that are no number", { timeout: SOON }, (_, token) => {
    expect(() => parseMatrix(token, "m.txt")).toThrow(/^Cannot read m.txt: expected a number, got ".{40}\.\."/);
  });

  it("takes a number of a million digits for what it is: too large", { timeout: SOON }, () => {
    expect(() => parseMatrix("9".repeat(MILLION), "m.txt")).toThrow(/expected numbers up to 1.8e308/);
  });

  it("may have a million columns, or a million rows", { timeout: SOON }, () => {
    expect(parseMatrix("1 ".repeat(MILLION), "m.txt")).toMatchObject({ nRows: 1, nColumns: MILLION });
    expect(parseMatrix("1\n".repeat(MILLION), "m.txt")).toMatchObject({ nRows: MILLION, nColumns: 1 });
  });

  it("is not read to its end when it starts like an image", { timeout: SOON }, async () => {
    fs.writeFileSync(at("huge.mif"), "mrtrix image\n\0");
    fs.truncateSync(at("huge.mif"), 2 ** 36); // takes no room on the disk
    await expect(readMatrix(at("huge.mif"))).rejects.toThrow(
      /expected a text file, got binary data. Is it the right file\?$/,
    );
    fs.rmSync(at("huge.mif"));
  });

  it("may be of exactly as many bytes as are looked at first, or a few more", async () => {
    for (const length of [4094, 4095, 4096, 4097, 8192, 10_000]) {
      fs.writeFileSync(at("long.txt"), `${"7 ".repeat(length).slice(0, length - 1)}\n`);
      expect(await readTextFile(at("long.txt"))).toHaveLength(length);
      expect(parseIntegers(await readTextFile(at("long.txt")), "long.txt").values.every((value) => value === 7)).toBe(
        true,
      );
    }
  });
});

describe("a .mif header", () => {
  const header = (lines: string) =>
    Buffer.from(`mrtrix image\ndim: 1\nvox: 1\nlayout: +0\ndatatype: Float32LE\n${lines}\nEND\n`);
  const parse = (lines: string) => () => parseMifHeader(header(lines), "a.mif");

  it.each([
    ["blanks", `file: a${" ".repeat(MILLION)}b 1`],
    ["brackets", `file: ${"[".repeat(MILLION)}`],
    ["axes", `scaling: ${"1,".repeat(MILLION)}`],
  ])("refuses a line of a million %s", { timeout: SOON }, (_, line) => {
    expect(parse(line)).toThrow(
      /^Cannot read a.mif: expected at most 8192 characters after `(file|scaling):`, got \d{7} \(line 6/,
    );
  });

  it("refuses millions of lines before it keeps them", { timeout: SOON }, () => {
    expect(parse("a: b\n".repeat(3 * MILLION))).toThrow(
      /expected at most 100000 lines, got more \(line 100\d{3} of the header\)/,
    );
  });

  it("takes a carriage return in the name of a data file for part of the name", () => {
    expect(parseMifHeader(header("file: a\rb 7"), "a.mif")).toMatchObject({ dataFile: "a\rb", dataOffset: 7 });
    expect(parseMifHeader(header("file: a b.dat"), "a.mif")).toMatchObject({ dataFile: "a b.dat", dataOffset: 0 });
    expect(parseMifHeader(header("file: a b.dat 12"), "a.mif")).toMatchObject({ dataFile: "a b.dat", dataOffset: 12 });
  });
});

it.skipIf(process.platform === "win32")(
  "a named pipe in place of an image is refused, not waited for",
  { timeout: SOON },
  async () => {
    execFileSync("mkfifo", [at("pipe.mif")]);
    fs.writeFileSync(
      at("header.mih"),
      buildMifHeader({ dimensions: [2], dataType: "Float32LE", values: [1, 2] }, "pipe.mif 0"),
    );
    expect(() => openImage(at("pipe.mif"))).toThrow(/^Cannot read .*pipe.mif: expected a readable file/);
    expect(() => openImage(at("header.mih"))).toThrow(
      /^Cannot read .*header.mih: its header names the data file pipe.mif. Cannot read/,
    );
    await expect(readImageVector(at("pipe.mif"))).rejects.toThrow(/expected a readable file/);
    fs.rmSync(at("pipe.mif"));
  },
);

describe("an analysis", () => {
  const paths = { design: at("design.txt"), contrast: at("contrast.txt"), output: at("out") };
  const N_SUBJECTS = 8;
  /** More than a function call takes arguments. */
  const COLUMNS = 150_000;
  beforeAll(() => {
    writeProblem(directory, { nSubjects: N_SUBJECTS, nFixels: 12, nConnections: 3 }, createRandom(1));
    writeRows(
      paths.design,
      Array.from({ length: N_SUBJECTS }, (_, i) => [1, i % 2]),
    );
    writeRows(paths.contrast, [[0, 1]]);
  });

  test("with hundreds of thousands of columns in the design is refused in seconds", { timeout: 4 * SOON }, async () => {
    const design = at("wide.txt");
    const random = createRandom(2);
    const row = () => Array.from({ length: COLUMNS }, () => random.integer(100));
    writeRows(design, Array.from({ length: N_SUBJECTS }, row));
    await expect(runProblem(directory, { ...paths, design })).rejects.toThrow(/expected 150000 columns .*, got 2/);
    const contrast = at("wide-contrast.txt");
    writeRows(contrast, [row()]);
    await expect(runProblem(directory, { ...paths, design, contrast })).rejects.toThrow(
      /expected more subjects than independent columns, got 8 subjects and/,
    );
    await expect(runProblem(directory, { ...paths, contrast })).rejects.toThrow(/expected 2 columns .*, got 150000/);
    await expect(runProblem(directory, { ...paths, permutations: contrast })).rejects.toThrow(/expected 8 rows/);
  });

  test("reads texts as Windows writes them, to the same bytes", async () => {
    const subjects = fs.readFileSync(at("subjects.txt"), "utf8");
    const permutations = Array.from(
      { length: N_SUBJECTS },
      (_, i) => `${i} ${(i + 1) % N_SUBJECTS} ${N_SUBJECTS - 1 - i}\n`,
    );
    fs.writeFileSync(at("permutations.txt"), permutations.join(""));
    const mask = at("mask.mif");
    fs.writeFileSync(mask, rawFixelData(new Float32Array(12).fill(1)));
    await runProblem(directory, { ...paths, mask, permutations: at("permutations.txt"), output: at("unix") });
    const windows = (name: string) => {
      const text = fs.readFileSync(at(name), "utf8").replaceAll("\n", "\r\n");
      fs.writeFileSync(at(`windows-${name}`), `\ufeff${text}\r\n`);
      return at(`windows-${name}`);
    };
    await runProblem(directory, {
      mask,
      design: windows("design.txt"),
      contrast: windows("contrast.txt"),
      permutations: windows("permutations.txt"),
      subjects: windows("subjects.txt"),
      output: at("windows"),
    });
    expect(fs.readFileSync(at("windows", "null_dist.txt"))).toEqual(fs.readFileSync(at("unix", "null_dist.txt")));
    expect(subjects.trim().split("\n")).toHaveLength(N_SUBJECTS);
  });
});
