// Laws of the partition: orthonormal bases, the split of the column space, orientation, estimability, rank apart from units.
import { describe, expect, test } from "vitest";
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
