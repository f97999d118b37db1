import { expect, test } from "vitest";
import { clopperPearson } from "../../../src/stats/inference/clopper-pearson.js";
import { monteCarloError } from "../../../src/stats/inference/monte-carlo.js";
import { pValueOf } from "../../../src/stats/inference/p-values.js";
import { binomialBand } from "../../support/calibration.js";
import { createRandom } from "../../support/seeded-random.js";

const drawn = (sorted: Float64Array) => ({ isExhaustive: false, unshuffled: sorted.at(-1)! });
const itself = { nSame: 1, hasUnshuffled: true };
const ofCount = (n: number) => Float64Array.from({ length: n }, (_, i) => i + 1);

test("the unshuffled data are no draw: 1 in 500 is 0 of 499", () => {
  const found = monteCarloError({ count: 1, of: 500 }, ofCount(500), itself, drawn(ofCount(500)));
  expect(found.smallestP).toEqual([0, clopperPearson(0, 499).high]);
  expect(found).toMatchObject({ isExact: false, confidence: 0.95, shufflesToSettle: 500 });
  // 24 of 500 are above the 476th; p is 24/500 there, and 25/500 at it
  expect(found.threshold).toEqual({ at: 476, interval: [464, 484] });
});

test("above the threshold p is below 0.05, and at it not", () => {
  for (const [n, facts] of [
    [21, itself],
    [500, itself],
    [4999, itself],
    [100, { nSame: 0, hasUnshuffled: false }],
  ] as const) {
    const sorted = ofCount(n);
    const { at } = monteCarloError({ count: 1, of: n }, sorted, facts, drawn(sorted)).threshold;
    const p = (x: number) => pValueOf(x, sorted, facts);
    expect(20 * p(at! + 0.5).count, `${n}`).toBeLessThan(p(1).of);
    expect(20 * p(at!).count, `${n}`).toBeGreaterThanOrEqual(p(1).of);
  }
});

test("where no p can be below 0.05 there is no threshold; where all shuffles were done nothing is uncertain", () => {
  expect(monteCarloError({ count: 1, of: 20 }, ofCount(20), itself, drawn(ofCount(20))).threshold.at).toBeNull();
  expect(
    monteCarloError({ count: 6, of: 100 }, ofCount(100), { nSame: 5, hasUnshuffled: true }, drawn(ofCount(100)))
      .threshold.at,
  ).toBeNull();
  expect(monteCarloError({ count: 2, of: 24 }, ofCount(24), itself, { isExhaustive: true, unshuffled: 24 })).toEqual({
    ...{ isExact: true, confidence: 0.95, smallestP: [2 / 24, 2 / 24], shufflesToSettle: 24 },
    threshold: { at: 23, interval: [23, 23] },
  });
});

test("one shuffle says nothing; a p of 0.05 is never settled; one near it takes more than were done", () => {
  expect(monteCarloError({ count: 1, of: 1 }, ofCount(1), itself, drawn(ofCount(1)))).toEqual({
    ...{ isExact: false, confidence: 0.95, smallestP: [0, 1], shufflesToSettle: null },
    threshold: { at: null, interval: [null, null] },
  });
  expect(monteCarloError({ count: 6, of: 101 }, ofCount(101), itself, drawn(ofCount(101))).shufflesToSettle).toBeNull();
  const near = monteCarloError({ count: 200, of: 5000 }, ofCount(5000), itself, drawn(ofCount(5000)));
  expect(near.shufflesToSettle).toBe(5000);
  const nearer = monteCarloError({ count: 230, of: 5000 }, ofCount(5000), itself, drawn(ofCount(5000)));
  expect(nearer.shufflesToSettle).toBeGreaterThan(8000);
  expect(nearer.shufflesToSettle).toBeLessThan(15_000);
});

test("the unshuffled data are left out of the draws, wherever they lie; of a list without them all are draws", () => {
  // P(X >= 24) = 0.0162, P(X <= 7) = 0.0165 of 299 draws: the 276th (23 above) and the 292nd (7 above) of them
  const sorted = ofCount(300);
  for (const [unshuffled, interval] of [
    [300, [276, 292]],
    [280, [276, 293]],
    [1, [277, 293]],
  ] as const) {
    const count = 301 - unshuffled;
    const found = monteCarloError({ count, of: 300 }, sorted, itself, { isExhaustive: false, unshuffled });
    expect(found.threshold.interval).toEqual(interval);
  }
  const listed = { nSame: 0, hasUnshuffled: false };
  const found = monteCarloError({ count: 1, of: 300 }, ofCount(299), listed, { isExhaustive: false, unshuffled: 400 });
  expect(found.threshold.interval).toEqual([276, 292]);
});

/** P(X <= count), X ~ Binomial(n, p), by adding up. */
function binomialCdf(count: number, n: number, p: number): number {
  let density = (1 - p) ** n;
  let sum = 0;
  for (let k = 0; k <= count; k++) {
    sum += density;
    density *= ((n - k) / (k + 1)) * (p / (1 - p));
  }
  return sum;
}

test.each([0.5, 0.93, 1.5])(
  "4000 runs of 300 shuffles, the unshuffled data at %d: the real threshold is beyond either end as often as the binomial distribution says",
  (unshuffled) => {
    const { uniform } = createRandom(19);
    const N = 4000;
    // maxima uniform on 0..1: the threshold is 0.95
    const missed = { below: 0, above: 0 };
    for (let run = 0; run < N; run++) {
      const sorted = Float64Array.from({ length: 300 }, (_, i) => (i === 0 ? unshuffled : uniform())).sort();
      const p = pValueOf(unshuffled, sorted, itself);
      const [low, high] = monteCarloError(p, sorted, itself, { isExhaustive: false, unshuffled }).threshold.interval;
      if (low! > 0.95) missed.below++;
      if (high! < 0.95) missed.above++;
    }
    const share = { below: 1 - binomialCdf(23, 299, 0.05), above: binomialCdf(7, 299, 0.05) };
    for (const side of ["below", "above"] as const) {
      expect(share[side]).toBeLessThan(0.025);
      // either side, not the two together: one end too near is not made good by the other
      const [least, most] = binomialBand(N, share[side]);
      expect(missed[side], side).toBeGreaterThanOrEqual(least);
      expect(missed[side], side).toBeLessThanOrEqual(most);
    }
  },
);

test("of 1000 runs of 300 shuffles, 95 % or more have the real p in their intervals", () => {
  const { uniform } = createRandom(19);
  // maxima uniform on 0..1: the p of 0.93 is 0.07
  let ofP = 0;
  for (let run = 0; run < 1000; run++) {
    const sorted = Float64Array.from({ length: 300 }, (_, i) => (i === 0 ? 0.93 : uniform())).sort();
    const how = { isExhaustive: false, unshuffled: 0.93 };
    const { smallestP } = monteCarloError(pValueOf(0.93, sorted, itself), sorted, itself, how);
    if (smallestP[0] <= 0.07 && 0.07 <= smallestP[1]) ofP++;
  }
  // 950 less three standard errors; exact intervals of counts hold more than they promise
  expect(ofP).toBeGreaterThan(930);
  expect(ofP).toBeLessThan(995);
});
