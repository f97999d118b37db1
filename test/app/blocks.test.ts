// -eb and -vg auto from the command line to the files: the other options as special cases, drawn beside enumerated p-values, and what is said of a tree.
import fs from "node:fs";
import { describe, expect, test } from "vitest";
import type { AnalysisOptions } from "../../src/app/analyse/options.js";
import { ALL_COMMANDS, type EitherRun, newRun } from "../support/both-commands.js";
import { createRandom } from "../support/seeded-random.js";

const rows = (run: EitherRun, name: string, table: readonly (readonly number[])[]): string => {
  fs.writeFileSync(run.at(name), table.map((row) => `${row.join(",")}\n`).join(""));
  return run.at(name);
};

function contents(run: EitherRun): Record<string, string> {
  const names = run.results().filter((name) => /\.(mif|csv|txt)$/.test(name));
  // headers have the command in them
  return Object.fromEntries(
    names.map((name) => [
      name,
      run
        .result(name)
        .toString("latin1")
        .replace(/^.*command_history.*$/gm, ""),
    ]),
  );
}

describe.each(ALL_COMMANDS)("%s", (command) => {
  const N = 12;
  const table = (of: (i: number) => number[]) => Array.from({ length: N }, (_, i) => of(i));
  const begin = () => newRun(command, { nSubjects: N });
  const go = async (changes: Partial<AnalysisOptions>) => {
    const run = begin();
    const given = Object.entries(changes).map(([key, value]) => [
      key,
      Array.isArray(value) ? rows(run, `${key}.csv`, value) : value,
    ]);
    await run.infer({ nShuffles: 60, seed: 4, ...Object.fromEntries(given) });
    return { found: contents(run), hash: run.record.runPlan.hash, record: run.record };
  };
  const blocks = (table as (of: (i: number) => unknown[]) => unknown)((i) => [1 + (i % 3)]) as never;

  test.each(["ee", "both"] as const)("the forms of the other options: the same run, %s", async (errors) => {
    const forms: [Partial<AnalysisOptions>, (i: number) => number[]][] = [
      [{ exchangeWithin: blocks }, (i) => [-1, 1 + (i % 3), i + 1]],
      [{ exchangeWithin: blocks }, (i) => [1 + (i % 3)]],
      [{ exchangeWhole: blocks }, (i) => [1, 1 + (i % 3)]],
      [{}, (i) => [1, i + 1]],
    ];
    for (const [one, of] of forms) {
      const [as, eb] = [await go({ ...one, errors }), await go({ exchangeabilityBlocks: table(of) as never, errors })];
      expect(eb.found).toEqual(as.found);
      expect(eb.hash).toBe(as.hash);
    }
  });

  test("-vg auto: the groups of the blocks, as -variance has them", async () => {
    const tree = { exchangeabilityBlocks: table((i) => [-1, 1 + (i % 3), i + 1]) as never };
    const auto = await go({ ...tree, varianceOfBlocks: true });
    const given = await go({ ...tree, variance: table((i) => [i % 3]) as never });
    expect(auto.found).toEqual(given.found);
    expect(auto.hash).toBe(given.hash);
    expect(auto.record.problem["varianceGroups"]).toBe(3);
    const free = await go({ exchangeabilityBlocks: table((i) => [1, i + 1]) as never, varianceOfBlocks: true });
    expect(free.record.warnings.map(({ tag }) => tag)).toContain("single-variance-group");
  });

  test("blocks in blocks: threads and shards change nothing; another plan than any simple one", async () => {
    const nested = { exchangeabilityBlocks: table((i) => [1, 1 + (i >> 2), 1 + ((i >> 1) & 1), i + 1]) as never };
    const one = await go({ ...nested, errors: "both" });
    expect((await go({ ...nested, errors: "both", nThreads: 2 })).found).toEqual(one.found);
    expect(one.record).toMatchObject({
      runPlan: { shuffles: { blocks: { kind: "tree" } } },
      plan: {
        exchangeability: {
          lines: [
            "block 1 (12 subjects): 3 blocks trade places, 3! = 6",
            "  blocks 1/1 to 1/3 (3 of 4 subjects): 2 blocks trade places, 2! = 2",
            "    blocks 1/1/1 to 1/1/2 (2 of 2 subjects): 2 subjects trade places, 2! = 2",
          ],
          permutations: "3072",
          signFlips: "8",
          flipped: "each of 3 blocks as a whole",
        },
      },
    });
  });
});

test("p-values of a draw beside those of all shuffles", async () => {
  const random = createRandom(2);
  const N = 12;
  const values = Array.from({ length: N }, (_, i) =>
    Array.from({ length: 30 }, (_, e) => random.normal() + (e < 8 && i % 2 === 0 ? 0.9 : 0)),
  );
  const pOf = async (nShuffles: number) => {
    const run = newRun("vectorstats", { nSubjects: N, nElements: 30, value: (i, e) => values[i]![e]! });
    fs.writeFileSync(run.at("design.txt"), Array.from({ length: N }, (_, i) => `1 ${i % 2} ${(i * 7) % 5}\n`).join(""));
    fs.writeFileSync(run.at("contrast.txt"), "0 -1 0\n");
    // 3 families of 2 pairs: 3! (2! 2! 2!)^3 = 3072
    const eb = rows(
      run,
      "eb.csv",
      Array.from({ length: N }, (_, i) => [1, 1 + (i >> 2), 1 + ((i >> 1) & 1), i + 1]),
    );
    await run.infer({ exchangeabilityBlocks: eb, nShuffles });
    const read = (name: string) =>
      run
        .result(name)
        .toString("utf8")
        .split("\n")
        .filter((line) => line !== "" && !line.startsWith("#"));
    expect(run.record.problem["exhaustive"]).toBe(nShuffles >= 3072);
    return (["fwe_1mpvalue.csv", "uncorrected_pvalue.csv"] as const).map((name) =>
      read(name).flatMap((line) => line.split(",").map(Number)),
    );
  };
  const [all, drawn] = [await pOf(4000), await pOf(1500)];
  let told = 0;
  for (const [which, values] of all.entries()) {
    for (const [e, p] of values.entries()) {
      // without replacement: less than the binomial
      expect(Math.abs(drawn[which]![e]! - p)).toBeLessThan(4.5 * Math.sqrt((p * (1 - p)) / 1500) + 2 / 1500);
      if (p > 0.9 && p < 1) told++;
    }
  }
  expect(told).toBeGreaterThan(3);
});

test("--dry-run prints the tree; one column is said to be blocks within", async () => {
  const run = newRun("vectorstats", { nSubjects: 8 });
  const eb = rows(
    run,
    "eb.csv",
    Array.from({ length: 8 }, (_, i) => [-1, 1 + (i >> 2), 1 + ((i >> 1) & 1), i + 1]),
  );
  const { stdout, status } = await run.run("-eb", eb, "--dry-run");
  expect(status).toBe(0);
  expect(run.relative(stdout)).toContain(
    [
      "exchangeability blocks eb.csv",
      "  block -1 (8 subjects): 2 blocks stay in place",
      "    blocks -1/1 to -1/2 (2 of 4 subjects): 2 blocks trade places, 2! = 2",
      "      blocks -1/1/1 to -1/1/2 (2 of 2 subjects): 2 subjects trade places, 2! = 2",
      "  permutations         64 different (-errors ee, both)",
      "  sign flips           16 different, of each of 4 blocks as a whole (-errors ise, both)",
      "",
    ].join("\n"),
  );
  const column = rows(
    run,
    "column.csv",
    Array.from({ length: 8 }, (_, i) => [1 + (i & 1)]),
  );
  await run.infer({ exchangeabilityBlocks: column });
  const { notes } = run.record.inputs as unknown as { notes: string[] };
  expect(notes.map(run.relative)).toContain(
    "column.csv has one column: subjects are exchanged within its blocks, as in PALM.",
  );
});
