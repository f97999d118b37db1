import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { betaQuantile } from "../../../src/stats/functions/beta-quantile.js";
import {
  clopperPearson,
  drawsToExclude,
  excludes,
  quantilePlaces,
} from "../../../src/stats/inference/clopper-pearson.js";

// by fixtures/make/p-values.R
const golden = JSON.parse(readFileSync(new URL("r-p-values.json", import.meta.url), "utf8")) as {
  binomial: [count: number, of: number, confidence: number, low: number, high: number][];
  tails: [count: number, of: number, share: number, fewer: number, more: number][];
};

const error = (got: number, want: number) => (got === want ? 0 : Math.abs(got - want) / Math.abs(want));

test("intervals are R's binom.test to 1e-12 of their ends, from 0 of 1 to 10 million of 10 million", () => {
  expect(golden.binomial.length).toBeGreaterThan(60);
  for (const [count, of, confidence, low, high] of golden.binomial) {
    const found = clopperPearson(count, of, confidence);
    expect(error(found.low, low), `low of ${count} in ${of}, ${confidence}`).toBeLessThan(1e-12);
    expect(error(found.high, high), `high of ${count} in ${of}, ${confidence}`).toBeLessThan(1e-12);
  }
});

test("quantiles of a uniform, of powers and of their mirror images", () => {
  for (const level of [1e-9, 0.025, 0.3, 0.5, 0.8, 0.975, 1 - 1e-9]) {
    expect(error(betaQuantile(level, 1, 1).x, level)).toBeLessThan(1e-13);
    expect(error(betaQuantile(level, 7, 1).x, level ** (1 / 7))).toBeLessThan(1e-13);
    expect(error(betaQuantile(level, 1, 7).complement, (1 - level) ** (1 / 7))).toBeLessThan(1e-13);
    const { x, complement } = betaQuantile(level, 2.5, 40);
    expect(error(betaQuantile(1 - level, 40, 2.5).complement, x)).toBeLessThan(1e-7);
    expect(x + complement).toBeCloseTo(1, 15);
  }
});

test("0.05 is left out exactly where an R tail is below 0.025, which is where the interval leaves it out", () => {
  for (const [count, of, share, fewer, more] of golden.tails) {
    const about = `${count} in ${of}`;
    expect(excludes(share, count, of), about).toBe(Math.min(fewer, more) < 0.025);
    const { low, high } = clopperPearson(count, of);
    expect(excludes(share, count, of), about).toBe(low > share || high < share);
  }
});

test("as many draws as it takes: a fifth less does not do, of what was found as often", () => {
  for (const [count, of] of [
    [8, 200],
    [24, 499],
    [280, 5000],
    [3, 20],
  ] as const) {
    const draws = drawsToExclude(0.05, count, of, 10_000_000)!;
    const at = (n: number) => excludes(0.05, Math.round((count / of) * n), n);
    expect(draws).toBeGreaterThan(of);
    expect(at(draws)).toBe(true);
    expect(at(Math.floor(draws * 0.8))).toBe(false);
  }
  expect(drawsToExclude(0.05, 1, 499, 10_000_000)).toBe(499);
  expect(drawsToExclude(0.05, 5, 100, 10_000_000)).toBeUndefined();
});

test("of a few draws a quantile has no upper end; of many both ends hold 2.5 % each at most, and one place further they would not", () => {
  expect(quantilePlaces(0.05, 1)).toEqual({ low: -1, high: 1 });
  expect(quantilePlaces(0.05, 20)).toEqual({ low: 16, high: 20 });
  expect(quantilePlaces(0.05, 71)).toMatchObject({ high: 71 });
  // 0.95^72 = 0.0249
  expect(quantilePlaces(0.05, 72)).toMatchObject({ high: 71 });
  expect(quantilePlaces(0.05, 500)).toEqual({ low: 464, high: 484 });
  expect(quantilePlaces(0.05, 5000)).toEqual({ low: 4718, high: 4780 });
});
