// What is counted and written of given states: numbers that can be checked by hand.
import { expect, test } from "vitest";
import { listResults, type Result, type ResultSpec, type ResultValues } from "../../src/results/result-list.js";
import { writeInference, writeObserved } from "../../src/results/write-results.js";
import type { NullState } from "../../src/run/null-state.js";
import { observedIndex } from "../../src/run/observed.js";

const spec: ResultSpec = {
  ...{ hypotheses: [{ name: "t1", kind: "t" }], nFactors: 1, nGroups: undefined, enhanced: "cfe" },
  ...{ uncorrected: "uncorrected_pvalue", nShuffles: 20, strong: false, notest: false, eligible: undefined },
};

function createSink() {
  const written = new Map<string, number[]>();
  const write = async ({ name }: Result, images: readonly ResultValues[]) =>
    void written.set(name, Array.from(images[0]!));
  return { written, write };
}

/** Null maxima 1..20; element i has the statistic defaults[i]. */
const stateOf = (defaults: number[]): NullState => ({
  ...{ planHash: "", nElements: defaults.length, ranges: [{ first: 0, end: 20 }] },
  hypotheses: [
    {
      maxima: Float64Array.from({ length: 20 }, (_, i) => i + 1),
      elements: new Uint32Array(20),
      counters: Uint32Array.from(defaults, () => 5),
      defaults: Float64Array.from(defaults),
    },
  ],
});

test("significant is p below 0.05, not 0.05 itself: the largest of 20 is not, whatever its fwe_1mpvalue", async () => {
  const { written, write } = createSink();
  expect(await writeInference({ write }, spec, stateOf([19, 19.5, 20, 21, 0]))).toMatchObject([
    { significant: 0, smallestP: 0.05, largestFwe: 1 },
  ]);
  expect(written.get("fwe_1mpvalue")).toEqual([0.95, 0.95, 1, 1, 0]);
  expect(written.get("uncorrected_pvalue")).toEqual([0.25, 0.25, 0.25, 0.25, 0.25]);
});

test("uncorrected p are shares of the shuffles that count, of all ranges; with none there is no image", async () => {
  const { written, write } = createSink();
  const ranges = [
    { first: 0, end: 6 },
    { first: 8, end: 22 },
  ];
  const some: NullState = { ...stateOf([19, 3]), ranges, uncorrectedShuffles: 12 };
  await writeInference({ write }, { ...spec, uncorrectedShuffles: 12 }, some);
  // 5 of 6 + 4 shuffles
  expect(written.get("uncorrected_pvalue")).toEqual([0.5, 0.5]);
  expect(written.get("fwe_1mpvalue")).toEqual([0.95, 0.15]);
  const none = createSink();
  await writeInference(none, { ...spec, uncorrectedShuffles: 0 }, { ...some, uncorrectedShuffles: 0 });
  expect([...none.written.keys()]).toEqual([...written.keys()].filter((name) => name !== "uncorrected_pvalue"));
  expect(listResults({ ...spec, uncorrectedShuffles: 0 }).map(({ name }) => name)).not.toContain("uncorrected_pvalue");
});

test("shuffles that are known to equal the unshuffled data, and a list without these, count in p and not in the images", async () => {
  const { written, write } = createSink();
  const many: NullState = {
    ...stateOf([99.5, 100.5, 3]),
    hypotheses: [
      { ...stateOf([99.5, 100.5, 3]).hypotheses[0]!, maxima: Float64Array.from({ length: 100 }, (_, i) => i + 1) },
    ],
  };
  const of = async (nSame: number, hasUnshuffled: boolean) =>
    (await writeInference({ write }, spec, many, undefined, [{ nSame, hasUnshuffled }]))[0];
  expect(await of(1, true)).toMatchObject({ significant: 2, smallestP: 0.01, largestFwe: 1 });
  expect(await of(4, true)).toMatchObject({ significant: 2, smallestP: 0.04, largestFwe: 1 });
  expect(await of(5, true)).toMatchObject({ significant: 0, smallestP: 0.05, largestFwe: 1 });
  expect(await of(0, false)).toMatchObject({ significant: 2, smallestP: 1 / 101, largestFwe: 1 });
  expect(written.get("fwe_1mpvalue")).toEqual([0.99, 1, 0.03]);
});

test("elements that are not tested are neither counted nor the largest", async () => {
  const { write } = createSink();
  const eligible = Uint8Array.of(1, 0, 1);
  expect(await writeInference({ write }, { ...spec, eligible }, stateOf([4, 30, 20]))).toMatchObject([
    { significant: 0, smallestP: 0.05, largestFwe: 1 },
  ]);
  expect(await writeInference({ write }, { ...spec, eligible }, stateOf([4, 30, 8]))).toMatchObject([
    { significant: 0, smallestP: 0.65, largestFwe: 0.4 },
  ]);
});

test("the largest Z is that of Z, not of the statistic", async () => {
  const { written, write } = createSink();
  const index = observedIndex({ nFactors: 1, nDeviations: 1, hasCondition: false, hypotheses: [0] });
  const images = new Map<number, number[]>([
    [index.statistic(0), [9, 8]],
    [index.z(0), [2, 3]],
  ]);
  const image = (i: number) => Float64Array.from(images.get(i) ?? [0, 0]);
  expect(await writeObserved({ write }, spec, { image, index, verdicts: [] })).toEqual([
    { value: 3, element: 1, more: {} },
  ]);
  expect([written.get("tvalue"), written.get("Zstat")]).toEqual([
    [9, 8],
    [2, 3],
  ]);
});
