// --uncorrected-shuffles from the command line to the files: what stays the same to the bit, what the image is made of, and what is said.
import fs from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { RUN_RECORD_FILE } from "../../src/results/result-folder.js";
import { runInProcess } from "../support/in-process-cli.js";
import { rawFixelData } from "../support/make-cohort.js";
import { isOfReport } from "../support/report-files.js";
import { createRandom } from "../support/seeded-random.js";
import { makeSmallAnalysis } from "../support/small-analysis.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const N_FIXELS = 120;
const root = temporaryDirectory();
const random = createRandom(4);
const small = makeSmallAnalysis(path.join(root, "small"), {
  nFixels: N_FIXELS,
  nSubjects: 12,
  value: (subject, fixel) => random.normal() + (subject >= 6 && fixel < 20 ? -1 : 0),
  connections: (fixel, m) =>
    Array.from({ length: 9 }, (_, i) => fixel - 4 + i)
      .filter((to) => to >= 0 && to < m)
      .map((to) => [to, to === fixel ? 1 : Math.fround(0.8 / (1 + Math.abs(to - fixel)))]),
});
const { at } = small;
const six = small.positionals.slice(0, 5) as string[];

let nRuns = 0;
async function run(...options: string[]) {
  const out = at(`out-${nRuns++}`);
  const defaults = { "--cache": at("cache"), "--seed": "3", "-nshuffles": "60", "-nthreads": "0" };
  const others = Object.entries(defaults).filter(([name]) => !options.includes(name));
  const { status, stderr, stdout } = await runInProcess(["fixelcfestats", ...six, out, ...others.flat(), ...options]);
  const names = fs.existsSync(out) ? fs.readdirSync(out).filter((name) => !isOfReport(name)) : [];
  names.sort();
  const read = (name: string) => contentOf(path.join(out, name));
  const record = () => JSON.parse(fs.readFileSync(path.join(out, RUN_RECORD_FILE), "utf8"));
  return { out, status, stderr: small.relative(stderr), stdout, names, read, record };
}

/** Texts without their comment, images without their header: both have the command in them. */
function contentOf(file: string): string {
  const bytes = fs.readFileSync(file);
  if (file.endsWith(".txt")) return bytes.toString("utf8").replace(/^#.*\n/gm, "");
  const offset = Number(/\nfile: \. (\d+)/.exec(bytes.toString("latin1", 0, 8192))![1]);
  return bytes.subarray(offset).toString("latin1");
}

beforeAll(() => {
  fs.writeFileSync(at("ftests.txt"), "1\n");
  const some = (is: (fixel: number) => boolean) =>
    rawFixelData(Float32Array.from({ length: N_FIXELS }, (_, fixel) => Number(is(fixel))));
  fs.writeFileSync(
    at("mask.mif"),
    some((fixel) => fixel % 10 !== 3),
  );
  fs.writeFileSync(
    at("posthoc.mif"),
    some((fixel) => fixel % 4 === 0),
  );
});

const VARIANTS: Readonly<Record<string, readonly string[]>> = {
  plain: [],
  "-strong, F-test": ["-strong", "-ftests", at("ftests.txt")],
  "-mask": ["-mask", at("mask.mif")],
  "-posthoc": ["-posthoc", at("posthoc.mif")],
  "-mask and -posthoc": ["-mask", at("mask.mif"), "-posthoc", at("posthoc.mif")],
  "-cfe_legacy": ["-cfe_legacy"],
  "-cfe_e 1.5 -cfe_h 2": ["-cfe_e", "1.5", "-cfe_h", "2"],
  "-cfe_e 0.5": ["-cfe_e", "0.5"],
  "-cfe_dh 0.004": ["-cfe_dh", "0.004"],
  "-errors ise": ["-errors", "ise"],
  "two threads": ["-nthreads", "2"],
};

describe("--uncorrected-shuffles", () => {
  for (const [name, options] of Object.entries(VARIANTS)) {
    test(`${name}: all results are the same, but the uncorrected image`, async () => {
      const whole = await run(...options);
      expect(whole.status, whole.stderr).toBe(0);
      const isUncorrected = (file: string) => file.startsWith("uncorrected_pvalue");
      for (const n of ["0", "25", "60", "1000"]) {
        const found = await run(...options, "--uncorrected-shuffles", n);
        expect(found.status, found.stderr).toBe(0);
        const wanted = whole.names.filter((file) => n !== "0" || !isUncorrected(file));
        expect(found.names).toEqual(wanted);
        for (const file of wanted) {
          if (file === RUN_RECORD_FILE) continue;
          if (isUncorrected(file) && n === "25") expect(found.read(file)).not.toBe(whole.read(file));
          else expect(found.read(file) === whole.read(file), `${file}, ${n}`).toBe(true);
        }
        if (n !== "25") continue;
        // the image is that of a run of so many shuffles
        const few = await run(...options, "-nshuffles", "25");
        for (const file of wanted.filter(isUncorrected)) expect(found.read(file) === few.read(file)).toBe(true);
      }
    });
  }

  test("the summary and the record say which shuffles made the image; the plan of the run differs", async () => {
    const whole = await run();
    expect(whole.stderr).not.toContain("uncorrected");
    expect(whole.record().problem).not.toHaveProperty("uncorrectedShuffles");
    expect(whole.record().runPlan).not.toHaveProperty("uncorrectedShuffles");
    const some = await run("--uncorrected-shuffles", "25");
    expect(some.stderr).toContain(
      "  uncorrected p-values of the first 25 of 60 shuffles: 0.05 is known to +-0.044, with all to +-0.028\n",
    );
    expect(some.record().problem.uncorrectedShuffles).toBe(25);
    expect(some.record().runPlan.uncorrectedShuffles).toBe(25);
    expect(some.record().runPlan.hash).not.toBe(whole.record().runPlan.hash);
    expect(some.record().results.search).toMatchObject({ nFound: 35, nEnhanced: 0, gaveUp: [] });
    const none = await run("--uncorrected-shuffles", "0");
    expect(none.stderr).toContain("  no uncorrected p-values (--uncorrected-shuffles 0)\n");
    expect(none.record().problem.uncorrectedShuffles).toBe(0);
    const all = await run("--uncorrected-shuffles", "60");
    expect(all.stderr).not.toContain("uncorrected");
    expect(all.record().runPlan.hash).toBe(whole.record().runPlan.hash);
  });

  test("the plan counts levels and the sketch", async () => {
    const cache = ["--cache", at("other-cache")];
    const { stdout, status, stderr } = await run("--uncorrected-shuffles", "20", "--dry-run", ...cache);
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/\n {2}bounds +121 elements x 64 shuffles x 1 B = /);
    expect(stdout).toMatch(
      /\n {2}connectivity +[0-9.]+ KiB a pass, 1 pass\n {2}bounds +[0-9.]+ KiB a pass, 1 pass, for the maxima of 40 shuffles\n/,
    );
    const plain = await run("--dry-run", ...cache);
    expect(plain.stdout).not.toMatch(/bounds/);
    expect(fs.existsSync(at("other-cache"))).toBe(false);
  });

  test("what cannot be is said", async () => {
    const extent = await run("-cfe_e", "0.5", "--uncorrected-shuffles", "0");
    expect(extent.stderr).toContain(
      "fixelstream: warning: --uncorrected-shuffles saves no time: a maximum has bounds with a -cfe_e of 1 or more, got 0.5, so every fixel of every shuffle is enhanced. Results are the same.\n",
    );
    expect(extent.record().warnings.map(({ tag }: { tag: string }) => tag)).toContain("bounds-not-used");
    const planned = await run("-cfe_e", "0.5", "--uncorrected-shuffles", "0", "--dry-run");
    expect(planned.stderr).toContain("saves no time: a maximum has bounds");
    const heights = await run("-cfe_h", "40", "-cfe_dh", "0.001", "--uncorrected-shuffles", "0", "--dry-run");
    expect(heights.stderr).toContain(
      "fixelstream: warning: --uncorrected-shuffles saves no time: with this -cfe_dh, -cfe_e and -cfe_h bounds leave float32, so every fixel of every shuffle is enhanced. Results are the same.\n",
    );
    const wide = await run("-cfe_dh", "0.004", "--uncorrected-shuffles", "0");
    expect(wide.stderr).toContain(
      "fixelstream: warning: --uncorrected-shuffles saved less than it could: in 1 batch of shuffles statistics reach more than 255 heights, which have no bounds, so every fixel was enhanced there. Results are the same. A larger -cfe_dh has fewer heights.\n",
    );
    const notest = await run("-notest", "--uncorrected-shuffles", "0");
    expect(notest.status).not.toBe(0);
    expect(notest.stderr).toContain(
      "Cannot use --uncorrected-shuffles together with -notest: expected shuffles to count, got none. Leave one out.",
    );
    const negative = await run("--uncorrected-shuffles", "-1");
    expect(negative.stderr).toContain("Cannot use --uncorrected-shuffles -1: expected a whole number of 0 or more.");
  });

  test("a sketch that cannot be kept is done without, and said", async () => {
    const cache = at("blocked-cache");
    await run("--cache", cache);
    const entry = fs.readdirSync(cache).find((name) => name.endsWith(".fxc"))!;
    fs.mkdirSync(path.join(cache, entry, "sketch.bin"));
    const whole = await run("--cache", cache);
    const found = await run("--cache", cache, "--uncorrected-shuffles", "0");
    expect(found.status, found.stderr).toBe(0);
    expect(found.stderr.replaceAll(entry, "KEY.fxc")).toMatch(
      /warning: --uncorrected-shuffles saves no time: what bounds are made of cannot be kept in blocked-cache\/KEY\.fxc \(.+\), so every fixel of every shuffle is enhanced\. Results are the same\. Make room, or choose another place with --cache\.\n/,
    );
    for (const file of ["null_dist.txt", "null_contributions.mif"]) expect(found.read(file)).toBe(whole.read(file));
  });

  test("an earlier matrix gets a sketch, once; verify checks it", async () => {
    const cache = at("third-cache");
    await run("--cache", cache);
    const entry = path.join(cache, fs.readdirSync(cache).find((name) => name.endsWith(".fxc"))!);
    expect(fs.readdirSync(entry)).not.toContain("sketch.bin");
    await run("--cache", cache, "--uncorrected-shuffles", "0");
    const made = fs.statSync(path.join(entry, "sketch.bin")).mtimeMs;
    await run("--cache", cache, "--uncorrected-shuffles", "9");
    expect(fs.statSync(path.join(entry, "sketch.bin")).mtimeMs).toBe(made);
    expect((await runInProcess(["verify", entry])).status).toBe(0);
    const cleared = await runInProcess(["cache", "clear", "--cache", cache]);
    expect(cleared.status, cleared.stderr).toBe(0);
    expect(fs.existsSync(entry)).toBe(false);
  });
});
