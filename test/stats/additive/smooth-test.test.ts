// Degrees of freedom next to a whole number test as those do: on both sides of it, where p is small and where it is nearly 1.
import { expect, test } from "vitest";
import { testRotated } from "../../../src/stats/additive/smooth-test.js";
import { fPValue } from "../../../src/stats/linear/linear-fit.js";

const identity = (c: number) => Float64Array.from({ length: c * c }, (_, at) => Number(at % (c + 1) === 0));

test.each([0.01, 0.1, 0.5, 1, 3, 8, 20])("rank 1 of a smooth with a statistic of %d", (d) => {
  const dof = 100;
  const covariance = Float64Array.of(1, 0, 0, 0.5);
  const coefficients = Float64Array.of(Math.sqrt(d), 0);
  const whole = fPValue(d, 1, dof);
  const at = (rank: number) => testRotated(identity(2), 2, coefficients, covariance, rank, dof).pValue;
  expect(at(1)).toBeCloseTo(whole, 14);
  // the share of the second direction is half of what is above 1
  expect(Math.abs(at(1 + 4e-6) / whole - 1)).toBeLessThan(1e-4);
  expect(Math.abs(at(1 - 4e-6) / whole - 1)).toBeLessThan(1e-4);
});
