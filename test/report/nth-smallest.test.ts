// Selection beside sorting.

import { expect, it } from "vitest";
import { nthSmallest, quantileOf } from "../../src/report/nth-smallest.js";
import { fc } from "../support/seeded-check.js";

it("the value at a place is the one that sorting puts there, ties and infinities too", () => {
  const value = fc.oneof(fc.double({ noNaN: true }), fc.constantFrom(0, 1, 1, Number.POSITIVE_INFINITY));
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 200 }), fc.nat(199), (values, at) => {
      const n = at % values.length;
      const sorted = Float64Array.from(values).sort();
      expect(nthSmallest(Float64Array.from(values), n) === sorted[n]).toBe(true);
    }),
  );
});

it("the share of nothing is no number; 0 and 1 are the ends", () => {
  expect(quantileOf(new Float64Array(0), 0.5)).toBeNaN();
  expect([0, 0.5, 1].map((share) => quantileOf(Float64Array.of(3, 1, 2), share))).toEqual([1, 2, 3]);
});
