// -nonstationarity from the command line to the files: what is written, kept and said. The numbers: test/properties/non-stationarity.test.ts, test/peers.
import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { openImage, readImageHeader } from "../../src/formats/image.js";
import { RUN_RECORD_FILE } from "../../src/results/result-folder.js";
import { runInProcess } from "../support/in-process-cli.js";
import { createRandom } from "../support/seeded-random.js";
import { makeSmallAnalysis } from "../support/small-analysis.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { makeVolumes } from "../support/volumes.js";

const root = temporaryDirectory();
const random = createRandom(4);
const fixels = makeSmallAnalysis(path.join(root, "fixels"), {
  ...{ nFixels: 60, nSubjects: 12 },
  value: (subject, fixel) => random.normal() + (subject >= 6 && fixel < 20 ? -1 : 0),
});
const volumes = makeVolumes(path.join(root, "voxels"), { size: [6, 5, 4] });

const KINDS = {
  fixelcfestats: {
    ...{ enhanced: "cfe", empirical: "cfe_empirical", postfix: "", key: "nonstationarity_adjustment", at: fixels.at },
    line: (out: string) => [...fixels.positionals.slice(0, 5), out],
    file: (out: string, name: string) => path.join(out, name),
  },
  mrclusterstats: {
    ...{ enhanced: "tfce", empirical: "empirical", postfix: "_t1", key: "nonstationary adjustment", at: volumes.at },
    line: (out: string) => [
      ...["images.txt", "design.txt", "contrast.txt", "mask.mif"].map((name) => volumes.at(name)),
      `${out}/`,
    ],
    file: (out: string, name: string) => path.join(out, name),
  },
} as const;

function valuesOf(image: string): Float64Array {
  const opened = openImage(image);
  const values = new Float64Array(opened.nElements);
  opened.copyValuesInto(values, 0, values.length);
  opened.close();
  return values;
}

let nRuns = 0;
async function run(command: keyof typeof KINDS, ...options: string[]) {
  const { at, line, file, postfix } = KINDS[command];
  const out = at(`out-${nRuns++}`);
  if (command === "mrclusterstats") fs.mkdirSync(out);
  const defaults = { "--cache": at("cache"), "--seed": "3", "-nshuffles": "60", "-nthreads": "0" };
  const others = Object.entries(defaults).filter(([name]) => !options.includes(name));
  const { status, stderr, stdout } = await runInProcess([command, ...line(out), ...others.flat(), ...options]);
  const pathOf = (name: string) => file(out, `${name}${postfix}.mif`);
  return {
    ...{ status, stderr, stdout, pathOf },
    has: (name: string) => fs.existsSync(pathOf(name)),
    image: (name: string) => valuesOf(pathOf(name)),
    record: () => {
      const name = fs.readdirSync(out).find((entry) => entry.endsWith(RUN_RECORD_FILE))!;
      return JSON.parse(fs.readFileSync(path.join(out, name), "utf8"));
    },
  };
}

const CORRECTED = ["-nonstationarity", "-nshuffles_nonstationarity", "40"];

describe.each(["fixelcfestats", "mrclusterstats"] as const)("%s", (command) => {
  const { enhanced, empirical, key } = KINDS[command];

  test("divides, writes what by, and keeps it in the record", async () => {
    const [plain, corrected] = [await run(command), await run(command, ...CORRECTED)];
    expect([plain.status, corrected.status]).toEqual([0, 0]);
    expect([plain.has(empirical), corrected.has(empirical)]).toEqual([false, true]);
    const [before, after, by] = [plain.image(enhanced), corrected.image(enhanced), corrected.image(empirical)];
    for (const [i, value] of before.entries()) {
      if (value === 0) expect(after[i]).toBe(0);
      else expect(Math.abs(after[i]! / (value / by[i]!) - 1)).toBeLessThan(3e-7);
    }
    expect(Math.max(...after)).toBeGreaterThan(0);
    for (const [of, expected] of [
      [plain, "0"],
      [corrected, "1"],
    ] as const)
      expect(readImageHeader(of.pathOf(enhanced)).entries).toContainEqual([key, expected]);
    const [record, without] = [corrected.record(), plain.record()];
    expect(record.problem.nonStationarity).toEqual({ skew: 1, nShuffles: 40, exhaustive: false });
    expect(record.runPlan.nonStationarity).toMatchObject({ skew: 1, shuffles: { count: 40, seed: 3 } });
    expect(record.plan.empirical).toEqual({ nShuffles: 40, nBatches: 1 });
    expect(record.timings.empirical).toBeGreaterThan(0);
    expect(without.problem.nonStationarity).toBeUndefined();
    expect(without.runPlan.nonStationarity).toBeUndefined();
    expect(record.runPlan.hash).not.toBe(without.runPlan.hash);
  });

  test("the same seed gives the same, whoever computes it; other shuffles than the null's", async () => {
    const [one, two] = [await run(command, ...CORRECTED), await run(command, ...CORRECTED, "-nthreads", "2")];
    for (const name of [empirical, enhanced, "fwe_1mpvalue"]) expect(two.image(name)).toEqual(one.image(name));
    const other = await run(command, ...CORRECTED, "--seed", "4");
    expect(other.image(empirical)).not.toEqual(one.image(empirical));
    const skewed = await run(command, ...CORRECTED, "--skew_nonstationarity", "2");
    expect(skewed.image(empirical)).not.toEqual(one.image(empirical));
    // the first of more shuffles are the same ones
    const [a, b] = [one.record(), other.record()].map((record) => record.runPlan.nonStationarity.shuffles.seed);
    expect([a, b]).toEqual([3, 4]);
  });

  test("-notest leaves the correction alone", async () => {
    const [all, observed] = [await run(command, ...CORRECTED), await run(command, ...CORRECTED, "-notest")];
    expect(observed.status).toBe(0);
    expect(observed.has("fwe_1mpvalue")).toBe(false);
    for (const name of [empirical, enhanced]) expect(observed.image(name)).toEqual(all.image(name));
  });

  test("the plan says what it takes", async () => {
    const { stdout, status } = await run(command, "-nonstationarity", "-nshuffles_nonstationarity", "600", "--dry-run");
    expect(status).toBe(0);
    expect(stdout).toContain(
      "before them 3 batches of 600 shuffles in all for the empirical statistic (-nonstationarity)\n",
    );
    expect(stdout).toMatch(/store .* a pass, 5 passes/);
  });

  test("options without it are said to do nothing", async () => {
    const { status, stderr, has, record } = await run(command, "-skew_nonstationarity", "2", ...CORRECTED.slice(1));
    expect(status).toBe(0);
    expect(stderr).toContain(
      "-skew_nonstationarity and -nshuffles_nonstationarity have no effect without -nonstationarity: nothing is corrected.\n",
    );
    expect(has(empirical)).toBe(false);
    expect(record().warnings.map(({ tag }: { tag: string }) => tag)).toContain("nonstationarity-not-asked-for");
  });

  test("all shuffles that there are, the unshuffled data among them", async () => {
    const { at } = KINDS[command];
    const n = command === "fixelcfestats" ? 12 : 16;
    fs.writeFileSync(
      at("blocks.txt"),
      Array.from({ length: n }, (_, i) => `${1 + Math.floor(i / (n / 4))}\n`).join(""),
    );
    const { status, stderr, record } = await run(command, "-nonstationarity", "-exchange_whole", at("blocks.txt"));
    expect(status).toBe(0);
    expect(stderr).toContain(
      "Only 24 different shuffles exist for -nonstationarity, the unshuffled data among them (5000 were asked for): each is used once.\n",
    );
    expect(record().problem.nonStationarity).toEqual({ skew: 1, nShuffles: 24, exhaustive: true });
  });

  test("no shuffles, no correction", async () => {
    const { at } = KINDS[command];
    const n = command === "fixelcfestats" ? 12 : 16;
    fs.writeFileSync(at("one.txt"), "1\n".repeat(n));
    const { status, stderr } = await run(command, "-nonstationarity", "-exchange_whole", at("one.txt"));
    expect(status).toBe(2);
    expect(stderr).toContain(
      "Cannot use -nonstationarity: expected shuffles other than the unshuffled data, got none with these blocks and -errors. Leave it out.",
    );
  });
});

test("--uncorrected-shuffles: every shuffle is enhanced, which is said, and the image is of those asked for", async () => {
  const [all, some] = [
    await run("fixelcfestats", ...CORRECTED),
    await run("fixelcfestats", ...CORRECTED, "--uncorrected-shuffles", "20"),
  ];
  expect(some.status).toBe(0);
  expect(some.stderr).toContain(
    "--uncorrected-shuffles saves no time: with -nonstationarity a maximum has no bounds, so every fixel of every shuffle is enhanced. Results are the same.\n",
  );
  for (const name of ["fwe_1mpvalue", "cfe", "cfe_empirical", "null_contributions"])
    expect(some.image(name)).toEqual(all.image(name));
  for (const value of some.image("uncorrected_pvalue"))
    expect(Number.isInteger(Math.round(value * 2e6) / 1e5)).toBe(true);
  expect(some.image("uncorrected_pvalue")).not.toEqual(all.image("uncorrected_pvalue"));
});

test("sizes of clusters and vectors have none", async () => {
  const refused = await run("mrclusterstats", ...CORRECTED, "-threshold", "2");
  expect(refused.status).toBe(2);
  expect(refused.stderr).toContain(
    "Cannot use -nonstationarity together with -threshold: expected TFCE, of which there is a correction, got sizes of clusters. Leave one out.",
  );
  const vectors = await runInProcess(["vectorstats", "a.csv", "d.txt", "c.txt", "out_", "-nonstationarity"]);
  expect(vectors.status).toBe(2);
  expect(vectors.stderr).toContain("-nonstationarity");
});
