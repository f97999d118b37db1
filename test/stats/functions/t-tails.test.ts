// The p-value of t by tables beside what they are tables of, whose digits special-functions.test.ts has from mpmath.
import { expect, test } from "vitest";
import { logFUpper } from "../../../src/stats/functions/f-tails.js";
import { twoSidedT } from "../../../src/stats/functions/t-tails.js";

const exact = (t: number, dof: number) => Math.exp(logFUpper(t * t, 1, dof));

test("p-values of t agree with the exact tail to 1e-13, at both ends of every cell, from 1 degree of freedom to a million", () => {
  let worst = 0;
  for (const dof of [1, 2, 5, 9, 10, 11, 12.5, 17, 38, 95, 96, 400, 5000, 1e6]) {
    for (let i = 1; i < 4000; i++) {
      const t = i / 220 + (i % 7) * 1e-9;
      worst = Math.max(worst, Math.abs(twoSidedT(t, dof) / exact(t, dof) - 1));
    }
    for (let cell = 0; cell <= 64; cell++)
      for (const t of [cell / 4, cell / 4 + 1e-12, cell / 4 - 1e-12])
        if (t > 0) worst = Math.max(worst, Math.abs(twoSidedT(t, dof) / exact(t, dof) - 1));
  }
  expect(worst).toBeLessThan(1e-13);
  expect(worst).toBeGreaterThan(0);
});

test("ends: 0, both signs, beyond the table, what is no number", () => {
  expect(twoSidedT(0, 50)).toBe(1);
  expect(twoSidedT(1e-20, 50)).toBeLessThanOrEqual(1);
  expect(twoSidedT(-2.5, 50)).toBe(twoSidedT(2.5, 50));
  expect(twoSidedT(40, 50)).toBe(exact(40, 50));
  expect(twoSidedT(Number.POSITIVE_INFINITY, 50)).toBe(0);
  expect(twoSidedT(Number.NaN, 50)).toBeNaN();
});

test("a value does not depend on what was asked before", () => {
  const before = twoSidedT(1.234, 77);
  for (let dof = 10; dof < 5000; dof++) twoSidedT(1 + dof / 5000, dof);
  expect(twoSidedT(1.234, 77)).toBe(before);
});
