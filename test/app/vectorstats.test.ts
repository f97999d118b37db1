// Laws of vectorstats: neither the form of the input, nor threads, memory, reading or blocks change a bit of the results.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { inferVectors, planVectors } from "../../src/app/analyse/kinds.js";
import type { VectorStatsOptions } from "../../src/app/analyse/options.js";
import { convertVectorInput } from "../../src/app/convert/convert-vectors.js";
import { openStore } from "../../src/store/open-store.js";
import { makeStore } from "../support/make-store.js";
import { createRandom } from "../support/seeded-random.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { bytesOf, npyBytes, zipBytes } from "../support/write-npy.js";

const N = 24;
const M = 83;
const directory = temporaryDirectory();
const at = (name: string) => join(directory, name);
/** Exact in float32. */
const values = (() => {
  const random = createRandom(5);
  return Float32Array.from({ length: N * M }, (_, i) =>
    i % M === 7 ? 4 : 300 + random.normal() + (i % M === 3 && Math.floor(i / M) % 2 === 1 ? 2 : 0),
  );
})();
const row = (i: number) => values.subarray(i * M, (i + 1) * M);

beforeAll(() => {
  const age = createRandom(6);
  const rows = Array.from({ length: N }, (_, i) => `1 ${i % 2} ${age.normal().toFixed(3)}`);
  writeFileSync(at("design.txt"), `${rows.join("\n")}\n`);
  writeFileSync(at("contrast.txt"), "0 1 0\n0 0 -1\n");
  writeFileSync(at("ftests.txt"), "1 1\n");
  mkdirSync(at("subjects"));
  const names = Array.from({ length: N }, (_, i) => `subjects/sub-${i}.txt`);
  for (const [i, name] of names.entries()) writeFileSync(at(name), `# a comment\n${row(i).join(i % 2 ? "\n" : " ")}\n`);
  writeFileSync(at("list.txt"), `${names.join("\n")}\n`);
  writeFileSync(at("matrix.csv"), `# subjects x elements\n${names.map((_, i) => row(i).join(",")).join("\n")}\n`);
  const f4 = npyBytes({ shape: [N, M], data: bytesOf(values) });
  writeFileSync(at("f4.npy"), f4);
  writeFileSync(at("f8.npy"), npyBytes({ descr: "<f8", shape: [N, M], data: bytesOf(Float64Array.from(values)) }));
  writeFileSync(at("stored.npz"), zipBytes({ "arr_0.npy": f4 }, false));
  writeFileSync(at("deflated.npz"), zipBytes({ "arr_0.npy": f4 }, true));
});

let nRuns = 0;
async function run(options: Partial<VectorStatsOptions> = {}): Promise<Record<string, string>> {
  const folder = at(`run-${nRuns++}`);
  mkdirSync(folder);
  const paths = {
    input: at("f4.npy"),
    design: at("design.txt"),
    contrast: at("contrast.txt"),
    ftests: at("ftests.txt"),
  };
  await inferVectors({
    ...paths,
    prefix: `${folder}/out_`,
    cache: at("cache"),
    ...{ fonly: false, strong: false, notest: false, errors: "ee", nShuffles: 100, force: false, seed: 7 },
    ...{ io: "auto", kernels: "simd", precision: "double", memoryBytes: 2 ** 26, nThreads: 0, command: "test" },
    ...options,
  });
  const tables = readdirSync(folder).filter((name) => name.endsWith(".csv"));
  return Object.fromEntries(tables.map((name) => [name.slice(4, -4), readFileSync(join(folder, name), "utf8")]));
}
const numbers = (text: string) =>
  text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .flatMap((line) => line.split(",").map(Number));

describe("the same results to the last digit", () => {
  let plain: Record<string, string>;
  beforeAll(async () => {
    plain = await run();
    expect(Object.keys(plain)).toHaveLength(2 + 2 * 8 + 6);
  });
  for (const input of ["list.txt", "matrix.csv", "f8.npy", "stored.npz", "deflated.npz"]) {
    it(`from ${input}`, async () => expect(await run({ input: at(input) })).toEqual(plain));
  }
  it("from stores, converted ones and those of other block widths", async () => {
    const common = { scalar: "values", memoryBytes: 2 ** 22, force: false, command: "test" };
    await convertVectorInput({ input: at("deflated.npz"), output: at("made.fxs"), ...common });
    expect(openStore(at("made.fxs"), { io: "read" }).manifest.kind).toBe("vector");
    expect(await run({ input: at("made.fxs") })).toEqual(plain);
    for (const blockWidth of [16, 64]) {
      const store = await makeStore(directory, `w${blockWidth}.fxs`, { values, nSubjects: N, blockWidth });
      expect(await run({ input: store })).toEqual(plain);
    }
  });
  it.each([1, 3])("with %i threads", async (nThreads) => expect(await run({ nThreads })).toEqual(plain));
  it.each(["mmap", "read"] as const)("with --io %s", async (io) => expect(await run({ io })).toEqual(plain));
  it("in less and less memory: more batches, narrower blocks", async () => {
    const options = { input: at("f4.npy"), nShuffles: 3000 };
    const whole = await run(options);
    const seen = new Set<string>();
    for (const memoryBytes of [2 ** 21, 1_200_000, 900_000, 800_000]) {
      const plan = await planVectors({
        ...{ ...options, design: at("design.txt"), contrast: at("contrast.txt"), ftests: at("ftests.txt") },
        ...{ prefix: at("plan_"), cache: at("cache"), fonly: false, strong: false, notest: false, errors: "ee" },
        ...{ force: false, seed: 7, io: "auto", kernels: "simd", precision: "double", nThreads: 0, command: "test" },
        memoryBytes,
      });
      expect(plan.plannedBytes).toBeLessThanOrEqual(memoryBytes);
      seen.add(`${plan.nBatches} ${plan.blockWidth}`);
      expect(await run({ ...options, memoryBytes })).toEqual(whole);
    }
    expect(seen.size).toBeGreaterThan(2);
  });
});

it("both kernel sets and both precisions agree as far as their digits go", async () => {
  const [simd, reference, single] = [
    await run(),
    await run({ kernels: "reference" }),
    await run({ precision: "single" }),
  ];
  for (const name of Object.keys(simd!)) {
    const own = numbers(simd![name]!);
    for (const [i, value] of numbers(reference![name]!).entries()) expect(value, name).toBeCloseTo(own[i]!, 7);
    if (name.startsWith("null_dist"))
      for (const [i, value] of numbers(single![name]!).entries()) expect(value, name).toBeCloseTo(own[i]!, 4);
  }
});

it("a constant element is 0 and takes part as 0; the identity is in the null and compares equal to the default", async () => {
  const found = await run({ nShuffles: 300 });
  for (const [h, kind] of [
    ["t1", "t"],
    ["t2", "t"],
    ["F1", "F"],
  ]) {
    const z = numbers(found[`Zstat_${h}`]!);
    expect(numbers(found[`${kind}value_${h}`]!)[7]).toBe(0);
    expect(z[7]).toBe(0);
    const largest = z.indexOf(Math.max(...z));
    const nulls = numbers(found[`null_dist_${h}`]!);
    const atMost = nulls.filter((null_) => null_ <= nulls[0]!).length / 300;
    expect(numbers(found[`fwe_1mpvalue_${h}`]!)[largest]).toBeCloseTo(atMost, 9);
    expect(nulls[0]).toBeCloseTo(z[largest]!, 8);
    expect(Math.min(...nulls)).toBeGreaterThanOrEqual(0);
    expect(numbers(found[`null_contributions_${h}`]!).reduce((a, b) => a + b)).toBe(300);
  }
});

it("maxima below 0: a t-test against a strong effect everywhere", async () => {
  const strong = Float32Array.from(
    { length: N * 3 },
    (_, i) => -20 * (Math.floor(i / 3) % 2) + createRandom(i + 1).normal(),
  );
  const store = await makeStore(directory, "negative.fxs", { values: strong, nSubjects: N });
  writeFileSync(at("one.txt"), "0 1 0\n");
  const found = await run({ input: store, contrast: at("one.txt"), ftests: undefined });
  expect(numbers(found["null_dist"]!)[0]).toBeLessThan(-3);
  expect(numbers(found["fwe_1mpvalue"]!)).toEqual([0, 0, 0]);
});

it("-strong: one null, the largest over hypotheses; -fonly one F-test: no postfix; -notest: no inference", async () => {
  const [plain, strong] = [await run(), await run({ strong: true })];
  const nulls = ["t1", "t2", "F1"].map((h) => numbers(plain[`null_dist_${h}`]!));
  expect(numbers(strong["null_dist"]!)).toEqual(nulls[0]!.map((_, i) => Math.max(...nulls.map((null_) => null_[i]!))));
  const counts = ["t1", "t2", "F1"].flatMap((h) => numbers(strong[`null_contributions_${h}`]!));
  expect(counts.reduce((a, b) => a + b)).toBe(100);
  const only = await run({ fonly: true });
  const all = numbers(plain["Fvalue_F1"]!);
  for (const [i, value] of numbers(only["Fvalue"]!).entries()) expect(value).toBeCloseTo(all[i]!, 9);
  const notest = await run({ notest: true });
  expect(Object.keys(notest).filter((name) => /null|fwe|uncorrected/.test(name))).toEqual([]);
  expect(notest["Zstat_t1"]).toBe(plain["Zstat_t1"]);
});

it("arrangements that occur again tie: 4 subjects against 4 have 70 of them, whatever the shuffles' rounding", async () => {
  const random = createRandom(3);
  const small = Float32Array.from({ length: 8 * 40 }, () => 1000 + random.normal());
  const store = await makeStore(directory, "ties.fxs", { values: small, nSubjects: 8 });
  writeFileSync(at("two.txt"), Array.from({ length: 8 }, (_, i) => `1 ${i < 4 ? 0 : 1}\n`).join(""));
  writeFileSync(at("second.txt"), "0 1\n");
  const found = await run({
    input: store,
    design: at("two.txt"),
    contrast: at("second.txt"),
    ftests: undefined,
    nShuffles: 3000,
  });
  expect(new Set(numbers(found["null_dist"]!).map((z) => z.toPrecision(10))).size).toBeLessThanOrEqual(70);
});
