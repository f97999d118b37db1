// Fits of the null distribution beside an oracle in numpy.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { fitGamma, gammaP, gammaQuantile } from "../../../src/stats/inference/gamma-fit.js";
import {
  fitParetoTail,
  paretoP,
  paretoQuantile,
  type ShapeRows,
  TAIL_BELOW,
} from "../../../src/stats/inference/pareto-tail.js";

interface Case {
  readonly name: keyof typeof NULLS;
  readonly rows: ShapeRows;
  readonly statistics: number[];
  readonly tail: number[];
  readonly fit: Record<string, number> | null;
  readonly gamma: {
    readonly p: number[];
    readonly mean: number;
    readonly variance: number;
    readonly skewness: number;
  } | null;
}

// by fixtures/make/null-fits.py
const cases = JSON.parse(readFileSync(new URL("null-fits.json", import.meta.url), "utf8")) as Case[];

const shares = (n: number) => Array.from({ length: n }, (_, i) => (i + 0.5) / n);
const c = shares(500);
const NULLS = {
  exponential: c.map((x) => -Math.log(1 - x)),
  uniform: c,
  heavy: c.map((x) => (1 - x) ** -0.5),
  negative: c.map((x) => Math.log(1 - x)),
  late: [
    ...Array.from({ length: 400 }, (_, i) => i / 399),
    ...Array.from({ length: 30 }, () => 2),
    ...shares(70).map((x) => 3 - Math.log(1 - x)),
  ],
  tied: c.map((x) => Math.floor(20 * x)),
};

const sortedOf = (name: Case["name"]) => Float64Array.from(NULLS[name]).sort();
const error = (got: number, want: number) => Math.abs(got - want) / Math.max(Math.abs(want), 1e-300);

test.each(cases)(
  "$name, $rows: thresholds, shapes, goodness of fit and p to 1e-9",
  ({ name, rows, statistics, tail, fit }) => {
    const sorted = sortedOf(name);
    const n = sorted.length;
    const found = fitParetoTail(sorted, { rows });
    if (fit === null) return expect(found).toBeUndefined();
    for (const [key, want] of Object.entries(fit)) {
      const got = found![key as keyof typeof found] as number;
      expect(Math.abs(got - want), key).toBeLessThan(1e-9 * Math.max(1, Math.abs(want)));
    }
    for (const [i, statistic] of statistics.entries()) {
      const empirical = sorted.filter((x) => x >= statistic).length / n;
      const isFitted = empirical < TAIL_BELOW && statistic > found!.threshold;
      const p = isFitted ? paretoP(found!, statistic, n) : empirical;
      if (tail[i] === 0) expect(p).toBe(0);
      else expect(error(p, tail[i]!), `${statistic}`).toBeLessThan(1e-9);
    }
  },
);

test.each(cases.filter(({ gamma }) => gamma !== null))(
  "$name: p of the gamma distribution to 1e-9",
  ({ name, statistics, gamma }) => {
    const sorted = sortedOf(name);
    const fit = fitGamma(sorted)!;
    for (const key of ["mean", "variance", "skewness"] as const)
      expect(error(fit[key], gamma![key]), key).toBeLessThan(1e-11);
    for (const [i, statistic] of statistics.entries())
      expect(error(gammaP(fit, statistic, 1 / sorted.length), gamma!.p[i]!), `${statistic}`).toBeLessThan(1e-9);
  },
);

test("quantiles are where p is, also of an exponential and of a bounded tail", () => {
  for (const name of ["exponential", "uniform", "heavy", "late"] as const) {
    const sorted = sortedOf(name);
    const tail = fitParetoTail(sorted)!;
    for (const p of [0.05, 0.005, 1e-6])
      expect(error(paretoP(tail, paretoQuantile(tail, p, 500)!, 500), p), `${name} ${p}`).toBeLessThan(1e-9);
    expect(paretoQuantile(tail, 0.3, 500)).toBeUndefined();
    const gamma = fitGamma(sorted)!;
    for (const p of name === "uniform" ? [0.05] : [0.05, 0.005])
      expect(error(gammaP(gamma, gammaQuantile(gamma, p), 0), p), `${name} ${p}`).toBeLessThan(1e-9);
  }
  const exponential = { share: 0.75, threshold: 1, scale: 2, shape: 0, a2: 0.1, fitP: 1, nTail: 100 };
  expect(error(paretoP(exponential, 5, 400), Math.exp(-2) / 4)).toBeLessThan(1e-14);
  expect(error(paretoQuantile(exponential, 0.05, 400)!, 1 + 2 * Math.log(5))).toBeLessThan(1e-14);
});

test("what cannot be fitted is said to be so: all the same, too few, two lumps", () => {
  for (const values of [
    [],
    [1],
    [1, 2],
    Array.from({ length: 500 }, () => 0),
    Array.from({ length: 500 }, (_, i) => (i < 400 ? 0 : 7)),
  ]) {
    expect(fitParetoTail(Float64Array.from(values)), `${values.length}`).toBeUndefined();
  }
  expect(fitParetoTail(sortedOf("exponential"), { leastTail: 126 })).toBeUndefined();
  expect(fitGamma(Float64Array.from({ length: 500 }, () => 3))).toBeUndefined();
  expect(fitGamma(Float64Array.of(1, 2))).toBeUndefined();
});

test("a null as good as symmetric is the normal distribution, not nonsense", () => {
  const normal = { mean: 10, variance: 4, skewness: 1e-17 };
  expect(gammaP(normal, 10, 0)).toBeCloseTo(0.5, 14);
  expect(gammaP(normal, 12, 0)).toBeCloseTo(0.15865525393145707, 14);
  // the gamma distribution goes there: no step at the skewness where it is left
  for (const sign of [1, -1])
    for (const statistic of [8, 10, 13, 15]) {
      const beside = gammaP({ ...normal, skewness: sign * 1.001e-3 }, statistic, 0);
      expect(Math.abs(beside / gammaP(normal, statistic, 0) - 1)).toBeLessThan(5e-3);
    }
});
