// What is said of p-values before a run, and what is counted after it, never contradict each other: over designs, error models, blocks, models and seeds.
import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import type { InferenceSummary } from "../../src/app/analyse/analyse.js";
import type { AnalysisOptions } from "../../src/app/analyse/options.js";
import { ALL_COMMANDS, newRun } from "../support/both-commands.js";
import { createRandom } from "../support/seeded-random.js";

const write = (file: string, rows: readonly (readonly (number | string)[])[]) =>
  fs.writeFileSync(file, rows.map((row) => `${row.join(" ")}\n`).join(""));

/** The smallest possible p-value that a warning states, of all or of one hypothesis. */
function statedFloors(warnings: InferenceSummary["warnings"]): { floor: number; never: boolean }[] {
  return warnings.flatMap(({ tag, message }) => {
    if (tag === "unchanged-by-shuffles") return [{ floor: 1, never: true }];
    const stated = /smallest possible (?:one|p-value) is (\d+)\/(\d+)/.exec(message);
    return stated === null ? [] : [{ floor: Number(stated[1]) / Number(stated[2]), never: tag === "too-few-shuffles" }];
  });
}

function expectNoContradiction(summary: InferenceSummary, record: { problem: Record<string, unknown> }, about: string) {
  const floors = statedFloors(summary.warnings);
  const { relabellings } = record.problem as { relabellings: { smallestPossibleP: number }[] };
  for (const [h, { significant, smallestP, largestFwe }] of summary.hypotheses.entries()) {
    const { smallestPossibleP } = relabellings[Math.min(h, relabellings.length - 1)]!;
    expect(smallestP, about).toBeGreaterThanOrEqual(smallestPossibleP);
    expect(significant! > 0, about).toBe(smallestP! < 0.05);
    if (smallestPossibleP >= 0.05) expect(significant, about).toBe(0);
    // 1 - p of the images is never less sure
    expect(1 - largestFwe!, about).toBeLessThanOrEqual(smallestP! + 1e-6);
  }
  for (const { floor, never } of floors) {
    if (never) expect(floor, about).toBeGreaterThan(0.05);
    expect(
      relabellings.map(({ smallestPossibleP }) => smallestPossibleP).some((p) => Math.abs(p - floor) < 1e-12),
      about,
    ).toBe(true);
  }
}

describe.each(ALL_COMMANDS)("%s", (command) => {
  test("the summary claims nothing that a warning excludes", async () => {
    let excluded = 0;
    let found = 0;
    for (let seed = 1; seed <= 24; seed++) {
      const random = createRandom(seed);
      const nSubjects = 4 + 2 * random.integer(3);
      const first = 1 + random.integer(nSubjects - 1);
      const isMean = random.integer(5) === 0;
      const missing = random.integer(4) === 0;
      const effect = random.integer(2) * 4;
      const run = newRun(command, {
        ...{ nSubjects, nElements: 12 },
        value: (subject, element) =>
          missing && element === 3 && subject === 2
            ? Number.NaN
            : random.normal() + (isMean || subject < first ? effect : 0),
      });
      write(
        run.at("design.txt"),
        Array.from({ length: nSubjects }, (_, i) => (isMean ? [1] : [1, Number(i < first)])),
      );
      write(
        run.at("contrast.txt"),
        isMean
          ? [[1]]
          : [
              [0, 1],
              [0, -1],
            ],
      );
      write(
        run.at("blocks.txt"),
        Array.from({ length: nSubjects }, (_, i) => [1 + (i >> 1)]),
      );
      write(
        run.at("groups.txt"),
        Array.from({ length: nSubjects }, (_, i) => [Number(i >= nSubjects / 2)]),
      );
      const blocks = random.integer(4);
      const options: Partial<AnalysisOptions> = {
        ...{ seed, nShuffles: [40, 200, 1000][random.integer(3)]!, strong: random.integer(3) === 0 },
        errors: (["ee", "ee", "ise", "both"] as const)[random.integer(4)]!,
        ...(blocks === 0 && { exchangeWithin: run.at("blocks.txt") }),
        ...(blocks === 1 && { exchangeWhole: run.at("blocks.txt") }),
        ...(nSubjects >= 6 && random.integer(4) === 0 && { variance: run.at("groups.txt") }),
      };
      const summary = await run.infer(options);
      const about = `seed ${seed}: ${JSON.stringify({ nSubjects, first, isMean, missing, ...options })}`;
      expectNoContradiction(summary, run.record, about);
      if (statedFloors(summary.warnings).some(({ never }) => never)) excluded++;
      if (summary.hypotheses.some(({ significant }) => significant! > 0)) found++;
    }
    expect(excluded).toBeGreaterThan(5);
    expect(found).toBeGreaterThan(2);
  });

  test("a mean under permutations: nothing is claimed; the hint gives a test", async () => {
    const random = createRandom(3);
    const run = newRun(command, { value: () => 5 + random.normal() });
    write(
      run.at("design.txt"),
      Array.from({ length: 8 }, () => [1]),
    );
    write(run.at("contrast.txt"), [[1]]);
    const summary = await run.infer({ nShuffles: 500 });
    expect(summary.warnings.map(({ tag }) => tag)).toEqual(["unchanged-by-shuffles"]);
    expect(summary.hypotheses[0]).toMatchObject({ significant: 0, smallestP: 1, largestFwe: 1 });
    const flipped = await run.infer({ nShuffles: 500, errors: "ise", force: true });
    expect(flipped.warnings.map(({ tag }) => tag)).toEqual(["all-shuffles-used", "overwrite"]);
    expect(flipped.hypotheses[0]!.significant).toBeGreaterThan(0);
  });

  test("blocks that are the groups: nothing is claimed, and the message says so; without a null there is nothing to say", async () => {
    const run = newRun(command);
    write(
      run.at("blocks.txt"),
      Array.from({ length: 8 }, (_, i) => [Number(i >= 4)]),
    );
    const exchangeWithin = run.at("blocks.txt");
    const summary = await run.infer({ exchangeWithin, nShuffles: 100 });
    expect(summary.hypotheses[0]).toMatchObject({ significant: 0, smallestP: 1 });
    expect(run.relative(summary.warnings[0]!.message)).toBe(
      "No shuffle changes the statistic of t1: the 100 permutations drawn only exchange observations that are alike in what is tested, so every p-value is 1. The members of each block of blocks.txt are alike: give -exchange_whole if whole blocks may be exchanged, or blocks whose members differ in what is tested.",
    );
    const whole = await run.infer({ exchangeWhole: exchangeWithin, nShuffles: 100, force: true });
    expect(whole.warnings.map(({ tag }) => tag)).not.toContain("unchanged-by-shuffles");
    expect((await run.infer({ exchangeWithin, notest: true, force: true })).warnings.map(({ tag }) => tag)).toEqual([
      "overwrite",
    ]);
  });

  test("signed lists of PALM; without the unshuffled data these are warned of, and counted", async () => {
    const run = newRun(command);
    const random = createRandom(8);
    const list = Array.from({ length: 40 }, (_, shuffle) =>
      shuffle === 0
        ? [1, 2, 3, 4, 5, 6, 7, 8]
        : random.permutation(8).map((i) => (random.integer(2) === 0 ? i + 1 : -i - 1)),
    );
    const columns = (first: number) => list[0]!.map((_, row) => list.slice(first).map((shuffle) => shuffle[row]!));
    write(run.at("signed.csv"), columns(0));
    write(run.at("without.csv"), columns(1));
    const signed = await run.infer({ permutations: run.at("signed.csv"), nShuffles: undefined });
    expect(signed.warnings.map(({ tag }) => tag)).toEqual(["listed-sign-flips"]);
    expect(signed.hypotheses[0]!.smallestP).toBeGreaterThanOrEqual(1 / 40);
    // signs are part of what decides the numbers, and none were drawn
    expect(run.record).toMatchObject({ runPlan: { shuffles: { errors: "both", seed: null } } });
    const without = await run.infer({ permutations: run.at("without.csv"), nShuffles: undefined, force: true });
    expect(without.warnings.map(({ tag }) => tag)).toEqual(["listed-sign-flips", "unshuffled-not-listed", "overwrite"]);
    expect(without.hypotheses[0]!.smallestP).toBe(signed.hypotheses[0]!.smallestP);
  });
});

test("signed lists give the statistics of their permutations and signs", async () => {
  const run = newRun("vectorstats", { nElements: 5 });
  const perm = [3, 1, 2, 8, 4, 5, 7, 6];
  const sign = [1, -1, 1, 1, -1, -1, 1, -1];
  write(
    run.at("signed.csv"),
    perm.map((p, i) => [i + 1, p * sign[i]!]),
  );
  await run.infer({ permutations: run.at("signed.csv"), nShuffles: undefined });
  const nulls = fs
    .readFileSync(run.at("out", "x_null_dist.csv"), "utf8")
    .trim()
    .split("\n")
    .at(-1)!
    .split(",")
    .map(Number);
  // by the oracle: the largest Z of the five under the same shuffle
  const { createOracleModel } = await import("../support/oracle-glm.js");
  const values = readNpy(run.at("values.npy"), 8, 5);
  const design = Array.from({ length: 8 }, (_, i) => [1, Number(i >= 4)]);
  const model = createOracleModel(design, [[0, -1]]);
  const shuffle = { perm: perm.map((p) => p - 1), sign };
  const largest = Math.max(
    ...Array.from(
      { length: 5 },
      (_, e) =>
        model.test(
          values.map((row) => row[e]!),
          shuffle,
        ).z,
    ),
  );
  expect(nulls[1]).toBeCloseTo(largest, 6);
});

function readNpy(file: string, nRows: number, nColumns: number): number[][] {
  const bytes = fs.readFileSync(path.resolve(file));
  const width = (bytes.length - 10 - bytes.readUInt16LE(8)) / (nRows * nColumns);
  const first = 10 + bytes.readUInt16LE(8);
  return Array.from({ length: nRows }, (_, i) =>
    Array.from({ length: nColumns }, (__, j) => {
      const at = first + (i * nColumns + j) * width;
      return width === 4 ? bytes.readFloatLE(at) : bytes.readDoubleLE(at);
    }),
  );
}
