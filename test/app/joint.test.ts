// Several measures at once: --scalar A,B gives each what a run of its own gives; joint p-values are those of one run over all measures beside each other.
import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { convertFixels } from "../../src/app/convert/convert.js";
import { joinRuns } from "../../src/app/joint/joint.js";
import { newAnalysis } from "../support/expect-refusal.js";
import { runInProcess } from "../support/in-process-cli.js";
import { rawFixelData } from "../support/make-cohort.js";
import { createRandom } from "../support/seeded-random.js";
import { fileOfSubject } from "../support/small-analysis.js";
import { bytesOf, npyBytes, zipBytes } from "../support/write-npy.js";

const N = 12;
const M = 24;
const QUICK = ["-nshuffles", "80", "--seed", "3", "-nthreads", "0", "-quiet", "--no-report"];

/** [measure][subject][element]; the second half of the subjects lower in some elements. */
function measures(count: number): number[][][] {
  const random = createRandom(11);
  return Array.from({ length: count }, (_, measure) =>
    Array.from({ length: N }, (_, i) =>
      Array.from(
        { length: M },
        (_, e) => random.normal() * (1 + measure) + (i >= N / 2 && e < 6 - 2 * measure ? -2.6 * (1 + measure) : 0),
      ),
    ),
  );
}

const numbersIn = (file: string) =>
  fs
    .readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .flatMap((line) => line.trim().split(/[ ,]+/).map(Number));

function imageIn(file: string): number[] {
  const bytes = fs.readFileSync(file);
  const offset = Number(/\nfile: \. (\d+)/.exec(bytes.toString("latin1", 0, 8192))![1]);
  return [...new Float32Array(new Uint8Array(bytes.subarray(offset)).buffer)];
}

async function ok(...tokens: string[]): Promise<string> {
  const { status, stderr } = await runInProcess(tokens);
  expect(status, stderr).toBe(0);
  return stderr;
}

/** Without what has the command in it. */
const contents = (folder: string) =>
  Object.fromEntries(
    fs
      .readdirSync(folder)
      .filter((name) => /\.(mif|csv|txt)$/.test(name))
      .map((name) => [
        name,
        name.endsWith(".mif") ? `${imageIn(path.join(folder, name))}` : `${numbersIn(path.join(folder, name))}`,
      ]),
  );

const npy = (rows: readonly (readonly number[])[]) =>
  npyBytes({ descr: "<f8", shape: [rows.length, rows[0]!.length], data: bytesOf(Float64Array.from(rows.flat())) });

describe("vectorstats", () => {
  const small = newAnalysis({ nSubjects: N });
  const data = measures(3);
  const names = ["fa", "md", "rd"];
  const at = small.at;
  fs.writeFileSync(
    at("all.npz"),
    zipBytes(Object.fromEntries(names.map((name, i) => [`${name}.npy`, npy(data[i]!)])), false),
  );
  // one run over the measures beside each other
  const beside = Array.from({ length: N }, (_, i) => data.flatMap((measure) => measure[i]!));
  fs.writeFileSync(at("beside.npy"), npy(beside));
  fs.writeFileSync(at("c2.txt"), "0 -1\n1 0\n");

  const VARIANTS: Record<string, string[]> = {
    plain: ["contrast.txt"],
    "several hypotheses, -strong": ["c2.txt", "-strong"],
    "--two-tailed": ["contrast.txt", "--two-tailed"],
    "sign flips": ["contrast.txt", "-errors", "ise"],
    "single precision": ["contrast.txt", "--precision", "single"],
  };
  test.each(Object.keys(VARIANTS))(
    "%s: the p-values of one run over all measures beside each other",
    async (variant) => {
      const [contrast, ...options] = VARIANTS[variant]!;
      const folder = at(variant.replace(/\W+/g, "-"));
      fs.mkdirSync(path.join(folder, "beside"), { recursive: true });
      const line = (input: string, prefix: string) => [
        "vectorstats",
        at(input),
        at("design.txt"),
        at(contrast!),
        prefix,
        ...options,
        ...QUICK,
      ];
      await ok(...line("all.npz", `${folder}/`), "--scalar", names.join(","));
      await ok(...line("beside.npy", `${folder}/beside/`));
      const summary = await joinRuns({
        runs: names.map((name) => path.join(folder, name)),
        ...{ output: path.join(folder, "joint"), force: false, command: "fixelstream joint" },
      });
      const null0 = fs.readdirSync(path.join(folder, "beside")).find((name) => name.startsWith("null_dist"))!;
      // of the one run too the largest over directions, or -strong over hypotheses
      const [joint, wanted] = [path.join(folder, "joint", "null_dist.txt"), path.join(folder, "beside", null0)].map(
        numbersIn,
      );
      expect(joint).toEqual(wanted);
      const files = fs.readdirSync(path.join(folder, "beside")).filter((name) => name.startsWith("fwe_1mpvalue"));
      expect(files).toHaveLength(["plain", "sign flips", "single precision"].includes(variant) ? 1 : 2);
      for (const file of files) {
        const postfix = file.slice("fwe_1mpvalue".length, -".csv".length);
        const found = names.flatMap((name) =>
          numbersIn(path.join(folder, "joint", `fwe_1mpvalue_${name}${postfix}.csv`)),
        );
        expect(found).toEqual(numbersIn(path.join(folder, "beside", file)));
      }
      // by the plain words: the share of null values that are not above
      const name = `Zstat${files.length === 1 ? "" : "_t1"}.csv`;
      const z = numbersIn(path.join(folder, "md", name));
      const postfix = files.length === 1 ? "" : variant === "--two-tailed" ? "_t1_positive" : "_t1";
      const p = numbersIn(path.join(folder, "joint", `fwe_1mpvalue_md${postfix}.csv`));
      // statistics are in double, the null is not
      const tie = variant === "single precision" ? 1e-6 : 1e-9;
      for (const [e, x] of z.entries()) {
        const share = joint!.filter((value) => value <= x * (1 + tie)).length / joint!.length;
        expect(p[e]).toBeCloseTo(x > 0 ? share : 0, 12);
      }
      const record = JSON.parse(fs.readFileSync(path.join(folder, "joint", "run.json"), "utf8"));
      expect(record.joint.runs.map((run: { name: string }) => run.name)).toEqual(names);
      expect(record.results.runs).toEqual(summary.runs);
      expect(summary.runs.flatMap(({ hypotheses }) => hypotheses).some(({ significant }) => significant > 0)).toBe(
        true,
      );
      expect(summary).toMatchObject({ nShuffles: 80, nSubjects: N, warnings: [] });
      for (const { name: run, hypotheses } of summary.runs) {
        for (const { name: hypothesis, significant, smallestP } of hypotheses) {
          const part = files.length === 1 ? "" : `_${hypothesis}`;
          const statistic = numbersIn(path.join(folder, "joint", `fwe_1mpvalue_${run}${part}.csv`));
          // of z, by counting: the share of the null that is as large
          const own = numbersIn(
            path.join(folder, run, `Zstat${files.length === 1 ? "" : variant === "--two-tailed" ? "_t1" : part}.csv`),
          ).map((value) => (hypothesis.endsWith("negative") ? -value : value));
          const shares = own.map((x) => joint!.filter((value) => value >= x * (1 - tie)).length / joint!.length);
          expect(significant).toBe(shares.filter((share, e) => share < 0.05 && own[e]! > 0).length);
          expect(smallestP).toBeCloseTo(Math.min(...shares, 1), 12);
          expect(statistic).toHaveLength(M);
        }
      }
    },
  );

  test("--scalar A,B: each what a run of its own gives, said in the summary; verify finds joint results whole", async () => {
    const folder = at("scalars");
    fs.mkdirSync(path.join(folder, "md"), { recursive: true });
    const line = [
      "vectorstats",
      at("all.npz"),
      at("design.txt"),
      at("contrast.txt"),
      `${folder}/x_`,
      "-nshuffles",
      "40",
      "--seed",
      "9",
      "-nthreads",
      "0",
    ];
    const said = small.relative(await ok(...line, "--scalar", "fa,md"));
    expect(said).toContain(
      "family-wise over all of them: fixelstream joint scalars/x_fa/ scalars/x_md/ --out DIRECTORY\n",
    );
    await ok(...line.with(4, `${folder}/md/`), "--scalar", "md", "-quiet");
    expect(contents(path.join(folder, "x_md"))).toEqual(contents(path.join(folder, "md")));
    const joined = small.relative(await ok("joint", `${folder}/x_fa/`, `${folder}/x_md/`, "--out", `${folder}/joint`));
    expect(joined).toMatch(
      /^fixelstream: 2 runs of 12 subjects, 40 shuffles\n {2}x_fa t1: \d+ with joint p < 0\.05 \(/,
    );
    await ok("verify", `${folder}/joint`);
    // again with -force, over what it wrote itself
    await ok("joint", `${folder}/x_md/`, `${folder}/x_fa/`, "--out", `${folder}/joint`, "-force", "-quiet");
  });
});

test("--scalar A,B: joint is named only where it takes the runs", async () => {
  const small = newAnalysis({ nSubjects: 14 });
  const { at } = small;
  const { normal } = createRandom(11);
  const noise = Array.from({ length: 14 * 30 }, normal);
  // an effect that fades out: some element is near 0.05 after any number of shuffles
  const rows = (size: number) =>
    Array.from({ length: 14 }, (_, i) =>
      Array.from({ length: 30 }, (__, e) => noise[i * 30 + e]! + (i < 7 ? (size * (30 - e)) / 8 : 0)),
    );
  fs.writeFileSync(at("two.npz"), zipBytes({ "calm.npy": npy(rows(0)), "near.npy": npy(rows(1)) }, false));
  const said = async (folder: string, ...tokens: string[]) => {
    fs.mkdirSync(at(folder));
    const line = ["vectorstats", at("two.npz"), at("design.txt"), at("contrast.txt"), `${at(folder)}/`];
    const more = ["--scalar", "calm,near", "--seed", "1", "-nthreads", "0", "-nshuffles", "700", ...tokens];
    return small.relative(await ok(...line, ...more));
  };
  expect(await said("all")).toContain("family-wise over all of them: fixelstream joint all/calm/ all/near/ --out");
  expect(await said("settled", "--stop-when-settled")).toContain(
    "not joined as they are: they ended after different numbers of shuffles (calm after 500 and near after 700). For p-values over all of them run without --stop-when-settled, then fixelstream joint.\n",
  );
  expect(await said("counts", "--negbin", "4")).not.toMatch(/fixelstream joint|not joined/);
  expect(await said("none", "-notest")).not.toMatch(/fixelstream joint|not joined/);
});

test("fixelcfestats: images beside a copy of the template; -posthoc and -mask stay as they are in each run", async () => {
  const small = newAnalysis({ nSubjects: N });
  const { at } = small;
  const data = measures(2);
  for (const [measure, scalar] of ["FD", "FC"].entries()) {
    for (let i = 0; i < N; i++)
      fs.writeFileSync(at("fd", fileOfSubject(i)), rawFixelData(Float32Array.from(data[measure]![i]!)));
    await convertFixels({
      ...{ inputDirectory: at("fd"), subjectList: at("subjects.txt"), output: at("two.fxs"), scalar, command: "test" },
    });
  }
  const some = (is: (fixel: number) => boolean) =>
    rawFixelData(Float32Array.from({ length: M }, (_, i) => Number(is(i))));
  fs.writeFileSync(
    at("posthoc.mif"),
    some((i) => i % 4 !== 1),
  );
  fs.writeFileSync(
    at("mask.mif"),
    some((i) => i !== 20),
  );
  const paths = ["design.txt", "contrast.txt", "matrix"].map((name) => at(name));
  const masks = ["-posthoc", at("posthoc.mif"), "-mask", at("mask.mif")];
  await ok("fixelcfestats", at("two.fxs"), "-", ...paths, at("stats"), "--scalar", "FD,FC", ...masks, ...QUICK);
  await ok("fixelcfestats", at("two.fxs"), "-", ...paths, at("alone"), "--scalar", "FC", ...masks, ...QUICK);
  expect(contents(at("stats", "FC"))).toEqual(contents(at("alone")));
  await ok("joint", at("stats", "FD"), at("stats", "FC"), "--out", at("joint"), "-quiet");
  const nulls = ["FD", "FC"].map((name) => numbersIn(at("stats", name, "null_dist.txt")));
  const joint = nulls[0]!.map((value, i) => Math.max(value, nulls[1]![i]!));
  expect(numbersIn(at("joint", "null_dist.txt"))).toEqual(joint);
  let told = 0;
  for (const name of ["FD", "FC"]) {
    const [cfe, own, p] = [
      imageIn(at("stats", name, "cfe.mif")),
      imageIn(at("stats", name, "fwe_1mpvalue.mif")),
      imageIn(at("joint", `fwe_1mpvalue_${name}.mif`)),
    ];
    for (const [fixel, x] of cfe!.entries()) {
      const isTested = fixel % 4 !== 1 && fixel !== 20;
      expect(Number.isNaN(p![fixel]!), `${fixel}`).toBe(!isTested);
      if (!isTested) continue;
      const share = joint.filter((value) => Math.fround(value) <= x).length / joint.length;
      expect(p![fixel]).toBe(Math.fround(x > 0 ? share : 0));
      expect(p![fixel]).toBeLessThanOrEqual(own![fixel]!);
      if (p![fixel]! > 0.5) told++;
    }
  }
  expect(told).toBeGreaterThan(3);
  // a fixel directory, and another template is not mixed in
  for (const name of ["index.mif", "directions.mif"])
    expect(fs.readFileSync(at("joint", name)).equals(fs.readFileSync(at("stats", "FD", name)))).toBe(true);
});
