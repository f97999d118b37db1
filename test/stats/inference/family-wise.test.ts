// Null distributions of any length, sorted in steps; and the share of one that is not above a statistic.

import { describe, expect, it } from "vitest";
import { combineHypotheses, familyWise, sortNull } from "../../../src/stats/inference/family-wise.js";
import { fc } from "../../support/seeded-check.js";
import { createRandom } from "../../support/seeded-random.js";

function run<T>(steps: Generator<undefined, T>): { value: T; nSteps: number } {
  for (let nSteps = 0; ; nSteps++) {
    const { done, value } = steps.next();
    if (done) return { value, nSteps };
  }
}

const bytesOf = ({ buffer }: Float64Array) => Buffer.from(buffer);

describe("sortNull", () => {
  it.each([0, 1, 2, 2 ** 18, 2 ** 18 + 1, 1_000_003])("of %i values", (length) => {
    const random = createRandom(length + 1);
    const values = Float64Array.from({ length }, () => (random.integer(4) === 0 ? 0 : random.normal()));
    const before = values.slice();
    const { value, nSteps } = run(sortNull(values));
    // not toEqual, which takes seconds
    expect(bytesOf(value).equals(bytesOf(before.slice().sort()))).toBe(true);
    expect(bytesOf(values).equals(bytesOf(before))).toBe(true);
    expect(nSteps).toBeGreaterThanOrEqual(Math.floor(length / 2 ** 18));
  });
});

it("familyWise is the share of the null that is not above", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1 }),
      fc.integer({ min: -2, max: 10 }),
      (list, x) => {
        const { value: sorted } = run(sortNull(Float64Array.from(list)));
        const expected = x > 0 ? list.filter((value) => value <= x).length / list.length : 0;
        expect(familyWise(x, sorted)).toBe(expected);
      },
    ),
  );
});

it("combineHypotheses takes the largest of each shuffle, and the first of equals", () => {
  const found = combineHypotheses([Float64Array.of(1, 5, 2), Float64Array.of(3, 5, 1), Float64Array.of(2, 6, 2)]);
  expect(found).toEqual({ maxima: Float64Array.of(3, 6, 2), hypotheses: Uint32Array.of(1, 2, 0) });
});
