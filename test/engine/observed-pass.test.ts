// The observed pass, many elements side by side, beside one element at a time (stats/glm/element-test.ts): every image of every element, where a block is observed
// in several parts, whatever the width of blocks, the threads and the kernels.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { EngineInputs } from "../../src/engine/inputs.js";
import { openEngine } from "../../src/engine/run.js";
import {
  factoriseShared,
  fixedElementDesign,
  hasEffects,
  resolveElementDesign,
  VERDICTS,
} from "../../src/stats/glm/element-design.js";
import { elementEffects, fitElement, observeTest } from "../../src/stats/glm/element-test.js";
import { verdictOfData } from "../../src/stats/glm/observed.js";
import { makeEngineProblem } from "../support/engine-problems.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();
/** Of 32 columns of these 256 KiB are packed: parts of 32, and one that is no whole panel. */
const N = 1000;
const M = 150;

/** Patterns of a fifth of the elements each; subjects left by some: none of them, fewer than factors, fewer than twice as many. */
function isMissing(subject: number, element: number): boolean {
  if (element % 50 === 49) return true;
  if (element % 50 === 48) return subject >= 2;
  if (element % 50 === 47) return subject >= 5;
  return element % 5 > 0 && subject % 100 === element % 5;
}

/** Some are constant, some are explained by the groups. */
function value(subject: number, element: number, normal: number): number {
  if (element % 40 === 7) return 5;
  if (element % 40 === 8) return 5 + (subject % 2);
  return 300 + normal + (element % 10 === 0 ? subject % 2 : 0);
}

async function observe(inputs: EngineInputs) {
  const engine = await openEngine(inputs);
  try {
    const { image, index, verdicts } = await engine.observe();
    return { images: Array.from({ length: index.count }, (_, i) => image(i).slice()), index, verdicts };
  } finally {
    await engine.close();
  }
}

/** One element after the other, in plain data. */
function stateElements({ model, partition, source }: EngineInputs) {
  if (model === undefined) throw new Error("There is no model.");
  const bytes = readFileSync(source.path);
  const values = new Float32Array(bytes.buffer, bytes.byteOffset, N * M);
  const verdicts = VERDICTS.map(() => 0);
  const elements = Array.from({ length: M }, (_, e) => {
    const raw = Float64Array.from({ length: N }, (__, i) => values[i * M + e]!);
    const keep = Uint8Array.from(raw, (v) => Number(Number.isFinite(v)));
    const y = raw.map((v) => (Number.isFinite(v) ? v : 0));
    const design = model.variable
      ? resolveElementDesign(model, keep, factoriseShared(model, keep), [])
      : fixedElementDesign(model, partition);
    const count = (verdict: (typeof VERDICTS)[number]) => verdicts[VERDICTS.indexOf(verdict)]!++;
    if (!hasEffects(design.verdict)) {
      count(design.verdict);
      return { condition: design.condition, beta: [0, 0, 0], deviation: 0, tests: undefined };
    }
    const fit = fitElement(design, y);
    const { beta, deviations } = elementEffects(model, design, fit);
    const tests = design.hypotheses.map((h) => observeTest(model, design, h, fit, deviations[0]!));
    const isTested = tests.every((found) => found.isTested);
    count(design.verdict !== "testable" || isTested ? design.verdict : verdictOfData(y, keep));
    return { condition: design.condition, beta: [...beta], deviation: deviations[0]!, tests };
  });
  return { elements, verdicts };
}

/** By image, [element]. */
function statedImages(inputs: EngineInputs, { index }: Pick<Awaited<ReturnType<typeof observe>>, "index">) {
  const { elements, verdicts } = stateElements(inputs);
  const images = Array.from({ length: index.count }, () => new Float64Array(M));
  for (const [e, { condition, beta, deviation, tests }] of elements.entries()) {
    for (const [j, b] of beta.entries()) images[index.beta(j)]![e] = b;
    images[index.standardDeviation]![e] = deviation;
    if (index.condition !== undefined) images[index.condition]![e] = condition;
    for (const [h, found] of (tests ?? []).entries()) {
      images[index.statistic(h)]![e] = found.statistic;
      images[index.z(h)]![e] = found.z;
      images[index.effect(h)]![e] = found.effect;
      images[index.standardisedEffect(h)]![e] = found.standardisedEffect;
    }
  }
  return { images, verdicts };
}

const shape = { nSubjects: N, nElements: M, nShuffles: 10, enhancement: "none", tests: ["t", "F"], value } as const;

for (const kernels of ["simd", "reference"] as const) {
  test(`patterns of missing observations, ${kernels}: the bits of one element at a time`, async () => {
    const problem = await makeEngineProblem(join(root, `patterns ${kernels}`), { ...shape, isMissing });
    const found = await observe({ ...problem, kernels });
    const stated = statedImages(problem, found);
    expect(found.images.map((image) => [...image])).toEqual(stated.images.map((image) => [...image]));
    expect(found.verdicts).toEqual(stated.verdicts);
    // what is compared is no list of zeros
    const seen = VERDICTS.filter((_, i) => stated.verdicts[i]! > 0);
    expect(seen).toEqual(["testable", "few-observations", "fewer-than-factors", "constant-data", "no-variance"]);
  });
}

test("one design for all: what one element at a time says, to 11 digits", async () => {
  const problem = await makeEngineProblem(join(root, "fixed"), shape);
  const found = await observe(problem);
  const stated = statedImages(problem, found);
  for (const [i, image] of stated.images.entries()) {
    for (const [e, wanted] of image.entries()) {
      // explained without a residual: what is left is rounding
      if (e % 40 === 7 || e % 40 === 8) continue;
      expect(Math.abs(found.images[i]![e]! - wanted)).toBeLessThanOrEqual(1e-11 * (1 + Math.abs(wanted)));
    }
  }
  expect(found.verdicts).toEqual(stated.verdicts);
  expect(found.verdicts[VERDICTS.indexOf("no-variance")]).toBe(4);
});

test.each([
  ["one design", {}, "double"],
  ["one design", {}, "single"],
  ["patterns", { isMissing }, "double"],
  ["patterns", { isMissing }, "single"],
] as const)("%s: no image depends on blocks or threads (%j, %s)", async (name, extra, precision) => {
  const of = async (blockWidth: number, nThreads: number) => {
    const directory = join(root, `${name} ${precision} ${blockWidth} ${nThreads}`);
    const problem = await makeEngineProblem(directory, { ...shape, ...extra, blockWidth });
    const { images, verdicts } = await observe({ ...problem, precision, nThreads });
    return { images: images.map((image) => [...image]), verdicts };
  };
  const wide = await of(256, 0);
  expect(wide.images.some((image) => image.some((v) => v !== 0))).toBe(true);
  expect(await of(8, 0)).toEqual(wide);
  expect(await of(72, 2)).toEqual(wide);
});
