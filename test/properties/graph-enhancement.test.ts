// The engine's enhancement over a graph against its sum over heights, for every kind of model, and that no number hangs on how the work is cut.
import { describe, expect, test } from "vitest";
import { runEngine } from "../support/engine-problems.js";
import {
  enhancementProblems,
  expectBothKernelSets,
  expectNear,
  expectSameBits,
  runWith,
} from "../support/enhancement-problems.js";
import { graphEnhancement as over } from "../support/graph-enhancement.js";
import { statedComponents, statedGrid, statedIntegral, statedPlaces, statedTfce } from "../support/oracle-graph.js";
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

const { models: MODELS } = enhancementProblems(root, m);
const plain = MODELS["one design"];

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

const EXACT = { heights: { kind: "all" } } as const;

describe("every height: the integral", () => {
  for (const [name, inputs] of Object.entries(MODELS)) {
    test(`${name}: t and F`, async () => {
      const { z, state } = await runWith({ ...(await inputs), enhancement: over(grid26, EXACT) });
      for (const [h, { defaults, maxima, counters }] of state.hypotheses.entries()) {
        expect(Math.max(...defaults)).toBeGreaterThan(0.1);
        expectNear(defaults, statedIntegral(grid26, z[h]!, HEIGHTS), 1e-6);
        expect(maxima[0]).toBe(Math.max(...defaults));
        expect(Math.max(...counters)).toBeGreaterThan(20);
      }
    });
  }

  for (const [extentPower, heightPower] of [
    [0, 2],
    [0.5, 0],
    [0, 0],
    [1.3, 3],
    [0.7, 1.4],
  ] as const) {
    test(`E = ${extentPower}, H = ${heightPower}`, async () => {
      const given = { extentPower, heightPower };
      const { z, state } = await runWith({ ...(await plain), enhancement: over(apart, { ...EXACT, ...given }) });
      expectNear(state.hypotheses[0]!.defaults, statedIntegral(apart, z[0]!, given), 1e-6);
    });
  }

  test("is what the sum over ever finer heights times dh comes to", async () => {
    const { state: exact } = await runEngine({ ...(await plain), enhancement: over(grid6, EXACT) });
    const distances: number[] = [];
    for (const dh of [0.1, 0.01, 0.001]) {
      const heights = { kind: "steps", dh, strict: true, rounded: true } as const;
      const { state } = await runEngine({ ...(await plain), enhancement: over(grid6, { heights }) });
      const { maxima } = exact.hypotheses[0]!;
      const of = Array.from(maxima, (value, b) => Math.abs(state.hypotheses[0]!.maxima[b]! * dh - value) / value);
      distances.push(Math.max(...of));
    }
    expect(distances[1]!).toBeLessThan(distances[0]! / 3);
    expect(distances[2]!).toBeLessThan(distances[1]! / 3);
    expect(distances[2]!).toBeLessThan(2e-3);
  });
});

describe("same bits for any threads and memory", () => {
  for (const [name, given] of [
    ["sum", {}],
    ["integral", EXACT],
  ] as const) {
    for (const model of ["one design", "missing observations"] as const) {
      test(`${name}, ${model}`, async () =>
        expectSameBits({ ...(await MODELS[model]), enhancement: over(grid26, given) }, 101));
    }
  }
});

test("both kernel sets", async () => {
  for (const given of [{}, EXACT]) await expectBothKernelSets({ ...(await plain), enhancement: over(grid26, given) });
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
