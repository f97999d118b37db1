import { expect, test } from "vitest";
import { isBelowFivePercent, pValueOf, smallestPossibleP } from "../../../src/stats/inference/p-values.js";

const sorted = Float64Array.from({ length: 100 }, (_, i) => i + 1);
const itself = { nSame: 1, hasUnshuffled: true };

test("p is the share of null values that are not below the statistic", () => {
  expect(pValueOf(100, sorted, itself)).toEqual({ count: 1, of: 100 });
  expect(pValueOf(97, sorted, itself)).toEqual({ count: 4, of: 100 });
  expect(pValueOf(96.5, sorted, itself)).toEqual({ count: 4, of: 100 });
  expect(pValueOf(1, sorted, itself)).toEqual({ count: 100, of: 100 });
});

test("what is not above 0 has p = 1", () => {
  for (const statistic of [0, -3, Number.NaN]) expect(pValueOf(statistic, sorted, itself).count).toBe(100);
});

test("the same statistic, summed in another order, is the same", () => {
  expect(pValueOf(97 * (1 + 1e-12), sorted, itself).count).toBe(4);
  expect(pValueOf(97 * (1 + 1e-6), sorted, itself).count).toBe(3);
});

test("shuffles that are as the unshuffled data whatever the data count, however they were rounded", () => {
  expect(pValueOf(200, sorted, { nSame: 6, hasUnshuffled: true })).toEqual({ count: 6, of: 100 });
  expect(pValueOf(50, sorted, { nSame: 6, hasUnshuffled: true })).toEqual({ count: 51, of: 100 });
});

test("a list without the unshuffled data: they count beside it", () => {
  const without = { nSame: 0, hasUnshuffled: false };
  expect(pValueOf(200, sorted, without)).toEqual({ count: 1, of: 101 });
  expect(pValueOf(100, sorted, without)).toEqual({ count: 2, of: 101 });
  expect(smallestPossibleP({ nSame: 5, hasUnshuffled: false }, 100)).toEqual({ count: 6, of: 101 });
});

test("below 5 % is exact", () => {
  expect(isBelowFivePercent({ count: 1, of: 20 })).toBe(false);
  expect(isBelowFivePercent({ count: 1, of: 21 })).toBe(true);
  expect(isBelowFivePercent({ count: 36, of: 720 })).toBe(false);
  expect(isBelowFivePercent({ count: 35, of: 720 })).toBe(true);
});
