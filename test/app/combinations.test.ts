// --two-tailed and -eb beside everything else: each is equal to a run that says the same by other means.
import fs from "node:fs";
import { describe, expect, it } from "vitest";
import type { AnalysisOptions, FixelCfeOptions } from "../../src/app/analyse/options.js";
import { Interrupted, UsageError } from "../../src/errors.js";
import { ALL_COMMANDS, type CommandName, type EitherRun, NAMES, newRun } from "../support/both-commands.js";
import { listing } from "../support/expect-refusal.js";
import { runInProcess } from "../support/in-process-cli.js";
import { rawFixelData } from "../support/make-cohort.js";
import { readNumbers, readSmallImage } from "../support/peer.js";
import { createRandom } from "../support/seeded-random.js";

const N_SUBJECTS = 14;
const N_ELEMENTS = 24;

function newStudy(command: CommandName, isMissing: boolean): EitherRun {
  const { normal } = createRandom(77);
  const noise = Array.from({ length: N_SUBJECTS * N_ELEMENTS }, normal);
  const value = (i: number, e: number) =>
    isMissing && (i * 5 + e) % 13 === 0
      ? Number.NaN
      : 10 + noise[i * N_ELEMENTS + e]! + (i < 7 && e < 10 ? (e < 5 ? 2.5 : -2.5) : 0);
  return newRun(command, { nElements: N_ELEMENTS, nSubjects: N_SUBJECTS, value });
}

type Changes = Partial<AnalysisOptions & FixelCfeOptions>;
interface Row {
  readonly name: string;
  readonly of: (run: EitherRun) => Changes;
  readonly isMissing?: boolean;
  readonly kinds?: readonly CommandName[];
}

const rows = (run: EitherRun, name: string, of: (i: number) => string) => {
  fs.writeFileSync(run.at(name), Array.from({ length: N_SUBJECTS }, (_, i) => `${of(i)}\n`).join(""));
  return run.at(name);
};
/** Families of two, exchanged as wholes and within. */
const tree = (run: EitherRun) => ({
  exchangeabilityBlocks: rows(run, "eb.txt", (i) => `1 ${1 + (i >> 1)} ${1 + (i % 2)}`),
});
const posthoc = (run: EitherRun): Changes => {
  fs.writeFileSync(
    run.at("posthoc.mif"),
    rawFixelData(Float32Array.from({ length: N_ELEMENTS }, (_, i) => Number(i > 2))),
  );
  return { posthoc: run.at("posthoc.mif") };
};

const TABLE: readonly Row[] = [
  { name: "--tail", of: () => ({ tail: true }) },
  { name: "--gamma", of: () => ({ gamma: true }) },
  { name: "--fdr", of: () => ({ fdr: "bh" }) },
  { name: "--parametric --fdr", of: () => ({ parametric: true, fdr: "holm" }) },
  { name: "--stop-when-settled", of: () => ({ stopWhenSettled: true, nShuffles: 520 }) },
  { name: "-posthoc", of: posthoc, kinds: ["fixelcfestats", "mrclusterstats"] },
  { name: "-eb", of: tree },
  { name: "-eb -errors both", of: (run) => ({ ...tree(run), errors: "both" }) },
  { name: "missing data", of: () => ({}), isMissing: true },
  { name: "-eb, missing data", of: tree, isMissing: true },
  { name: "-eb -vg auto", of: (run) => ({ ...tree(run), varianceOfBlocks: true }) },
  { name: "--negbin", of: () => ({ negativeBinomial: 4 }), kinds: ["fixelcfestats", "vectorstats"] },
];

const outputOf = (run: EitherRun) => (NAMES[run.command].isPrefixed ? `${run.at("out")}/x_` : run.at("out"));

/** Values of all results by their names, without what names commands. */
function valuesOf(run: EitherRun): Map<string, number[]> {
  const base = NAMES[run.command].isPrefixed ? "x_" : "";
  return new Map(
    run
      .results()
      .filter((name) => /\.(mif|csv|txt)$/.test(name) && !/^(index|directions)/.test(name))
      .map((name) => {
        const file = run.at("out", `${base}${name}`);
        return [name, name.endsWith(".mif") ? Array.from(readSmallImage(file).values) : readNumbers(file).flat()];
      }),
  );
}

describe.each(TABLE)("--two-tailed, $name", ({ of, isMissing = false, kinds = ALL_COMMANDS }) => {
  it.each(kinds)("%s: the run over the row and its negative with -strong", async (command) => {
    const run = newStudy(command, isMissing);
    const changes = { nShuffles: 120, ...of(run) };
    await run.infer({ ...changes, twoTailed: true });
    const both = valuesOf(run);
    fs.rmSync(run.at("out"), { recursive: true });
    fs.mkdirSync(run.at("out"));
    fs.writeFileSync(run.at("pair.txt"), "0 -1\n0 1\n");
    // what has nothing family-wise refuses -strong, and does not need it
    const strong = changes.negativeBinomial === undefined;
    const first = fs.readFileSync(run.at("contrast.txt"), "utf8");
    expect(first.trim()).toBe("0 -1");
    await run.infer({ ...changes, strong, contrast: run.at("pair.txt") });
    const pair = valuesOf(run);
    let nDirections = 0;
    for (const [name, values] of both) {
      const other = /null_dist/.test(name)
        ? name.replace(/_t1\./, ".")
        : name.replace("_t1_positive", "_t1").replace("_t1_negative", "_t2");
      if (/_t1_/.test(name)) nDirections++;
      expect(values, `${name} beside ${other}`).toEqual(pair.get(other));
    }
    expect(nDirections).toBeGreaterThan(1);
  });
});

describe.each([
  { name: "-eb", twoTailed: false, isMissing: false },
  { name: "-eb, missing data", twoTailed: false, isMissing: true },
  { name: "--two-tailed -eb", twoTailed: true, isMissing: false },
  { name: "--two-tailed", twoTailed: true, isMissing: false, isFree: true },
])("$name", ({ twoTailed, isMissing, isFree = false }) => {
  it.each(ALL_COMMANDS)("%s: in shards, and continued", async (command) => {
    const run = newStudy(command, isMissing);
    const changes = { nShuffles: 60, ...(isFree ? {} : tree(run)), ...(twoTailed ? { twoTailed } : {}) };
    await run.infer(changes);
    const whole = valuesOf(run);
    fs.rmSync(run.at("out"), { recursive: true });
    fs.mkdirSync(run.at("out"));
    for (const index of [3, 1, 2]) await run.infer({ ...changes, shard: { index, of: 3 } });
    const merged = await runInProcess(["merge", outputOf(run), "-quiet", "--no-report"]);
    expect(merged.status, merged.stderr).toBe(0);
    expect(valuesOf(run)).toEqual(whole);
    const stop = new AbortController();
    const onProgress = (phase: string, share: number) => {
      if (phase === "shuffle" && share > 0.3) stop.abort(new Interrupted("SIGINT"));
    };
    const again = { ...changes, force: true, checkpointSeconds: 0 };
    await run.infer(again, { onProgress, signal: stop.signal }).catch(() => undefined);
    await run.infer(again);
    expect(valuesOf(run)).toEqual(whole);
  });
});

it("-eb beside -permutations is refused by name", async () => {
  const run = newStudy("vectorstats", false);
  const { exchangeabilityBlocks } = tree(run);
  const permutations = rows(run, "list.txt", (i) => `${i} ${(i + 1) % N_SUBJECTS}`);
  const before = listing(run.at());
  const refused = await run
    .infer({ exchangeabilityBlocks, permutations, nShuffles: undefined })
    .catch((error) => error);
  expect(refused).toBeInstanceOf(UsageError);
  expect(refused.message).toBe(
    "Cannot use -eb together with -permutations: expected either blocks to shuffle in or the permutations themselves, got both. Leave one out.",
  );
  expect(listing(run.at())).toEqual(before);
});
