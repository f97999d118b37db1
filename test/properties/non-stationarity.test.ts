// The empirical statistic of -nonstationarity against its definition: each shuffle enhanced by itself, power means of what is above 0, and everything
// divided by them. For all ways of enhancing, every kind of model, and however the work is cut.
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { EngineInputs, RunShuffles } from "../../src/engine/inputs.js";
import { planEngine } from "../../src/engine/run.js";
import { planShuffles } from "../../src/stats/shuffle/generated-shuffles.js";
import { withoutIdentity } from "../../src/stats/shuffle/without-identity.js";
import { inLeastMemory, makeEngineProblem, runEngine } from "../support/engine-problems.js";
import { graphEnhancement } from "../support/graph-enhancement.js";
import { statedGrid } from "../support/oracle-graph.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();
const N_SUBJECTS = 14;
const GRID = statedGrid(
  [7, 6, 5],
  Array.from({ length: 210 }, (_, i) => (i * 7919) % 10 < 8),
  26,
);
const M = GRID.nElements;
const N_EMPIRICAL = 21;

let nProblems = 0;
type Kind = "cfe" | "graph" | "integral";
const ofGraph = (kind: Kind) => (kind === "integral" ? ({ heights: { kind: "all" } } as const) : {});

async function problem(kind: Kind, options: object = {}): Promise<EngineInputs> {
  const made = await makeEngineProblem(join(root, `problem-${nProblems++}`), {
    ...{ nSubjects: N_SUBJECTS, nElements: M, nShuffles: 35, tests: ["t", "F"] },
    ...(kind === "cfe" ? { enhancement: "cfe" } : { enhancement: "none" }),
    ...options,
  });
  return kind === "cfe" ? made : { ...made, enhancement: graphEnhancement(GRID, ofGraph(kind)) };
}

function others(errors: "ee" | "ise" = "ee", count = N_EMPIRICAL): RunShuffles {
  const wish = { nSubjects: N_SUBJECTS, nShuffles: count + 1, errors, seed: 9, forEmpirical: true };
  return { plan: withoutIdentity(planShuffles(wish)), range: { first: 0, end: count, leadingIdentity: false } };
}

/** Enhanced statistics of one shuffle: run as if it were the unshuffled data. */
async function enhancedAlone(inputs: EngineInputs, { plan }: RunShuffles, shuffle: number): Promise<Float32Array[]> {
  const alone = {
    plan: {
      ...plan,
      count: 1,
      startsWithIdentity: true,
      labelsInto: (_: number, label: Int32Array) => plan.labelsInto(shuffle, label),
      signsInto: (_: number, signs: Int8Array) => plan.signsInto(shuffle, signs),
    },
    range: { first: 0, end: 1, leadingIdentity: false },
  };
  const { state } = await runEngine({ ...inputs, shuffles: alone });
  return state.hypotheses.map(({ defaults }) => defaults as Float32Array);
}

function stated(maps: readonly (readonly Float32Array[])[], h: number, skew: number): number[] {
  return Array.from({ length: M }, (_, e) => {
    const above = maps.map((map) => map[h]![e]!).filter((value) => value > 0);
    if (above.length === 0) return Number.POSITIVE_INFINITY;
    if (skew === 0) return 1;
    const sum = above.reduce((total, value) => total + value ** skew, 0);
    return (sum / above.length) ** (1 / skew);
  });
}

const PROBLEMS = {
  cfe: problem("cfe"),
  "cfe, missing observations": problem("cfe", { isMissing: (s: number, e: number) => s === 3 && e % 5 === 0 }),
  graph: problem("graph"),
  "graph, variance groups": problem("graph", { nGroups: 2 }),
  "graph, a column of elements' own": problem("graph", { nColumns: 1 }),
};

describe.each(Object.keys(PROBLEMS) as (keyof typeof PROBLEMS)[])("%s", (name) => {
  test.each([1, 1.7, 0])("skew %d", async (skew) => {
    const inputs = await PROBLEMS[name];
    const shuffles = others();
    const plain = await runEngine(inputs);
    const maps: Float32Array[][] = [];
    for (let i = 0; i < N_EMPIRICAL; i++) maps.push(await enhancedAlone(inputs, shuffles, i));
    const { state, empirical } = await runEngine({ ...inputs, nonStationarity: { shuffles, skew } });
    expect(plain.empirical).toEqual([]);
    for (const [h, { defaults, maxima, elements }] of state.hypotheses.entries()) {
      const expected = stated(maps, h, skew);
      expect(expected.filter(Number.isFinite).length).toBeGreaterThan(100);
      for (const [e, value] of expected.entries()) {
        const got = empirical[h]![e]!;
        expect(got === value || Math.abs(got / value - 1) < 1e-14, `element ${e}: ${got} and ${value}`).toBe(true);
      }
      // the written map is the divided one; its first maximum is that of the unshuffled data
      const divided = Float32Array.from(plain.state.hypotheses[h]!.defaults, (value, e) => value / empirical[h]![e]!);
      expect(defaults).toEqual(divided);
      expect(maxima[0]).toBe(Math.max(...defaults));
      expect(elements[0]).toBe(defaults.indexOf(maxima[0]!));
    }
  });
});

test("maxima and counters are those of divided maps", async () => {
  for (const kind of ["cfe", "graph", "integral"] as const) {
    const inputs = await problem(kind);
    const nonStationarity = { shuffles: others(), skew: 1 };
    const { state, empirical } = await runEngine({ ...inputs, nonStationarity });
    const counters = state.hypotheses.map(() => new Array<number>(M).fill(0));
    for (let shuffle = 0; shuffle < 35; shuffle++) {
      const maps = await enhancedAlone(inputs, inputs.shuffles, shuffle);
      for (const [h, own] of state.hypotheses.entries()) {
        const divided = Float32Array.from(maps[h]!, (value, e) => value / empirical[h]![e]!);
        expect(own.maxima[shuffle]).toBe(Math.max(...divided));
        for (const [e, value] of divided.entries()) counters[h]![e]! += Number(value < own.defaults[e]!);
      }
    }
    for (const [h, own] of state.hypotheses.entries()) expect([...own.counters]).toEqual(counters[h]);
  }
});

test("elements above 0 in no shuffle have an infinite one, and are 0", async () => {
  for (const kind of ["cfe", "graph"] as const) {
    const inputs = await problem(kind);
    const { state, empirical } = await runEngine({
      ...inputs,
      nonStationarity: { shuffles: others("ee", 1), skew: 1 },
    });
    const never = [...empirical[0]!.entries()].filter(([, value]) => value === Number.POSITIVE_INFINITY);
    expect(never.length).toBeGreaterThan(5);
    for (const [e] of never) expect(state.hypotheses[0]!.defaults[e]).toBe(0);
  }
});

/** So many that the least memory holds a part of the shuffles only. */
const LARGE = statedGrid([36, 30, 20], new Array<boolean>(36 * 30 * 20).fill(true), 6);

test.each(["cfe", "graph", "integral"] as const)(
  "same bits for any threads and memory, with signs and without: %s",
  async (kind) => {
    for (const errors of ["ee", "ise"] as const) {
      const nonStationarity = { shuffles: others(errors, 50), skew: 1.3 };
      const made = await problem(kind, { errors, nElements: LARGE.nElements });
      const enhancement = kind === "cfe" ? made.enhancement : graphEnhancement(LARGE, ofGraph(kind));
      const inputs = { ...made, enhancement, nonStationarity };
      const found = await runEngine({ ...inputs, nThreads: 1 });
      expect(found.plan.memory.nEmpiricalBatches).toBe(1);
      const threads = await runEngine({ ...inputs, nThreads: 3 });
      const memory = await runEngine(await inLeastMemory({ ...inputs, nThreads: 2 }));
      expect(memory.plan.memory.nEmpiricalBatches).toBeGreaterThan(1);
      for (const again of [threads, memory]) {
        expect(again.empirical).toEqual(found.empirical);
        expect(again.state).toEqual(found.state);
      }
    }
  },
);

test("bins of two bytes", async () => {
  const inputs = await problem("cfe", { dh: 0.005 });
  const nonStationarity = { shuffles: others(), skew: 1 };
  const { empirical, cost } = await runEngine({ ...inputs, nonStationarity });
  expect(cost.wideBatches).toBeGreaterThan(1);
  const maps: Float32Array[][] = [];
  for (let i = 0; i < N_EMPIRICAL; i++) maps.push(await enhancedAlone(inputs, nonStationarity.shuffles, i));
  for (const [e, value] of stated(maps, 0, 1).entries()) expect(empirical[0]![e]).toBe(value);
});

test("both kernel sets", async () => {
  const inputs = { ...(await problem("graph")), nonStationarity: { shuffles: others(), skew: 1 } };
  const [simd, reference] = [await runEngine(inputs), await runEngine({ ...inputs, kernels: "reference" as const })];
  for (const [e, value] of simd.empirical[0]!.entries()) {
    const got = reference.empirical[0]![e]!;
    expect(got === value || Math.abs(got / value - 1) < 1e-6).toBe(true);
  }
});

test("powers that leave float64 are refused", async () => {
  for (const skew of [400, 1e6]) {
    await expect(
      runEngine({ ...(await problem("cfe")), nonStationarity: { shuffles: others(), skew } }),
    ).rejects.toThrow(
      `Cannot use -skew_nonstationarity ${skew}: the powers of the enhanced statistics leave float64. Give a smaller -skew_nonstationarity.`,
    );
  }
});

test("its memory and passes are planned", async () => {
  for (const kind of ["cfe", "graph"] as const) {
    const inputs = await problem(kind);
    const size = { nConnections: 3 * M, maxRowConnections: 3 };
    const plain = planEngine(inputs, size);
    const corrected = planEngine({ ...inputs, nonStationarity: { shuffles: others(), skew: 1 } }, size);
    expect(corrected.memory.plannedBytes - plain.memory.plannedBytes).toBeGreaterThanOrEqual(2 * 8 * M - 65536);
    expect(corrected.memory.sharedList.filter(({ name }) => /empirical/.test(name)).length).toBeGreaterThan(1);
    expect(corrected.totalBytesRead).toBe(
      plain.totalBytesRead +
        corrected.memory.nEmpiricalBatches *
          (plain.storePassBytes + (kind === "cfe" ? plain.connectivityPassBytes : 0)),
    );
    expect(corrected.memory.nEmpiricalBatches).toBeGreaterThan(0);
  }
});
