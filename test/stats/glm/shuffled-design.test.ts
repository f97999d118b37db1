// Which designs lose a row of the product, and that what is left says the same of every permutation: statistics by the definition, in float64.
import { expect, it } from "vitest";
import type { Hypothesis } from "../../../src/stats/design/hypothesis.js";
import { matrixOf } from "../../../src/stats/design/matrix.js";
import { partitionDesign } from "../../../src/stats/design/partition.js";
import { factoriseShared, resolveElementDesign } from "../../../src/stats/glm/element-design.js";
import {
  shuffledDesign,
  shuffledPartition,
  shuffledShared,
  testedSideBySide,
} from "../../../src/stats/glm/shuffled-design.js";
import { createRandom } from "../../support/seeded-random.js";

const N = 24;
const random = createRandom(11);
const rows = Array.from({ length: N }, (_, i) => [random.normal(), 1, i % 2]);
const design = matrixOf(N, 3, (i, j) => rows[i]![j]!);
const tTest = (...weights: number[]): Hypothesis => ({
  ...{ name: "t1", kind: "t", rank: 1 },
  contrast: matrixOf(1, weights.length, (_, j) => weights[j]!),
});
it("one row less for permutations, the same degrees of freedom", () => {
  const partition = partitionDesign(design, [tTest(0, 0, 1), tTest(1, 0, 0)]);
  const reduced = shuffledPartition(partition, false);
  expect(reduced).toMatchObject({ rank: 2, dof: N - 3, nFactors: 3 });
  expect(reduced.basis).toMatchObject({ nRows: 2, nColumns: N });
  expect(reduced.sharedNuisance).toBe(partition.sharedNuisance);
  expect(shuffledPartition(reduced, false)).toBe(reduced);
});

it("all rows for sign flips, for a test of the intercept and for a design without one", () => {
  const whole = (hypothesis: Hypothesis, hasSigns: boolean, columns = 3) => {
    const used = matrixOf(N, columns, (i, j) => rows[i]![columns === 1 ? 0 : j]!);
    const partition = partitionDesign(used, [hypothesis]);
    expect(shuffledPartition(partition, hasSigns)).toBe(partition);
  };
  whole(tTest(0, 0, 1), true);
  whole(tTest(0, 1, 0), false);
  whole(tTest(0, 1, 1), false);
  whole(tTest(1), false, 1);
});

it("what is left says the same of permuted errors, with observations missing", () => {
  const keep = Uint8Array.from({ length: N }, (_, i) => (i % 5 === 1 ? 0 : 1));
  const hypotheses = [tTest(0, 0, 1)];
  const model = { design, hypotheses, nElementColumns: 0, variable: true, groups: undefined };
  const full = resolveElementDesign(model, keep, factoriseShared(model, keep), []);
  const left = shuffledDesign(full, keep, false);
  expect([full.rank, left.rank]).toEqual([3, 2]);
  expect(shuffledDesign(full, keep, true)).toMatchObject({ rank: 3, basis: full.basis });
  const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((sum, x, i) => sum + x * b[i]!, 0);
  const along = (basis: Float64Array, y: ArrayLike<number>) =>
    Array.from({ length: basis.length / N }, (_, j) => dot(basis.subarray(j * N, (j + 1) * N), y));
  const kept = [...keep.keys()].filter((i) => keep[i] === 1);
  const mean = (y: Float64Array) => dot(y, keep) / kept.length;
  for (let round = 0; round < 10; round++) {
    const y = Float64Array.from(keep, (one) => one * random.normal());
    const average = mean(y);
    const errors = y.map((value, i) => keep[i]! * (value - average));
    const order = random.permutation(kept.length);
    const shuffled = new Float64Array(N);
    for (const [to, i] of kept.entries()) shuffled[i] = errors[kept[order[to]!]!]!;
    const [d, reduced] = [along(full.basis, shuffled), along(left.basis, shuffled)];
    expect(dot(reduced, reduced)).toBeCloseTo(dot(d, d), 12);
    expect(dot(left.tested[0]!, reduced)).toBeCloseTo(dot(full.hypotheses[0]!.tested, d), 12);
  }
});

it("the columns that elements share, under a column of an element's own", () => {
  const keep = Uint8Array.from({ length: N }, (_, i) => (i % 5 === 1 ? 0 : 1));
  const modelOf = (...hypotheses: Hypothesis[]) => ({
    ...{ design, hypotheses, nElementColumns: 1, variable: true, groups: undefined },
  });
  const kept = (hypothesis: Hypothesis, hasSigns = false) => {
    const model = modelOf(hypothesis);
    return shuffledShared(model, factoriseShared(model, keep), keep, hasSigns);
  };
  expect(kept(tTest(0, 0, 1, 0)).count).toBe(2);
  expect(kept(tTest(0, 0, 0, 1)).count).toBe(2);
  expect(kept(tTest(1, 0, -1, 2)).count).toBe(2);
  expect(kept(tTest(0, 1, 0, 1)).count).toBe(3);
  expect(kept(tTest(0, 0, 1, 0), true)).toMatchObject({ count: 3 });
  const model = modelOf(tTest(0, 0, 1, 1));
  const shared = factoriseShared(model, keep);
  const { rows, directions } = shuffledShared(model, shared, keep, false);
  for (let l = 0; l < 2; l++) {
    const row = rows.subarray(l * N, (l + 1) * N);
    // orthogonal to the constant, and where its directions say
    expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 12);
    for (let i = 0; i < N; i++) {
      let sum = 0;
      for (let j = 0; j < 3; j++) sum += directions![l * 3 + j]! * shared.q[j * N + i]!;
      expect(row[i]).toBeCloseTo(sum, 12);
    }
  }
});

it("what is tested of many elements, side by side, says the same of the rows of the product", () => {
  const [k, c, count, s, width] = [3, 2, 2, 2, 4];
  const draw = (length: number) => Float64Array.from({ length }, () => random.normal());
  const tested = [draw(s * (k + c)), undefined, draw(s * (k + c))];
  const directions = draw(count * k);
  const found = testedSideBySide(tested, { count, directions }, { s, c, width });
  const whole = testedSideBySide(tested, { count: k, directions: undefined }, { s, c, width });
  expect([found.length, whole.length]).toEqual([s * (count + c) * width, s * (k + c) * width]);
  const along = (out: Float64Array, d: readonly number[], q: number, e: number) =>
    d.reduce((sum, value, l) => sum + out[(q * d.length + l) * width + e]! * value, 0);
  const own = [...draw(c)];
  const rows = [...draw(count)];
  // the shared coordinates that these rows stand for
  const shared = Array.from({ length: k }, (_, j) => rows.reduce((sum, d, l) => sum + d * directions[l * k + j]!, 0));
  for (const [e, given] of [...tested, undefined].entries()) {
    for (let q = 0; q < s; q++) {
      const all = [...shared, ...own];
      const wanted = given ? all.reduce((sum, value, j) => sum + given[q * (k + c) + j]! * value, 0) : 0;
      expect(along(whole, all, q, e)).toBeCloseTo(wanted, 12);
      expect(along(found, [...rows, ...own], q, e)).toBeCloseTo(wanted, 12);
    }
  }
});
