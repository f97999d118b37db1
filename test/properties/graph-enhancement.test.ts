// The engine's enhancement over a graph against its sum over heights, for every kind of model, and that no number hangs on how the work is cut.
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { EngineInputs } from "../../src/engine/inputs.js";
import { inLeastMemory, makeEngineProblem, openProblem, runEngine } from "../support/engine-problems.js";
import { graphEnhancement as over } from "../support/graph-enhancement.js";
import { statedComponents, statedGrid, statedPlaces, statedTfce } from "../support/oracle-graph.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();
const SIZE = [10, 8, 5] as const;
const inside = Array.from({ length: 400 }, (_, i) => (i * 7919) % 10 < 8);
const grid26 = statedGrid(SIZE, inside, 26);
const m = grid26.nElements;
const grid6 = statedGrid(SIZE, inside, 6);
/** Two halves that do not touch, and lone elements. */
const apart = statedPlaces(
  Array.from({ length: m }, (_, e) =>
    e < 10 ? [2 * e, 0, 0] : [e % 6, Math.floor(e / 6) % 5, 2 + Math.floor(e / 30) + (e < m / 2 ? 0 : 2)],
  ),
  26,
);

const problem = (name: string, options: object = {}) =>
  makeEngineProblem(join(root, name), {
    ...{ nSubjects: 20, nElements: m, nShuffles: 40, enhancement: "none", tests: ["t", "F"], ...options },
  });

const plain = problem("plain");
const MODELS = {
  "one design": plain,
  "missing observations": problem("missing", { isMissing: (s: number, e: number) => s === 3 && e % 5 === 0 }),
  "variance groups": problem("groups", { nGroups: 2 }),
  "columns of elements' own": problem("columns", { nColumns: 1 }),
};

/** Z of the observed data, and the null state. */
async function runWith(inputs: EngineInputs) {
  const engine = await openProblem(inputs);
  const observed = await engine.observe();
  const z = inputs.model!.hypotheses.map((_, h) => Array.from(observed.image(observed.index.z(h))));
  await engine.close();
  return { z, ...(await runEngine(inputs)) };
}

function expectNear(got: ArrayLike<number>, expected: readonly number[]) {
  for (const [e, value] of expected.entries()) {
    expect(Math.abs(got[e]! - value), `element ${e}: ${got[e]} and ${value}`).toBeLessThanOrEqual(3e-7 * value);
  }
}

const HEIGHTS = { dh: 0.1, extentPower: 0.5, heightPower: 2 };

describe("the enhanced statistic is the sum over heights", () => {
  for (const [name, inputs] of Object.entries(MODELS)) {
    test(`${name}: t and F`, async () => {
      const { z, state } = await runWith({ ...(await inputs), enhancement: over(grid26) });
      for (const [h, { defaults, maxima, counters }] of state.hypotheses.entries()) {
        expect(Math.max(...defaults)).toBeGreaterThan(1);
        expectNear(defaults, statedTfce(grid26, z[h]!, HEIGHTS));
        // the unshuffled data are shuffle 0
        expect(maxima[0]).toBe(Math.max(...defaults));
        expect(Math.max(...counters)).toBeGreaterThan(20);
        for (const [e, value] of defaults.entries()) if (value === 0) expect(counters[e]).toBe(0);
      }
    });
  }

  test("in a graph that falls apart, with lone elements", async () => {
    const { z, state } = await runWith({ ...(await plain), enhancement: over(apart) });
    expectNear(state.hypotheses[0]!.defaults, statedTfce(apart, z[0]!, HEIGHTS));
  });

  for (const [extentPower, heightPower] of [
    [0, 2],
    [0.5, 0],
    [0, 0],
    [1.3, 3],
  ] as const) {
    test(`E = ${extentPower}, H = ${heightPower}`, async () => {
      const enhancement = over(grid6, { extentPower, heightPower });
      const { z, state } = await runWith({ ...(await plain), enhancement });
      expectNear(state.hypotheses[0]!.defaults, statedTfce(grid6, z[0]!, { dh: 0.1, extentPower, heightPower }));
    });
  }

  test("with heights so many that bins need two bytes", async () => {
    const heights = { kind: "steps", dh: 0.004, strict: true, rounded: true } as const;
    const { z, state, cost } = await runWith({ ...(await plain), enhancement: over(grid6, { heights }) });
    expect(cost.wideBatches).toBeGreaterThan(0);
    expectNear(state.hypotheses[0]!.defaults, statedTfce(grid6, z[0]!, { ...HEIGHTS, dh: 0.004 }));
  });

  for (const [name, inputs] of Object.entries(MODELS)) {
    test(`sizes of clusters, ${name}`, async () => {
      const heights = { kind: "one", height: Math.fround(1.1), strict: true } as const;
      const enhancement = over(grid6, { heights, extentPower: 1, heightPower: 0 });
      const { z, state } = await runWith({ ...(await inputs), enhancement });
      for (const [h, { defaults }] of state.hypotheses.entries()) {
        const sizes = statedComponents(
          grid6,
          z[h]!.map((value) => value > Math.fround(1.1)),
        );
        expect([...defaults]).toEqual(sizes);
      }
    });
  }
});

test("maxima and counters are those of every shuffle by itself", async () => {
  const inputs = { ...(await plain), enhancement: over(grid26) };
  const { state } = await runEngine(inputs);
  const { plan } = inputs.shuffles;
  const smaller = new Array<number>(m).fill(0);
  for (let shuffle = 1; shuffle < 4; shuffle++) {
    // one shuffle as the unshuffled data of a run: its labels are the first of the plan
    const labelsInto: typeof plan.labelsInto = (_, label) => plan.labelsInto(shuffle, label);
    const alone = {
      plan: { ...plan, labelsInto, signsInto: plan.signsInto.bind(plan) },
      range: { first: 0, end: 1, leadingIdentity: false },
    };
    const own = await runEngine({ ...inputs, shuffles: alone });
    const [hypothesis] = own.state.hypotheses;
    expect(state.hypotheses[0]!.maxima[shuffle]).toBe(hypothesis!.maxima[0]);
    expect(state.hypotheses[0]!.elements[shuffle]).toBe(hypothesis!.elements[0]);
    for (let e = 0; e < m; e++) smaller[e]! += Number(hypothesis!.defaults[e]! < state.hypotheses[0]!.defaults[e]!);
  }
  const four = { plan, range: { first: 0, end: 4, leadingIdentity: false } };
  const { state: part } = await runEngine({ ...inputs, shuffles: four });
  expect([...part.hypotheses[0]!.counters]).toEqual(smaller);
});

test("same bits for any threads and memory", async () => {
  for (const inputs of [MODELS["one design"], MODELS["missing observations"]]) {
    const given = { ...(await inputs), enhancement: over(grid26) };
    const { state } = await runEngine(given);
    expect((await runEngine({ ...given, nThreads: 3 })).state).toEqual(state);
    expect((await runEngine(await inLeastMemory({ ...given, nThreads: 2 }))).state).toEqual(state);
    const eligible = Uint8Array.from({ length: m }, (_, e) => Number(e > 100));
    const { state: masked } = await runEngine({ ...given, eligible, nThreads: 2 });
    expect(Math.min(...masked.hypotheses[0]!.elements.filter((e) => e !== 0xffffffff))).toBeGreaterThan(100);
    expect(masked.hypotheses[0]!.defaults).toEqual(state.hypotheses[0]!.defaults);
  }
});

test("both kernel sets", async () => {
  const given = { ...(await plain), enhancement: over(grid26) };
  const [simd, reference] = [await runEngine(given), await runEngine({ ...given, kernels: "reference" })];
  for (const [h, { maxima, counters }] of simd.state.hypotheses.entries()) {
    expectNear(reference.state.hypotheses[h]!.maxima, [...maxima]);
    expect(reference.state.hypotheses[h]!.counters).toEqual(counters);
  }
});

test("heights that leave what can be told apart are refused", async () => {
  const heights = { kind: "steps", dh: 1e-5, strict: true, rounded: true } as const;
  await expect(runEngine({ ...(await plain), enhancement: over(grid6, { heights }) })).rejects.toThrow(
    "Cannot use this -tfce_dh: a statistic reaches 65533 heights, more than the 65533 that can be told apart. Give a larger -tfce_dh.",
  );
  await expect(runEngine({ ...(await plain), enhancement: over(grid6, { heightPower: 200 }) })).rejects.toThrow(
    "Cannot use this -tfce_h: what is made of the largest statistics leaves float32 (3.4e38). Give a smaller -tfce_h or -tfce_e.",
  );
});
