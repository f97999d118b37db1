// The main thread alone can hear a signal. With -nthreads 0 it does the work too: whatever it does, it asks several times a second whether a turn of the
// event loop is due. Measured in time of the processor, so that a busy machine does not show. That a turn is taken then: abort.test.ts.
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { type EngineProblemOptions, makeEngineProblem, openProblem } from "../support/engine-problems.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const asked = vi.hoisted(() => ({
  lastMs: 0,
  longestMs: 0,
  note() {
    const now = process.cpuUsage().user / 1000;
    asked.longestMs = Math.max(asked.longestMs, now - asked.lastMs);
    asked.lastMs = now;
  },
}));
vi.mock("../../src/turns.js", async (importOriginal) => {
  const original = await importOriginal<typeof import("../../src/turns.js")>();
  return {
    ...original,
    createTurns: (signal: AbortSignal | undefined) => {
      const turns = original.createTurns(signal);
      const isDue = () => {
        asked.note();
        return turns.isDue();
      };
      return { ...turns, isDue };
    },
  };
});

const root = temporaryDirectory();
/** Of work without a question. A second is what a signal may wait; a turn comes up to 100 ms after it is due, and ends what it interrupts. */
const MOST_MS = 400;
const tests = ["t", "F"] as const;
const block = { blockWidth: 1024, nElements: 1024 } as const;

/** Each takes longer than that in what its name says. */
const CASES: Record<string, EngineProblemOptions> = {
  "labels of many shuffles": { enhancement: "none", nSubjects: 1000, nElements: 64, nShuffles: 20_000 },
  corrections: { enhancement: "none", nSubjects: 1000, nElements: 64, nShuffles: 5000, tests: ["t", "F", "t", "F"] },
  "fine heights": { enhancement: "cfe", nSubjects: 100, nElements: 500, nShuffles: 20, tests, dh: 0.001 },
  "scores to Z": { enhancement: "none", nSubjects: 12, nElements: 200_000, nShuffles: 10, tests: ["F", "F", "F", "F"] },
  "products of one block": { ...block, enhancement: "none", nSubjects: 500, nShuffles: 6000 },
  "patterns of missing values": {
    ...{ ...block, enhancement: "none", nSubjects: 200, nShuffles: 16_000 },
    isMissing: (subject, element) => subject % 20 === element % 2,
  },
  "own columns": { ...block, enhancement: "none", nSubjects: 1000, nShuffles: 100, nColumns: 6 },
  "variance groups": { ...block, enhancement: "none", nSubjects: 300, nShuffles: 200, nGroups: 3, tests },
  "variance groups and own columns": {
    ...{ ...block, enhancement: "none", nSubjects: 500, nShuffles: 30, nGroups: 3, nColumns: 4, tests },
  },
  "bins without a table": { ...block, enhancement: "cfe", nSubjects: 100, nShuffles: 400, nGroups: 3, tests },
};

test.each(Object.entries(CASES))("%s", async (name, options) => {
  const inputs = await makeEngineProblem(join(root, name), options);
  const engine = await openProblem(inputs);
  try {
    for (const work of [() => engine.observe(), () => engine.run({})]) {
      asked.note();
      asked.longestMs = 0;
      await work();
      asked.note();
      expect(asked.longestMs).toBeLessThan(MOST_MS);
    }
  } finally {
    await engine.close();
  }
});
