// Scores that are computed exactly only where products in float32 do not decide: the same bits as where all are, whatever the data, kernels, threads and memory.
// Kernels are watched, so that none of this can pass without screening, or with everything told exactly.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { EngineInputs } from "../../src/engine/inputs.js";
import type { KernelSet } from "../../src/kernels/kernel-set.js";
import type { NativeProduct } from "../../src/kernels/native/native-product.js";
import type { NullState } from "../../src/run/null-state.js";
import type { Hypothesis } from "../../src/stats/design/hypothesis.js";
import { matrixOf } from "../../src/stats/design/matrix.js";
import { partitionDesign } from "../../src/stats/design/partition.js";
import { planShuffles } from "../../src/stats/shuffle/generated-shuffles.js";
import { chooseForTests, fastLibraries } from "../support/blas-libraries.js";
import { copyState, inLeastMemory, runEngine } from "../support/engine-problems.js";
import { createRandom, type SeededRandom } from "../support/seeded-random.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

/** What the kernels of this process did since the last test began. */
const seen = vi.hoisted(() => ({ products: 0, scores: 0, screened: 0, open: 0, told: 0, whole: 0 }));

vi.mock("../../src/kernels/choose-kernels.js", async (importOriginal) => {
  const original = await importOriginal<typeof import("../../src/kernels/choose-kernels.js")>();
  const createKernelSet = (...given: Parameters<typeof original.createKernelSet>): KernelSet => {
    const kernels = original.createKernelSet(...given);
    return {
      ...kernels,
      f32ScreenProducts(...args) {
        const open = kernels.f32ScreenProducts(...args);
        seen.products++;
        seen.screened += args[0] * args[1];
        seen.open += open;
        return open;
      },
      f64ScreenScores(...args) {
        const open = kernels.f64ScreenScores(...args);
        seen.scores++;
        seen.screened += args[0] * args[1];
        seen.open += open;
        return open;
      },
      f64ReduceScores(...args) {
        // but those with the unshuffled data, which always are
        if (args[5] === 0) seen.whole++;
        kernels.f64ReduceScores(...args);
      },
      f64ProductsOf(...args) {
        seen.told += args[2];
        kernels.f64ProductsOf(...args);
      },
    };
  };
  return { ...original, createKernelSet };
});

const root = temporaryDirectory();
const MiB = 2 ** 20;

type Value = (subject: number, element: number, random: SeededRandom) => number;

interface Problem {
  readonly n: number;
  readonly m: number;
  readonly value: Value;
  readonly tests?: readonly Test[];
  /** Of the design, from the first: default 4. 1: one that is 1 or 2, by group. */
  readonly nColumns?: number;
  readonly nShuffles?: number;
  readonly errors?: "ee" | "ise" | "both";
  /** Exchangeability blocks of so many subjects at least. */
  readonly blockOf?: number | undefined;
  readonly elementType?: "f32" | "f64";
  readonly blockWidth?: number;
  readonly seed?: number;
}

/** Columns of the design: the constant, a group, two covariates. */
const WEIGHTS = {
  group: [[0, 1, 0, 0]],
  "-group": [[0, -1, 0, 0]],
  covariate: [[0, 0, 1, 0]],
  mixed: [[0, 1, -0.5, 0.25]],
  mean: [[1, 0, 0, 0]],
  "-mean": [[-1, 0, 0, 0]],
  two: [
    [0, 1, 0, 0],
    [0, 0, 1, 0],
  ],
  three: [
    [0, 1, 0, 0],
    [0, 0, 1, 0],
    [0, 0, 0, 1],
  ],
  all: [
    [1, 0, 0, 0],
    [0, 1, 0, 0],
    [0, 0, 1, 0],
    [0, 0, 0, 1],
  ],
} as const;
type Test = `${"t" | "F"} ${keyof typeof WEIGHTS}`;

let nProblems = 0;

function makeProblem(problem: Problem): EngineInputs {
  const { n, m, value, tests = ["t group"], nShuffles = 200, errors = "ee", blockOf, seed = 1 } = problem;
  const { elementType = "f32", blockWidth = 64, nColumns: k = 4 } = problem;
  const directory = join(root, `problem-${nProblems++}`);
  mkdirSync(directory, { recursive: true });
  const random = createRandom(seed * 7919 + n * 101 + m);
  const path = join(directory, "data");
  const Values = elementType === "f32" ? Float32Array : Float64Array;
  writeFileSync(
    path,
    new Values(n * m).map((_, i) => value(Math.floor(i / m), i % m, random)),
  );
  const design = matrixOf(n, k, (i, j) => (k === 1 ? 1 + (i % 2) : j === 0 ? 1 : j === 1 ? i % 2 : random.normal()));
  const hypotheses = tests.map((test, h): Hypothesis => {
    const [kind, name] = test.split(" ") as ["t" | "F", keyof typeof WEIGHTS];
    const rows = WEIGHTS[name];
    const contrast = matrixOf(rows.length, k, (i, j) => rows[i]![j] ?? 0);
    return { name: `${kind}${h + 1}`, kind, rank: rows.length, contrast };
  });
  const blocks =
    blockOf === undefined
      ? {}
      : { blocks: { within: Int32Array.from({ length: n }, (_, i) => i % Math.max(1, Math.floor(n / blockOf))) } };
  const shuffles = planShuffles({ nSubjects: n, nShuffles, errors, seed, ...blocks });
  const place = { path, byteOffset: 0, layout: "row-major", io: "auto", ours: true } as const;
  return {
    planHash: "plan",
    partition: partitionDesign(design, hypotheses),
    columnSources: [],
    source: { ...place, nRowsInFile: n, nElements: m, elementType, blockWidth },
    columns: Uint32Array.from({ length: m }, (_, e) => e),
    enhancement: { kind: "none" },
    precision: "double",
    kernels: "simd",
    nThreads: 0,
    memoryBytes: 64 * MiB,
    shuffles: { plan: shuffles, range: { first: 0, end: shuffles.count, leadingIdentity: false } },
    onFallback: () => {},
  };
}

const bytesOf = ({ hypotheses }: NullState) =>
  hypotheses.map(({ maxima, elements, counters, defaults }) =>
    [maxima, elements, counters, defaults].map((of) =>
      Buffer.from(of.buffer, of.byteOffset, of.byteLength).toString("hex"),
    ),
  );

/** What differs in words, so that a failure says where. */
function expectSameBits(found: NullState, wanted: NullState, what: string): void {
  for (const [h, of] of wanted.hypotheses.entries()) {
    for (const name of ["defaults", "counters", "maxima", "elements"] as const) {
      const [ours, theirs] = [found.hypotheses[h]![name], of[name]];
      const at = Array.from(theirs, (x, i) => (Object.is(x, ours[i]) ? -1 : i)).filter((i) => i >= 0);
      const first = at[0] ?? 0;
      expect(
        at.length,
        `${what}: ${name} of hypothesis ${h}, first ${first}: ${ours[first]} not ${theirs[first]}`,
      ).toBe(0);
    }
  }
  expect(bytesOf(found)).toEqual(bytesOf(wanted));
}

const libraries = fastLibraries();

describe.skipIf(libraries.length === 0)("multiplied by a library", () => {
  let native: NativeProduct;
  beforeAll(async () => {
    const { chosen, tried } = await chooseForTests(600, libraries);
    expect(chosen, JSON.stringify(tried)).toBeDefined();
    native = { library: chosen!.library, tile: chosen!.tile };
  });

  test.each(Object.entries(VALUES))("%s: the bits of the SIMD kernels, all exact", async (content, value) => {
    for (const [name, model] of Object.entries(MODELS)) {
      const inputs = makeProblem({ n: 14, m: 180, value, ...model, errors: "both", seed: 4 });
      const exact = await runEngine({ ...inputs, mayScreen: false });
      const found = await watched({ ...inputs, kernels: "native", native });
      expect(found.isScreened).toBe(true);
      expect(found.seen.screened).toBeGreaterThan(0);
      expectSameBits(found.state, exact.state, `${content}, ${name}`);
    }
  });

  test("more subjects than are summed at once, whatever threads and memory", async () => {
    for (const n of [255, 256, 257, 600, 5000]) {
      const value: Value = (i, e, random) => VALUES[e % 3 === 0 ? "few whole numbers" : "normal"]!(i, e, random);
      const problem = { n, m: 80, nShuffles: n > 1000 ? 40 : 300, value, errors: "both" } as const;
      for (const model of [MODELS["one column, t"]!, MODELS["several, which correct for each other"]!]) {
        const inputs = makeProblem({ ...problem, ...model });
        const exact = await runEngine({ ...inputs, memoryBytes: 256 * MiB, mayScreen: false });
        const ways = [
          { nThreads: 0, memoryBytes: 256 * MiB },
          { nThreads: 2, memoryBytes: 256 * MiB },
          { nThreads: 0, memoryBytes: (await inLeastMemory({ ...inputs, kernels: "native", native })).memoryBytes },
        ];
        for (const way of ways) {
          const { state, plan } = await runEngine({ ...inputs, ...way, kernels: "native", native });
          expect(plan.isScreened).toBe(true);
          expectSameBits(state, exact.state, `${n} subjects, ${JSON.stringify(way)}`);
        }
      }
    }
  });
});

interface Watched {
  readonly state: NullState;
  readonly isScreened: boolean;
  readonly tileShuffles: number;
  readonly seen: typeof seen;
}

async function watched(inputs: EngineInputs, from?: NullState): Promise<Watched> {
  Object.assign(seen, { products: 0, scores: 0, screened: 0, open: 0, told: 0, whole: 0 });
  const { state, plan } = await runEngine(inputs, {}, from);
  return { state, isScreened: plan.isScreened, tileShuffles: plan.memory.tileShuffles, seen: { ...seen } };
}

/** Both ways in this thread; what the screened one did. */
async function expectBothAlike(inputs: EngineInputs, what: string): Promise<Watched> {
  const exact = await watched({ ...inputs, mayScreen: false });
  expect(exact.isScreened).toBe(false);
  expect(exact.seen.screened).toBe(0);
  const screened = await watched(inputs);
  expect(screened.isScreened).toBe(true);
  // the first tile, with the unshuffled data, is computed exactly
  if (inputs.shuffles.plan.count > 16) expect(screened.seen.screened).toBeGreaterThan(0);
  expectSameBits(screened.state, exact.state, what);
  return screened;
}

const VALUES: Readonly<Record<string, Value>> = {
  normal: (i, e, { normal }) => 5 + (e % 10 === 0 ? 1.5 * (i % 2) : 0) + normal(),
  "few whole numbers": (i, e, { integer }) => integer(2 + (e % 3)) + (e % 7 === 0 ? i % 2 : 0),
  "two values": (_i, _e, { integer }) => integer(2),
  "mostly zeros": (_i, _e, { uniform, integer }) => (uniform() < 0.85 ? 0 : 1 + integer(3)),
  "the first constant": (_i, e, { normal }) => (e === 0 ? 3 : normal()),
  "one constant": (_i, e, { normal }) => (e === 5 ? 7 : normal()),
  "the first half constant": (_i, e, { normal }) => (e < 90 ? 0.1 : normal()),
  "every third constant": (_i, e, { normal }) => (e % 3 === 0 ? 1e4 : normal()),
  "all constant": () => 0.3,
  "huge effects": (i, e, { normal }) => 10 ** (1 + (e % 6)) * (i % 2) + normal(),
  "the group itself": (i, e, { normal }) => (e % 4 === 0 ? i % 2 : normal()),
  "nothing but the group, nearly": (i, e, { normal }) => (i % 2) + 10 ** -(e % 14) * normal(),
  "all negative": (i, _e, { normal }) => -40 * (i % 2) + normal(),
  tiny: (_i, _e, { normal }) => 1e-30 * normal(),
  huge: (_i, _e, { normal }) => 1e30 * normal(),
  "from tiny to huge": (_i, e, { normal }) => 10 ** ((e % 61) - 30) * normal(),
  "large means": (_i, _e, { normal }) => 1e4 + 0.01 * normal(),
  "heavy tails": (_i, _e, { normal }) => normal() / Math.max(Math.abs(normal()), 1e-6),
  "one outlier": (i, e, { normal }) => (i === e % 7 ? 1e8 : normal()),
  "pairs of equal elements": (i, e) => Math.sin(i * 37.1 + Math.floor(e / 2) * 11.3) * 10,
  "all elements alike": (i) => Math.sin(i * 37.1),
  "alike but for the scale": (i, e) => Math.sin(i * 37.1) * (1 + (e % 5)),
};

type Model = Pick<Problem, "tests" | "nColumns">;
const MODELS: Readonly<Record<string, Model>> = {
  "one column, t": { nColumns: 1, tests: ["t mean"] },
  "one column, both directions": { nColumns: 1, tests: ["t mean", "t -mean"] },
  "one column, F": { nColumns: 1, tests: ["F mean"] },
  "group, t": { nColumns: 2, tests: ["t group"] },
  "t of a mixed contrast": { tests: ["t mixed"] },
  "both directions": { tests: ["t group", "t -group"] },
  "F of one row": { tests: ["F group"] },
  "F of two rows": { tests: ["F two"] },
  "several, which correct for each other": { tests: ["t group", "t covariate", "F two", "F three"] },
  "all columns": { tests: ["F all", "t mean"] },
};

describe("the same bits as where every score is exact", () => {
  /** Over all problems of this file, in this thread. */
  const total = { products: 0, scores: 0, screened: 0, told: 0, whole: 0, mixed: 0 };
  const note = ({ seen: of }: Watched) => {
    total.products += of.products;
    total.scores += of.scores;
    total.screened += of.screened;
    total.told += of.told;
    total.whole += of.whole;
    if (of.whole > 0 && of.screened > of.whole * 1000) total.mixed++;
  };

  for (const [content, value] of Object.entries(VALUES)) {
    test.each(Object.entries(MODELS))(`${content}: %s`, async (name, model) => {
      for (const errors of ["ee", "ise", "both"] as const) {
        const inputs = makeProblem({ n: 14, m: 180, value, ...model, errors, seed: 3 });
        note(await expectBothAlike(inputs, `${content}, ${name}, ${errors}`));
      }
    });
  }

  test("of random problems", async () => {
    const problems = fc.record({
      seed: fc.nat(2 ** 30),
      n: fc.integer({ min: 2, max: 60 }),
      m: fc.constantFrom(1, 2, 7, 8, 9, 63, 64, 65, 300),
      content: fc.constantFrom(...Object.keys(VALUES)),
      model: fc.constantFrom(...Object.values(MODELS)),
      errors: fc.constantFrom("ee" as const, "ise" as const, "both" as const),
      blockOf: fc.constantFrom(undefined, undefined, 2, 4),
      elementType: fc.constantFrom("f32" as const, "f64" as const),
      blockWidth: fc.constantFrom(5, 16, 64, 1024),
      nShuffles: fc.integer({ min: 1, max: 150 }),
      kernels: fc.constantFrom("simd" as const, "reference" as const),
      isTight: fc.boolean(),
    });
    const property = fc.asyncProperty(problems, async ({ content, kernels, isTight, model, ...problem }) => {
      // one degree of freedom at least
      const n = Math.max(problem.n, (model.nColumns ?? 4) + 1);
      const given = { ...makeProblem({ ...problem, n, ...model, value: VALUES[content]! }), kernels };
      note(
        await expectBothAlike(isTight ? await inLeastMemory(given) : given, JSON.stringify({ content, ...problem })),
      );
    });
    await fc.assert(property, { seed: 20_261_128, numRuns: 250, endOnFailure: true });
  }, 120_000);

  test("values whose squares are hardly numbers, or none", async () => {
    for (const size of [1e-170, 1e-162, 1e-161, 1e-160, 1e-158, 1e-155, 1e-150, 1e150, 1e153, 1e154, 1e160]) {
      for (const [name, model] of Object.entries(MODELS)) {
        const value: Value = (i, e, { normal }) => (e % 2 === 0 ? size : 1) * (normal() + (e % 10 === 0 ? i % 2 : 0));
        const problem = { n: 12, m: 40, value, elementType: "f64", ...model, errors: "both" } as const;
        note(await expectBothAlike(makeProblem(problem), `values of ${size}, ${name}`));
      }
    }
  });

  test("a batch after the other, and runs that are continued", async () => {
    for (const model of [MODELS["one column, t"]!, MODELS["several, which correct for each other"]!]) {
      const problem = { n: 60, m: 150, value: VALUES["few whole numbers"]!, ...model, nShuffles: 6000 };
      const inputs = await inLeastMemory({ ...makeProblem({ ...problem, errors: "both" }), mayScreen: true });
      const states: NullState[] = [];
      const exact = await runEngine({ ...inputs, memoryBytes: 64 * MiB, mayScreen: false });
      const { state, plan } = await runEngine(inputs, { onBatch: (found) => void states.push(copyState(found)) });
      expect(plan.isScreened).toBe(true);
      expect(states.length).toBeGreaterThan(2);
      expectSameBits(state, exact.state, "batches");
      for (const from of [states[0]!, states.at(-2)!]) {
        const first = from.ranges[0]!.end;
        expect(first).toBeLessThan(6000);
        const range = { first, end: 6000, leadingIdentity: true };
        const continued = await watched({ ...inputs, shuffles: { ...inputs.shuffles, range } }, from);
        expect(continued.seen.screened).toBeGreaterThan(0);
        expectSameBits(continued.state, exact.state, `continued from ${first}`);
      }
    }
  });

  test.each([1, 2])("%i threads", async (nThreads) => {
    for (const model of Object.values(MODELS)) {
      const problem = { n: 16, m: 500, ...model, nShuffles: 300, errors: "both" } as const;
      const value: Value = (i, e, random) => VALUES[e % 3 === 0 ? "few whole numbers" : "normal"]!(i, e, random);
      const inputs = makeProblem({ ...problem, value });
      const exact = await runEngine({ ...inputs, mayScreen: false });
      const screened = await runEngine({ ...inputs, nThreads });
      expect(screened.plan.isScreened).toBe(true);
      expectSameBits(screened.state, exact.state, `${nThreads} threads`);
    }
  });

  test("in single precision its own products are told, once more in float64 steps", async () => {
    for (const model of Object.values(MODELS)) {
      for (const [name, value] of Object.entries(VALUES)) {
        const problem = { n: 16, m: 200, ...model, nShuffles: 150, errors: "both", value } as const;
        const inputs: EngineInputs = { ...makeProblem(problem), precision: "single" };
        const exact = await runEngine({ ...inputs, mayScreen: false });
        const screened = await runEngine(inputs);
        expect([exact.plan.isScreened, screened.plan.isScreened]).toEqual([false, true]);
        expectSameBits(screened.state, exact.state, `single, ${name}`);
      }
    }
  });

  test("of many subjects, and of a few more than are screened", async () => {
    for (const n of [255, 256, 257, 600, 4096]) {
      const problem = { n, m: 16, nShuffles: 40, value: VALUES.normal! };
      for (const model of [
        MODELS["one column, t"]!,
        MODELS["group, t"]!,
        MODELS["several, which correct for each other"]!,
      ]) {
        note(await expectBothAlike(makeProblem({ ...problem, ...model, errors: "both" }), `${n} subjects`));
      }
    }
    const more = makeProblem({ n: 4097, m: 8, nShuffles: 4, value: VALUES.normal! });
    expect((await watched(more)).isScreened).toBe(false);
  });

  test.each([
    [12, 2],
    [40, 1],
  ])("tiles of few shuffles: %i columns of the design, %i at a time", async (nColumns, tileShuffles) => {
    for (const value of [VALUES.normal!, VALUES["two values"]!, VALUES["all elements alike"]!]) {
      const problem = { n: 4000, m: 24, nShuffles: 21, nColumns, value, errors: "both" } as const;
      for (const { tests } of [MODELS["group, t"]!, MODELS["several, which correct for each other"]!]) {
        const found = await expectBothAlike(makeProblem({ ...problem, tests: tests! }), `${nColumns} columns`);
        expect(found.tileShuffles).toBe(tileShuffles);
        note(found);
      }
    }
  });

  test("hardly any score is told where the data are what they are meant for", async () => {
    for (const model of Object.values(MODELS)) {
      const { seen: of } = await watched(
        makeProblem({ n: 40, m: 4000, nShuffles: 300, value: VALUES.normal!, ...model, errors: "both" }),
      );
      expect(of.told / of.screened).toBeLessThan(0.02);
      expect(of.whole).toBe(0);
    }
  });

  afterAll(() => {
    expect(total.products).toBeGreaterThan(500);
    expect(total.scores).toBeGreaterThan(500);
    expect(total.screened).toBeGreaterThan(total.told);
    // blocks that were computed exactly from some tile on, and problems that have such blocks and others
    expect(total.whole).toBeGreaterThan(500);
    expect(total.mixed).toBeGreaterThan(20);
  });
});
