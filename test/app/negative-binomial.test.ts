// --negbin: each element's p is what its own shuffles say, one after the other: counted here from runs of 2, 3, 4, .. shuffles of the same seed.
import fs from "node:fs";
import { describe, expect, it, test } from "vitest";
import type { AnalysisOptions, EdgeStatsOptions, FixelCfeOptions } from "../../src/app/analyse/options.js";
import { formatInferenceSummary } from "../../src/cli/commands/format-summary.js";
import { Interrupted } from "../../src/errors.js";
import { describeStopping, negativeBinomialP } from "../../src/stats/inference/negative-binomial.js";
import { type CommandName, type EitherRun, NAMES, newRun, writeColumnFor } from "../support/both-commands.js";
import { runInProcess } from "../support/in-process-cli.js";
import { rawFixelData } from "../support/make-cohort.js";
import { readNumbers, readSmallImage } from "../support/peer.js";
import { createRandom } from "../support/seeded-random.js";

const N_SUBJECTS = 14;
const N_ELEMENTS = 30;
const S = 20;
const N = 2;

const KINDS = ["fixelcfestats", "vectorstats", "connectomestats"] as const;

/** A strong effect on a quarter of the elements, so that some never stop. */
function newStudy(
  command: CommandName,
  isMissing: (subject: number, element: number) => boolean = () => false,
  effectOn: (element: number) => number = (element) => (element < 10 ? 3 : 0),
): EitherRun {
  const { normal } = createRandom(11);
  const noise = Array.from({ length: N_SUBJECTS * N_ELEMENTS }, normal);
  const value = (subject: number, element: number) =>
    isMissing(subject, element)
      ? Number.NaN
      : 10 + noise[subject * N_ELEMENTS + element]! + (subject < 7 ? effectOn(element) : 0);
  return newRun(command, { nElements: N_ELEMENTS, nSubjects: N_SUBJECTS, value });
}

type Changes = Partial<AnalysisOptions & FixelCfeOptions & EdgeStatsOptions>;
const alone = (command: CommandName): Changes => (command === "connectomestats" ? { algorithm: "none" } : {});

function imageOf(run: EitherRun, postfix = ""): number[] {
  const { ending, isPrefixed } = NAMES[run.command];
  const at = (name: string) => run.at("out", `${isPrefixed ? "x_" : ""}${name}${postfix}${ending}`);
  const file = [at("uncorrected_pvalue"), at("uncorrected_1mpvalue")].find((name) => fs.existsSync(name))!;
  return ending === ".mif" ? Array.from(readSmallImage(file).values) : readNumbers(file).flat();
}

/** 1 - p of each element of a run of `n` exceedances, counted from runs of all shuffles up to each. */
async function counted(run: EitherRun, changes: Changes, n: number, postfix = ""): Promise<number[]> {
  const p: (number | undefined)[] = [];
  let last: number[] = [];
  for (let s = 2; s <= S; s++) {
    await run.infer({ ...alone(run.command), ...changes, nShuffles: s, force: true });
    last = imageOf(run, postfix);
    for (const [i, value] of last.entries()) {
      // the unshuffled data have no smaller statistic either
      const found = s - Math.round(value * s) - 1;
      if (found >= n) p[i] ??= n / (s - 1);
      else if (s === S) p[i] ??= (found + 1) / S;
    }
  }
  return last.map((value, i) => (Number.isNaN(value) ? value : 1 - p[i]!));
}

const expectNear = (found: readonly number[], wanted: readonly number[]) => {
  expect(found.length).toBe(wanted.length);
  for (const [i, value] of found.entries()) {
    if (Number.isNaN(wanted[i]!)) expect(value, `${i}`).toBeNaN();
    else expect(Math.abs(value - wanted[i]!), `${i}: ${value} ${wanted[i]}`).toBeLessThan(1e-6);
  }
};

const groups = (run: EitherRun) => {
  fs.writeFileSync(run.at("groups.txt"), Array.from({ length: N_SUBJECTS }, (_, i) => `${i % 2}\n`).join(""));
  return run.at("groups.txt");
};
const mask = (run: EitherRun): Changes => {
  const inside = Float32Array.from({ length: N_ELEMENTS }, (_, i) => Number(i % 3 !== 0));
  fs.writeFileSync(run.at("mask.mif"), rawFixelData(inside));
  return { mask: run.at("mask.mif") };
};
const posthoc = (run: EitherRun): Changes => {
  fs.writeFileSync(
    run.at("posthoc.mif"),
    rawFixelData(Float32Array.from({ length: N_ELEMENTS }, (_, i) => Number(i > 4))),
  );
  return { posthoc: run.at("posthoc.mif") };
};
const tree = (run: EitherRun): Changes => {
  fs.writeFileSync(
    run.at("eb.txt"),
    Array.from({ length: N_SUBJECTS }, (_, i) => `-1 ${1 + (i % 2)} ${i + 1}\n`).join(""),
  );
  return { exchangeabilityBlocks: run.at("eb.txt") };
};

const CASES: readonly [
  what: string,
  kinds: readonly CommandName[],
  of: (run: EitherRun) => Changes,
  missing?: boolean,
][] = [
  ["plain", KINDS, () => ({})],
  ["missing data", ["vectorstats", "fixelcfestats"], () => ({}), true],
  ["variance groups", ["vectorstats"], (run) => ({ variance: groups(run) }), true],
  [
    "a column",
    ["vectorstats"],
    (run) => ({ column: [writeColumnFor(run, N_SUBJECTS, N_ELEMENTS)], contrast: run.at("wide.txt") }),
  ],
  ["blocks and flips", ["vectorstats"], (run) => ({ ...tree(run), errors: "both" })],
  [
    "mask, nonstationarity",
    ["fixelcfestats"],
    (run) => ({ ...mask(run), nonstationarity: true, nShufflesNonstationarity: 20 }),
  ],
  ["posthoc", ["fixelcfestats"], posthoc],
  ["single precision", ["vectorstats"], () => ({ precision: "single" })],
  ["reference kernels", ["fixelcfestats"], () => ({ kernels: "reference" })],
];

describe.each(CASES)("%s", (_, kinds, changesOf, isMissing = false) => {
  it.each(kinds)("%s: the p of a count by hand, whatever threads and memory, continued too", async (command) => {
    const run = newStudy(command, (i, e) => isMissing && (i * 3 + e) % 11 === 0);
    fs.writeFileSync(run.at("wide.txt"), "0 1 0\n");
    const changes = changesOf(run);
    const wanted = await counted(run, changes, N);
    const asked: Changes = { ...alone(command), ...changes, nShuffles: S, negativeBinomial: N, force: true };
    const summary = await run.infer(asked);
    expectNear(imageOf(run), wanted);
    const { nTests, nStopped, meanCounted } = summary.negativeBinomial!;
    // the study has both
    expect(nStopped).toBeGreaterThan(5);
    expect(nStopped).toBeLessThan(nTests);
    expect(meanCounted).toBeLessThan(0.9 * S);
    const first = run
      .results()
      .filter((name) => name !== "run.json")
      .map((name) => [name, run.result(name).toString("hex")]);
    expect(first.map(([name]) => name).filter((name) => /fwe|null/.test(name!))).toEqual([]);
    for (const more of [{ nThreads: 2 }, { memoryBytes: 2 ** 21 }]) {
      await run.infer({ ...asked, ...more });
      for (const [name, bytes] of first) expect(run.result(name!).toString("hex") === bytes, name).toBe(true);
    }
    const stop = new AbortController();
    const onProgress = (phase: string, share: number) => {
      if (phase === "shuffle" && share > 0) stop.abort(new Interrupted("SIGINT"));
    };
    const restarted = { ...asked, checkpointSeconds: 0 };
    await expect(run.infer(restarted, { onProgress, signal: stop.signal })).rejects.toThrow();
    await run.infer(restarted);
    for (const [name, bytes] of first) expect(run.result(name!).toString("hex") === bytes, name).toBe(true);
  });
});

const MANY = 700;

describe.each([
  ["vectorstats", false],
  ["vectorstats", true],
  ["fixelcfestats", false],
] as const)("%s, missing data %s: many batches", (command, isMissing) => {
  it("each element stops where plain runs of as many shuffles say, and is left out afterwards", async () => {
    // from none to one that every shuffle is below
    const run = newStudy(
      command,
      (i, e) => isMissing && (i * 3 + e) % 11 === 0,
      (e) => e / 10,
    );
    const n = 5;
    const stop = new AbortController();
    let [done, isLate] = [0, false];
    const onProgress = (phase: string, share: number) => {
      if (phase !== "shuffle") return;
      done = share;
      if (share > 0.4) [isLate] = [true, stop.abort(new Interrupted("SIGINT"))];
    };
    const asked = { nShuffles: MANY, negativeBinomial: n, force: true, checkpointSeconds: 0 };
    await expect(run.infer(asked, { onProgress, signal: stop.signal })).rejects.toThrow();
    expect([done > 0.4, isLate]).toEqual([true, true]);
    const resumed = await run.infer(asked);
    expect(resumed.resumedFrom).toBeGreaterThan(64);
    const image = imageOf(run);
    await run.infer({ ...asked, seed: 1, cache: run.at("other"), nThreads: 2 });
    expect(imageOf(run)).toEqual(image);
    const found = async (shuffles: number) => {
      await run.infer({ nShuffles: shuffles, force: true });
      return imageOf(run).map((value) => shuffles - Math.round(value * shuffles) - 1);
    };
    const stops = image.map((value) => Math.round(n / (1 - value)));
    const all = await found(MANY);
    const late = new Set(stops.filter((k, i) => all[i]! >= n && k > 64));
    expect(late.size).toBeGreaterThan(1);
    // each that stops behind the first batch, and the first and last of those within it
    const early = [...new Set(stops.filter((k, i) => all[i]! >= n && k <= 64))].sort((a, b) => a - b);
    expect(early.length).toBeGreaterThan(3);
    for (const k of new Set([...late, ...early.slice(0, 2), ...early.slice(-2)])) {
      const [before, then] = [await found(k), await found(k + 1)];
      for (const [i, at] of stops.entries()) {
        if (at !== k || all[i]! < n) continue;
        expect([before[i], then[i]], `${i}, shuffle ${k}`).toEqual([n - 1, n]);
        expect(Math.abs(image[i]! - (1 - n / k))).toBeLessThan(1e-6);
      }
    }
    for (const [i, count] of all.entries())
      if (count < n) expect(Math.abs(image[i]! - (1 - (count + 1) / MANY))).toBeLessThan(1e-6);
  });
});

test("where all stop the run ends, and says at which shuffle", async () => {
  const { normal } = createRandom(3);
  const noise = Array.from({ length: N_SUBJECTS * N_ELEMENTS }, normal);
  const run = newRun("vectorstats", {
    ...{ nElements: N_ELEMENTS, nSubjects: N_SUBJECTS },
    value: (subject, element) => noise[subject * N_ELEMENTS + element]!,
  });
  const asked = { nShuffles: 2000, negativeBinomial: 2, fdr: "bh" } as const;
  const summary = await run.infer(asked);
  const stops = imageOf(run).map((value) => Math.round(2 / (1 - value)));
  const last = Math.max(...stops);
  expect(last).toBeLessThan(1000);
  const mean = stops.reduce((a, b) => a + b) / stops.length;
  const wanted = { n: 2, asked: 2000, done: last + 1, nTests: N_ELEMENTS, nStopped: N_ELEMENTS, meanCounted: mean };
  expect(summary).toMatchObject({ nShuffles: last + 1, negativeBinomial: wanted });
  const { negativeBinomial, problem, runPlan } = run.record as unknown as Record<string, Record<string, unknown>>;
  expect(negativeBinomial).toEqual(wanted);
  expect([problem!["nShuffles"], runPlan!["negativeBinomial"]]).toEqual([last + 1, 2]);
  expect(summary.hypotheses[0]).toMatchObject({
    significant: undefined,
    adjusted: [{ of: "uncorrected", method: "bh" }],
  });
  expect(run.results()).toContain("uncorrected_bh_1mpvalue.csv");
  // of results that are done: the same p-values
  const bh = run.result("uncorrected_bh_1mpvalue.csv").toString();
  await run.infer({ nShuffles: 2000, negativeBinomial: 2, force: true });
  const added = await runInProcess(["pvalues", `${run.at("out")}/x_`, "--fdr", "bh"]);
  expect(added.status, added.stderr).toBe(0);
  const numbers = (text: string) =>
    text
      .replace(/^#.*\n/gm, "")
      .split(/[,\s]+/)
      .filter(Boolean)
      .map(Number);
  expectNear(numbers(run.result("uncorrected_bh_1mpvalue.csv").toString()), numbers(bh));
});

test("the whole table of what it is not for", async () => {
  const run = newStudy("vectorstats");
  fs.writeFileSync(
    run.at("list.txt"),
    Array.from(
      { length: N_SUBJECTS },
      (_, i) => `${Array.from({ length: 20 }, (__, j) => (i + j) % N_SUBJECTS).join(" ")}\n`,
    ).join(""),
  );
  for (const [tokens, expected] of [
    [["-strong"], /--negbin 3 with -strong: expected p-values of single elements alone.*Leave one/],
    [["--tail"], /with --tail: expected p-values of single elements/],
    [["--gamma"], /with --gamma/],
    [["--stop-when-settled"], /with --stop-when-settled/],
    [
      ["--shard", "1/2"],
      /with --shard: expected shuffles in an order drawn at random, all in this run, got part 1 of 2/,
    ],
    [["-notest"], /with -notest: .* got none/],
    [["-permutations", run.at("list.txt")], /with -permutations: .* got a list/],
  ] as const) {
    const { status, stderr } = await run.run(...tokens, "--negbin", "3");
    expect([status, stderr.match(/Cannot.*/s)?.[0] ?? stderr]).toEqual([2, expect.stringMatching(expected)]);
  }
  const inProcess = (changes: Changes) => run.infer({ negativeBinomial: 3, ...changes });
  await expect(inProcess({ nShuffles: 3 })).rejects.toThrow(
    /with 3 shuffles: expected fewer than 3, got 3, after which none is left/,
  );
  await expect(inProcess({ errors: "ise", nShuffles: 20_000 })).rejects.toThrow(
    /got all 16384 that exist, .* are exact/,
  );
  const maps = newStudy("mrclusterstats");
  expect((await maps.run("--negbin", "3")).stderr).toMatch(/with the enhancement of whole maps: .* Leave it out/);
  const fixels = newStudy("fixelcfestats");
  expect((await fixels.run("--negbin", "3", "--uncorrected-shuffles", "5")).stderr).toMatch(
    /with --uncorrected-shuffles/,
  );
  const summary = await run.infer({ negativeBinomial: 3, force: true });
  expect(formatInferenceSummary(summary, "elements")).toMatch(
    /uncorrected p-values alone \(--negbin 3\): \d+ of 30 tests of elements stopped, at shuffle [\d.]+ on average .* no family-wise p/,
  );
  const tail = await runInProcess(["pvalues", `${run.at("out")}/x_`, "--tail"]);
  expect(tail.stderr).toMatch(/got results of --negbin\. Run the analysis without --negbin/);
  const joint = await runInProcess(["joint", `${run.at("out")}/x_`, `${run.at("out")}/x_`, "--out", run.at("j")]);
  expect(joint.stderr).toMatch(/got one with --negbin/);
});

test("p of what was counted, by hand", () => {
  // Winkler 2016's oracle: the second of 1 2 3 1 5 that is 2 or more is the third; of 4 or more there is one, in five
  expect(negativeBinomialP(3, 2, 6)).toBe(2 / 3);
  expect(negativeBinomialP(1, 2, 6)).toBe(2 / 6);
  const eligible = Uint8Array.of(1, 1, 0);
  expect(describeStopping([[3, 1, 0]], { n: 2, asked: 6, eligible })).toEqual({
    ...{ n: 2, asked: 6, done: 6, nTests: 2, nStopped: 1, meanCounted: 4 },
  });
});
