// Elements that lack observations are sorted by which, and those of a pattern computed together: an element's numbers hang on neither.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { describePlan, formatPlan } from "../../src/app/analyse/plan/describe-plan.js";
import type { EngineInputs } from "../../src/engine/inputs.js";
import { MOST_READS } from "../../src/engine/plan/pattern-lists.js";
import { planEngine } from "../../src/engine/run.js";
import { chooseForTests, fastLibraries } from "../support/blas-libraries.js";
import { type EngineProblemOptions, inLeastMemory, makeEngineProblem, runEngine } from "../support/engine-problems.js";
import { createRandom } from "../support/seeded-random.js";
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
    expect(whole.cost.byPattern).toBe(pattern === "in runs of neighbours");
    for (const blockWidth of [16, 24]) {
      const tight = await runEngine(await inLeastMemory(withBlocks({ ...inputs, nThreads: 2 }, blockWidth)));
      expect(tight.plan.memory.blockWidth).toBeLessThan(whole.plan.memory.blockWidth);
      expect(tight.cost.byPattern).toBe(false);
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

/** Elements that lack the same are brought together from everywhere, or computed where they lie. */
describe("blocks of a pattern", () => {
  const SIZES = { nSubjects: 24, nElements: 1200, nShuffles: 70, blockWidth: 32 } as const;
  const inRuns = (subject: number, element: number) =>
    Math.floor(element / 50) % 4 > 0 && (subject * 5 + Math.floor(element / 50)) % 9 === 0;
  const MADE: readonly (Partial<EngineProblemOptions> & {
    readonly name: string;
    readonly given?: Partial<EngineInputs>;
  })[] = [
    { name: "scores", tests: ["t", "F"] },
    { name: "sign flips", tests: ["t", "F"], errors: "ise" },
    { name: "variance groups", nGroups: 2, tests: ["t", "F"] },
    { name: "bins", enhancement: "cfe", tests: ["t", "F"] },
    { name: "bins of variance groups", enhancement: "cfe", nGroups: 2 },
    { name: "single precision", given: { precision: "single" } },
    { name: "single precision, bins", enhancement: "cfe", given: { precision: "single" } },
    { name: "counting that stops", given: { negativeBinomial: 6 } },
    { name: "all exactly", tests: ["t", "F"], given: { mayScreen: false } },
    { name: "the reference kernels", tests: ["t", "F"], given: { kernels: "reference" } },
  ];

  describe.each(MADE)("$name", ({ name, given, ...options }) => {
    const made = async () => ({
      ...(await makeEngineProblem(join(root, `blocks ${name}`), {
        ...{ ...SIZES, enhancement: "none", tests: ["t"], isMissing: inRuns, ...options },
      })),
      ...given,
    });
    const inPlace = async (inputs: EngineInputs) => {
      const found = await runEngine(await inLeastMemory(withBlocks(inputs, 16)));
      expect(found.cost.byPattern).toBe(false);
      return found;
    };

    test("the bits of blocks that lie side by side, with any threads", async () => {
      const inputs = await made();
      const expected = await inPlace(inputs);
      for (const nThreads of [0, 3]) {
        const found = await runEngine({ ...inputs, nThreads });
        expect(found.cost.byPattern).toBe(true);
        expect(found.state.hypotheses).toEqual(expected.state.hypotheses);
        expect(found.observed).toEqual(expected.observed);
      }
    });

    test("the same inside a mask with holes, and what is read is within what is said", async () => {
      const inputs = await made();
      if (inputs.enhancement.kind === "cfe") return;
      const columns = inputs.columns.filter((column) => column > 130 && column % 97 > 2);
      const found = await runEngine({ ...inputs, columns });
      expect(found.cost.byPattern).toBe(true);
      expect(found.state.hypotheses).toEqual((await inPlace({ ...inputs, columns })).state.hypotheses);
      const { storePassBytes, memory } = found.plan;
      const passes = memory.nBatches;
      if (given?.negativeBinomial === undefined)
        expect(found.cost.bytesRead).toBeGreaterThanOrEqual(passes * storePassBytes);
      expect(found.cost.bytesRead).toBeLessThanOrEqual(passes * MOST_READS * storePassBytes);
    });
  });

  test("the same of random patterns, runs, masks, designs and threads", async () => {
    const random = createRandom(41);
    let nByPattern = 0;
    for (let i = 0; i < 12; i++) {
      const [nSubjects, nElements] = [8 + random.integer(30), 300 + random.integer(900)];
      const [run, nPatterns, share] = [8 + random.integer(120), 1 + random.integer(12), 2 + random.integer(12)];
      const patternOf = (element: number) => Math.imul(Math.floor(element / run) + 1, 0x9e3779b1) >>> 8;
      const made = await makeEngineProblem(join(root, `random ${i}`), {
        ...{ nSubjects, nElements, nShuffles: 20 + random.integer(80), blockWidth: 8 * (1 + random.integer(8)) },
        enhancement: random.integer(4) === 0 ? "cfe" : "none",
        tests: random.integer(2) === 0 ? ["t", "F"] : ["F"],
        errors: random.integer(3) === 0 ? "ise" : "ee",
        nGroups: 1 + random.integer(2),
        isMissing: (subject, element) => Math.imul(subject + 3, (patternOf(element) % nPatterns) + 1) % share === 0,
      });
      const hole = 2 + random.integer(400);
      const columns = made.columns.filter((column) => made.enhancement.kind === "cfe" || column % hole > 0);
      const inputs = { ...made, columns, nThreads: random.integer(3) };
      const found = await runEngine(inputs);
      nByPattern += Number(found.cost.byPattern);
      const tight = await runEngine(await inLeastMemory(withBlocks(inputs, 8)));
      expect(found.state.hypotheses, `problem ${i}`).toEqual(tight.state.hypotheses);
      expect(found.observed, `problem ${i}`).toEqual(tight.observed);
    }
    expect(nByPattern).toBeGreaterThan(3);
  }, 120_000);

  test("a plan says what they may read more than once, where they may be", async () => {
    const options = { ...SIZES, enhancement: "none", isMissing: inRuns } as const;
    const missing = await makeEngineProblem(join(root, "said"), options);
    const model = { ...missing.model!, variable: false };
    const sentence =
      /^ {2}store .* in all\n {23}up to 4 times as much a pass after the first, if elements that lack the same observations are brought together$/m;
    const planned = (inputs: EngineInputs) => {
      const of = describePlan({ elements: "fixels" }, planEngine(inputs), inputs, { blocks: undefined });
      return [of.mostReads, sentence.test(formatPlan(of))];
    };
    expect(planned(missing)).toEqual([MOST_READS, true]);
    expect(planned({ ...missing, model })).toEqual([1, false]);
    // blocks have no room for them
    const few = await makeEngineProblem(join(root, "few"), { ...options, nElements: 200, blockWidth: 64 });
    expect(planned(few)).toEqual([1, false]);
  });

  test("the same by a library", async (context) => {
    const libraries = fastLibraries();
    const { chosen } = libraries.length === 0 ? { chosen: undefined } : await chooseForTests(24, libraries);
    if (chosen === undefined) return context.skip("no fast BLAS on this machine");
    const { library, tile } = chosen;
    for (const mayScreen of [true, false]) {
      const options = { ...SIZES, nShuffles: 300, enhancement: "none", tests: ["t", "F"], isMissing: inRuns } as const;
      const made = await makeEngineProblem(join(root, `library ${mayScreen}`), options);
      const inputs = { ...made, mayScreen, kernels: "native", native: { library, tile } } as const;
      const found = await runEngine(inputs);
      const tight = await runEngine(await inLeastMemory(withBlocks(inputs, 16)));
      expect([found.cost.byPattern, tight.cost.byPattern]).toEqual([true, false]);
      expect(found.state.hypotheses).toEqual(tight.state.hypotheses);
    }
  });

  test("a run that goes on from another, values of 8 bytes, and a store of blocks", async () => {
    const inputs = await makeEngineProblem(join(root, "goes on"), { ...SIZES, enhancement: "none", isMissing: inRuns });
    const whole = await runEngine(inputs);
    const { plan } = inputs.shuffles;
    const first = await runEngine({
      ...inputs,
      shuffles: { plan, range: { first: 0, end: 40, leadingIdentity: false } },
    });
    const rest = { plan, range: { first: 40, end: plan.count, leadingIdentity: true } };
    const second = await runEngine({ ...inputs, shuffles: rest }, {}, first.state);
    expect([first.cost.byPattern, second.cost.byPattern]).toEqual([true, true]);
    expect(second.state.hypotheses).toEqual(whole.state.hypotheses);
    const values = new Float32Array(readFileSync(inputs.source.path).buffer);
    const path = join(root, "values.f64");
    writeFileSync(path, Float64Array.from(values));
    const wide = await runEngine({ ...inputs, source: { ...inputs.source, path, elementType: "f64" } });
    expect(wide.cost.byPattern).toBe(true);
    expect(wide.state.hypotheses).toEqual(whole.state.hypotheses);
    // the last block is padded
    const [blockWidth, n, m] = [56, SIZES.nSubjects, SIZES.nElements];
    const blocked = Float32Array.from({ length: Math.ceil(m / blockWidth) * n * blockWidth }, (_, i) => {
      const element = Math.floor(i / (n * blockWidth)) * blockWidth + (i % blockWidth);
      return element < m ? values[(Math.floor(i / blockWidth) % n) * m + element]! : 0;
    });
    writeFileSync(join(root, "blocked.f32"), blocked);
    const source = { ...inputs.source, path: join(root, "blocked.f32"), layout: "blocked", blockWidth } as const;
    const ofBlocks = await runEngine({ ...inputs, source });
    expect(ofBlocks.cost.byPattern).toBe(true);
    expect(ofBlocks.state.hypotheses).toEqual(whole.state.hypotheses);
  });
});
