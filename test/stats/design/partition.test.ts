// Laws of the partition: orthonormal bases, the split of the column space, orientation, estimability, rank apart from units.
import { describe, expect, test } from "vitest";
import { conditionOf } from "../../../src/stats/design/design-condition.js";
import { frameOf } from "../../../src/stats/design/design-frame.js";
import { type Hypothesis, resolveHypotheses } from "../../../src/stats/design/hypothesis.js";
import { type Matrix, matrixOf, multiply, transpose } from "../../../src/stats/design/matrix.js";
import {
  correctionsInto,
  designRank,
  inestimableHypotheses,
  nuisanceMoments,
  partitionDesign,
} from "../../../src/stats/design/partition.js";
import { createRandom } from "../../support/seeded-random.js";

const fromRows = (rows: readonly (readonly number[])[]): Matrix =>
  matrixOf(rows.length, rows[0]!.length, (i, j) => rows[i]![j]!);

function largest(m: Matrix): number {
  return m.values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
}

function minusIdentity(m: Matrix): Matrix {
  return matrixOf(m.nRows, m.nColumns, (i, j) => m.values[i * m.nColumns + j]! - (i === j ? 1 : 0));
}

function randomDesign(n: number, seed: number): Matrix {
  const random = createRandom(seed);
  return fromRows(Array.from({ length: n }, (_, i) => [1, i % 2, 50 + 9 * random.normal(), 1e6 * random.uniform()]));
}

const contrasts = fromRows([
  [0, 1, 0, 0],
  [0, 0, -1, 0],
  [0, 0, 0, 1],
]);
const ftests = fromRows([
  [1, 1, 0],
  [1, 1, 1],
]);

describe("partitionDesign", () => {
  const design = randomDesign(29, 4);
  const { hypotheses } = resolveHypotheses({ contrasts, ftests, fonly: false });
  const partition = partitionDesign(design, hypotheses);
  const qMinus = (q: Matrix) => largest(minusIdentity(multiply(q, transpose(q))));

  test("the basis is orthonormal and spans the design", () => {
    expect(partition.rank).toBe(4);
    expect(partition.dof).toBe(25);
    expect(qMinus(partition.basis)).toBeLessThan(1e-13);
    const projected = multiply(transpose(partition.basis), multiply(partition.basis, design));
    const error = projected.values.map((v, i) => v - design.values[i]!);
    expect(largest({ ...design, values: error })).toBeLessThan(1e-9 * largest(design));
  });

  test("corrections are Q P Q'N_h, P written as a matrix", () => {
    const random = createRandom(8);
    const labels = Int32Array.from(random.permutation(29));
    const signs = Int8Array.from(labels, () => (random.uniform() < 0.5 ? -1 : 1));
    const shuffle = matrixOf(29, 29, (i, j) => (labels[i] === j ? signs[i]! : 0));
    for (const [h, moments] of nuisanceMoments(partition).entries()) {
      const { residualNuisance } = partition.hypotheses[h]!;
      const { basis } = partition;
      const wanted = multiply(multiply(multiply(basis, shuffle), transpose(basis)), residualNuisance);
      const found = new Float64Array(wanted.values.length);
      correctionsInto(found, basis, moments, labels, signs);
      expect(largest({ ...wanted, values: wanted.values.map((v, i) => v - found[i]!) })).toBeLessThan(1e-13);
    }
  });

  test("what all hypotheses share is nuisance for each; tested and nuisance directions split the space", () => {
    // the intercept is the only thing nobody tests
    expect(partition.sharedNuisance.nRows).toBe(1);
    for (const { hypothesis, tested, residualNuisance } of partition.hypotheses) {
      expect(tested.nColumns).toBe(hypothesis.rank);
      expect(tested.nColumns + residualNuisance.nColumns + 1).toBe(4);
      expect(largest(multiply(transpose(tested), residualNuisance))).toBeLessThan(1e-12);
      const sharedInBasis = multiply(partition.basis, transpose(partition.sharedNuisance));
      expect(largest(multiply(transpose(tested), sharedInBasis))).toBeLessThan(1e-12);
    }
  });

  test("nuisance is what the contrast cannot see, and t is oriented like the effect", () => {
    for (const { hypothesis, tested, residualNuisance } of partition.hypotheses) {
      const effectOf = (directions: Matrix) =>
        multiply(hypothesis.contrast, multiply(partition.pinv, multiply(transpose(partition.basis), directions)));
      if (residualNuisance.nColumns > 0) {
        expect(largest(effectOf(residualNuisance))).toBeLessThan(1e-9 * largest(effectOf(tested)));
      }
      if (hypothesis.kind === "t") expect(effectOf(tested).values[0]).toBeGreaterThan(0);
    }
  });

  test("pinv is a least-squares inverse", () => {
    expect(largest(minusIdentity(multiply(partition.pinv, design)))).toBeLessThan(1e-8);
  });
});

describe("rank and estimability", () => {
  const overparameterised = fromRows([
    [1, 1, 0],
    [1, 0, 1],
    [1, 1, 0],
    [1, 0, 1],
    [1, 1, 0],
  ]);
  const t = (row: number[]): Hypothesis => ({ name: "t1", kind: "t", contrast: fromRows([row]), rank: 1 });

  test("units do not change the rank", () => {
    expect(
      designRank(
        fromRows([
          [1, 1e9],
          [1, 2e9],
          [1, 4e9],
        ]),
      ),
    ).toBe(2);
    expect(
      designRank(
        fromRows([
          [1, 1e-9],
          [1, 2e-9],
          [1, 4e-9],
        ]),
      ),
    ).toBe(2);
    expect(designRank(overparameterised)).toBe(2);
  });

  test("a difference of groups is estimable without a reference, a single group is not", () => {
    expect(inestimableHypotheses(overparameterised, [t([0, 1, -1])])).toEqual([]);
    expect(inestimableHypotheses(overparameterised, [t([0, 1, 0])])).toHaveLength(1);
    expect(inestimableHypotheses(overparameterised, [t([1, 0, 0])])).toHaveLength(1);
    expect(inestimableHypotheses(overparameterised, [t([2, 1, 1])])).toEqual([]);
  });
});

describe("rank, units and means apart", () => {
  const decimals = Array.from({ length: 12 }, (_, i) => [(i % 7) / 10, ((i * i) % 11) / 10]);
  const SCALES = [1e-12, 3e-7, 1, 0.1, 7e8, 1e12];

  test.each(SCALES)("a sum of two columns typed in decimals is dependent on them, scaled by %f", (scale) => {
    for (let j = 0; j < 4; j++) {
      const rows = decimals.map(([a, b]) =>
        [1, a!, b!, Number((a! + b!).toFixed(1))].map((value, l) => (l === j ? value * scale : value)),
      );
      const design = fromRows(rows);
      expect(designRank(design)).toBe(3);
      const row = (...weights: number[]) => ({
        ...{ name: "t1", kind: "t" as const, rank: 1 },
        contrast: fromRows([weights.map((weight, l) => (l === j ? weight * scale : weight))]),
      });
      // a + b counts in the sum; the columns alone do not
      expect(inestimableHypotheses(design, [row(0, 1, 1, 2), row(0, 1, -1, 0), row(1, 0, 0, 0)])).toEqual([]);
      for (const alone of [row(0, 1, 0, 0), row(0, 0, 1, 0), row(0, 0, 0, 1), row(0, 1, 1, 0)]) {
        expect(inestimableHypotheses(design, [alone])).toEqual([alone]);
      }
    }
  });

  test("what 15 digits leave of a sum is no column of its own", () => {
    const random = createRandom(2);
    const digits = (value: number) => Number(value.toPrecision(15));
    const rows = Array.from({ length: 40 }, () => {
      const [a, b] = [digits(1 + random.uniform()), digits(1e6 * (1 + random.uniform()))];
      return [1, a, b, digits(b - 1e5 * a + 17)];
    });
    expect(designRank(fromRows(rows))).toBe(3);
  });

  test("powers of the year, timestamps and dates are what they are", () => {
    const years = Array.from({ length: 30 }, (_, i) => 2012 + ((i * 5) % 11));
    expect(designRank(fromRows(years.map((year) => [1, year, year ** 2, year ** 3, year ** 4])))).toBe(5);
    expect(designRank(fromRows(years.map((year) => [1, year + 0.25, (year + 0.25) ** 2, (year + 0.25) ** 3])))).toBe(4);
    expect(designRank(fromRows(years.map((year) => [1, 1e15 + year])))).toBe(2);
    expect(designRank(fromRows(years.map((year) => [1, year, 3 * year - 7])))).toBe(2);
  });

  test("an F-test's rows count as they are, whatever their units", () => {
    const rankOf = (...rows: number[][]) =>
      resolveHypotheses({
        contrasts: fromRows(rows),
        ftests: fromRows([rows.map(() => 1)]),
        fonly: true,
      }).hypotheses[0]!;
    expect(rankOf([0, 1, 0], [0, 0, 1e-12]).rank).toBe(2);
    expect(rankOf([0, 1e12, 1], [0, 1e12, -1]).rank).toBe(2);
    const dependent = rankOf([0, 0.1, 0.2], [0, 1e-9, 2e-9], [0, 1, 0]);
    expect([dependent.rank, dependent.contrast.nRows]).toEqual([2, 2]);
  });
});

describe("what columns have of their own", () => {
  const conditionNumber = (rows: number[][]) => conditionOf(frameOf(fromRows(rows)));
  const ages = [41, 52, 33, 68, 47, 55, 39, 60];

  test("is the same in any unit and from any zero", () => {
    const plain = conditionNumber(ages.map((age, i) => [1, age, (i * 3) % 8]));
    for (const [unit, zero] of [
      [1e-12, 0],
      [1e12, 0],
      [1, 1e9],
      [365.25, 1970],
    ]) {
      const moved = conditionNumber(ages.map((age, i) => [1, age * unit! + zero!, (i * 3) % 8]));
      expect(moved.number / plain.number).toBeCloseTo(1, 6);
    }
    expect(plain.number).toBeLessThan(2);
  });

  test("of groups without an intercept is no more than a few; a constant alone says 1", () => {
    const groups = (zero: number) => ages.map((age, i) => [zero + (i % 2), 1 - (i % 2), age]);
    expect(conditionNumber(groups(0)).number).toBeLessThan(5);
    expect(conditionNumber(groups(1e6)).number).toBeCloseTo(conditionNumber(groups(0)).number, 6);
    expect(conditionNumber(ages.map(() => [7]))).toEqual({ number: 1, worst: -1 });
  });

  test("names the column of which the others say most", () => {
    const { number, worst } = conditionNumber(ages.map((age, i) => [1, i % 2, age, (i % 2) + 1e-4 * ((i * 3) % 8)]));
    expect(number).toBeGreaterThan(100);
    expect([1, 3]).toContain(worst);
    expect(conditionNumber(ages.map((age) => [1, age, 2 * age])).number).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("resolveHypotheses", () => {
  test("names, kinds and ranks in the peer's order", () => {
    const { hypotheses, problems } = resolveHypotheses({ contrasts, ftests, fonly: false });
    expect(problems).toEqual([]);
    expect(hypotheses.map(({ name, kind, rank }) => `${name}:${kind}:${rank}`)).toEqual([
      "t1:t:1",
      "t2:t:1",
      "t3:t:1",
      "F1:F:2",
      "F2:F:3",
    ]);
    expect(resolveHypotheses({ contrasts, ftests, fonly: true }).hypotheses.map(({ name }) => name)).toEqual([
      "F1",
      "F2",
    ]);
  });

  test("an F-test of dependent contrasts becomes a basis of their rows, with a warning", () => {
    const dependent = fromRows([
      [0, 1, -1, 0],
      [0, 0, 1, -1],
      [0, 1, 0, -1],
    ]);
    const { hypotheses, warnings } = resolveHypotheses({
      contrasts: dependent,
      ftests: fromRows([[1, 1, 1]]),
      fonly: true,
    });
    expect(hypotheses[0]!.rank).toBe(2);
    expect(hypotheses[0]!.contrast.nRows).toBe(2);
    expect(warnings.map(({ tag }) => tag)).toEqual(["f-test-rank"]);
  });

  test("every problem is found, not the first", () => {
    const { problems } = resolveHypotheses({
      contrasts: fromRows([[0, 0]]),
      ftests: fromRows([[0], [2]]),
      fonly: false,
    });
    expect(problems).toHaveLength(3);
  });
});
