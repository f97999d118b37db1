// The engine's enhancement over the edges of a network against its definition, for every kind of model, and that no number hangs on how the work is cut.
import { describe, expect, test } from "vitest";
import type { GraphEnhancement, GraphHeights } from "../../src/engine/inputs.js";
import { binOfZ } from "../../src/stats/glm/bin-scale.js";
import { runEngine } from "../support/engine-problems.js";
import {
  enhancementProblems,
  expectBothKernelSets,
  expectNear,
  expectSameBits,
  runWith,
} from "../support/enhancement-problems.js";
import { statedIntegral } from "../support/oracle-graph.js";
import { type Edge, statedEdges, statedNbs, statedNetwork, statedTfnbs } from "../support/oracle-network.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();
const N = 15;
const edges = statedEdges(N);
const graph = statedNetwork(edges);
const m = edges.length;

const TFNBS = { dh: 0.1, extentPower: 0.4, heightPower: 3 };
const steps = { kind: "steps", dh: 0.1, strict: false, rounded: false } as const;
const nbs = (height: number): GraphHeights => ({ kind: "one", height, strict: false });

function over(
  nNodes: number,
  given: readonly Edge[],
  changes: Partial<Omit<GraphEnhancement, "kind" | "neighbours">> = {},
): GraphEnhancement {
  const endsInto = (ends: Uint32Array) => ends.set(given.map(({ i, j }) => i + j * 65536));
  const { extentPower, heightPower } = TFNBS;
  return { kind: "graph", neighbours: { nNodes, endsInto }, heights: steps, extentPower, heightPower, ...changes };
}
const EXACT = { heights: { kind: "all" } } as const;
const sizes = (height: number) => ({ heights: nbs(height), extentPower: 1, heightPower: 0 });

const { problem, models: MODELS } = enhancementProblems(root, m);
const plain = MODELS["one design"];

describe("TFNBS is the sum over heights", () => {
  for (const [name, inputs] of Object.entries(MODELS)) {
    test(`${name}: t and F`, async () => {
      const { z, state } = await runWith({ ...(await inputs), enhancement: over(N, edges) });
      for (const [h, { defaults, maxima }] of state.hypotheses.entries()) {
        expect(Math.max(...defaults)).toBeGreaterThan(1);
        expectNear(defaults, statedTfnbs(graph, z[h]!, TFNBS));
        expect(maxima[0]).toBe(Math.max(...defaults));
      }
    });
  }

  for (const [extentPower, heightPower] of [
    [0, 3],
    [0.4, 0],
    [0, 0],
    [1.3, 2],
  ] as const) {
    test(`E = ${extentPower}, H = ${heightPower}`, async () => {
      const { z, state } = await runWith({
        ...(await plain),
        enhancement: over(N, edges, { extentPower, heightPower }),
      });
      expectNear(state.hypotheses[0]!.defaults, statedTfnbs(graph, z[0]!, { dh: 0.1, extentPower, heightPower }));
    });
  }

  test("with heights so many that bins need two bytes", async () => {
    const heights = { ...steps, dh: 0.004 };
    const { z, state, cost } = await runWith({ ...(await plain), enhancement: over(N, edges, { heights }) });
    expect(cost.wideBatches).toBeGreaterThan(0);
    expectNear(state.hypotheses[0]!.defaults, statedTfnbs(graph, z[0]!, { ...TFNBS, dh: 0.004 }));
  });
});

describe("NBS is the number of edges of the component", () => {
  for (const [name, inputs] of Object.entries(MODELS)) {
    test(name, async () => {
      const { z, state } = await runWith({ ...(await inputs), enhancement: over(N, edges, sizes(1.1)) });
      for (const [h, { defaults }] of state.hypotheses.entries()) {
        expect([...defaults]).toEqual(statedNbs(graph, z[h]!, 1.1));
        expect(new Set(defaults).size).toBeGreaterThan(1);
      }
    });
  }

  test("a Z that equals the threshold passes it, and the number before does not", async () => {
    const scale = { kind: "heights", heights: Float64Array.of(0, 1.1), strict: false } as const;
    expect([1.1 * (1 - 2 ** -53), 1.1, 1.1 * (1 + 2 ** -52)].map((z) => binOfZ(scale, z))).toEqual([0, 1, 1]);
    const { z } = await runWith({ ...(await plain), enhancement: over(N, edges, sizes(1.1)) });
    const inOrder = z[0]!.filter((value) => value > 0.5).sort((a, b) => a - b);
    expect(inOrder.length).toBeGreaterThan(10);
    for (const own of inOrder.slice(0, 12)) {
      for (const height of [own * (1 + 1e-12), own * (1 - 1e-12)]) {
        const { state } = await runEngine({ ...(await plain), enhancement: over(N, edges, sizes(height)) });
        expect([...state.hypotheses[0]!.defaults], `${height}`).toEqual(statedNbs(graph, z[0]!, height));
      }
    }
  });

  test("every positive Z passes the least height", async () => {
    const { z, state } = await runWith({ ...(await plain), enhancement: over(N, edges, sizes(Number.MIN_VALUE)) });
    expect([...state.hypotheses[0]!.defaults]).toEqual(statedNbs(graph, z[0]!, Number.MIN_VALUE));
  });

  test("of some of the edges alone", async () => {
    const columns = Uint32Array.from({ length: m }, (_, e) => e).filter((e) => e % 4 !== 1);
    const some = Array.from(columns, (e) => edges[e]!);
    const { z, state } = await runWith({ ...(await plain), columns, enhancement: over(N, some, sizes(0.8)) });
    expect([...state.hypotheses[0]!.defaults]).toEqual(statedNbs(statedNetwork(some), z[0]!, 0.8));
  });
});

describe("networks of one and two nodes", () => {
  for (const nNodes of [1, 2]) {
    test(`${nNodes}`, async () => {
      const few = statedEdges(nNodes);
      const inputs = await problem(`nodes-${nNodes}`, { nElements: few.length });
      for (const changes of [{}, sizes(0.01)]) {
        const { z, state } = await runWith({ ...inputs, enhancement: over(nNodes, few, changes) });
        const network = statedNetwork(few);
        const stated = "heights" in changes ? statedNbs(network, z[0]!, 0.01) : statedTfnbs(network, z[0]!, TFNBS);
        expectNear(state.hypotheses[0]!.defaults, stated);
      }
    });
  }
});

describe("TFNBS over every height is the integral", () => {
  for (const [name, inputs] of Object.entries(MODELS)) {
    test(`${name}: t and F`, async () => {
      const { z, state } = await runWith({ ...(await inputs), enhancement: over(N, edges, EXACT) });
      for (const [h, { defaults, maxima }] of state.hypotheses.entries()) {
        expect(Math.max(...defaults)).toBeGreaterThan(0.1);
        expectNear(defaults, statedIntegral(graph, z[h]!, TFNBS), 1e-6);
        expect(maxima[0]).toBe(Math.max(...defaults));
      }
    });
  }

  test("E = 0, H = 0: Z itself", async () => {
    const enhancement = over(N, edges, { ...EXACT, extentPower: 0, heightPower: 0 });
    const { z, state } = await runWith({ ...(await plain), enhancement });
    expectNear(
      state.hypotheses[0]!.defaults,
      z[0]!.map((value) => Math.max(0, value)),
    );
  });
});

describe("same bits for any threads and memory, and what is eligible", () => {
  for (const [name, changes] of [
    ["TFNBS", {}],
    ["NBS", sizes(1)],
    ["integral", EXACT],
  ] as const) {
    for (const model of ["one design", "missing observations"] as const) {
      test(`${name}, ${model}`, async () =>
        expectSameBits({ ...(await MODELS[model]), enhancement: over(N, edges, changes) }, 61));
    }
  }
});

test("both kernel sets", async () => {
  for (const changes of [{}, sizes(1), EXACT]) {
    await expectBothKernelSets({ ...(await plain), enhancement: over(N, edges, changes) });
  }
});
