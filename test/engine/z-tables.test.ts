// Tables of thresholds: which degrees of freedom get one, who makes them, where they lie, and that none of it changes a bin.
import { join } from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { EngineInputs } from "../../src/engine/inputs.js";
import { MAX_CELLS } from "../../src/stats/glm/bin-table.js";
import { inLeastMemory, makeEngineProblem, openProblem, runEngine } from "../support/engine-problems.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const tables = vi.hoisted(() => ({ made: [] as { dof: number; kind: "t" | "F" }[], useless: false }));
vi.mock("../../src/stats/glm/z-thresholds.js", async (importOriginal) => {
  const original = await importOriginal<typeof import("../../src/stats/glm/z-thresholds.js")>();
  return {
    ...original,
    *zThresholdSteps(options: Parameters<typeof original.zThresholdSteps>[0]) {
      tables.made.push({ dof: options.dof, kind: options.kind });
      const table = yield* original.zThresholdSteps(options);
      if (!tables.useless) return table;
      // every statistic falls into bin 0
      return { ...table, squares: table.squares.fill(Infinity, 1), cells: table.cells.fill(0) };
    },
  };
});
beforeEach(() => {
  tables.made.length = 0;
  tables.useless = false;
});

const root = temporaryDirectory();
const ELEMENTS = { nSubjects: 24, nElements: 600, enhancement: "cfe", tests: ["t", "F"] } as const;
/** Four numbers of missing observations: 0, 1, 2, 3. */
const patterns = makeEngineProblem(join(root, "patterns"), {
  ...{ ...ELEMENTS, nShuffles: 200, dh: 0.01 },
  isMissing: (subject, element) => subject % 8 < 1 && Math.floor(subject / 8) < element % 4,
});
const complete = makeEngineProblem(join(root, "complete"), { ...ELEMENTS, nShuffles: 100 });

const nullOf = async (inputs: EngineInputs) => {
  const { state, plan } = await runEngine(inputs);
  return { state, nZTables: plan.memory.nZTables, list: plan.memory.sharedList };
};

test("no bin depends on whether a statistic has a table", async () => {
  const inputs = await patterns;
  const withTables = await nullOf(inputs);
  // four numbers of degrees of freedom with 150 elements x 200 shuffles each
  expect(tables.made.map(({ dof }) => dof).sort((a, b) => a - b)).toEqual([18, 18, 19, 19, 20, 20, 21, 21]);
  expect(withTables.nZTables).toBeGreaterThanOrEqual(4);
  for (const [memoryBytes, nZTables] of [
    [3 * 2 ** 20, 2],
    [(await inLeastMemory(inputs)).memoryBytes, 0],
  ] as const) {
    tables.made.length = 0;
    const found = await nullOf({ ...inputs, memoryBytes });
    expect([found.nZTables, tables.made.length]).toEqual([nZTables, 2 * nZTables]);
    expect(found.state).toEqual(withTables.state);
  }
  expect(new Set(withTables.state.hypotheses[0]!.maxima).size).toBeGreaterThan(150);
});

test("500 numbers of degrees of freedom with few shuffles get no table", async () => {
  const inputs = await makeEngineProblem(join(root, "many"), {
    ...{ nSubjects: 520, nElements: 500, nShuffles: 10, enhancement: "cfe", tests: ["t", "F"] },
    isMissing: (subject, element) => subject < element,
  });
  const { state } = await runEngine(inputs);
  expect(tables.made).toEqual([]);
  expect(state.hypotheses[0]!.maxima.every((value) => value > 0)).toBe(true);
});

test("one design has one table a hypothesis, whatever the number of shuffles", async () => {
  await runEngine({
    ...(await complete),
    shuffles: { ...(await complete).shuffles, range: { first: 0, end: 1, leadingIdentity: false } },
  });
  expect(tables.made).toEqual([
    { dof: 21, kind: "t" },
    { dof: 21, kind: "F" },
  ]);
});

describe.each([
  ["one design", complete, 2],
  ["patterns of missing values", patterns, 8],
] as const)("with worker threads, %s", (_, problem, nTables) => {
  test("tables are made once, in the main thread, and the workers read those", async () => {
    const inputs = await problem;
    const wanted = await nullOf(inputs);
    tables.made.length = 0;
    const found = await nullOf({ ...inputs, nThreads: 2 });
    expect(tables.made).toHaveLength(nTables);
    expect(found.state).toEqual(wanted.state);
    // a worker with tables of its own would not know that these are useless
    tables.useless = true;
    const useless = await nullOf({ ...inputs, nThreads: 2 });
    for (const { maxima } of useless.state.hypotheses) expect([...maxima]).toEqual(Array.from(maxima, () => 0));
  });
});

test("the plan has room for them, and counts it", async () => {
  const inputs = await patterns;
  const engine = await openProblem(inputs);
  await engine.close();
  const { nZTables, sharedList, memoryBytes, plannedBytes } = engine.plan.memory;
  const bytesOf = (name: string) => sharedList.find((region) => region.name === name)!.bytes;
  const nHypotheses = 2;
  // sqrt(33 x 21) heights of 0.01, and two more
  const nHeights = engine.plan.memory.sharedList.find(({ name }) => name === "heightPowers")!.bytes / 4;
  expect(nHeights).toBeGreaterThan(Math.sqrt(33 * 21) / 0.01);
  expect(bytesOf("zThresholds")).toBe(nZTables * nHypotheses * nHeights * 8);
  expect(bytesOf("zCells")).toBe(nZTables * nHypotheses * MAX_CELLS * 2);
  const shared = sharedList.filter(({ lifetime }) => lifetime === "run").reduce((sum, { bytes }) => sum + bytes, 0);
  expect(memoryBytes).toBeGreaterThan(shared);
  expect(plannedBytes).toBeGreaterThan(memoryBytes);
  // never more than a sixteenth of the budget
  expect(bytesOf("zThresholds") + bytesOf("zCells")).toBeLessThanOrEqual(inputs.memoryBytes / 16);
});
