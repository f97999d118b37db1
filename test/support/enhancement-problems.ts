// What is asked of every enhancer that takes whole maps: problems of every kind of model, and that no number hangs on how the work is cut.
import { join } from "node:path";
import { expect } from "vitest";
import type { EngineInputs } from "../../src/engine/inputs.js";
import { inLeastMemory, makeEngineProblem, openProblem, runEngine } from "./engine-problems.js";

export function enhancementProblems(root: string, nElements: number) {
  const problem = (name: string, options: object = {}) =>
    makeEngineProblem(join(root, name), {
      ...{ nSubjects: 20, nElements, nShuffles: 40, enhancement: "none", tests: ["t", "F"], ...options },
    });
  const models = {
    "one design": problem("plain"),
    "missing observations": problem("missing", { isMissing: (s: number, e: number) => s === 3 && e % 5 === 0 }),
    "variance groups": problem("groups", { nGroups: 2 }),
    "columns of elements' own": problem("columns", { nColumns: 1 }),
  };
  return { problem, models };
}

/** Z of the observed data, and the null state. */
export async function runWith(inputs: EngineInputs) {
  const engine = await openProblem(inputs);
  const observed = await engine.observe();
  const z = inputs.model!.hypotheses.map((_, h) => Array.from(observed.image(observed.index.z(h))));
  await engine.close();
  return { z, ...(await runEngine(inputs)) };
}

export function expectNear(got: ArrayLike<number>, expected: readonly number[], relative = 3e-7) {
  for (const [e, value] of expected.entries()) {
    expect(Math.abs(got[e]! - value), `element ${e}: ${got[e]} and ${value}`).toBeLessThanOrEqual(relative * value);
  }
}

/** For any threads and memory; with maxima of the elements from `first` on alone the maps are as without. */
export async function expectSameBits(inputs: EngineInputs, first: number) {
  const { state } = await runEngine(inputs);
  expect((await runEngine({ ...inputs, nThreads: 3 })).state).toEqual(state);
  expect((await runEngine(await inLeastMemory({ ...inputs, nThreads: 2 }))).state).toEqual(state);
  const eligible = Uint8Array.from({ length: inputs.columns.length }, (_, e) => Number(e >= first));
  const { state: masked } = await runEngine({ ...inputs, eligible, nThreads: 2 });
  expect(Math.min(...masked.hypotheses[0]!.elements.filter((e) => e !== 0xffffffff))).toBeGreaterThanOrEqual(first);
  expect(masked.hypotheses[0]!.defaults).toEqual(state.hypotheses[0]!.defaults);
}

export async function expectBothKernelSets(inputs: EngineInputs) {
  const [simd, reference] = [await runEngine(inputs), await runEngine({ ...inputs, kernels: "reference" })];
  for (const [h, { maxima, counters }] of simd.state.hypotheses.entries()) {
    expectNear(reference.state.hypotheses[h]!.maxima, [...maxima]);
    expect(reference.state.hypotheses[h]!.counters).toEqual(counters);
  }
}
