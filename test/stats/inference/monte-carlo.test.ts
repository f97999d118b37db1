import { expect, test } from "vitest";
import { clopperPearson } from "../../../src/stats/inference/clopper-pearson.js";
import { monteCarloError } from "../../../src/stats/inference/monte-carlo.js";
import { pValueOf } from "../../../src/stats/inference/p-values.js";
import { createRandom } from "../../support/seeded-random.js";

const itself = { nSame: 1, hasUnshuffled: true };
const ofCount = (n: number) => Float64Array.from({ length: n }, (_, i) => i + 1);

test("the unshuffled data are no draw: 1 in 500 is 0 of 499", () => {
  const found = monteCarloError({ count: 1, of: 500 }, ofCount(500), itself, false);
  expect(found.smallestP).toEqual([0, clopperPearson(0, 499).high]);
  expect(found).toMatchObject({ isExact: false, confidence: 0.95, shufflesToSettle: 500 });
  // 24 of 500 are above the 476th; p is 24/500 there, and 25/500 at it
  expect(found.threshold).toEqual({ at: 476, interval: [465, 485] });
});

test("above the threshold p is below 0.05, and at it not", () => {
  for (const [n, facts] of [
    [21, itself],
    [500, itself],
    [4999, itself],
    [100, { nSame: 0, hasUnshuffled: false }],
  ] as const) {
    const sorted = ofCount(n);
    const { at } = monteCarloError({ count: 1, of: n }, sorted, facts, false).threshold;
    const p = (x: number) => pValueOf(x, sorted, facts);
    expect(20 * p(at! + 0.5).count, `${n}`).toBeLessThan(p(1).of);
    expect(20 * p(at!).count, `${n}`).toBeGreaterThanOrEqual(p(1).of);
  }
});

test("where no p can be below 0.05 there is no threshold; where all shuffles were done nothing is uncertain", () => {
  expect(monteCarloError({ count: 1, of: 20 }, ofCount(20), itself, false).threshold.at).toBeNull();
  expect(
    monteCarloError({ count: 6, of: 100 }, ofCount(100), { nSame: 5, hasUnshuffled: true }, false).threshold.at,
  ).toBeNull();
  expect(monteCarloError({ count: 2, of: 24 }, ofCount(24), itself, true)).toEqual({
    ...{ isExact: true, confidence: 0.95, smallestP: [2 / 24, 2 / 24], shufflesToSettle: 24 },
    threshold: { at: 23, interval: [23, 23] },
  });
});

test("one shuffle says nothing; a p of 0.05 is never settled; one near it takes more than were done", () => {
  expect(monteCarloError({ count: 1, of: 1 }, ofCount(1), itself, false)).toEqual({
    ...{ isExact: false, confidence: 0.95, smallestP: [0, 1], shufflesToSettle: null },
    threshold: { at: null, interval: [null, null] },
  });
  expect(monteCarloError({ count: 6, of: 101 }, ofCount(101), itself, false).shufflesToSettle).toBeNull();
  const near = monteCarloError({ count: 200, of: 5000 }, ofCount(5000), itself, false);
  expect(near.shufflesToSettle).toBe(5000);
  const nearer = monteCarloError({ count: 230, of: 5000 }, ofCount(5000), itself, false);
  expect(nearer.shufflesToSettle).toBeGreaterThan(8000);
  expect(nearer.shufflesToSettle).toBeLessThan(15_000);
});

test("of 1000 runs of 300 shuffles, 95 % or more have the real p and the real threshold in their intervals", () => {
  const { uniform } = createRandom(19);
  // maxima uniform on 0..1: the p of 0.93 is 0.07, the threshold 0.95
  let [ofP, ofThreshold] = [0, 0];
  for (let run = 0; run < 1000; run++) {
    const sorted = Float64Array.from({ length: 300 }, (_, i) => (i === 0 ? 0.93 : uniform())).sort();
    const { smallestP, threshold } = monteCarloError(pValueOf(0.93, sorted, itself), sorted, itself, false);
    if (smallestP[0] <= 0.07 && 0.07 <= smallestP[1]) ofP++;
    const [low, high] = threshold.interval;
    if (low! <= 0.95 && 0.95 <= high!) ofThreshold++;
  }
  // 950 less three standard errors; exact intervals of counts hold more than they promise
  for (const n of [ofP, ofThreshold]) {
    expect(n).toBeGreaterThan(930);
    expect(n).toBeLessThan(995);
  }
});
