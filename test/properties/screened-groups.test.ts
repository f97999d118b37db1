// Elements that lack observations, whose scores are screened by float32 products: the bits of those that are all computed exactly.
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { EngineInputs } from "../../src/engine/inputs.js";
import type { LibrarySearch } from "../../src/kernels/native/choose-library.js";
import { chooseForTests, fastLibraries } from "../support/blas-libraries.js";
import { type EngineProblemOptions, inLeastMemory, makeEngineProblem, runEngine } from "../support/engine-problems.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();

/** Patterns of three kinds, complete elements, and some of which nothing can be tested. */
const inPatterns = (subject: number, element: number) =>
  element % 40 === 7 ? subject > 2 : element % 4 > 0 && subject % 6 === element % 4;
const alone = (subject: number, element: number) => (subject * 7 + element * 13) % 31 === 0;

const CASES: readonly (Omit<EngineProblemOptions, "enhancement" | "nShuffles"> & { readonly name: string })[] = [
  { name: "t and F", nSubjects: 20, nElements: 300, tests: ["t", "F"], isMissing: inPatterns },
  { name: "F of a larger cohort", nSubjects: 90, nElements: 500, tests: ["F", "t"], isMissing: inPatterns },
  { name: "barely more subjects than columns", nSubjects: 7, nElements: 300, tests: ["t", "F"], isMissing: inPatterns },
  { name: "patterns of their own", nSubjects: 40, nElements: 120, tests: ["t", "F"], isMissing: alone },
  { name: "sign flips", nSubjects: 24, nElements: 300, tests: ["t", "F"], errors: "ise", isMissing: inPatterns },
  {
    name: "ties, and zeros",
    nSubjects: 18,
    nElements: 400,
    tests: ["t", "F"],
    isMissing: inPatterns,
    value: (subject, element) => (element % 5 === 0 ? 3 : Math.floor(((subject * 31 + element * 17) % 23) / 8)),
  },
  {
    name: "large means, little variance",
    nSubjects: 30,
    nElements: 200,
    tests: ["t", "F"],
    isMissing: inPatterns,
    value: (_, element, normal) => 10_000 + (element % 3 === 0 ? 0 : normal / 64),
  },
  {
    name: "huge effects",
    nSubjects: 30,
    nElements: 200,
    tests: ["t", "F"],
    isMissing: inPatterns,
    value: (subject, element, normal) => (subject % 2) * 10 ** (element % 7) + normal,
  },
  {
    name: "tiny and huge values",
    nSubjects: 30,
    nElements: 200,
    tests: ["t"],
    isMissing: inPatterns,
    value: (_, element, normal) => normal * 10 ** ((element % 60) - 30),
  },
];

describe.each(CASES)("groups of elements with the same observations: $name", ({ name, ...options }) => {
  let inputs: EngineInputs;
  let chosen: LibrarySearch["chosen"];
  const exactly = async () => (await runEngine({ ...inputs, mayScreen: false })).state.hypotheses;
  beforeAll(async () => {
    const made = { ...options, enhancement: "none", nShuffles: 600 } as const;
    inputs = await makeEngineProblem(join(root, name), made);
    const libraries = fastLibraries();
    if (libraries.length === 0) return;
    chosen = (await chooseForTests(options.nSubjects, libraries)).chosen;
  });

  test("the bits of exact scores, of both sets of kernels", async () => {
    const expected = await exactly();
    for (const kernels of ["simd", "reference"] as const) {
      const { plan, state } = await runEngine({ ...inputs, kernels });
      expect(plan.isScreened).toBe(true);
      expect(state.hypotheses).toEqual(expected);
    }
  });

  test("whatever threads, memory and blocks", async () => {
    const expected = await exactly();
    const tight = await inLeastMemory({ ...inputs, nThreads: 2 });
    const narrow = { ...tight, source: { ...tight.source, blockWidth: 24 } };
    for (const given of [tight, narrow, { ...inputs, nThreads: 0 }]) {
      const { plan, state } = await runEngine(given);
      expect(plan.isScreened).toBe(true);
      expect(state.hypotheses).toEqual(expected);
    }
  });

  test("by a library", async (context) => {
    if (chosen === undefined) return context.skip("no fast BLAS on this machine");
    const { library, tile } = chosen;
    const { plan, state } = await runEngine({ ...inputs, kernels: "native", native: { library, tile } });
    expect(plan.isScreened).toBe(true);
    expect(state.hypotheses).toEqual(await exactly());
  });
});
