// Bytes are counted where they leave the files, and must be what the plan promised and what the run record says: every block once a pass.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { FixelCfeOptions } from "../../src/app/analyse/options.js";
import type { CountingFile } from "../../src/mapping/counting-file.js";
import { rawFixelData } from "../support/make-cohort.js";
import { writeProblem, writeRows } from "../support/make-problem.js";
import { makeStore } from "../support/make-store.js";
import { runProblem } from "../support/run-inference.js";
import { createRandom } from "../support/seeded-random.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const opened = vi.hoisted((): { files: CountingFile[] } => ({ files: [] }));
vi.mock("../../src/mapping/policy.js", async (importOriginal) => {
  const policy = await importOriginal<typeof import("../../src/mapping/policy.js")>();
  const { withCounting } = await import("../../src/mapping/counting-file.js");
  return {
    ...policy,
    openFileBytes: (...args: Parameters<typeof policy.openFileBytes>) => {
      const file = withCounting(policy.openFileBytes(...args));
      opened.files.push(file);
      return file;
    },
  };
});
beforeEach(() => {
  opened.files.length = 0;
});

const N_SUBJECTS = 18;
const N_FIXELS = 700;
const BLOCK_WIDTH = 64;
const root = temporaryDirectory();
let nRuns = 0;

interface Record {
  readonly plan: {
    nBatches: number;
    batchShuffles: number;
    storePassBytes: number;
    checkBytes: number;
    connectivityPassBytes: number;
    totalBytesRead: number;
    mostReads: number;
  };
  readonly results: { bytesRead: number; byPattern: boolean; wideBatches: number };
}

/** A whole run in this thread, so that every file is opened here. `inside`: fixels of the mask; `rows`: subjects taken; `isMissing`: values that are no numbers. */
async function run(
  options: Partial<FixelCfeOptions>,
  parts: {
    inside?: (fixel: number) => boolean;
    rows?: number[];
    isMissing?: (subject: number, fixel: number) => boolean;
  } = {},
) {
  const directory = join(root, `run-${nRuns++}`);
  mkdirSync(directory);
  const at = (name: string) => join(directory, name);
  const random = createRandom(12);
  const { data, connectivity } = writeProblem(
    directory,
    { nSubjects: N_SUBJECTS, nFixels: N_FIXELS, nConnections: 15, mean: 2 },
    random,
  );
  const values = new Float32Array(N_SUBJECTS * N_FIXELS);
  for (const [i, row] of data.entries()) {
    values.set(
      row.map((value, fixel) => (parts.isMissing?.(i, fixel) ? Number.NaN : value)),
      i * N_FIXELS,
    );
  }
  const template = { indexPath: at("index.mif"), directionsPath: at("directions.mif") };
  const store = { values, nSubjects: N_SUBJECTS, blockWidth: BLOCK_WIDTH, template };
  const { inside = () => true, rows } = parts;
  writeFileSync(at("mask.mif"), rawFixelData(Float32Array.from({ length: N_FIXELS }, (_, i) => (inside(i) ? 1 : 0))));
  const taken = rows ?? Array.from({ length: N_SUBJECTS }, (_, i) => i);
  writeFileSync(at("taken.txt"), taken.map((row) => `s${row}.mif\n`).join(""));
  await runProblem(directory, {
    input: await makeStore(directory, "cohort.fxs", store),
    subjects: at("taken.txt"),
    design: writeRows(
      at("design.txt"),
      taken.map((_, i) => [1, i % 2]),
    ),
    contrast: writeRows(at("contrast.txt"), [[0, 1]]),
    ...(parts.inside === undefined ? {} : { mask: at("mask.mif") }),
    cache: at("cache"),
    output: at("out"),
    nThreads: 0,
    ...options,
  });
  const record = JSON.parse(readFileSync(join(at("out"), "run.json"), "utf8")) as Record;
  const bytesOf = (name: string) =>
    opened.files.filter(({ path }) => basename(path) === name).reduce((sum, { bytes }) => sum + bytes, 0);
  const elements = Array.from({ length: N_FIXELS }, (_, i) => i).filter(inside);
  const nConnections = elements.reduce((sum, fixel) => {
    const first = connectivity.offset[fixel]!;
    return sum + connectivity.fixels.slice(first, first + connectivity.count[fixel]!).filter(inside).length;
  }, 0);
  const dataFile = opened.files.find(({ path }) => path.includes("cohort.fxs"))!.path;
  return {
    ...record,
    nElements: elements.length,
    nConnections,
    store: bytesOf(basename(dataFile)),
    counts: bytesOf("counts.u32"),
    norms: bytesOf("norms.f32"),
    connections: bytesOf("connections.bin"),
  };
}

/** Every file gave what the plan says for `nBatches` batches that needed one pass each. */
function expectPlannedBytes(found: Awaited<ReturnType<typeof run>>): void {
  const { plan, results, nElements, nConnections } = found;
  const passes = plan.nBatches;
  expect(plan.connectivityPassBytes).toBe(8 * nConnections + 8 * nElements);
  // once to observe, once a batch
  expect(found.store).toBe(plan.storePassBytes * (1 + passes) + plan.checkBytes);
  expect(found.connections).toBe(8 * nConnections * passes);
  expect(found.norms).toBe(4 * nElements * passes);
  // the counts are read once more, to cut the rows into windows
  expect(found.counts).toBe(4 * nElements * (1 + passes));
  expect(results.bytesRead).toBe((plan.storePassBytes + plan.connectivityPassBytes) * passes);
  expect(plan.totalBytesRead).toBe(found.store + found.connections + found.norms + 4 * nElements * passes);
}

describe("bytes read", () => {
  test.each([
    ["in runs", (fixel: number) => Math.floor(fixel / 40), true],
    ["one by one", (fixel: number) => fixel, false],
  ])(
    "of fixels that lack the same observations, %s: within what the plan says, and recorded",
    async (_, runOf, byPattern) => {
      const isMissing = (subject: number, fixel: number) => runOf(fixel) % 3 > 0 && subject % 6 === runOf(fixel) % 3;
      const found = await run({ nShuffles: 300 }, { isMissing });
      const { plan, results } = found;
      expect([results.byPattern, plan.mostReads]).toEqual([byPattern, 4]);
      const connectivityBytes = plan.connectivityPassBytes * plan.nBatches;
      const ofBatches = results.bytesRead - connectivityBytes;
      // of those who take part it is looked at first whether a value is missing, and found in as many columns as a block has
      const searchedBytes = N_SUBJECTS * BLOCK_WIDTH * 4;
      expect(found.store).toBe(searchedBytes + plan.storePassBytes + plan.checkBytes + ofBatches);
      if (!byPattern) return expect(ofBatches).toBe(plan.storePassBytes * plan.nBatches);
      expect(ofBatches).toBeGreaterThan(plan.storePassBytes * plan.nBatches);
      expect(ofBatches).toBeLessThanOrEqual(plan.mostReads * plan.storePassBytes * plan.nBatches);
    },
  );

  test("a run in one batch reads the store twice and the connectivity once", async () => {
    const found = await run({ nShuffles: 30, io: "read" });
    expect(found.plan.nBatches).toBe(1);
    expect(found.plan.storePassBytes).toBe(N_SUBJECTS * N_FIXELS * 4);
    expect(found.plan.checkBytes).toBe(0); // in whole blocks, the last one but for its padding
    expectPlannedBytes(found);
  });

  test("the same through a mapping", async () => {
    expectPlannedBytes(await run({ nShuffles: 30, io: "mmap" }));
  });

  test("more shuffles than a batch holds: one pass a batch", async () => {
    const found = await run({ nShuffles: 600, memoryBytes: 2 ** 20 });
    expect(found.plan.nBatches).toBeGreaterThan(2);
    expectPlannedBytes(found);
  });

  test("a mask reads only from its first to its last fixel of a block", async () => {
    // blocks 0..2 wholly outside; then only a part of block 3
    const found = await run({ nShuffles: 20 }, { inside: (fixel) => fixel >= 200 && fixel % 3 !== 0 });
    const inBlocks = Array.from({ length: Math.ceil(N_FIXELS / BLOCK_WIDTH) }, (_, block) => {
      const fixels = Array.from({ length: BLOCK_WIDTH }, (_, i) => block * BLOCK_WIDTH + i);
      const inside = fixels.filter((fixel) => fixel >= 200 && fixel % 3 !== 0 && fixel < N_FIXELS);
      return inside.length === 0 ? 0 : inside.at(-1)! - inside[0]! + 1;
    });
    const nColumns = inBlocks.reduce((sum, columns) => sum + columns, 0);
    expect(nColumns).toBeLessThan(500);
    expect(found.plan.storePassBytes).toBe(N_SUBJECTS * nColumns * 4);
    // whole blocks, because a checksum is one of all of it; those outside the mask are not looked at
    const isWhole = (columns: number, block: number) =>
      columns === Math.min(BLOCK_WIDTH, N_FIXELS - block * BLOCK_WIDTH);
    const nCut = inBlocks.filter((columns, block) => columns > 0 && !isWhole(columns, block)).length;
    expect([nCut > 0, found.plan.checkBytes]).toEqual([true, nCut * N_SUBJECTS * BLOCK_WIDTH * 4]);
    expectPlannedBytes(found);
    opened.files.length = 0;
    const unchecked = await run(
      { nShuffles: 20, verify: false },
      { inside: (fixel) => fixel >= 200 && fixel % 3 !== 0 },
    );
    expect(unchecked.plan.checkBytes).toBe(0);
    expectPlannedBytes(unchecked);
  });

  test("a selection of subjects reads their rows only, after the first pass", async () => {
    const found = await run({ nShuffles: 20 }, { rows: [17, 3, 4, 5, 9, 0, 12, 11, 1] });
    expect(found.plan.storePassBytes).toBe(9 * N_FIXELS * 4);
    // but the first time, for the checksums of the blocks
    expect(found.plan.checkBytes).toBe(N_SUBJECTS * Math.ceil(N_FIXELS / BLOCK_WIDTH) * BLOCK_WIDTH * 4);
    expectPlannedBytes(found);
  });

  test("a batch that needs wide bins is binned again, and the record says what that cost", async () => {
    const found = await run({ nShuffles: 16, cfeDh: 0.005 });
    const { plan, results } = found;
    expect([plan.nBatches, plan.batchShuffles, results.wideBatches]).toEqual([1, 16, 1]);
    expect(found.store).toBe(plan.storePassBytes * 3);
    expect(found.connections).toBe(8 * found.nConnections);
    expect(results.bytesRead).toBe(2 * plan.storePassBytes + plan.connectivityPassBytes);
  });
});
