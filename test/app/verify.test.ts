// A store damaged in several places: which files, which blocks, which subjects.
import fs from "node:fs";
import path from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { convertFixels } from "../../src/app/convert/convert.js";
import { verify } from "../../src/app/verify/verify.js";
import { formatDamage } from "../../src/cli/commands/format-damage.js";
import { rawFixelData, writeCohort } from "../support/make-cohort.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const N = { subjects: 5, fixels: 2100 }; // 1024 fixels a block: the third has 52 of them
const directory = temporaryDirectory();
let store: string;
let cohort: ReturnType<typeof writeCohort>;
let made = 0;

beforeEach(async () => {
  const home = path.join(directory, `cohort${made++}`);
  const data = (subject: number) => Float32Array.from({ length: N.fixels }, (_, f) => subject * 10_000 + f);
  const withGap = data(1);
  withGap[9] = Number.NaN;
  cohort = writeCohort(
    home,
    N.fixels,
    Array.from({ length: N.subjects }, (_, s) => [`sub-${s}.mif`, rawFixelData(s === 1 ? withGap : data(s))]),
  );
  store = path.join(home, "cohort.fxs");
  await convertFixels({ ...cohort, output: store, command: "fixelstream convert fixels a b c" });
});

/** Adds 1 to the first byte of a value; `count` values. */
function damage({ subject, fixel, count = 1 }: { subject: number; fixel: number; count?: number }): void {
  const file = path.join(store, "FD.f32");
  const bytes = fs.readFileSync(file);
  for (let i = 0; i < count; i++) {
    const [block, column] = [Math.floor((fixel + i) / 1024), (fixel + i) % 1024];
    bytes[((block * N.subjects + subject) * 1024 + column) * 4]! += 1;
  }
  fs.writeFileSync(file, bytes);
}

const told = () => formatDamage(verify(store)) ?? "whole";

describe("verify", () => {
  test("finds a store whole, NaN and all", () => {
    expect(verify(store)).toMatchObject({ nBlocks: 3, damagedBlocks: [], damagedFiles: [], fileProblems: [] });
    expect(told()).toBe("whole");
  });

  test("names the blocks and the subjects to look at", () => {
    damage({ subject: 1, fixel: 5 });
    damage({ subject: 3, fixel: 2090, count: 10 });
    const report = verify(store);
    expect(report.damagedBlocks.map(({ iBlock }) => iBlock)).toEqual([0, 2]);
    expect(report.damagedSubjects).toEqual([
      { scalar: "FD", row: 1, name: "sub-1.mif", nValues: 1 },
      { scalar: "FD", row: 3, name: "sub-3.mif", nValues: 10 },
    ]);
    expect(
      told()
        .replace(/CRC-32 [0-9a-f]{8}, got [0-9a-f]{8}/g, "CRC-32 .., got ..")
        .replaceAll(store, "cohort.fxs"),
    ).toMatchInlineSnapshot(`
      "Cannot trust cohort.fxs: expected it as it was written, got a store that is damaged:
        FD.f32: block 0 (elements 0 to 1023, counted from 0): expected CRC-32 .., got ..
        FD.f32: block 2 (elements 2048 to 2099, counted from 0): expected CRC-32 .., got ..
      Subjects whose values are no longer those of their files:
        sub-1.mif (row 1, counted from 0): 1 value
        sub-3.mif (row 3, counted from 0): 10 values
      Copy the store again, or convert the cohort again. It was made by: fixelstream convert fixels a b c"
    `);
  });

  test("names twenty of a kind, and counts the rest", async () => {
    const files = Array.from({ length: 25 }, (_, i) => [`s${i}.mif`, rawFixelData(new Float32Array(40))] as const);
    const many = writeCohort(path.join(directory, "many"), 40, files);
    const output = path.join(directory, "many.fxs");
    await convertFixels({ ...many, output, command: "fixelstream convert fixels a b c" });
    const bytes = fs.readFileSync(path.join(output, "FD.f32"));
    for (let row = 0; row < 25; row++) bytes[row * (bytes.length / 25)] = 1;
    fs.writeFileSync(path.join(output, "FD.f32"), bytes);
    const lines = formatDamage(verify(output))!.split("\n");
    expect(lines.filter((line) => /row \d+, counted from 0/.test(line))).toHaveLength(20);
    expect(lines).toContain("  and 5 more");
  });

  test("says of which subjects it cannot tell, and why", () => {
    damage({ subject: 0, fixel: 1100 });
    fs.rmSync(path.join(cohort.inputDirectory, "sub-2.mif"));
    fs.appendFileSync(path.join(cohort.inputDirectory, "sub-4.mif"), "x");
    const report = verify(store);
    expect(report.damagedSubjects.map(({ name }) => name)).toEqual(["sub-0.mif"]);
    expect(report.untoldSubjects.map(({ name, reason }) => `${name}: ${path.basename(reason)}`)).toEqual([
      "sub-2.mif: sub-2.mif: no such file",
      "sub-4.mif: sub-4.mif was changed since",
    ]);
    expect(told()).toMatch(/Whether 2 subjects are damaged cannot be told without their files; the first is sub-2.mif/);
  });

  test("tells damage in the padding from damage in values", () => {
    const file = path.join(store, "FD.f32");
    const bytes = fs.readFileSync(file);
    bytes[bytes.length - 1] = 1;
    fs.writeFileSync(file, bytes);
    expect(verify(store).damagedSubjects).toEqual([]);
    expect(told()).toMatch(/block 2 .*\n {0}Every value is that of its subject's file: the damage is in the padding/);
  });

  test("lists every file that is missing, too short or changed, and still checks the rest", () => {
    damage({ subject: 2, fixel: 0 });
    fs.truncateSync(path.join(store, "FD.f32"), 2 * N.subjects * 1024 * 4 + 100);
    fs.rmSync(path.join(store, "FD.missing"));
    fs.appendFileSync(path.join(store, "directions.mif"), " ");
    const report = verify(store);
    expect(report.fileProblems).toEqual([
      { file: "FD.f32", expected: "61440 bytes in FD.f32", got: "41060" },
      { file: "FD.missing", expected: "8400 bytes in FD.missing", got: "no such file" },
    ]);
    expect(report.damagedFiles.map(({ file }) => file)).toEqual(["directions.mif"]);
    expect(report.damagedBlocks.map(({ iBlock }) => iBlock)).toEqual([0]);
    expect(report.damagedSubjects.map(({ name }) => name)).toEqual(["sub-2.mif"]);
  });

  test("reports a data file that is gone, or a directory in its place", () => {
    fs.rmSync(path.join(store, "FD.f32"));
    expect(told()).toContain("FD.f32: expected 61440 bytes in FD.f32, got no such file");
    fs.mkdirSync(path.join(store, "FD.f32"));
    expect(told()).toContain("FD.f32: expected 61440 bytes in FD.f32, got a directory");
  });
});
