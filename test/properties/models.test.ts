// Whole runs of every model beside the plain oracle, with the same shuffles; one answer for any layout of the work; and the laws of the models.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { planInference } from "../../src/app/analyse/kinds.js";
import type { FixelCfeOptions } from "../../src/app/analyse/options.js";
import { convertFixels } from "../../src/app/convert/convert.js";
import { isFixelstreamError } from "../../src/errors.js";
import { type ModelOptions, type ModelProblem, writeColumn, writeModelProblem } from "../support/make-model-problem.js";
import { writeRows } from "../support/make-problem.js";
import { makeStore } from "../support/make-store.js";
import { enhanceByConnectivity } from "../support/oracle-cfe.js";
import { type Rows, testVariable } from "../support/oracle-glm.js";
import { differences, makeTemporaryDirectory, readNullDistribution, readSmallImage } from "../support/peer.js";
import { INFERENCE_DEFAULTS, runProblem } from "../support/run-inference.js";
import { createRandom } from "../support/seeded-random.js";

const MODELS: readonly Omit<ModelOptions, "nSubjects" | "nFixels">[] = [
  { nColumns: 0, nGroups: 0, missing: "patterns" },
  { nColumns: 0, nGroups: 0, missing: "own" },
  { nColumns: 0, nGroups: 2, missing: "none" },
  { nColumns: 0, nGroups: 3, missing: "own" },
  { nColumns: 1, nGroups: 0, missing: "none" },
  { nColumns: 2, nGroups: 0, missing: "own" },
  { nColumns: 1, nGroups: 2, missing: "none" },
  { nColumns: 2, nGroups: 2, missing: "own" },
];

/** Two t-tests and an F-test over the design [1, group] and the columns. Where none tests the intercept, permutations need one direction less. */
function hypothesesOf(k: number, testsIntercept: boolean): { contrasts: number[][]; ftests: number[][] } {
  const unit = (j: number) => Array.from({ length: k }, (_, l) => Number(l === j));
  const second = unit(k - 1).map((v, j) => (j === 0 && testsIntercept ? 0.2 : -v));
  // one column besides the intercept: both rows would be the same
  return { contrasts: [unit(1), second], ftests: [k === 2 && !testsIntercept ? [1, 0] : [1, 1]] };
}

const designOf = (n: number) => Array.from({ length: n }, (_, i) => [1, i % 3 === 0 ? 1 : 0]);

const CASES = MODELS.flatMap((model) => [true, false].map((testsIntercept) => ({ ...model, testsIntercept })));

describe.each(CASES)(
  "$nColumns columns, $nGroups groups, missing: $missing, intercept tested: $testsIntercept",
  ({ testsIntercept, ...model }) => {
    const nSubjects = 19;
    const setUp = (seed: number, nFixels: number) => {
      const random = createRandom(seed);
      const directory = makeTemporaryDirectory();
      const problem = writeModelProblem(directory, { ...model, nSubjects, nFixels }, random);
      const at = (file: string) => join(directory, file);
      const k = 2 + model.nColumns;
      const { contrasts, ftests } = hypothesesOf(k, testsIntercept);
      const options = {
        ...problem.options,
        design: writeRows(at("design.txt"), designOf(nSubjects)),
        contrast: writeRows(at("contrast.txt"), contrasts),
        ftests: writeRows(at("ftests.txt"), ftests),
        cache: at("cache"),
      };
      return { random, directory, problem, at, options, contrasts, ftests };
    };

    test.each([
      ["simd", "double", 5e-6],
      ["reference", "double", 5e-6],
      // variance groups of six subjects are computed in double
      ["simd", "single", 1e-4],
    ] as const)("beside the oracle, %s, %s", async (kernels, precision, limit) => {
      const { random, directory, problem, at, options, contrasts, ftests } = setUp(11, 24);
      const permutations = Array.from({ length: 9 }, () => random.permutation(nSubjects));
      const rows = Array.from({ length: nSubjects }, (_, i) => permutations.map((perm) => perm[i]!));
      const output = at("out");
      await runProblem(directory, {
        ...options,
        permutations: writeRows(at("permutations.txt"), rows),
        output,
        ...{ kernels, precision },
      });
      const tests = [
        { name: "t1", contrast: [contrasts[0]!], isF: false },
        { name: "t2", contrast: [contrasts[1]!], isF: false },
        { name: "F1", contrast: contrasts.filter((_, i) => ftests[0]![i] === 1), isF: true },
      ];
      const found: string[] = [];
      for (const { name, contrast, isF } of tests) {
        const expected = oracleRun(problem, designOf(nSubjects), contrast, isF, permutations);
        const image = (file: string) => readSmallImage(at(`out/${file}_${name}.mif`)).values;
        const compare = (what: string, ours: ArrayLike<number>, theirs: ArrayLike<number>, relative: number) =>
          found.push(
            ...differences(ours, theirs, { relative, absolute: 1e-7, reason: "" }).map((d) => `${name} ${what} ${d}`),
          );
        compare("statistic", image(isF ? "Fvalue" : "tvalue"), expected.statistic, 1e-6);
        compare("Z", image("Zstat"), expected.z, 1e-6);
        compare("cfe", image("cfe"), expected.cfe, limit);
        compare("null", readNullDistribution(at(`out/null_dist_${name}.txt`)), expected.nulls, limit);
      }
      expect(found).toEqual([]);
    });

    test("the same bytes for any threads, memory and way of reading", async () => {
      const { directory, problem, at, options } = setUp(12, 300);
      const base = { ...options, nShuffles: 40, errors: testsIntercept ? "both" : "ee" } as const;
      const run = async (name: string, layout: Partial<FixelCfeOptions>) => {
        await runProblem(directory, { ...base, ...layout, output: at(name) });
        const names = readdirSync(at(name)).filter((file) => file !== "run.json");
        return new Map(names.map((file) => [file, readFileSync(join(at(name), file)).toString("base64")]));
      };
      const first = await run("wide", { nThreads: 0 });
      const inputs = {
        input: directory,
        subjects: at("subjects.txt"),
        connectivity: at("matrix"),
        output: at("narrow"),
      };
      const least = await leastMemory({ ...INFERENCE_DEFAULTS, ...inputs, ...base, nThreads: 2 });
      expect(await run("narrow", { nThreads: 2, memoryBytes: 1.3 * least, io: "read" })).toEqual(first);
      expect(await run("mapped", { nThreads: 3, io: "mmap" })).toEqual(first);
      // 19 blocks of the store: where observations are missing, two make one of ours
      const template = { indexPath: at("index.mif"), directionsPath: at("directions.mif") };
      const values = new Float32Array(nSubjects * problem.nFixels);
      for (const [i, row] of problem.data.entries()) values.set(row, i * problem.nFixels);
      const store = await makeStore(directory, "narrow.fxs", { values, nSubjects, blockWidth: 16, template });
      expect(await run("blocks", { nThreads: 0, input: store, subjects: "-" })).toEqual(first);
    });
  },
);

function oracleRun(problem: ModelProblem, shared: Rows, contrast: Rows, isF: boolean, permutations: number[][]) {
  const { data, columns, groups, nFixels, connectivity } = problem;
  const elements = Array.from({ length: nFixels }, (_, f) => ({
    y: data.map((row) => row[f]!),
    design: shared.map((row, i) => [...row, ...columns.map((column) => column[i]![f]!)]),
  }));
  const testAll = (perm: number[]) =>
    elements.map(({ y, design }) => testVariable(y, design, contrast, { perm }, { groups, isF }));
  const observed = testAll(shared.map((_, i) => i));
  const enhance = (z: number[]) => enhanceByConnectivity(z, connectivity);
  return {
    statistic: observed.map((o) => o.statistic),
    z: observed.map((o) => o.z),
    cfe: enhance(observed.map((o) => o.z)),
    nulls: permutations.map((perm) => Math.max(...enhance(testAll(perm).map(({ z }) => z)))),
  };
}

/** Bytes that the lists and matrices of these problems fit into, and no plan does. */
const TEXTS_BYTES = 2 ** 14;

/** Bytes of the smallest budget that the plan accepts. */
async function leastMemory(options: FixelCfeOptions): Promise<number> {
  try {
    await planInference({ ...options, memoryBytes: TEXTS_BYTES });
  } catch (error) {
    if (isFixelstreamError(error, "BudgetError")) return (error as unknown as { neededBytes: number }).neededBytes;
    throw error;
  }
  throw new Error("The memory of its texts was enough.");
}

describe("laws", () => {
  const nSubjects = 21;
  const nFixels = 60;
  const write = (model: Partial<ModelOptions>, seed: number) => {
    const directory = makeTemporaryDirectory();
    const options = { nSubjects, nFixels, nColumns: 0, nGroups: 0, missing: "none", ...model } as const;
    const problem = writeModelProblem(directory, options, createRandom(seed));
    const at = (file: string) => join(directory, file);
    return { directory, problem, at };
  };
  const read = (path: string) => (path.endsWith(".txt") ? readNullDistribution(path) : readSmallImage(path).values);
  const agree = (a: string, b: string, files: readonly string[], relative: number) => {
    const found = files.flatMap((file) =>
      differences(read(join(a, file)), read(join(b, file)), { relative, absolute: 1e-6, reason: "" }).map(
        (d) => `${file} ${d}`,
      ),
    );
    expect(found).toEqual([]);
  };
  const files = ["tvalue.mif", "Zstat.mif", "abs_effect.mif", "std_dev.mif", "cfe.mif", "null_dist.txt"];

  test("a single variance group is no grouping, and says so", async () => {
    const { directory, at } = write({}, 1);
    const paths = { design: writeRows(at("d.txt"), designOf(nSubjects)), contrast: writeRows(at("c.txt"), [[0, 1]]) };
    const variance = writeRows(at("one.txt"), [Array.from({ length: nSubjects }, () => 1)]);
    const summary = await runProblem(directory, { ...paths, variance, nShuffles: 30, output: at("one") });
    expect(summary.warnings.map(({ tag }) => tag)).toContain("single-variance-group");
    await runProblem(directory, { ...paths, nShuffles: 30, output: at("pooled") });
    agree(at("one"), at("pooled"), files, 0);
  });

  test("a column that is the same for every fixel is a column of the design", async () => {
    const { directory, at } = write({}, 2);
    const random = createRandom(5);
    const ages = Array.from({ length: nSubjects }, () => Math.fround(50 + 10 * random.normal()));
    const column = writeColumn(
      directory,
      "age",
      ages.map((age) => new Float32Array(nFixels).fill(age)),
    );
    const contrast = writeRows(at("c.txt"), [[0, 1, 0]]);
    const design = writeRows(at("d.txt"), designOf(nSubjects));
    const wide = writeRows(
      at("w.txt"),
      designOf(nSubjects).map((row, i) => [...row, ages[i]!]),
    );
    await runProblem(directory, { design, contrast, column: [column], nShuffles: 30, output: at("column") });
    await runProblem(directory, { design: wide, contrast, nShuffles: 30, output: at("fixed") });
    agree(at("column"), at("fixed"), [...files, "beta2.mif"], 1e-5);
  });

  test("fixels with all observations are those of the fixed design", async () => {
    const { directory, problem, at } = write({ missing: "patterns" }, 3);
    const paths = { design: writeRows(at("d.txt"), designOf(nSubjects)), contrast: writeRows(at("c.txt"), [[0, 1]]) };
    await runProblem(directory, { ...paths, notest: true, output: at("missing") });
    const complete = write({}, 3);
    await runProblem(complete.directory, { ...paths, notest: true, output: at("fixed") });
    const whole = (f: number) => problem.data.every((row) => Number.isFinite(row[f]));
    for (const file of ["tvalue.mif", "Zstat.mif"]) {
      const [a, b] = [read(join(at("missing"), file)), read(join(at("fixed"), file))];
      for (let f = 0; f < nFixels; f++) if (whole(f)) expect(a[f]).toBeCloseTo(b[f]!, 5);
    }
    expect(readdirSync(at("missing"))).toContain("cond.mif");
    expect(readdirSync(at("fixed"))).not.toContain("cond.mif");
  });

  test("subjects with the missing values left out of a store: one design again", async () => {
    const { directory, problem, at } = write({ missing: "patterns" }, 6);
    const store = at("cohort.fxs");
    await convertFixels({
      inputDirectory: directory,
      subjectList: at("subjects.txt"),
      output: store,
      command: "convert",
    });
    const whole = problem.data.flatMap((row, i) => (row.every(Number.isFinite) ? [i] : []));
    expect(whole.length).toBeLessThan(nSubjects);
    const name = (i: number) => `sub-${String(i).padStart(3, "0")}.mif`;
    const selectSubjects = (file: string, rows: readonly number[]) => {
      writeFileSync(at(`${file}.txt`), rows.map((i) => `${name(i)}\n`).join(""));
      const design = designOf(nSubjects).filter((_, i) => rows.includes(i));
      return { subjects: at(`${file}.txt`), design: writeRows(at(`${file}-design.txt`), design) };
    };
    const contrast = writeRows(at("c.txt"), [[0, 1]]);
    const some = { input: store, contrast, notest: true };
    await runProblem(directory, { ...some, ...selectSubjects("whole", whole), output: at("out-whole") });
    expect(readdirSync(at("out-whole"))).not.toContain("cond.mif");
    const lacking = Array.from({ length: nSubjects }, (_, i) => i).filter((i) => !whole.includes(i));
    const mixed = [...whole, lacking[0]!].sort((a, b) => a - b);
    await runProblem(directory, { ...some, ...selectSubjects("mixed", mixed), output: at("out-mixed") });
    expect(readdirSync(at("out-mixed"))).toContain("cond.mif");
  });

  test.each([
    { nGroups: 0, missing: "patterns" },
    { nGroups: 2, missing: "none" },
    { nGroups: 2, missing: "own", nColumns: 1 },
  ] as const)("F of one contrast is the square of t: %j", async (model) => {
    const { directory, problem, at } = write(model, 4);
    const k = 2 + ("nColumns" in model ? model.nColumns : 0);
    const row = Array.from({ length: k }, (_, j) => Number(j === 1));
    await runProblem(directory, {
      ...problem.options,
      design: writeRows(at("d.txt"), designOf(nSubjects)),
      contrast: writeRows(at("c.txt"), [row]),
      ftests: writeRows(at("f.txt"), [[1]]),
      notest: true,
      output: at("out"),
    });
    const [t, F] = [read(at("out/tvalue_t1.mif")), read(at("out/Fvalue_F1.mif"))];
    for (let f = 0; f < nFixels; f++) expect(Math.abs(F[f]! - t[f]! ** 2)).toBeLessThan(1e-5 * (1 + F[f]!));
  });
});
