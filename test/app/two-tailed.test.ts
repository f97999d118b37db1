// --two-tailed: each t-test in both directions is the run whose contrasts have the negated rows too, family-wise over each pair as -strong is over all:
// the same bits in every file, whatever the model, the masks and the pieces of the run.
import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import type { AnalysisOptions, FixelCfeOptions } from "../../src/app/analyse/options.js";
import { Interrupted } from "../../src/errors.js";
import { ALL_COMMANDS, type EitherRun, NAMES, newRun, writeMaskFor } from "../support/both-commands.js";
import { makeConnectomes } from "../support/connectomes.js";
import { runInProcess } from "../support/in-process-cli.js";
import { type ModelOptions, writeModelProblem } from "../support/make-model-problem.js";
import { writeRows } from "../support/make-problem.js";
import { makeTemporaryDirectory } from "../support/peer.js";
import { runProblem } from "../support/run-inference.js";
import { createRandom } from "../support/seeded-random.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

/** Without what has the command in it. */
function contentOf(file: string): string {
  const bytes = fs.readFileSync(file);
  if (/\.(txt|csv)$/.test(file)) return bytes.toString("utf8").replace(/^#.*\n/gm, "");
  const offset = Number(/\nfile: \. (\d+)/.exec(bytes.toString("latin1", 0, 8192))![1]);
  return bytes.subarray(offset).toString("latin1");
}

const recordIn = (folder: string) => {
  const name = fs.readdirSync(folder).find((file) => file.endsWith("run.json"))!;
  return JSON.parse(fs.readFileSync(path.join(folder, name), "utf8"));
};

/** What `file` of a run in both directions of t1, t2, .. is called in a run over c1, -c1, c2, -c2, .., where one null is strong over all. */
function nameOfNegated(file: string): string {
  if (/null_dist_t\d+\./.test(file)) return file.replace(/_t\d+\./, ".");
  return file.replace(
    /_t(\d+)(_positive|_negative)?\./,
    (_, test, direction) => `_t${2 * Number(test) - (direction === "_negative" ? 0 : 1)}.`,
  );
}

const isResult = (name: string) => /\.(mif|csv|txt)$/.test(name);

/** Every file of `both`, beside that of `negated`; returns their names. */
function expectSame(both: string, negated: string): string[] {
  const names = fs.readdirSync(both).filter(isResult).sort();
  for (const name of names) {
    const other = nameOfNegated(name);
    expect(contentOf(path.join(both, name)) === contentOf(path.join(negated, other)), `${name} beside ${other}`).toBe(
      true,
    );
  }
  return names;
}

/** One t-test in both directions, and the pair of its rows. */
async function runBoth(run: EitherRun, changes: Partial<FixelCfeOptions> = {}): Promise<[string, string]> {
  const places = ["both", "negated"].map((name) => run.at(name)) as [string, string];
  fs.writeFileSync(run.at("pair.txt"), "0 -1\n0 1\n");
  const to = (folder: string): Partial<AnalysisOptions> => {
    if (!NAMES[run.command].isPrefixed) return { output: folder } as Partial<FixelCfeOptions>;
    fs.mkdirSync(folder);
    return { prefix: `${folder}/x_` } as Partial<AnalysisOptions>;
  };
  await run.infer({ ...to(places[0]), ...changes, twoTailed: true });
  await run.infer({ ...to(places[1]), ...changes, contrast: run.at("pair.txt"), strong: true });
  return places;
}

describe.each(ALL_COMMANDS)("%s", (command) => {
  const VARIANTS: Record<string, (run: EitherRun) => Partial<FixelCfeOptions>> = {
    plain: () => ({}),
    "sign flips, two threads": () => ({ errors: "ise", nThreads: 2 }),
    "single precision": () => ({ precision: "single" }),
    "plain kernels": () => ({ kernels: "reference" }),
    "variance groups": (run) => ({ variance: writeRows(run.at("groups.txt"), [[0, 1, 0, 1, 0, 1, 0, 1]]) }),
    ...(command === "vectorstats" ? {} : { "-nonstationarity": () => ({ nonstationarity: true }) }),
    ...(command === "vectorstats"
      ? {}
      : {
          "-mask, -posthoc": (run: EitherRun) => ({
            mask: writeMaskFor(run, "mask", (i) => i % 5 !== 2),
            posthoc: writeMaskFor(run, "posthoc", (i) => i % 3 === 0),
          }),
        }),
    ...(command === "fixelcfestats" ? { "--uncorrected-shuffles 0": () => ({ uncorrectedShuffles: 0 }) } : {}),
  };
  test.each(Object.keys(VARIANTS))("%s: the bits of a run over the row and its negative", async (name) => {
    const run = newRun(command);
    const names = expectSame(...(await runBoth(run, VARIANTS[name]!(run))));
    const { ending, enhanced = "Zstat" } = NAMES[command];
    const own = names.map((file) => file.replace("x_", ""));
    expect(own).toContain(`fwe_1mpvalue_t1_positive${ending}`);
    expect(own).toContain(`fwe_1mpvalue_t1_negative${ending}`);
    expect(own).toContain(`${enhanced}_t1${enhanced === "Zstat" ? "" : "_negative"}${ending}`);
    expect(own.filter((file) => file.startsWith("tvalue"))).toEqual([`tvalue_t1${ending}`]);
    expect(own.filter((file) => file.startsWith("null_dist"))).toHaveLength(1);
    // it is the same run, by its plan
    expect(recordIn(run.at("both")).runPlan.hash).toBe(recordIn(run.at("negated")).runPlan.hash);
  });

  test("missing observations", async () => {
    const random = createRandom(5);
    const value = () => (random.uniform() < 0.05 ? Number.NaN : random.normal());
    expectSame(...(await runBoth(newRun(command, { nSubjects: 12, value }))));
  });

  test("a run that is stopped is continued; its shards are merged", async () => {
    const run = newRun(command, { nSubjects: 12 });
    const options = {
      twoTailed: true,
      nShuffles: 1200,
      memoryBytes: 2.25 * 2 ** 20,
      seed: 5,
    };
    const whole = async (changes: Partial<AnalysisOptions> = {}) => {
      await run.infer({ ...options, ...changes });
      return Object.fromEntries(
        run
          .results()
          .filter(isResult)
          .map((name) => [name, contentOf(run.at("out", `${NAMES[command].isPrefixed ? "x_" : ""}${name}`))]),
      );
    };
    const wanted = await whole();
    expect(Object.keys(wanted)).toContain(`null_contributions_t1_negative${NAMES[command].ending}`);
    fs.rmSync(run.at("out"), { recursive: true });
    fs.mkdirSync(run.at("out"));
    // vectors do so few shuffles in one batch, which leaves nothing to continue
    if (command !== "vectorstats") {
      const controller = new AbortController();
      const stopped = run.infer(
        { ...options, checkpointSeconds: 0 },
        {
          signal: controller.signal,
          onProgress: (phase, done) => {
            if (phase === "shuffle" && done >= 0.9) controller.abort(new Interrupted("SIGTERM"));
          },
        },
      );
      await expect(stopped).rejects.toBeInstanceOf(Interrupted);
      expect(await whole()).toEqual(wanted);
      expect(recordIn(run.at("out")).resumed.fromShuffle).toBeGreaterThan(0);
    }
    for (const index of [1, 2]) await run.infer({ ...options, kernels: "simd", shard: { index, of: 2 }, force: true });
    const merged = await runInProcess([
      "merge",
      NAMES[command].isPrefixed ? `${run.at("out")}/x_` : run.at("out"),
      "-force",
      "-quiet",
    ]);
    expect(merged.status, merged.stderr).toBe(0);
    for (const [name, content] of Object.entries(wanted))
      expect(contentOf(run.at("out", `${NAMES[command].isPrefixed ? "x_" : ""}${name}`)) === content, name).toBe(true);
  }, 120_000);

  test("what is said: names in the summary and run.json, labels, relabellings of the pair", async () => {
    const run = newRun(command);
    fs.writeFileSync(run.at("contrast.txt"), "name,mean,group\npatients,0,-1\n");
    const summary = await run.infer({ twoTailed: true, errors: "ise", nShuffles: 1000 });
    expect(summary.hypotheses.map(({ name, label }) => [name, label])).toEqual([
      ["t1_positive", "patients"],
      ["t1_negative", "patients"],
    ]);
    expect(run.record.problem["hypotheses"]).toEqual([
      { name: "t1_positive", kind: "t", rank: 1, test: "t1", direction: "positive", label: "patients" },
      { name: "t1_negative", kind: "t", rank: 1, test: "t1", direction: "negative", label: "patients" },
    ]);
    // all signs turned give the other direction: the larger of the two is the same
    expect(run.record.problem["relabellings"]).toEqual([
      { name: "t1 in both directions (--two-tailed)", nDifferent: 128, nExist: 128, smallestPossibleP: 2 / 256 },
    ]);
    const [one, other] = summary.hypotheses;
    expect(Math.min(one!.smallestP!, other!.smallestP!)).toBeGreaterThanOrEqual(2 / 256);
    expect(one!.largestZ).not.toBe(other!.largestZ);
  });
});

const MODELS: readonly Omit<ModelOptions, "nSubjects" | "nFixels">[] = [
  { nColumns: 0, nGroups: 0, missing: "patterns" },
  { nColumns: 0, nGroups: 2, missing: "own" },
  { nColumns: 1, nGroups: 0, missing: "none" },
  { nColumns: 2, nGroups: 2, missing: "own" },
];

describe.each(MODELS)("$nColumns columns, $nGroups groups, missing: $missing", (model) => {
  test.each(["double", "single"] as const)("several t-tests and an F-test, -strong, %s", async (precision) => {
    const directory = makeTemporaryDirectory();
    const at = (file: string) => path.join(directory, file);
    const nSubjects = 17;
    const problem = writeModelProblem(directory, { ...model, nSubjects, nFixels: 30 }, createRandom(3));
    const k = 2 + model.nColumns;
    const first = Array.from({ length: k }, (_, j) => +(j === 1));
    const second = Array.from({ length: k }, (_, j) => (j === k - 1 ? -0.7 : j === 0 ? 0.1 : 0));
    const turned = (row: readonly number[]) => row.map((weight) => -weight);
    const shared = {
      ...problem.options,
      ...{ precision, strong: true, nShuffles: 40, cache: at("cache") },
      design: writeRows(
        at("design.txt"),
        Array.from({ length: nSubjects }, (_, i) => [1, i % 3 === 0 ? 1 : 0]),
      ),
    };
    const ftests = (name: string, row: readonly number[]) => writeRows(at(name), [[...row]]);
    await runProblem(directory, {
      ...{ ...shared, output: at("both"), twoTailed: true },
      contrast: writeRows(at("c.txt"), [first, second]),
      ftests: ftests("f.txt", [1, 1]),
    });
    await runProblem(directory, {
      ...{ ...shared, output: at("negated") },
      contrast: writeRows(at("n.txt"), [first, turned(first), second, turned(second)]),
      ftests: ftests("g.txt", [1, 0, 1, 0]),
    });
    const names = expectSame(at("both"), at("negated"));
    expect(names).toContain("cfe_F1.mif");
    expect(names).toContain("cfe_t2_negative.mif");
    expect(names.filter((name) => name.startsWith("null_dist"))).toEqual(["null_dist.txt"]);
    const { notes } = recordIn(at("both")).inputs;
    expect(notes).toContain("F-tests are of both directions already: --two-tailed leaves F1 as they are.");
  });
});

test("several t-tests without -strong: each pair has a null of its own, that of the pair alone", async () => {
  const run = newRun("vectorstats");
  fs.writeFileSync(run.at("contrast.txt"), "0 -1\n1 0.5\n");
  await run.infer({ twoTailed: true });
  const found = (name: string) => contentOf(run.at("out", `x_${name}`));
  const wanted = [found("null_dist_t2.csv"), found("fwe_1mpvalue_t2_negative.csv")];
  expect(found("null_dist_t1.csv")).not.toBe(wanted[0]);
  fs.writeFileSync(run.at("contrast.txt"), "1 0.5\n-1 -0.5\n");
  await run.infer({ strong: true, force: true });
  expect([found("null_dist.csv"), found("fwe_1mpvalue_t2.csv")]).toEqual(wanted);
});

test.each(["nbs", "tfnbs", "none"])("connectomestats %s", async (algorithm) => {
  const made = makeConnectomes(path.join(temporaryDirectory(), "c"), { seed: 7 });
  const { at, nSubjects } = made;
  writeRows(at("one.txt"), [[0, 1]]);
  writeRows(at("pair.txt"), [
    [0, 1],
    [0, -1],
  ]);
  writeRows(
    at("two.txt"),
    Array.from({ length: nSubjects }, (_, i) => [1, +(i % 2 === 0)]),
  );
  for (const [folder, contrast, option] of [
    ["both", "one.txt", "--two-tailed"],
    ["negated", "pair.txt", "-strong"],
  ] as const) {
    fs.mkdirSync(at(folder));
    const given = [at("list.txt"), algorithm, at("two.txt"), at(contrast), `${at(folder)}/`, option];
    const threshold = algorithm === "nbs" ? ["-threshold", "1"] : [];
    const { status, stderr } = await runInProcess([
      "connectomestats",
      ...given,
      ...threshold,
      "-nshuffles",
      "40",
      "--seed",
      "2",
      "-nthreads",
      "0",
    ]);
    expect(status, stderr).toBe(0);
  }
  expect(expectSame(at("both"), at("negated"))).toContain("enhanced_t1_negative.csv");
});
