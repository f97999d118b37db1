// Variance groups, element-wise columns and exchangeability blocks that cannot be used: which file, what was expected, what was got.
import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { newAnalysis, refuses, write } from "../support/expect-refusal.js";
import { runInProcess } from "../support/in-process-cli.js";
import { rawFixelData } from "../support/make-cohort.js";
import { readSmallImage } from "../support/peer.js";
import type { SmallAnalysis } from "../support/small-analysis.js";

/** 8 subjects. */
const groups =
  (text: string, option = "-variance") =>
  (input: SmallAnalysis) => {
    write(input, "groups.txt", text);
    return [option, input.at("groups.txt")];
  };
const WHAT = "Cannot use groups.txt for -variance";

describe("-variance", () => {
  refuses([
    [
      "wrong length",
      groups("0 0 0 1 1 1 1\n"),
      `${WHAT}: expected 8 values (one per subject), got 7. Give one group number a subject.`,
    ],
    [
      "a gap",
      groups("0 0 0 0 2 2 2 2\n"),
      `${WHAT}: expected group numbers 0 to 2 without gaps, got no subject in group 1. Renumber the groups.`,
    ],
    [
      "negative",
      groups("0 0 0 -1 1 1 1 1\n"),
      `${WHAT}: expected whole numbers from 0 or from 1, got -1 (subject 4, counting from 1). Number the groups.`,
    ],
    [
      "fractional",
      groups("0 0 0 0 1 1.5 1 1\n"),
      `${WHAT}: expected whole numbers from 0 or from 1, got 1.5 (subject 6, counting from 1). Number the groups.`,
    ],
    [
      "beyond 2^53",
      groups("0 0 0 0 1 9007199254740993 1 1\n"),
      `${WHAT}: expected whole numbers from 0 or from 1, got 9007199254740992 (subject 6, counting from 1). Number the groups.`,
    ],
    [
      "from 2",
      groups("2 2 2 2 3 3 3 3\n"),
      `${WHAT}: expected the lowest group number to be 0 or 1, got 2. Number the groups from 0 or 1.`,
    ],
    [
      "a group of one",
      groups("0 0 0 0 1 1 1 2\n"),
      `${WHAT}: expected at least two subjects in every group, got one in group 2 (subject 8, counting from 1): a variance of its own cannot be estimated. Join groups, or leave the subject out.`,
    ],
    [
      "several groups of one",
      groups("1 2 3 3 3 3 4 4\n"),
      `${WHAT}: expected at least two subjects in every group, got one in group 1 (subject 1, counting from 1), and one in 1 more: a variance of its own cannot be estimated. Join groups, or leave the subject out.`,
    ],
    [
      "a group that the design explains",
      (input: SmallAnalysis) => {
        write(input, "design.txt", `${"1 0 0\n".repeat(6)}1 1 0\n1 0 1\n`);
        write(input, "contrast.txt", "0 1 0\n");
        return groups("1 1 1 1 1 1 2 2\n")(input);
      },
      `${WHAT}: expected every group to have more subjects than the design has columns that tell them apart, got 2 in group 2, which the design explains without a residual: its variance cannot be estimated. Join groups, or remove columns of the design.`,
    ],
    [
      "a matrix",
      groups("0 0 0 0\n1 1 1 1\n"),
      `${WHAT}: expected one row or one column of group numbers, got 2 rows of 4. Give one group number a subject.`,
    ],
  ]);
});

/** A column list of `names`, their files of `nFixels` values, and a contrast with a weight for the column. */
const column =
  (names: readonly string[], nFixels = 24, weights = "0 -1 0\n") =>
  (input: SmallAnalysis) => {
    for (const name of names) fs.writeFileSync(input.at(name), rawFixelData(new Float32Array(nFixels).fill(1)));
    write(input, "column.txt", names.map((name) => `${name}\n`).join(""));
    write(input, "contrast.txt", weights);
    return ["-column", input.at("column.txt")];
  };
const eight = Array.from({ length: 8 }, (_, i) => `x${i}.mif`);

describe("-column", () => {
  refuses([
    [
      "wrong length",
      column(eight.slice(1)),
      "Cannot use column.txt for -column: expected 8 files (one per subject, in their order), got 7. Correct the list.",
    ],
    [
      "no weight in the contrast",
      column(eight, 24, "0 -1\n"),
      "Cannot use contrast.txt: expected 3 columns (one per column of design.txt and one per -column), got 2. No column is ever added for you.",
    ],
  ]);
  it("another template: which file", async () => {
    const input = newAnalysis();
    const options = column(eight)(input);
    fs.writeFileSync(input.at("x3.mif"), rawFixelData(new Float32Array(23)));
    const result = await runInProcess(["fixelcfestats", ...input.positionals, ...options, "-nthreads", "0", "-quiet"]);
    expect(result.status).toBe(1);
    expect(input.relative(result.stderr)).toMatch(/x3\.mif.*24.*23/s);
    expect(fs.existsSync(input.at("out", "beta0.mif"))).toBe(false);
  });
  it("a column of what the design has already: all zeros, and a warning says why", async () => {
    const input = newAnalysis();
    const options = column(eight)(input);
    const result = await runInProcess([
      "fixelcfestats",
      ...input.positionals,
      ...options,
      "-nthreads",
      "0",
      "-nshuffles",
      "5",
    ]);
    expect(result.status).toBe(0);
    expect(result.stderr).toContain(
      "24 of 24 elements cannot be tested and get zeros: 24 whose columns depend on each other in the observations left.",
    );
  });
});

describe("exchangeability blocks", () => {
  const blocks =
    (text: string, ...options: string[]) =>
    (input: SmallAnalysis) => {
      write(input, "groups.txt", text);
      return options.flatMap((option) => [option, input.at("groups.txt")]);
    };
  refuses(
    [
      [
        "both kinds",
        blocks("0 0 0 0 1 1 1 1\n", "-exchange_within", "-exchange_whole"),
        "Cannot use -exchange_within together with -exchange_whole: expected one kind of blocks, got both. Leave one out.",
      ],
      [
        "with permutations",
        blocks("0 0 0 0 1 1 1 1\n", "-exchange_within", "-permutations"),
        "Cannot use -exchange_within together with -permutations: expected either blocks to shuffle in or the permutations themselves, got both. Leave one out.",
      ],
    ],
    { status: 2 },
  );
  refuses([
    [
      "blocks of two sizes as wholes",
      blocks("0 0 0 1 1 1 1 1\n", "-exchange_whole"),
      "Cannot use groups.txt for -exchange_whole: expected blocks of one size, since they trade places, got 3 subjects in block 0 and 5 in block 1. Use -exchange_within, or make them equal.",
    ],
  ]);
});

describe("elements that cannot be tested", () => {
  it("are counted with the reasons", async () => {
    // fixel 0: one subject left; fixel 1: three, less than 2 x 2 factors; fixel 2: no patient
    const lost = [7, 5, 4];
    const value = (subject: number, fixel: number) =>
      fixel < 2
        ? subject < (lost[fixel] ?? 0)
          ? Number.NaN
          : subject
        : fixel === 2 && subject >= 4
          ? Number.NaN
          : Math.sin(subject * 3 + fixel);
    const input = newAnalysis({ value });
    const result = await runInProcess(["fixelcfestats", ...input.positionals, "-nthreads", "0", "-nshuffles", "5"]);
    expect(result.status).toBe(0);
    expect(result.stderr).toContain("3 of 24 elements cannot be tested and get zeros: ");
    expect(result.stderr).toContain("1 with fewer observations than the 2 factors");
    expect(result.stderr).toContain("2 whose columns depend on each other in the observations left");
  });

  /** Fixel 0: one value; 1: zero; 2: the group, to the last bit; 3: the group and what float32 leaves of 1e-9 beside it; 4: varies in the controls only. */
  const value = (subject: number, fixel: number) => {
    const isPatient = subject >= 4;
    if (fixel === 0) return 0.7;
    if (fixel === 1) return 0;
    if (fixel === 2) return isPatient ? 0.3 : 0.1;
    if (fixel === 4) return isPatient ? 0.3 : Math.sin(subject);
    return Math.sin(subject * 3 + fixel) + (fixel === 3 && isPatient ? 1e9 : 0);
  };
  const warningOf = async (options: (input: SmallAnalysis) => string[], change: typeof value = value) => {
    const input = newAnalysis({ value: change });
    const tokens = ["fixelcfestats", ...input.positionals, "-nthreads", "0", "-nshuffles", "60", ...options(input)];
    const { status, stderr } = await runInProcess(tokens);
    expect(status, stderr).toBe(0);
    const found = /warning: (\d+ of 24 elements cannot be tested.*)\n/.exec(stderr);
    const z = readSmallImage(input.at("out", "Zstat.mif")).values;
    const t = readSmallImage(input.at("out", "tvalue.mif")).values;
    return { said: found?.[1], z: [...z.subarray(0, 6)], t: [...t.subarray(0, 6)] };
  };
  const isZero = (values: readonly number[]) => values.map((one) => one === 0);

  it.each(["double", "single"])("in complete data, %s precision", async (precision) => {
    const { said, z, t } = await warningOf(() => ["--precision", precision]);
    expect(said).toBe(
      "4 of 24 elements cannot be tested and get zeros: 2 with the same value in all observations, 2 that the design explains to 7 digits or more, which leaves no residual to test with. Leave them out with -mask.",
    );
    expect(isZero(z)).toEqual([true, true, true, true, false, false]);
    expect(isZero(t)).toEqual(isZero(z));
  });
  it("with missing values", async () => {
    const missing = (subject: number, fixel: number) =>
      fixel === 5 && subject > 2 ? Number.NaN : value(subject, fixel);
    const { said, z } = await warningOf(() => [], missing);
    expect(said).toBe(
      "5 of 24 elements cannot be tested and get zeros: 1 whose columns depend on each other in the observations left, 2 with the same value in all observations, 2 that the design explains to 7 digits or more, which leaves no residual to test with. Leave them out with -mask, or leave out subjects with many missing values.",
    );
    expect(isZero(z)).toEqual([true, true, true, true, false, true]);
  });
  it("with variance groups", async () => {
    const { said, z } = await warningOf(groups("0 0 0 0 1 1 1 1\n"));
    expect(said).toBe(
      "5 of 24 elements cannot be tested and get zeros: 2 with the same value in all observations, 3 that the design explains to 7 digits or more in some variance group, which leaves no residual to test with. Leave them out with -mask.",
    );
    expect(isZero(z)).toEqual([true, true, true, true, true, false]);
  });
  it("with a column of their own", async () => {
    const { said } = await warningOf((input) => {
      const names = Array.from({ length: 8 }, (_, i) => `x${i}.mif`);
      for (const [i, name] of names.entries())
        fs.writeFileSync(
          input.at(name),
          rawFixelData(Float32Array.from({ length: 24 }, (_, f) => Math.cos(i * 5 + f))),
        );
      write(input, "column.txt", names.map((name) => `${name}\n`).join(""));
      write(input, "contrast.txt", "0 -1 0\n");
      return ["-column", input.at("column.txt")];
    });
    expect(said).toBe(
      "4 of 24 elements cannot be tested and get zeros: 2 with the same value in all observations, 2 that the design explains to 7 digits or more, which leaves no residual to test with. Leave them out with -mask.",
    );
  });
  it("none where all vary", async () => {
    const { said } = await warningOf(
      () => [],
      (subject, fixel) => Math.sin(subject * 3 + fixel),
    );
    expect(said).toBeUndefined();
  });
});
