// One analysis by every road to its results, of options that are drawn: p-values asked for with the run or added to it, in shards, interrupted and continued,
// planned by --dry-run. What one road refuses the plan refuses with the same words; what none refuses has the same numbers.
import fs from "node:fs";
import { describe, expect, test } from "vitest";
import type { AnalysisOptions, FixelCfeOptions } from "../../src/app/analyse/options.js";
import { Interrupted, isFixelstreamError } from "../../src/errors.js";
import {
  ALL_COMMANDS,
  type CommandName,
  type EitherRun,
  NAMES,
  newRun,
  writeMaskFor,
} from "../support/both-commands.js";
import { runInProcess } from "../support/in-process-cli.js";
import { readNumbers, readSmallImage } from "../support/peer.js";
import { createRandom, type SeededRandom } from "../support/seeded-random.js";

const N_SUBJECTS = 12;
const N_ELEMENTS = 20;
const N_SEEDS = Number(process.env["FIXELSTREAM_ROUTES"] ?? 4);
const FIRST_SEED = Number(process.env["FIXELSTREAM_ROUTES_SEED"] ?? 1);

type Changes = Partial<AnalysisOptions & FixelCfeOptions>;

/** Every road has these or not. */
interface Drawn {
  readonly changes: Changes;
  readonly more: Changes;
}

function write(run: EitherRun, name: string, rows: readonly (readonly number[])[]): string {
  fs.writeFileSync(run.at(name), rows.map((row) => `${row.join(" ")}\n`).join(""));
  return run.at(name);
}
const subjects = Array.from({ length: N_SUBJECTS }, (_, i) => i);

function newStudy(command: CommandName, random: SeededRandom): EitherRun {
  const isMissing = random.integer(3) === 0;
  const noise = Array.from({ length: N_SUBJECTS * N_ELEMENTS }, random.normal);
  const size = random.integer(3);
  const run = newRun(command, {
    nElements: N_ELEMENTS,
    nSubjects: N_SUBJECTS,
    value: (i, e) =>
      isMissing && (i * 5 + e) % 17 === 0
        ? Number.NaN
        : e === 7
          ? 0.5
          : 10 + noise[i * N_ELEMENTS + e]! + (i % 2 === 0 && e < 8 ? size * (e < 5 ? 1.5 : -1.5) : 0),
  });
  write(
    run,
    "design.txt",
    subjects.map((i) => [1, i % 2, Math.round(100 * random.normal()) / 100]),
  );
  return run;
}

/** One of a list of ways, the first as often as the others together where `isRare`. */
const one = <T>(random: SeededRandom, ways: readonly T[]): T => ways[random.integer(ways.length)]!;

function draw(run: EitherRun, random: SeededRandom): Drawn {
  const is = (chances: number) => random.integer(chances) === 0;
  const contrasts = one(random, [
    [[0, -1, 0]],
    [[0, -1, 0]],
    [
      [0, -1, 0],
      [0, 0.3, 1],
    ],
  ]);
  const blocks = one<() => Changes>(random, [
    () => ({}),
    () => ({}),
    () => ({
      exchangeWithin: write(
        run,
        "b.txt",
        subjects.map((i) => [1 + (i >> 2)]),
      ),
    }),
    () => ({
      exchangeWhole: write(
        run,
        "b.txt",
        subjects.map((i) => [1 + (i >> 2)]),
      ),
    }),
    () => ({
      exchangeabilityBlocks: write(
        run,
        "b.txt",
        subjects.map((i) => [-1, 1 + (i >> 2), i + 1]),
      ),
    }),
    () => ({
      exchangeabilityBlocks: write(
        run,
        "b.txt",
        subjects.map((i) => [1, 1 + (i >> 2), 1 + ((i >> 1) & 1), i + 1]),
      ),
    }),
    () => ({
      exchangeabilityBlocks: write(
        run,
        "b.txt",
        subjects.map((i) => [-1, 1 + (i % 2), 1 + ((i >> 1) % 3), i + 1]),
      ),
    }),
    () => ({ permutations: write(run, "p.txt", listOf(random, is(2))), nShuffles: undefined }),
  ])();
  const isGraph = run.command === "mrclusterstats" || run.command === "connectomestats";
  const masks: Changes = {
    ...(run.command !== "vectorstats" && is(4) && { mask: writeMaskFor(run, "mask", (i) => i !== 4, N_ELEMENTS) }),
    ...(run.command !== "vectorstats" &&
      is(4) && { posthoc: writeMaskFor(run, "posthoc", (i) => i % 3 !== 1, N_ELEMENTS) }),
  };
  const changes: Changes = {
    ...{
      seed: random.integer(1000),
      nShuffles: one(random, [60, 150, 300]),
      errors: one(random, ["ee", "ee", "ise", "both"] as const),
    },
    contrast: write(run, "contrast.txt", contrasts),
    ...(is(4) && { ftests: write(run, "ftests.txt", [contrasts.map(() => 1)]) }),
    ...(is(3) && { twoTailed: true }),
    ...(is(4) && { strong: true }),
    ...(is(6) && { precision: "single" as const }),
    ...(is(6) && {
      variance: write(
        run,
        "v.txt",
        subjects.map((i) => [i % 2]),
      ),
    }),
    ...blocks,
    ...("exchangeabilityBlocks" in blocks && is(2) && { varianceOfBlocks: true, variance: undefined }),
    ...masks,
    ...(run.command !== "vectorstats" &&
      is(5) && { nonstationarity: true, nShufflesNonstationarity: 30, skewNonstationarity: one(random, [1, 1.5]) }),
    ...(run.command === "fixelcfestats" && is(4) && { uncorrectedShuffles: one(random, [0, 40, 1000]) }),
    ...(is(6) && { negativeBinomial: one(random, [1, 3, 10]) }),
    ...(is(6) && { stopWhenSettled: true, nShuffles: one(random, [501, 700, 1100]) }),
    ...(is(12) && { notest: true }),
    ...(isGraph && is(4) && { threshold: 1.3, ...(run.command === "connectomestats" && { algorithm: "nbs" }) }),
  };
  const more: Changes = {
    ...(is(2) && { tail: true }),
    ...(is(2) && { gamma: true }),
    ...(is(2) && { parametric: true }),
    ...(is(2) && { fdr: one(random, ["bh", "by", "holm", "bonferroni"] as const) }),
  };
  return { changes, more };
}

/** Columns are shuffles; the unshuffled data anywhere among them. */
function listOf(random: SeededRandom, hasUnshuffled: boolean): number[][] {
  const place = random.integer(80);
  const shuffles = Array.from({ length: 80 }, (_, s) =>
    s === place && hasUnshuffled ? subjects : [...random.permutation(N_SUBJECTS)],
  );
  return subjects.map((i) => shuffles.map((of) => of[i]!));
}

const outputOf = (run: EitherRun) => (NAMES[run.command].isPrefixed ? `${run.at("out")}/x_` : run.at("out"));

function clear(run: EitherRun): void {
  fs.rmSync(run.at("out"), { recursive: true, force: true });
  if (NAMES[run.command].isPrefixed) fs.mkdirSync(run.at("out"));
}

type Values = ReadonlyMap<string, readonly number[]>;

function valuesOf(run: EitherRun): Values {
  const base = NAMES[run.command].isPrefixed ? "x_" : "";
  return new Map(
    run
      .results()
      .filter((name) => /\.(mif|csv|txt)$/.test(name) && !/^(index|directions)/.test(name))
      .map((name) => {
        const file = run.at("out", `${base}${name}`);
        return [name, name.endsWith(".mif") ? [...readSmallImage(file).values] : readNumbers(file).flat()];
      }),
  );
}

interface Found {
  readonly results: { readonly hypotheses: readonly Record<string, unknown>[] };
}
const foundIn = (run: EitherRun) => (run.record as unknown as Found).results.hypotheses;

/** `near`: what went through ten digits of text, or float32. */
function expectSame(got: unknown, want: unknown, where: string, near: number): void {
  if (typeof want === "number" && typeof got === "number" && !Number.isInteger(want)) {
    const most = near * Math.max(1, Math.abs(want));
    expect(Math.abs(got - want), `${where}: ${got} beside ${want}`).toBeLessThanOrEqual(most);
    return;
  }
  if (want === null || typeof want !== "object") {
    expect(got, where).toEqual(want);
    return;
  }
  expect(Object.keys(got as object).sort(), where).toEqual(Object.keys(want).sort());
  for (const [key, value] of Object.entries(want))
    expectSame((got as Record<string, unknown>)[key], value, `${where}.${key}`, near);
}

function expectSameImages(got: Values, want: Values, about: string, near: number): void {
  expect([...got.keys()].sort(), about).toEqual([...want.keys()].sort());
  for (const [name, values] of want) {
    const own = got.get(name)!;
    expect(own.length, `${about} ${name}`).toBe(values.length);
    for (const [i, value] of values.entries()) {
      // of what has no variance the empirical statistic is infinite
      if (Number.isNaN(value) || !Number.isFinite(value)) expect(own[i], `${about} ${name} ${i}`).toBe(value);
      else
        expect(
          Math.abs(own[i]! - value) / Math.max(1, Math.abs(value)),
          `${about} ${name} ${i}: ${own[i]} beside ${value}`,
        ).toBeLessThanOrEqual(near);
    }
  }
}

async function refusalOf(work: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (!isFixelstreamError(error)) throw error;
    return error.message;
  }
}

describe.each(ALL_COMMANDS)("%s", (command) => {
  test.each(Array.from({ length: N_SEEDS }, (_, i) => FIRST_SEED + i))(
    "options of seed %d",
    async (seed) => {
      const random = createRandom(seed * 7919);
      const run = newStudy(command, random);
      const { changes, more } = draw(run, random);
      const all = { ...changes, ...more };
      const about = `${command} ${seed}: ${JSON.stringify(all)}`;
      const planned = await refusalOf(() => run.plan(all));
      const refused = await refusalOf(() => run.infer(all));
      expect(planned, about).toBe(refused);
      if (refused !== undefined) {
        expect(refused, about).toMatch(/expected .*got |Cannot use/);
        return;
      }
      const [together, found] = [valuesOf(run), foundIn(run)];
      const summary = structuredClone(found);
      // interrupted and continued
      clear(run);
      const stop = new AbortController();
      const onProgress = (phase: string, share: number) => {
        if (phase === "shuffle" && share > 0.3) stop.abort(new Interrupted("SIGINT"));
      };
      const slow = { ...all, checkpointSeconds: 0, force: true, memoryBytes: 2 ** 21 + 2 ** 20 };
      await run.infer(slow, { onProgress, signal: stop.signal }).catch(() => undefined);
      await run.infer(slow);
      expectSameImages(valuesOf(run), together, `continued, ${about}`, 0);
      expectSame(foundIn(run), summary, `continued, ${about}`, 0);
      // in shards
      const isWhole =
        changes.negativeBinomial !== undefined || changes.stopWhenSettled === true || changes.notest === true;
      if (!isWhole) {
        clear(run);
        for (const index of [2, 1]) await run.infer({ ...all, shard: { index, of: 2 } });
        const merged = await runInProcess(["merge", outputOf(run), "-quiet", "--no-report"]);
        expect(merged.status, `${about} ${merged.stderr}`).toBe(0);
        expectSameImages(valuesOf(run), together, `merged, ${about}`, 0);
        expectSame(foundIn(run), summary, `merged, ${about}`, 0);
      }
      // afterwards
      if (Object.keys(more).length === 0) return;
      clear(run);
      await run.infer({ ...changes, force: true });
      const before = new Set(valuesOf(run).keys());
      const tokens = [
        ...(more.parametric ? ["--parametric"] : []),
        ...(more.fdr === undefined ? [] : ["--fdr", more.fdr]),
        ...(more.tail ? ["--tail"] : []),
        ...(more.gamma ? ["--gamma"] : []),
      ];
      const added = await runInProcess(["pvalues", outputOf(run), ...tokens, "-quiet"]);
      if (added.status !== 0) {
        expect(added.stderr, about).toMatch(/got those of a run with -posthoc/);
        return;
      }
      // of single precision the images have statistics that are in double
      const near = changes.precision === "single" ? 1e-5 : 1e-7;
      expectSameImages(valuesOf(run), together, `added, ${about}`, near);
      expect(together.size, about).toBeGreaterThan(before.size);
      for (const [h, want] of summary.entries()) {
        const got = foundIn(run)[h]!;
        for (const key of ["parametric", "adjusted", "tail", "gamma"])
          expectSame(got[key], want[key], `added, ${about} ${key}`, 1e-5);
      }
      expect(await runInProcess(["verify", outputOf(run), "-quiet"])).toEqual({ status: 0, stdout: "", stderr: "" });
    },
    120_000,
  );
});
