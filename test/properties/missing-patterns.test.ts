// Elements that lack observations are sorted by which, and those of a pattern computed together: an element's numbers hang on neither.
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { EngineInputs } from "../../src/engine/inputs.js";
import { inLeastMemory, makeEngineProblem, runEngine } from "../support/engine-problems.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();

const PATTERNS = {
  /** Dealt out one by one: the values are sorted first. */
  scattered: (subject: number, element: number) => (subject * 7 + element) % 12 === 0,
  "in runs of neighbours": (subject: number, element: number) =>
    (subject * 7 + Math.floor(element / 50)) % 12 === 0 && element % 600 > 30,
  /** Every element another, but for some that nobody lacks; a few cannot be tested. */
  "of an element's own": (subject: number, element: number) =>
    element % 9 > 0 && (Math.imul(subject + 1, element + 3) >>> 3) % (element % 31 === 5 ? 2 : 10) === 0,
} as const;

const SIZE = { nSubjects: 22, nElements: 900, nShuffles: 70, tests: ["t", "F"] } as const;
const CASES = Object.keys(PATTERNS).flatMap((pattern) =>
  (["none", "cfe"] as const).flatMap((enhancement) =>
    (["ee", "ise"] as const).map((errors) => ({ pattern: pattern as keyof typeof PATTERNS, enhancement, errors })),
  ),
);
const withBlocks = (inputs: EngineInputs, blockWidth: number): EngineInputs => ({
  ...inputs,
  source: { ...inputs.source, blockWidth },
});

describe.each(CASES)("patterns $pattern, $enhancement, $errors", ({ pattern, ...options }) => {
  const problem = makeEngineProblem(join(root, `${pattern} ${options.enhancement} ${options.errors}`), {
    ...{ ...SIZE, ...options, isMissing: PATTERNS[pattern] },
  });

  test("the same bits for any threads, memory and blocks", async () => {
    const inputs = await problem;
    const whole = await runEngine(inputs);
    expect(whole.plan.memory.blockWidth).toBeGreaterThan(64);
    for (const blockWidth of [16, 24]) {
      const tight = await runEngine(await inLeastMemory(withBlocks({ ...inputs, nThreads: 2 }, blockWidth)));
      expect(tight.plan.memory.blockWidth).toBeLessThan(whole.plan.memory.blockWidth);
      expect(tight.state.hypotheses).toEqual(whole.state.hypotheses);
    }
  });

  test.skipIf(options.enhancement === "cfe")("elements outside a mask change nothing in those inside", async () => {
    const inputs = await problem;
    const whole = await runEngine(inputs);
    const columns = inputs.columns.filter((column) => column % 7 > 3 || (column > 300 && column < 420));
    const masked = await runEngine({ ...inputs, columns });
    for (const [h, { counters, defaults }] of masked.state.hypotheses.entries()) {
      const of = whole.state.hypotheses[h]!;
      expect([...counters]).toEqual(Array.from(columns, (column) => of.counters[column]));
      expect([...defaults]).toEqual(Array.from(columns, (column) => of.defaults[column]));
    }
  });

  test.skipIf(options.enhancement === "cfe").each(["simd", "reference"] as const)(
    "maxima of those that may be one, and counters of all: %s",
    async (kernels) => {
      const inputs = { ...(await problem), kernels };
      // of some patterns none may be one
      const inside = (column: number) => column % 12 > 3 && column > 130;
      const eligible = Uint8Array.from(inputs.columns, (column) => Number(inside(column)));
      const columns = inputs.columns.filter(inside);
      const whole = await runEngine(inputs);
      const found = await runEngine({ ...inputs, eligible });
      const alone = await runEngine({ ...inputs, columns });
      for (const [h, { counters, defaults, maxima, elements }] of found.state.hypotheses.entries()) {
        expect(counters).toEqual(whole.state.hypotheses[h]!.counters);
        expect(defaults).toEqual(whole.state.hypotheses[h]!.defaults);
        expect(maxima).toEqual(alone.state.hypotheses[h]!.maxima);
        expect([...elements]).toEqual(Array.from(alone.state.hypotheses[h]!.elements, (element) => columns[element]));
      }
    },
  );

  test("the reference kernels' maxima", async () => {
    const inputs = await problem;
    const [simd, reference] = [await runEngine(inputs), await runEngine({ ...inputs, kernels: "reference" })];
    for (const [h, { maxima, elements }] of reference.state.hypotheses.entries()) {
      for (const [lane, maximum] of maxima.entries()) {
        expect(Math.abs(simd.state.hypotheses[h]!.maxima[lane]! / maximum - 1)).toBeLessThan(1e-6);
        if (options.enhancement === "none") expect(simd.state.hypotheses[h]!.elements[lane]).toBe(elements[lane]);
      }
    }
  });
});

// alike, and so few that the largest of a shuffle is often negative
test.each([9, 11, 14])("maxima of %i subjects are the largest Z of the elements alone", async (nSubjects) => {
  const inputs = await makeEngineProblem(join(root, `few of ${nSubjects}`), {
    ...{ nSubjects, nElements: 2, nShuffles: 300, enhancement: "none" },
    isMissing: (subject, element) => element === 1 && subject < nSubjects - 6,
    value: (subject, _, normal) => 10 * Math.sin(7 * subject) + normal,
  });
  const together = (await runEngine(inputs)).state.hypotheses[0]!;
  const alone: Float64Array[] = [];
  for (const column of inputs.columns) {
    const { state } = await runEngine({ ...inputs, columns: Uint32Array.of(column) });
    alone.push(state.hypotheses[0]!.maxima);
  }
  const largest = Array.from(together.maxima, (_, lane) => Math.max(...alone.map((maxima) => maxima[lane]!)));
  expect([...together.maxima]).toEqual(largest);
  expect(largest.some((z) => z < 0)).toBe(true);
});

test("more elements of a pattern than are packed together", async () => {
  const inputs = await makeEngineProblem(join(root, "large groups"), {
    ...{ nSubjects: 1000, nElements: 1152, nShuffles: 20, enhancement: "none" },
    isMissing: (subject, element) => element % 20 === 0 && subject < 2,
  });
  const whole = await runEngine(inputs);
  const { blockWidth, groupWidth } = whole.plan.memory;
  expect(groupWidth).toBeLessThan(blockWidth * 0.94);
  const tight = await runEngine(await inLeastMemory(inputs));
  expect(tight.plan.memory.blockWidth).toBeLessThan(groupWidth);
  expect(tight.state.hypotheses).toEqual(whole.state.hypotheses);
});

test("tiles of so few shuffles that their positions begin beside others", async () => {
  const inputs = await makeEngineProblem(join(root, "small tiles"), {
    ...{ nSubjects: 12_000, nElements: 24, nShuffles: 11, enhancement: "none" },
    isMissing: (subject, element) => subject % 97 === element % 3,
  });
  const [simd, reference] = [await runEngine(inputs), await runEngine({ ...inputs, kernels: "reference" })];
  expect(simd.plan.memory.tileShuffles).toBe(2);
  const [found, stated] = [simd.state.hypotheses[0]!, reference.state.hypotheses[0]!];
  expect([...found.elements]).toEqual([...stated.elements]);
  expect([...found.counters]).toEqual([...stated.counters]);
  for (const [lane, maximum] of stated.maxima.entries()) expect(found.maxima[lane]).toBeCloseTo(maximum, 9);
});
