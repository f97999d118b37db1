// A run that is told to stop stops within a second, whatever it is doing, with threads and without; and leaves neither thread nor mapping behind.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import type { EngineInputs } from "../../src/engine/inputs.js";
import { type EngineProblemOptions, makeEngineProblem, openProblem } from "../support/engine-problems.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();
/** Milliseconds. A second on a quiet machine. */
const MOST_MS = 3000;

const isLinux = process.platform === "linux";
const countThreads = () => (isLinux ? readdirSync("/proc/self/task").length : 0);
const countMappings = () =>
  isLinux
    ? readFileSync("/proc/self/maps", "utf8")
        .split("\n")
        .filter((line) => line.includes(root)).length
    : 0;

/** The same shuffles again and again: many more than there are, and no time to draw them. */
function endless(inputs: EngineInputs): EngineInputs {
  const { plan } = inputs.shuffles;
  const count = 1_000_000;
  const again: typeof plan = {
    ...{ nSubjects: plan.nSubjects, errors: plan.errors, startsWithIdentity: true, exhaustive: false, count },
    labelsInto: (index, out) => plan.labelsInto(index % plan.count, out),
    signsInto: (index, out) => plan.signsInto(index % plan.count, out),
  };
  return { ...inputs, shuffles: { plan: again, range: { first: 0, end: count, leadingIdentity: false } } };
}

const isMissing = (subject: number, element: number) => subject % 20 === element % 4;
const wide = { enhancement: "none", nElements: 2048, blockWidth: 1024 } as const;

const CASES: Record<string, EngineProblemOptions & { readonly endless?: true; readonly phase?: "observe" }> = {
  "many phases of milliseconds": { enhancement: "cfe", nSubjects: 12, nElements: 50, nShuffles: 256, endless: true },
  "pieces of seconds": { ...wide, nSubjects: 100, nShuffles: 60_000, isMissing },
  "pieces of seconds, variance groups": { ...wide, nSubjects: 100, nShuffles: 10_000, nGroups: 2, tests: ["t", "F"] },
  "the observed pass": { ...wide, phase: "observe", nSubjects: 1000, nShuffles: 10, nColumns: 6 },
};

describe.each([0, 2])("%i threads", (nThreads) => {
  test.each(Object.entries(CASES))("%s", async (name, { phase, ...options }) => {
    const problem = await makeEngineProblem(join(root, `${nThreads} ${name}`), options);
    const threadsBefore = countThreads();
    const controller = new AbortController();
    const { signal } = controller;
    const inputs: EngineInputs = { ...(options.endless ? endless(problem) : problem), nThreads, signal };
    const engine = await openProblem(inputs);
    onTestFinished(() => engine.close());
    const reason = new Error("Ctrl-C");
    let abortedAt = Number.POSITIVE_INFINITY;
    const abort = () => {
      abortedAt = performance.now();
      controller.abort(reason);
    };
    if (phase !== "observe") await engine.observe();
    // fires only when the event loop turns, as a signal does
    setTimeout(abort, 300);
    await expect(phase === "observe" ? engine.observe() : engine.run({})).rejects.toBe(reason);
    expect(performance.now() - abortedAt).toBeLessThan(MOST_MS);
    const closedAt = performance.now();
    await engine.close();
    expect(performance.now() - closedAt).toBeLessThan(MOST_MS);
    // a thread that had to be ended by force would have left its mappings
    expect(countMappings()).toBe(0);
    for (let waited = 0; countThreads() !== threadsBefore && waited < 2000; waited += 20) await wait(20);
    expect(countThreads()).toBe(threadsBefore);
  });

  test("what is aborted before it begins does not begin", async () => {
    const problem = await makeEngineProblem(join(root, `${nThreads} before`), {
      ...{ nSubjects: 12, nElements: 50, nShuffles: 20, enhancement: "none" },
    });
    const reason = new Error("Ctrl-C");
    const controller = new AbortController();
    const engine = await openProblem({ ...problem, nThreads, signal: controller.signal });
    onTestFinished(() => engine.close());
    await engine.observe();
    controller.abort(reason);
    await expect(engine.run({})).rejects.toBe(reason);
    await expect(openProblem({ ...problem, nThreads, signal: controller.signal })).rejects.toBe(reason);
  });
});
