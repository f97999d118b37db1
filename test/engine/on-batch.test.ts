// What a run hands out after every batch: the state so far, which the final one continues. Checkpoints and progress live on it.
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { NullState } from "../../src/run/null-state.js";
import {
  copyState,
  inLeastMemory,
  makeEngineProblem,
  modelsInBatches,
  runEngine,
  SEVERAL_BATCHES,
} from "../support/engine-problems.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();
const isMissing = (subject: number, element: number) => element % 4 > 0 && subject % 6 === element % 4;

const CASES = (["cfe", "none"] as const).flatMap((enhancement) => [
  { name: `${enhancement}, one design`, enhancement },
  ...modelsInBatches(enhancement, isMissing),
]);

describe.each(CASES)("$name", ({ name, ...options }) => {
  const problem = makeEngineProblem(join(root, name), {
    ...{ nSubjects: 20, nElements: 300, nShuffles: SEVERAL_BATCHES[options.enhancement], tests: ["t", "F"] },
    ...options,
  });

  test.each([0, 2])("the states of a run grow into its last one, %i threads", async (nThreads) => {
    const inputs = await inLeastMemory({ ...(await problem), nThreads });
    const states: NullState[] = [];
    const { state: last } = await runEngine(inputs, {
      onBatch: (state) => {
        states.push(copyState(state));
      },
    });
    expect(states.length).toBeGreaterThan(1);
    expect(states.at(-1)).toEqual(last);
    for (const [i, state] of states.entries()) {
      const before = states[i - 1];
      const done = before?.ranges[0]?.end ?? 0;
      const { end } = state.ranges[0]!;
      expect(state).toMatchObject({ planHash: "plan", nElements: last.nElements, ranges: [{ first: 0, end }] });
      expect(end).toBeGreaterThan(done);
      for (const [h, found] of state.hypotheses.entries()) {
        const { maxima, elements, defaults } = last.hypotheses[h]!;
        expect(found.maxima).toEqual(maxima.slice(0, end));
        expect(found.elements).toEqual(elements.slice(0, end));
        expect(found.defaults).toEqual(defaults);
        // of the shuffles since the state before, each counts an element once at most
        const more = Array.from(found.counters, (count, e) => count - (before?.hypotheses[h]?.counters[e] ?? 0));
        expect(Math.min(...more)).toBeGreaterThanOrEqual(0);
        expect(Math.max(...more)).toBeLessThanOrEqual(end - done);
      }
    }
  });
});

test("the next batch begins when the answer is there", async () => {
  const problem = await makeEngineProblem(join(root, "waits"), {
    ...{ nSubjects: 20, nElements: 300, nShuffles: 600, enhancement: "cfe" },
  });
  for (const nThreads of [0, 2]) {
    let isAnswering = false;
    let nBatches = 0;
    await runEngine(
      { ...problem, nThreads },
      {
        onProgress: () => expect(isAnswering).toBe(false),
        onBatch: async () => {
          expect(isAnswering).toBe(false);
          isAnswering = true;
          nBatches++;
          await wait(30);
          isAnswering = false;
        },
      },
    );
    expect(isAnswering).toBe(false);
    expect(nBatches).toBe(3);
  }
});

test("what its answer throws ends the run", async () => {
  const problem = await makeEngineProblem(join(root, "throws"), {
    ...{ nSubjects: 12, nElements: 60, nShuffles: 30, enhancement: "none" },
  });
  const full = new Error("the disk is full");
  for (const nThreads of [0, 2]) {
    const onBatch = async () => {
      await wait(1);
      throw full;
    };
    await expect(runEngine({ ...problem, nThreads }, { onBatch })).rejects.toBe(full);
  }
});
