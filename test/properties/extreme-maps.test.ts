// Every enhancement over a graph in cases at the edge: one element, all of the box, a graph that falls apart, equal values, nothing above 0, heights of
// two bytes, E = 0 and H = 0; beside its definition, and the same bits for any threads and memory.

import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { EngineInputs, GraphEnhancement } from "../../src/engine/inputs.js";
import { makeEngineProblem, runEngine } from "../support/engine-problems.js";
import { expectBothKernelSets, expectNear, expectSameBits, runWith } from "../support/enhancement-problems.js";
import { graphEnhancement } from "../support/graph-enhancement.js";
import {
  type PlacedGraph,
  statedComponents,
  statedGrid,
  statedIntegral,
  statedPlaces,
  statedTfce,
} from "../support/oracle-graph.js";
import { type Edge, statedEdges, statedNbs, statedNetwork, statedTfnbs } from "../support/oracle-network.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();
const THRESHOLD = 0.7;

interface Powers {
  readonly dh: number;
  readonly extentPower: number;
  readonly heightPower: number;
}

interface Enhancer {
  /** Whether E and H, or dh, decide anything. */
  readonly hasPowers: boolean;
  readonly hasSteps: boolean;
  over(shape: Shape, powers: Powers): GraphEnhancement;
  stated(shape: Shape, z: readonly number[], powers: Powers): number[];
}

/** As a grid and as a network. */
interface Shape {
  readonly nElements: number;
  readonly grid: PlacedGraph;
  readonly nNodes: number;
  readonly edges: readonly Edge[];
}

const networkOver = ({ nNodes, edges }: Shape, heights: GraphEnhancement["heights"], of: Partial<Powers>) => ({
  ...{ kind: "graph" as const, heights, extentPower: of.extentPower!, heightPower: of.heightPower! },
  neighbours: { nNodes, endsInto: (ends: Uint32Array) => ends.set(edges.map(({ i, j }) => i + j * 65536)) },
});
const SIZE_OF = { extentPower: 1, heightPower: 0 } as const;

const ENHANCERS: Readonly<Record<string, Enhancer>> = {
  TFCE: {
    ...{ hasPowers: true, hasSteps: true },
    over: ({ grid }, { dh, ...powers }) =>
      graphEnhancement(grid, { heights: { kind: "steps", dh, strict: true, rounded: true }, ...powers }),
    stated: ({ grid }, z, powers) => statedTfce(grid, z, powers),
  },
  "TFCE of every height": {
    ...{ hasPowers: true, hasSteps: false },
    over: ({ grid }, { extentPower, heightPower }) =>
      graphEnhancement(grid, { heights: { kind: "all" }, extentPower, heightPower }),
    stated: ({ grid }, z, powers) => statedIntegral(grid, z, powers),
  },
  "sizes of clusters": {
    ...{ hasPowers: false, hasSteps: false },
    over: ({ grid }) =>
      graphEnhancement(grid, { heights: { kind: "one", height: Math.fround(THRESHOLD), strict: true }, ...SIZE_OF }),
    stated: ({ grid }, z) =>
      statedComponents(
        grid,
        z.map((value) => value > Math.fround(THRESHOLD)),
      ),
  },
  TFNBS: {
    ...{ hasPowers: true, hasSteps: true },
    over: (shape, { dh, ...powers }) =>
      networkOver(shape, { kind: "steps", dh, strict: false, rounded: false }, powers),
    stated: ({ edges }, z, powers) => statedTfnbs(statedNetwork(edges), z, powers),
  },
  "TFNBS of every height": {
    ...{ hasPowers: true, hasSteps: false },
    over: (shape, powers) => networkOver(shape, { kind: "all" }, powers),
    stated: ({ edges }, z, powers) => statedIntegral(statedNetwork(edges), z, powers),
  },
  NBS: {
    ...{ hasPowers: false, hasSteps: false },
    over: (shape) => networkOver(shape, { kind: "one", height: THRESHOLD, strict: false }, SIZE_OF),
    stated: ({ edges }, z) => statedNbs(statedNetwork(edges), z, THRESHOLD),
  },
};

const POWERS: Powers = { dh: 0.1, extentPower: 0.6, heightPower: 1.7 };
const box = (size: readonly [number, number, number]) =>
  statedGrid(
    size,
    Array.from({ length: size[0] * size[1] * size[2] }, () => true),
    26,
  );

const shapeOf = (grid: PlacedGraph, nNodes: number, edges: readonly Edge[]): Shape => {
  expect(edges.length).toBe(grid.nElements);
  return { nElements: grid.nElements, grid, nNodes, edges };
};
/** All voxels of a box; all edges of a network. */
const whole = shapeOf(box([5, 3, 3]), 9, statedEdges(9));
const single = shapeOf(box([1, 1, 1]), 1, statedEdges(1));
/** Two pieces that do not touch, and lone voxels; two networks that share no node, and edges of nodes with themselves. */
const apart = shapeOf(
  statedPlaces(
    Array.from({ length: 26 }, (_, e) =>
      e < 6 ? [2 * e, 0, 0] : [e % 5, 0, e < 16 ? 3 + Math.floor(e / 5) : 9 + Math.floor(e / 5)],
    ),
    26,
  ),
  14,
  statedEdges(14)
    .filter(({ i, j }) => (i < 4 && j < 4) || (i >= 4 && j >= 4 && j < 8) || (i === j && i >= 8))
    .slice(0, 26),
);

let nProblems = 0;
const problemOf = ({ nElements }: Shape, value?: (subject: number, element: number) => number) =>
  makeEngineProblem(join(root, `${nProblems++}`), {
    ...{ nSubjects: 16, nElements, nShuffles: 40, enhancement: "none", tests: ["t", "F"] },
    ...(value && { value }),
  });

async function expectStated(enhancer: Enhancer, shape: Shape, inputs: EngineInputs, powers = POWERS) {
  const given = { ...inputs, enhancement: enhancer.over(shape, powers) };
  const found = await runWith(given);
  for (const [h, { defaults, maxima }] of found.state.hypotheses.entries()) {
    expectNear(defaults, enhancer.stated(shape, found.z[h]!, powers), 1e-6);
    expect(maxima[0]).toBe(Math.max(...defaults));
  }
  await expectBothKernelSets(given);
  return { ...found, given };
}

describe.each(Object.entries(ENHANCERS))("%s", (_, enhancer) => {
  test("one element", async () => {
    const { state, given } = await expectStated(enhancer, single, await problemOf(single));
    expect((await runEngine({ ...given, nThreads: 2 })).state).toEqual(state);
  });

  test("all of the box, all edges", async () => {
    const { state, given } = await expectStated(enhancer, whole, await problemOf(whole));
    expect(Math.max(...state.hypotheses[0]!.defaults)).toBeGreaterThan(0);
    await expectSameBits(given, 11);
  });

  test("pieces that have nothing to do with each other", async () => {
    const { given } = await expectStated(enhancer, apart, await problemOf(apart));
    await expectSameBits(given, 5);
  });

  test("equal values: every element the same, and whole numbers of which many are equal", async () => {
    const same = await problemOf(whole, (subject) => ((subject * 5) % 7) / 2 + Number(subject % 2 === 0));
    const { z, state, given } = await expectStated(enhancer, whole, same);
    expect(new Set(z[0]).size).toBe(1);
    expect(new Set(state.hypotheses[0]!.defaults).size).toBe(1);
    await expectSameBits(given, 11);
    const few = await problemOf(whole, (subject, element) => (subject * 3 + (element % 4) * subject) % 3);
    const found = await expectStated(enhancer, whole, few);
    expect(new Set(found.z[0]).size).toBeLessThanOrEqual(4);
    await expectSameBits(found.given, 11);
  });

  test("nothing above 0: nothing is enhanced, and nothing counted", async () => {
    // the tested group is lower in every element
    const inputs = await problemOf(whole, (subject, element) => -(subject % 2) + ((subject * 5 + element) % 3) / 50);
    const found = await expectStated(enhancer, whole, inputs);
    const [z, { defaults, maxima, counters }] = [found.z[0]!, found.state.hypotheses[0]!];
    expect(Math.max(...z)).toBeLessThan(0);
    expect(Math.max(...defaults, maxima[0]!)).toBe(0);
    expect(Math.max(...counters)).toBe(0);
    expect(found.state.hypotheses[0]!.elements[0]).toBe(0xffffffff);
    await expectSameBits(found.given, 11);
  });

  test.skipIf(!enhancer.hasSteps)("heights so many that bins take two bytes", async () => {
    const powers = { ...POWERS, dh: 0.003 };
    const { cost, given } = await expectStated(enhancer, whole, await problemOf(whole), powers);
    expect(cost.wideBatches).toBeGreaterThan(0);
    await expectSameBits(given, 11);
  });

  test.skipIf(!enhancer.hasPowers).each([
    [0, 2],
    [0.5, 0],
    [0, 0],
  ])("E = %s, H = %s", async (extentPower, heightPower) => {
    const inputs = await problemOf(whole);
    await expectStated(enhancer, whole, inputs, { ...POWERS, extentPower, heightPower });
  });
});
