// Random problems of all kinds, and those of the peer: the null distribution and where its maxima are do not depend on how many shuffles make the
// uncorrected p-values. test/engine/search.test.ts has named ones.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EngineInputs } from "../../src/engine/inputs.js";
import { makeEngineProblem, runEngine, withSearch } from "../support/engine-problems.js";
import { runInProcess } from "../support/in-process-cli.js";
import { layOutPeerCase } from "../support/peer.js";
import { createRandom } from "../support/seeded-random.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();
let nProblems = 0;

const anyProblem = fc.record({
  seed: fc.nat(2 ** 31),
  nElements: fc.integer({ min: 1, max: 700 }),
  /** Connections of an element at most. */
  most: fc.constantFrom(1, 9, 60),
  /** Elements of a bundle: only they are connected. */
  bundle: fc.constantFrom(5, 50, 1000),
  tests: fc.constantFrom(["t"] as const, ["F"] as const, ["t", "F"] as const),
  errors: fc.constantFrom("ee", "ise"),
  dh: fc.constantFrom(0.1, 0.1, 0.04, 1, 0.012),
  extentPower: fc.constantFrom(2, 2, 2, 1, 1.7, 4),
  heightPower: fc.constantFrom(3, 3, 2, 0, 5),
  legacy: fc.boolean(),
  /** Values in so many steps: ties. */
  steps: fc.constantFrom(0, 0, 3),
  effect: fc.constantFrom(0, 1, 8),
  missing: fc.constantFrom(false, false, true),
  nGroups: fc.constantFrom(1, 1, 2),
  share: fc.constantFrom(1, 1, 0.1),
  nThreads: fc.constantFrom(0, 0, 2),
  kernels: fc.constantFrom("simd", "simd", "reference"),
  counted: fc.constantFrom(0, 1, 17, 64, 139),
});

type Problem = typeof anyProblem extends fc.Arbitrary<infer Drawn> ? Drawn : never;

async function inputsOf(drawn: Problem): Promise<EngineInputs> {
  const { nElements: m, bundle, most, effect, steps, tests, errors, dh, nGroups, missing } = drawn;
  const random = createRandom(drawn.seed);
  const made = await makeEngineProblem(join(root, `problem-${nProblems++}`), {
    ...{ nSubjects: 13, nElements: m, nShuffles: 140, enhancement: "cfe", tests, errors, dh, nGroups },
    ...(missing ? { isMissing: (i: number, e: number) => (i * 5 + e) % 23 === 0 } : {}),
    value: (i, e, normal) => {
      const y = normal + (e % 40 < 9 ? effect * (i % 2) : 0);
      return steps === 0 ? y : Math.round(y * steps);
    },
    connections: (e) => {
      const first = e - (e % bundle);
      const others = Array.from({ length: random.integer(most + 1) }, () => first + random.integer(bundle));
      const to = [...new Set([e, ...others])].filter((c) => c < m).sort((a, b) => a - b);
      return random.integer(9) === 0 ? [] : to.map((c) => [c, c === e ? 1 : Math.fround(random.uniform())] as const);
    },
  });
  if (made.enhancement.kind !== "cfe") throw new Error("No enhancement.");
  const { extentPower, heightPower, legacy, kernels, nThreads, share } = drawn;
  const eligible = Uint8Array.from({ length: m }, () => Number(random.uniform() < share));
  return {
    ...{ ...made, kernels, nThreads, enhancement: { ...made.enhancement, extentPower, heightPower, legacy } },
    ...(share === 1 ? {} : { eligible }),
  };
}

describe("maxima by bounds", () => {
  test("of random problems", async () => {
    const met = { found: 0, enhanced: 0, wide: 0, gaveUp: 0 };
    const property = fc.asyncProperty(anyProblem, async (drawn) => {
      const inputs = await inputsOf(drawn);
      const whole = await runEngine(inputs);
      for (const guard of [2, 0.25]) {
        const { state, cost } = await runEngine(await withSearch(inputs, drawn.counted, guard));
        for (const [h, { maxima, elements, defaults }] of state.hypotheses.entries()) {
          const wanted = whole.state.hypotheses[h]!;
          expect({ maxima, elements, defaults }).toEqual({
            ...{ maxima: wanted.maxima, elements: wanted.elements, defaults: wanted.defaults },
          });
        }
        met.found += cost.search?.nFound ?? 0;
        met.enhanced += cost.search?.nEnhanced ?? 0;
        met.wide += cost.wideBatches;
        met.gaveUp += cost.search?.gaveUp.length ?? 0;
      }
    });
    await fc.assert(property, { seed: 20_261_127, numRuns: 30, endOnFailure: true });
    expect(met.found).toBeGreaterThan(2000);
    expect(met.wide).toBeGreaterThan(0);
    expect(met.enhanced).toBeGreaterThan(0);
  }, 240_000);

  const kinds = ["", "-cfe-legacy", "-cfe-parameters", "-mask", "-strong", "-fonly", "-without-identity"];
  const others = ["column", "missing", "missing-variance", "variance", "large-means"];
  for (const name of [...kinds.map((kind) => `demo${kind}`), ...others]) {
    test(`of the peer's problem ${name}`, async () => {
      const { directory, manifest } = layOutPeerCase(`fixelcfestats-${name}`);
      const home = process.cwd();
      process.chdir(directory);
      try {
        const run = async (output: string, ...options: string[]) => {
          const typed = manifest.arguments.map((token) => (token === "output" ? output : token));
          const { status, stderr } = await runInProcess(["fixelcfestats", ...typed, "-nthreads", "0", ...options]);
          expect(status, stderr).toBe(0);
          const { files } = JSON.parse(readFileSync(join(output, "run.json"), "utf8"));
          const nulls = (files as string[]).filter((file) => /^null_dist/.test(file)).sort();
          return nulls.map((file) => readFileSync(join(output, file), "utf8").replace(/^#.*\n/gm, ""));
        };
        const wanted = await run("all");
        expect(wanted.length).toBeGreaterThan(0);
        expect(await run("none", "--uncorrected-shuffles", "0")).toEqual(wanted);
      } finally {
        process.chdir(home);
      }
    });
  }
});
