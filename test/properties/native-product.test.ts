// Tiles multiplied by a library: the same bits whatever threads, memory and shards, as with the kernels, and the numbers of the SIMD kernels but for the last bits.
// By a library of this machine, or a plain one that a compiler makes here.
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { EngineInputs } from "../../src/engine/inputs.js";
import type { Precision } from "../../src/engine/plan/inputs.js";
import type { LibrarySearch } from "../../src/kernels/native/choose-library.js";
import { chooseForTests, fastLibraries, hasCompiler, makeLibrary } from "../support/blas-libraries.js";
import { type EngineProblemOptions, inLeastMemory, makeEngineProblem, runEngine } from "../support/engine-problems.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();
const libraries = fastLibraries();
const isHere = libraries.length > 0 || hasCompiler;
/** Several batches, and a last tile that is filled in part. */
const N_SHUFFLES = 600;

const isMissing = (subject: number, element: number) =>
  element % 40 === 7 ? subject > 2 : element % 4 > 0 && subject % 6 === element % 4;

const SINGLE = { precision: "single", floor: 0.01 } as const;

const MODELS: readonly (Partial<EngineProblemOptions> & {
  readonly name: string;
  readonly precision?: Precision;
  readonly floor?: number;
})[] = [
  { name: "one design" },
  // more subjects than a library sums in one go
  { name: "one design, many subjects", nSubjects: 420, nElements: 150 },
  { name: "sign flips", errors: "ise" },
  { name: "single", ...SINGLE, nSubjects: 420, nElements: 150 },
  { name: "missing values", isMissing },
  { name: "missing values, many subjects", isMissing, nSubjects: 420, nElements: 150 },
  { name: "variance groups", nGroups: 2, nSubjects: 48, nElements: 40 },
  { name: "an own column", nColumns: 1, nElements: 120 },
  { name: "own columns and variance groups", nColumns: 1, nGroups: 2, nSubjects: 48, nElements: 40 },
  // statistics near 0 have the errors of others
  { name: "single, missing values", ...SINGLE, isMissing },
  { name: "single, variance groups", ...SINGLE, nGroups: 2, nSubjects: 48, nElements: 40 },
  { name: "single, own columns and groups", ...SINGLE, nColumns: 1, nGroups: 2, nSubjects: 48, nElements: 40 },
];

const CASES = MODELS.flatMap((model) => (["cfe", "none"] as const).map((enhancement) => ({ ...model, enhancement })));

describe.skipIf(!isHere)("tiles multiplied by a library", () => {
  let chosen: LibrarySearch["chosen"];
  beforeAll(async () => {
    const found = libraries.length > 0 ? libraries : [{ kind: "named" as const, path: makeLibrary(root, "plain") }];
    const search = await chooseForTests(420, found);
    chosen = search.chosen;
    expect(chosen, JSON.stringify(search.tried)).toBeDefined();
  });
  const natively = (inputs: EngineInputs): EngineInputs => ({
    ...inputs,
    kernels: "native",
    native: { library: chosen!.library, tile: chosen!.tile },
  });

  describe.each(CASES)("$name, $enhancement", ({ name, precision = "double", floor = 1e-6, ...options }) => {
    const problem = makeEngineProblem(join(root, `${name} ${options.enhancement}`), {
      ...{ nSubjects: 20, nElements: 300, nShuffles: N_SHUFFLES, tests: ["t", "F"], ...options },
    }).then((inputs): EngineInputs => ({ ...inputs, precision }));

    let plain: ReturnType<typeof runEngine> | undefined;
    /** Without threads and in memory enough; both tests begin with it. */
    const runPlain = async () => {
      plain ??= runEngine(natively(await problem));
      return plain;
    };

    test("the same bits for any threads, memory and range", async (context) => {
      if (precision === "single" && !chosen!.report.precisions.single!.hasSameBits) {
        context.skip("this library's float32 sums hang on the place in the tile: run.json says so");
      }
      const inputs = natively(await problem);
      const whole = await runPlain();
      expect(whole.plan.memory.tileShuffles).toBeGreaterThan(16);
      const tight = await inLeastMemory({ ...inputs, nThreads: 2 });
      const cut = (source: EngineInputs["source"]) => ({ ...source, blockWidth: 24 });
      const narrow = await runEngine({
        ...tight,
        source: cut(inputs.source),
        columnSources: inputs.columnSources!.map(cut),
      });
      expect(narrow.plan.memory.blockWidth).toBeLessThan(whole.plan.memory.blockWidth);
      expect(narrow.state.hypotheses).toEqual(whole.state.hypotheses);
      const joined = await runEngine({
        ...{ ...inputs, nThreads: 1, source: cut(inputs.source) },
        columnSources: inputs.columnSources!.map(cut),
      });
      // one design, and patterns: blocks of several of the store's
      if (inputs.columnSources!.length === 0 && options.nGroups === undefined)
        expect(joined.plan.memory.blockWidth).toBeGreaterThan(24);
      expect(joined.state.hypotheses).toEqual(whole.state.hypotheses);
      expect(joined.observed).toEqual(whole.observed);
      const range = { first: 37, end: 400, leadingIdentity: true };
      const part = await runEngine({ ...inputs, shuffles: { ...inputs.shuffles, range } });
      for (const [h, { maxima, defaults }] of part.state.hypotheses.entries()) {
        expect([...maxima]).toEqual([...whole.state.hypotheses[h]!.maxima].slice(37, 400));
        expect(defaults).toEqual(whole.state.hypotheses[h]!.defaults);
      }
    });

    test("the numbers of the SIMD kernels", async () => {
      const [native, simd] = [await runPlain(), await runEngine(await problem)];
      // enhanced statistics are sums of float32; a bin that is decided by the last bit is one height
      const limit = precision === "single" ? 1e-4 : options.enhancement === "cfe" ? 1e-5 : 2e-12;
      for (const [h, { maxima, counters, defaults }] of simd.state.hypotheses.entries()) {
        const ours = native.state.hypotheses[h]!;
        const largest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
          Math.max(...Array.from(a, (x, i) => (x === b[i] ? 0 : Math.abs(x - b[i]!) / Math.max(Math.abs(x), floor))));
        expect(largest(maxima, ours.maxima)).toBeLessThanOrEqual(limit);
        expect(largest(defaults, ours.defaults)).toBeLessThanOrEqual(limit);
        // shuffles that arrange the data alike tie whoever multiplies
        const moved = counters.filter((count, e) => count !== ours.counters[e]).length;
        expect(moved).toBeLessThanOrEqual(precision === "single" ? counters.length / 10 : 0);
      }
    });
  });
});
