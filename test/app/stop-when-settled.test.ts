// --stop-when-settled: a run that stops is the run of as many shuffles, to the bit, whatever its batches; where it stops is decided by the first shuffles alone.
import { describe, expect, it } from "vitest";
import { Interrupted } from "../../src/errors.js";
import { isSettled, looksOf } from "../../src/stats/inference/settled.js";
import { ALL_COMMANDS, type CommandName, type EitherRun, NAMES, newRun } from "../support/both-commands.js";
import { runInProcess } from "../support/in-process-cli.js";
import { readNumbers, readSmallImage } from "../support/peer.js";
import { createRandom } from "../support/seeded-random.js";

const N_SUBJECTS = 14;
const N_ELEMENTS = 30;
const N_SHUFFLES = 2100;

/** `effect` on a fifth of the elements. */
function newStudy(command: CommandName, effect: number, seed = 5): EitherRun {
  const { normal } = createRandom(seed);
  const noise = Array.from({ length: N_SUBJECTS * N_ELEMENTS }, normal);
  const value = (subject: number, element: number) =>
    10 + noise[subject * N_ELEMENTS + element]! + (element >= 20 && element < 26 && subject < 7 ? effect : 0);
  return newRun(command, { nElements: N_ELEMENTS, nSubjects: N_SUBJECTS, value });
}

const settledOf = (run: EitherRun) => (run.record as unknown as { settled: { asked: number; done: number } }).settled;

function valuesOf(run: EitherRun, name: string): number[] {
  const file = run.at("out", `${NAMES[run.command].isPrefixed ? "x_" : ""}${name}`);
  return /mif$/.test(name) ? Array.from(readSmallImage(file).values) : readNumbers(file).flat();
}

function resultsOf(run: EitherRun): Map<string, string> {
  // texts and images have the command in them, which is the same
  return new Map(
    run
      .results()
      .filter((name) => name !== "run.json")
      .map((name) => [name, run.result(name).toString("hex")]),
  );
}

describe.each(ALL_COMMANDS)("%s", (command) => {
  it("without an effect: 500 shuffles, and the results of 500", async () => {
    const run = newStudy(command, 0);
    const summary = await run.infer({ nShuffles: N_SHUFFLES, stopWhenSettled: true });
    expect(summary).toMatchObject({ nShuffles: 500, settled: { asked: N_SHUFFLES, done: 500, confidence: 0.999 } });
    expect(run.record.problem["nShuffles"]).toBe(500);
    const stopped = resultsOf(run);
    await run.infer({ nShuffles: 500, force: true });
    expect(stopped).toEqual(resultsOf(run));
  });

  it.each([1.2, 1.5, 1.8])("effect %d: where the null of all shuffles says, whatever the batches", async (effect) => {
    const run = newStudy(command, effect);
    await run.infer({ nShuffles: N_SHUFFLES });
    const { ending, enhanced = "Zstat" } = NAMES[command];
    const all = valuesOf(run, command === "vectorstats" ? "null_dist.csv" : "null_dist.txt");
    const statistics = valuesOf(run, `${enhanced}${ending}`);
    const expected =
      looksOf(N_SHUFFLES).find((look) =>
        isSettled({ maxima: Float64Array.from(all.slice(0, look)), statistics: [statistics] }, undefined),
      ) ?? N_SHUFFLES;
    for (const changes of [{}, { nThreads: 2 }, { memoryBytes: 2 ** 21 }]) {
      await run.infer({ nShuffles: N_SHUFFLES, stopWhenSettled: true, force: true, ...changes });
      expect(settledOf(run).done, JSON.stringify(changes)).toBe(expected);
      expect(valuesOf(run, command === "vectorstats" ? "null_dist.csv" : "null_dist.txt")).toEqual(
        all.slice(0, expected),
      );
    }
  });

  it.each([0, 1.2, 1.5, 1.8])("effect %d: interrupted and continued it is the same", async (effect) => {
    const run = newStudy(command, effect);
    const options = { nShuffles: N_SHUFFLES, stopWhenSettled: true, memoryBytes: 2 ** 22, checkpointSeconds: 0 };
    const stop = new AbortController();
    const onProgress = (phase: string, share: number) => {
      if (phase === "shuffle" && share * N_SHUFFLES > 600) stop.abort(new Interrupted("SIGINT"));
    };
    const before = await run.infer(options, { onProgress, signal: stop.signal }).catch(() => undefined);
    if (before !== undefined) return expect(before.settled).toMatchObject({ done: 500 });
    const summary = await run.infer(options);
    expect(summary.resumedFrom).toBeGreaterThanOrEqual(500);
    const continued = resultsOf(run);
    await run.infer({ ...options, force: true, restart: true });
    expect(resultsOf(run)).toEqual(continued);
  });
});

it("what a run of all shuffles has kept is not continued: it did not look, and may be past where this one ends", async () => {
  const run = newStudy("fixelcfestats", 0);
  const options = { nShuffles: N_SHUFFLES, memoryBytes: 2 ** 22, checkpointSeconds: 0 };
  const stop = new AbortController();
  const onProgress = (phase: string, share: number) => {
    if (phase === "shuffle" && share * N_SHUFFLES > 900) stop.abort(new Interrupted("SIGINT"));
  };
  await expect(run.infer(options, { onProgress, signal: stop.signal })).rejects.toThrow();
  const summary = await run.infer({ ...options, stopWhenSettled: true });
  expect(summary).toMatchObject({ nShuffles: 500, settled: { done: 500 } });
  expect(summary.resumedFrom).toBeUndefined();
  // which is still there for the other
  expect((await run.infer({ ...options, force: true })).resumedFrom).toBeGreaterThan(500);
});

it("what is said, and what is refused", async () => {
  const run = newStudy("fixelcfestats", 0);
  const paths = ["fd", "subjects.txt", "design.txt", "contrast.txt", "matrix", "out"].map((name) => run.at(name));
  const line = (...tokens: string[]) =>
    runInProcess(["fixelcfestats", ...paths, "--seed", "1", "-nthreads", "0", "--stop-when-settled", ...tokens]);
  const { status, stderr } = await line("-nshuffles", "3000", "--uncorrected-shuffles", "800");
  expect(status).toBe(0);
  expect(stderr).toContain("\n  stopped after 500 of 3000 shuffles: no family-wise p is near 0.05 (99.9 %)\n");
  expect(stderr).toContain("uncorrected p-values of the first 500 of 500 shuffles");
  expect(await runInProcess(["pvalues", run.at("out"), "--fdr", "bh", "--tail", "-quiet"])).toMatchObject({
    status: 0,
  });
  const refusals = [
    [
      ["-nshuffles", "500"],
      "-nshuffles 500: expected more than the 500 after which it is looked at first, got 500. Leave it out, or give more.",
    ],
    [
      ["--shard", "1/2"],
      "--shard: expected shuffles in an order drawn at random, all in this run, got part 1 of 2. Leave one of them out.",
    ],
    [
      ["-notest"],
      "-notest: expected shuffles in an order drawn at random, all in this run, got none. Leave one of them out.",
    ],
  ] as const;
  for (const [tokens, message] of refusals) {
    const refused = await line(...tokens, "-force");
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain(`fixelstream: error: Cannot use --stop-when-settled with ${message}`);
  }
  const few = newRun("vectorstats", { nSubjects: 6 });
  const all = await few.infer({ nShuffles: 800, stopWhenSettled: true }).catch((error: Error) => error);
  expect(all).toHaveProperty(
    "message",
    "Cannot use --stop-when-settled with -nshuffles 720 or more: expected shuffles in an order drawn at random, all in this run, got all 720 that exist, one after the other. Leave it out: p-values of all shuffles are exact.",
  );
});

it("is looked at seldom, and stops only where no statistic is near", () => {
  expect(looksOf(499)).toEqual([]);
  expect(looksOf(500)).toEqual([]);
  expect(looksOf(5000)).toEqual([500, 1000, 2000, 4000]);
  const maxima = Float64Array.from({ length: 1000 }, (_, i) => 1000 - i);
  const at = (...statistics: number[]) => isSettled({ maxima, statistics: [statistics] }, undefined);
  expect(at(700, 990, 0, -3)).toBe(true);
  expect(at(700, 951)).toBe(false);
  expect(isSettled({ maxima, statistics: [[700, 951]] }, Uint8Array.of(1, 0))).toBe(true);
  // too few for an upper end: whatever is high may be near
  const few = Float64Array.from({ length: 100 }, (_, i) => i);
  expect(isSettled({ maxima: few, statistics: [[1e9]] }, undefined)).toBe(false);
});
