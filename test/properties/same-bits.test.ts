// One answer: whatever the threads, the memory, the way of reading and the blocks on disk, every result has the same bytes.
// Small random problems of every kind, then one that is large enough for threads to race over many blocks and windows.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { planInference } from "../../src/app/analyse/kinds.js";
import type { FixelCfeOptions } from "../../src/app/analyse/options.js";
import { isFixelstreamError } from "../../src/errors.js";
import { rawFixelData } from "../support/make-cohort.js";
import { type Problem, type ProblemSize, writeProblem, writeRows } from "../support/make-problem.js";
import { makeStore } from "../support/make-store.js";
import { INFERENCE_DEFAULTS, runProblem } from "../support/run-inference.js";
import { createRandom, type SeededRandom } from "../support/seeded-random.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

/** What may differ between two runs that must agree. */
type Layout = Pick<FixelCfeOptions, "nThreads" | "memoryBytes" | "io"> & { readonly storeBlockWidth: number };

interface Analysis {
  readonly size: ProblemSize;
  readonly seed: number;
  readonly hypotheses: 1 | 2 | 3;
  readonly masked: boolean;
  readonly options: Partial<FixelCfeOptions>;
}

const anyAnalysis: fc.Arbitrary<Analysis> = fc.record({
  size: fc.record({
    nSubjects: fc.integer({ min: 6, max: 40 }),
    nFixels: fc.integer({ min: 5, max: 300 }),
    nConnections: fc.integer({ min: 1, max: 20 }),
    mean: fc.constantFrom(0, 300),
  }),
  seed: fc.nat(2 ** 31),
  hypotheses: fc.constantFrom(1, 2, 3),
  masked: fc.boolean(),
  options: fc.record({
    kernels: fc.constantFrom("simd", "reference"),
    precision: fc.constantFrom("double", "double", "single"),
    errors: fc.constantFrom("ee", "ise", "both"),
    nShuffles: fc.integer({ min: 1, max: 90 }),
    strong: fc.boolean(),
    // 0.004: statistics above 255 heights, so batches are run again with wide bins
    cfeDh: fc.constantFrom(0.1, 0.004),
    cfeE: fc.constantFrom(2, 0.7),
    cfeLegacy: fc.boolean(),
  }),
});

/** t of a group; with a second hypothesis t of a covariate; with a third F of both. */
const HYPOTHESES = {
  1: { contrasts: [[0, 1, 0]], ftests: undefined },
  2: {
    contrasts: [
      [0, 1, 0],
      [0, 0, -1],
    ],
    ftests: undefined,
  },
  3: {
    contrasts: [
      [0, 1, 0],
      [0, 0, -1],
    ],
    ftests: [[1, 1]],
  },
} as const;

interface Prepared {
  /** Smallest memory that works; after the first run, which finds out how many connections lie inside the mask. */
  leastMemory(nThreads: number): Promise<number>;
  run(layout: Layout): Promise<Result>;
}

interface Result {
  /** By name, all but run.json. */
  readonly files: ReadonlyMap<string, Buffer>;
  readonly record: {
    plan: { blockWidth: number; batchShuffles: number; nBatches: number };
    results: { wideBatches: number };
  };
}

function prepare(directory: string, { size, seed, hypotheses, masked, options }: Analysis): Prepared {
  const random = createRandom(seed);
  mkdirSync(directory);
  const at = (...names: string[]) => join(directory, ...names);
  const problem = writeProblem(directory, size, random);
  const design = Array.from({ length: size.nSubjects }, (_, i) => [1, i % 2, random.normal()]);
  const { contrasts, ftests } = HYPOTHESES[hypotheses];
  if (masked) writeFileSync(at("mask.mif"), rawFixelData(drawMask(size.nFixels, random)));
  const given = {
    ...options,
    subjects: "-",
    design: writeRows(at("design.txt"), design),
    contrast: writeRows(at("contrast.txt"), contrasts),
    ...(ftests === undefined ? {} : { ftests: writeRows(at("ftests.txt"), ftests) }),
    ...(masked ? { mask: at("mask.mif") } : {}),
    connectivity: at("matrix"),
    cache: at("cache"),
  };
  const stores = new Map<number, string>();
  const storeOf = async (blockWidth: number) => {
    const store = stores.get(blockWidth) ?? (await writeStore(directory, problem, blockWidth));
    stores.set(blockWidth, store);
    return store;
  };
  let nRuns = 0;
  return {
    async leastMemory(nThreads) {
      const input = await storeOf(16);
      return neededBytes({ ...INFERENCE_DEFAULTS, ...given, input, output: at("plan"), nThreads });
    },
    async run({ storeBlockWidth, ...layout }) {
      const output = at(`out-${nRuns++}`);
      await runProblem(directory, { ...given, ...layout, input: await storeOf(storeBlockWidth), output });
      const names = readdirSync(output).filter((name) => name !== "run.json");
      const record = JSON.parse(readFileSync(join(output, "run.json"), "utf8"));
      return { files: new Map(names.map((name) => [name, readFileSync(join(output, name))])), record };
    },
  };
}

/** About two thirds are inside; fixel 0 always. */
function drawMask(nFixels: number, random: SeededRandom): Float32Array {
  return Float32Array.from({ length: nFixels }, (_, i) => (i === 0 || random.uniform() < 0.67 ? 1 : 0));
}

async function writeStore(directory: string, problem: Problem, blockWidth: number): Promise<string> {
  const { data, nSubjects, nFixels } = problem;
  const values = new Float32Array(nSubjects * nFixels);
  for (const [i, row] of data.entries()) values.set(row, i * nFixels);
  const template = { indexPath: join(directory, "index.mif"), directionsPath: join(directory, "directions.mif") };
  return makeStore(directory, `blocks-of-${blockWidth}.fxs`, { values, nSubjects, blockWidth, template });
}

/** Bytes that the lists and matrices of these problems fit into, and no plan does. */
const TEXTS_BYTES = 2 ** 14;

/** As the refusal of less says. */
async function neededBytes(options: FixelCfeOptions): Promise<number> {
  try {
    await planInference({ ...options, memoryBytes: TEXTS_BYTES });
  } catch (error) {
    if (isFixelstreamError(error, "BudgetError")) return (error as unknown as { neededBytes: number }).neededBytes;
    throw error;
  }
  throw new Error("A run fitted into the memory of its texts.");
}

function expectSameBytes(result: Result, wanted: Result, layout: Layout): void {
  const differing = [...wanted.files].filter(([name, bytes]) => !result.files.get(name)?.equals(bytes));
  expect(
    differing.map(([name]) => name),
    `results that differ with ${JSON.stringify(layout)}`,
  ).toEqual([]);
  expect([...result.files.keys()].sort()).toEqual([...wanted.files.keys()].sort());
}

const PLENTY = 2 ** 28;

describe("same bits", () => {
  const root = temporaryDirectory();
  let nProblems = 0;
  const nextDirectory = () => join(root, `problem-${nProblems++}`);
  /** Plans met, over all problems: the test would prove little if they were all alike. */
  const met = { blockWidths: new Set<number>(), batches: new Set<number>(), wide: 0, runs: 0 };
  const note = ({ record }: Result) => {
    met.blockWidths.add(record.plan.blockWidth);
    met.batches.add(record.plan.batchShuffles);
    met.wide += record.results.wideBatches;
    met.runs++;
  };

  test("of small random problems, for any threads, memory, reading and blocks on disk", async () => {
    const property = fc.asyncProperty(anyAnalysis, async (analysis) => {
      const { leastMemory, run } = prepare(nextDirectory(), analysis);
      const wanted = await run({ nThreads: 0, memoryBytes: PLENTY, io: "read", storeBlockWidth: 1024 });
      const least = { one: await leastMemory(1), two: await leastMemory(2) };
      const layouts: Layout[] = [
        { nThreads: 0, memoryBytes: least.one, io: "mmap", storeBlockWidth: 16 },
        { nThreads: 1, memoryBytes: least.one + 100_000, io: "auto", storeBlockWidth: 48 },
        { nThreads: 2, memoryBytes: least.two, io: "read", storeBlockWidth: 112 },
        { nThreads: 2, memoryBytes: PLENTY, io: "mmap", storeBlockWidth: 16 },
      ];
      for (const layout of layouts) {
        const result = await run(layout);
        note(result);
        expectSameBytes(result, wanted, layout);
      }
    });
    await fc.assert(property, { seed: 20_261_122, numRuns: 10, endOnFailure: true });
  }, 240_000);

  test("of one larger problem: 20,000 fixels", async () => {
    const { leastMemory, run } = prepare(nextDirectory(), {
      size: { nSubjects: 24, nFixels: 20_000, nConnections: 24, mean: 1 },
      seed: 5,
      hypotheses: 3,
      masked: true,
      options: { nShuffles: 50, strong: true },
    });
    const wanted = await run({ nThreads: 0, memoryBytes: PLENTY, io: "read", storeBlockWidth: 1024 });
    expect(wanted.files.size).toBeGreaterThan(20);
    const least = await leastMemory(2);
    for (const layout of [
      { nThreads: 2, memoryBytes: PLENTY, io: "auto", storeBlockWidth: 1024 },
      { nThreads: 2, memoryBytes: least, io: "mmap", storeBlockWidth: 80 },
      { nThreads: 3, memoryBytes: 2 * least, io: "read", storeBlockWidth: 1024 },
    ] as const) {
      const result = await run(layout);
      note(result);
      expectSameBytes(result, wanted, layout);
    }
  });

  afterAll(() => {
    expect(met.runs).toBeGreaterThan(20);
    expect(met.blockWidths.size, `block widths ${[...met.blockWidths]}`).toBeGreaterThan(4);
    expect(met.batches.size, `batches of ${[...met.batches]}`).toBeGreaterThan(3);
    expect(met.wide).toBeGreaterThan(0);
  });
});
