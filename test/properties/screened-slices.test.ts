// Scores that a library's float32 products decide, of data whose roundings all go the same way: values of two kinds, and shuffles that hardly move them. A library
// that adds each term to the sum of the slices before is off by many times what the bound of slices says.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { EngineInputs } from "../../src/engine/inputs.js";
import type { Hypothesis } from "../../src/stats/design/hypothesis.js";
import { matrixOf } from "../../src/stats/design/matrix.js";
import { partitionDesign } from "../../src/stats/design/partition.js";
import type { ShufflePlan } from "../../src/stats/shuffle/shuffle-plan.js";
import { chooseForTests, fastLibraries, hasCompiler, makeLibrary } from "../support/blas-libraries.js";
import { runEngine } from "../support/engine-problems.js";
import { createRandom } from "../support/seeded-random.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();
const N_ELEMENTS = 16;
const N_SHUFFLES = 20;

/** Two groups, one behind the other. Values are those of the group, but for a few at its end, more of them from element to element. */
function makeProblem(n: number): EngineInputs {
  const directory = join(root, String(n));
  mkdirSync(directory);
  const half = n / 2;
  const group = (i: number) => Number(i >= half);
  const path = join(directory, "data");
  const values = Float32Array.from({ length: n * N_ELEMENTS }, (_, at) => {
    const [i, e] = [Math.floor(at / N_ELEMENTS), at % N_ELEMENTS];
    return i % half >= half - 20 - 5 * e ? 1 - group(i) : group(i);
  });
  writeFileSync(path, values);
  // some that have the same value trade places: every score is that of the unshuffled data
  const random = createRandom(n);
  const lists = Array.from({ length: N_SHUFFLES }, (_, shuffle) => {
    const labels = Int32Array.from({ length: n }, (__, i) => i);
    for (let trade = 0; trade < shuffle; trade++) {
      const start = trade % 2 === 0 ? 0 : half;
      const [a, b] = [start + random.integer(half - 120), start + random.integer(half - 120)];
      [labels[a], labels[b]] = [labels[b]!, labels[a]!];
    }
    return labels;
  });
  const plan: ShufflePlan = {
    ...{ nSubjects: n, count: N_SHUFFLES, errors: "ee", startsWithIdentity: true, exhaustive: false },
    labelsInto: (index, out) => out.set(lists[index]!),
    signsInto: (_, out) => out.fill(1),
  };
  const design = matrixOf(n, 2, (i, j) => (j === 0 ? 1 : group(i)));
  const hypothesis: Hypothesis = { name: "t1", kind: "t", rank: 1, contrast: matrixOf(1, 2, (_, j) => j) };
  const place = { path, byteOffset: 0, layout: "row-major", io: "auto", ours: true } as const;
  return {
    planHash: "plan",
    partition: partitionDesign(design, [hypothesis]),
    source: { ...place, nRowsInFile: n, nElements: N_ELEMENTS, elementType: "f32", blockWidth: N_ELEMENTS },
    columns: Uint32Array.from({ length: N_ELEMENTS }, (_, e) => e),
    enhancement: { kind: "none" },
    precision: "double",
    kernels: "simd",
    nThreads: 0,
    memoryBytes: 2 ** 28,
    shuffles: { plan, range: { first: 0, end: N_SHUFFLES, leadingIdentity: false } },
    onFallback: () => {},
  };
}

const made = (name: "plain" | "accumulates") =>
  hasCompiler ? [[name, { kind: "named", path: makeLibrary(root, name) }] as const] : [];
const fast = fastLibraries()[0];
const libraries = [...made("accumulates"), ...made("plain"), ...(fast === undefined ? [] : [["fast", fast] as const])];

describe.skipIf(libraries.length === 0)("the scores of the SIMD kernels, all exact", () => {
  test.each([2000, 5000])("%i subjects", async (n) => {
    const inputs = makeProblem(n);
    const exact = await runEngine({ ...inputs, mayScreen: false });
    expect([...exact.state.hypotheses[0]!.counters]).toEqual(new Array(N_ELEMENTS).fill(0));
    for (const [name, library] of libraries) {
      // of few subjects: a plain loop in C takes long
      const { chosen, tried } = await chooseForTests(64, [library]);
      expect(chosen, JSON.stringify(tried)).toBeDefined();
      const native = { library: chosen!.library, tile: chosen!.tile };
      const { plan, state } = await runEngine({ ...inputs, kernels: "native", native });
      expect(state.hypotheses, name).toEqual(exact.state.hypotheses);
      // as one sum, of fewer subjects
      expect([name, plan.isScreened]).toEqual([name, name !== "accumulates" || n <= 4096]);
    }
  });
});
