// A range of shuffles leaves what the whole run leaves of it: a shard, a checkpoint and an undivided run differ in the range alone.
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { EngineInputs } from "../../src/engine/inputs.js";
import type { ShuffleRange } from "../../src/run/shuffle-range.js";
import {
  inLeastMemory,
  makeEngineProblem,
  modelsInBatches,
  runEngine,
  SEVERAL_BATCHES,
} from "../support/engine-problems.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();

/** Three patterns that many elements share, and a few elements that cannot be tested. */
const isMissing = (subject: number, element: number) =>
  element % 40 === 7 ? subject > 2 : element % 4 > 0 && subject % 6 === element % 4;

const CASES = (["cfe", "none"] as const).flatMap((enhancement) => [
  { name: `${enhancement}, one design`, enhancement },
  { name: `${enhancement}, sign flips`, enhancement, errors: "ise" as const },
  // every batch is run again in halves, with two bytes a bin
  ...(enhancement === "cfe" ? [{ name: "cfe, wide bins", enhancement, dh: 0.004 }] : []),
  ...modelsInBatches(enhancement, isMissing),
  { name: `${enhancement}, an own column`, enhancement, nColumns: 1, nElements: 120 },
]);

const withRange = (inputs: EngineInputs, range: ShuffleRange): EngineInputs => ({
  ...inputs,
  shuffles: { ...inputs.shuffles, range },
});

describe.each(CASES)("$name", ({ name, ...options }) => {
  const nShuffles = ("nShuffles" in options ? options.nShuffles : undefined) ?? SEVERAL_BATCHES[options.enhancement];
  const problem = makeEngineProblem(join(root, name), {
    ...{ nSubjects: 20, nElements: 300, nShuffles, tests: ["t", "F"], ...options },
  });

  test("maxima of a range are those of the whole run, and counters of ranges add up to its own", async () => {
    const inputs = await problem;
    const whole = (await runEngine(inputs)).state;
    const tight = await inLeastMemory(inputs);
    const [a, b] = [23, 0.7 * nShuffles];
    const ranges: ShuffleRange[] = [
      { first: 0, end: a, leadingIdentity: false },
      { first: a, end: b, leadingIdentity: true },
      { first: b, end: nShuffles, leadingIdentity: true },
    ];
    const parts: Awaited<ReturnType<typeof runEngine>>[] = [];
    // batches of other sizes begin at other shuffles
    for (const [i, range] of ranges.entries()) parts.push(await runEngine(withRange(i === 1 ? tight : inputs, range)));
    expect(whole.ranges).toEqual([{ first: 0, end: nShuffles }]);
    for (const [i, { first, end }] of ranges.entries()) expect(parts[i]!.state.ranges).toEqual([{ first, end }]);
    for (const [h, { maxima, elements, counters, defaults }] of whole.hypotheses.entries()) {
      expect(new Set(maxima).size).toBeGreaterThan(nShuffles / 2);
      const found = parts.map(({ state }) => state.hypotheses[h]!);
      expect(found.flatMap((part) => [...part.maxima])).toEqual([...maxima]);
      expect(found.flatMap((part) => [...part.elements])).toEqual([...elements]);
      for (const part of found) expect(part.defaults).toEqual(defaults);
      expect(counters.some((count) => count > 0)).toBe(true);
      expect(counters.map((_, e) => found.reduce((sum, part) => sum + part.counters[e]!, 0))).toEqual(counters);
    }
    // or the ranges would prove little about lanes
    expect(parts[1]!.plan.memory.nBatches).toBeGreaterThan(1);
  });
});

test("with -notest the unshuffled data alone", async () => {
  const inputs = await makeEngineProblem(join(root, "notest"), {
    ...{ nSubjects: 12, nElements: 60, nShuffles: 10, enhancement: "cfe" },
  });
  const whole = (await runEngine(inputs)).state.hypotheses[0]!;
  const { state } = await runEngine(withRange(inputs, { first: 0, end: 0, leadingIdentity: true }));
  expect(state.ranges).toEqual([]);
  expect(state.hypotheses[0]).toMatchObject({ maxima: new Float64Array(0), defaults: whole.defaults });
  expect(state.hypotheses[0]!.counters.every((count) => count === 0)).toBe(true);
});

test("a range that begins with another shuffle than the unshuffled data, and does not run them in front, is refused", async () => {
  const inputs = await makeEngineProblem(join(root, "refused"), {
    ...{ nSubjects: 12, nElements: 60, nShuffles: 10, enhancement: "none" },
  });
  const headless = withRange(inputs, { first: 3, end: 6, leadingIdentity: false });
  await expect(runEngine(headless)).rejects.toThrow("The first lane of a run must be the unshuffled data.");
});
