// Bounds that decide comparisons: never wrong, whatever the vectors, the order of summation and its rounding, and for any product within them.

import { describe, expect, it } from "vitest";
import {
  createProductScreen,
  createScreen,
  errorOfSingleProducts,
  limitsOf,
  mostOf,
  unitFactor,
} from "../../../src/stats/glm/screening.js";
import { exactSum } from "../../support/kernel-statements.js";
import { fc } from "../../support/seeded-check.js";
import { createRandom, type SeededRandom } from "../../support/seeded-random.js";

const { fround } = Math;

const CONTENTS: Readonly<Record<string, (random: SeededRandom, i: number) => number>> = {
  normal: ({ normal }) => normal(),
  "two values": ({ integer }) => integer(2) + 0.1,
  "all of one sign": ({ uniform }) => 1 + uniform() / 10,
  "heavy tails": ({ normal }) => normal() / Math.max(1e-6, Math.abs(normal())),
  "wildly different": ({ normal, integer }) => normal() * 10 ** (integer(61) - 30),
  "one that is all": ({ normal }, i) => (i === 0 ? 1e6 : normal()),
  "what cancels": ({ normal }, i) => (i % 2 === 0 ? 1 : -1) * (1 + 1e-7 * normal()),
};

const length = (values: readonly number[]) => Math.sqrt(exactSum(values.length, (i) => values[i]! ** 2));

/** What is added to a float32: the product rounded first, or together with the sum (in float64 the product is exact, and the sum rounded far below). */
const added = (sum: number, a: number, b: number, isFused: boolean) =>
  isFused ? fround(sum + a * b) : fround(sum + fround(a * b));

type Order = "forwards" | "backwards" | "four side by side" | "pairwise";
const ORDERS: readonly Order[] = ["forwards", "backwards", "four side by side", "pairwise"];

function singleSum(a: readonly number[], b: readonly number[], order: Order, isFused: boolean): number {
  const n = a.length;
  if (order === "pairwise") {
    if (n === 1) return fround(a[0]! * b[0]!);
    const half = n >> 1;
    const left = singleSum(a.slice(0, half), b.slice(0, half), order, isFused);
    return fround(left + singleSum(a.slice(half), b.slice(half), order, isFused));
  }
  const sums = new Array<number>(order === "four side by side" ? 4 : 1).fill(0);
  for (let k = 0; k < n; k++) {
    const i = order === "backwards" ? n - 1 - k : k;
    const at = k % sums.length;
    sums[at] = added(sums[at]!, a[i]!, b[i]!, isFused);
  }
  return sums.reduce((sum, x) => fround(sum + x));
}

function slicedSum(a: readonly number[], b: readonly number[], slice: number, order: Order, isFused: boolean): number {
  let sum: number | undefined;
  for (let first = 0; first < a.length; first += slice) {
    const part = singleSum(a.slice(first, first + slice), b.slice(first, first + slice), order, isFused);
    sum = sum === undefined ? part : fround(sum + part);
  }
  return sum!;
}

const anyOrder = fc.record({
  seed: fc.nat(2 ** 30),
  n: fc.oneof(fc.integer({ min: 3, max: 60 }), fc.integer({ min: 61, max: 3000 })),
  ofA: fc.constantFrom(...Object.keys(CONTENTS)),
  ofB: fc.constantFrom(...Object.keys(CONTENTS)),
  order: fc.constantFrom(...ORDERS),
  isFused: fc.boolean(),
  slice: fc.constantFrom(1, 7, 64, 256, Number.POSITIVE_INFINITY),
});

describe("errorOfSingleProducts", () => {
  it("holds for any vectors, orders of summation, slices, fused or not; and is not far from what happens", () => {
    let closest = 0;
    const property = fc.property(anyOrder, ({ seed, n, ofA, ofB, order, isFused, slice }) => {
      const random = createRandom(seed);
      const drawn = (content: string) => {
        const values = Array.from({ length: n }, (_, i) => CONTENTS[content]!(random, i));
        const size = length(values);
        return values.map((x) => x / size);
      };
      const [a, b] = [drawn(ofA), drawn(ofB)];
      const exact = exactSum(n, (i) => a[i]! * b[i]!);
      const found = slicedSum(a.map(fround), b.map(fround), slice, order, isFused);
      const error = Math.abs(found - exact);
      const bound = errorOfSingleProducts(Float64Array.from(a), n, slice);
      closest = Math.max(closest, error / bound);
      expect(error).toBeLessThanOrEqual(bound);
    });
    fc.assert(property, { seed: 20_261_128, numRuns: 1500 });
    expect(closest).toBeGreaterThan(0.05);
  });

  it("is reached by two fifths, where every sum is rounded the same way, and terms are as large as their additions are many", () => {
    const n = 1000;
    // of each term a little more than half a unit in the last place of the sum that it is added to
    const terms: number[] = [];
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const unit = sum === 0 ? 0 : 2 ** (Math.floor(Math.log2(sum)) - 23);
      const term = fround(unit === 0 ? n - i : (Math.floor((n - i) / unit) + 0.501) * unit);
      terms.push(term);
      sum = fround(sum + term);
    }
    const ones = new Array<number>(n).fill(1);
    const found = singleSum(terms, ones, "forwards", true);
    const error = Math.abs(found - exactSum(n, (i) => terms[i]!)) / length(terms) / Math.sqrt(n);
    const bound = errorOfSingleProducts(new Float64Array(n).fill(1 / Math.sqrt(n)), n, n);
    expect(error).toBeLessThanOrEqual(bound);
    expect(error).toBeGreaterThan(0.4 * bound);
  });

  it("no tree of additions has terms in more of them than one after the other: all trees of few terms, drawn ones of many", () => {
    const depthsOf = (n: number, split: (n: number) => number): number[] => {
      if (n === 1) return [0];
      const left = split(n);
      return [...depthsOf(left, split), ...depthsOf(n - left, split)].map((depth) => depth + 1);
    };
    const random = createRandom(7);
    for (const n of [1, 2, 3, 4, 5, 6, 7, 8, 40, 300]) {
      for (let run = 0; run < 200; run++) {
        const depths = depthsOf(
          n,
          (count) => 1 + (run % 3 === 0 ? 0 : random.integer(run % 3 === 1 ? count - 1 : Math.min(2, count - 1))),
        );
        const w = Array.from({ length: n }, () => random.uniform());
        const sorted = [...w].sort((x, y) => y - x);
        const mostBy = sorted.reduce((sum, x, j) => sum + x * Math.min(n - 1, n - j), 0);
        // the worst pairing of that tree
        const deepest = [...depths].sort((x, y) => y - x);
        expect(sorted.reduce((sum, x, j) => sum + x * deepest[j]!, 0)).toBeLessThanOrEqual(mostBy * (1 + 1e-12));
      }
    }
  });

  it("grows with the terms of a sum, is smaller in slices, and where entries have one size", () => {
    const even = (n: number) => new Float64Array(n).fill(1 / Math.sqrt(n));
    const one = (n: number) => Float64Array.from({ length: n }, (_, i) => (i === 3 ? 1 : 0));
    for (const n of [4, 10, 256, 257, 1000, 4096]) {
      expect(errorOfSingleProducts(even(n + 1), n + 1, n + 1)).toBeGreaterThan(errorOfSingleProducts(even(n), n, n));
      expect(errorOfSingleProducts(even(n), n, n)).toBe(errorOfSingleProducts(even(n), n, Number.POSITIVE_INFINITY));
      // n + 2 roundings of each term, and a thousandth: what was taken for all of them
      expect(errorOfSingleProducts(one(n), n, n)).toBeCloseTo(
        ((n + 2) * 2 ** -24 * 1.001) / (1 - (n + 2) * 2 ** -24),
        14,
      );
      expect(errorOfSingleProducts(even(n), n, n)).toBeLessThan(errorOfSingleProducts(one(n), n, n));
    }
    expect(errorOfSingleProducts(even(1000), 1000, 1000) / errorOfSingleProducts(one(1000), 1000, 1000)).toBeLessThan(
      0.59,
    );
    expect(errorOfSingleProducts(one(4096), 4096, 256)).toBeLessThan(errorOfSingleProducts(one(4096), 4096, 4096) / 10);
    expect(errorOfSingleProducts(one(4096), 4096, 4096)).toBeLessThan(2.5e-4);
    // of several rows that of the worst
    const rows = Float64Array.from([...even(100), ...one(100), ...even(100)]);
    expect(errorOfSingleProducts(rows, 100, 100)).toBe(errorOfSingleProducts(one(100), 100, 100));
  });
});

/** Of the rows with the widest bound. */
const errorOf = (n: number, slice = n) =>
  errorOfSingleProducts(
    Float64Array.from({ length: n }, (_, i) => (i === 0 ? 1 : 0)),
    n,
    slice,
  );

describe("unitFactor", () => {
  it("makes a sum of squares 1, and says where nothing is known", () => {
    for (const sum of [1e-279, 1e-60, 2, 1e60, 1e279]) expect(sum * unitFactor(sum) ** 2).toBeCloseTo(1, 12);
    for (const sum of [0, 5e-324, 1e-281, 1e281, Number.POSITIVE_INFINITY, Number.NaN]) expect(unitFactor(sum)).toBe(0);
  });
});

/** 40 bits are kept. */
const rounded = (x: number) => {
  const spread = 8193 * x;
  return spread - (spread - x);
};

const anyTest = fc.record({
  seed: fc.nat(2 ** 30),
  n: fc.constantFrom(3, 4, 8, 20, 60, 300, 2000, 4096),
  rank: fc.integer({ min: 1, max: 6 }),
  contrastRank: fc.integer({ min: 1, max: 4 }),
  isSigned: fc.boolean(),
  /** |e_h|^2 of a column whose |y|^2 is 1, and share of it that the shuffle explains. */
  total: fc.constantFrom(1, 0.9, 0.1, 1e-3, 1e-6, 1e-9),
  share: fc.oneof(
    fc.integer({ min: 0, max: 10_000 }).map((x) => x / 10_000),
    fc.constantFrom(0, 1e-12, 1e-6, 0.1, 0.7499, 0.75, 0.99),
  ),
  /** Of the other score, beside the exact one, in margins. */
  beside: fc.oneof(
    fc.integer({ min: -4000, max: 4000 }).map((x) => x / 1000),
    fc.constantFrom(0, 1e-9, -1e-9),
  ),
  /** Each product is off by so much of what it may be. */
  push: fc.constantFrom("out", "in", "random", "none"),
});

describe("createScreen", () => {
  it("decides nothing wrong, whatever the products are within their bound", () => {
    const met = { below: 0, reached: 0, open: 0, without: 0 };
    const property = fc.property(anyTest, ({ seed, n, total, share, beside, push, ...given }) => {
      const random = createRandom(seed);
      const contrastRank = given.isSigned ? 1 : given.contrastRank;
      const rank = Math.max(given.rank, contrastRank);
      const dof = Math.max(1, n - rank);
      const contrastBasis = orthonormal(rank, contrastRank, random);
      const screen = createScreen({ error: errorOf(n), rank, contrastRank, dof, contrastBasis });
      const margin = screen.marginOf(total);
      const direction = unit(rank, random);
      const exact = direction.map((x) => x * Math.sqrt(share * total));
      const error = errorOf(n);
      const near = exact.map((x) => {
        const off = push === "none" ? 0 : push === "random" ? 2 * random.uniform() - 1 : push === "out" ? 1 : -1;
        return x + error * off * (x < 0 ? -1 : 1);
      });
      const scoreOf = (d: readonly number[], least: number) => {
        const sse = total - d.reduce((sum, x) => sum + x * x, 0);
        if (!(sse > least * total)) return Number.NaN;
        const u = Array.from({ length: contrastRank }, (_, q) =>
          d.reduce((sum, x, j) => sum + x * contrastBasis[j * contrastRank + q]!, 0),
        );
        const x = rounded(Math.sqrt((u.reduce((sum, of) => sum + of * of, 0) * (dof / contrastRank)) / sse));
        return given.isSigned && u[0]! < 0 ? -x : x;
      };
      const [x, found] = [scoreOf(exact, 1e-14), scoreOf(near, screen.least)];
      if (Number.isNaN(x) || Number.isNaN(found)) return;
      const width = margin === undefined ? 1 : margin.a + margin.b * Math.abs(x);
      const of = rounded(x + beside * width);
      const { lowest, highest } = limitsOf(of, margin);
      expect(lowest).toBeLessThanOrEqual(highest);
      if (margin === undefined) {
        met.without++;
        expect([lowest, highest]).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
        return;
      }
      expect(Math.abs(x - found)).toBeLessThanOrEqual(margin.a + margin.b * Math.abs(found));
      expect(x).toBeLessThanOrEqual(mostOf(found, margin));
      if (found < lowest) {
        met.below++;
        expect(x).toBeLessThan(of);
      } else if (found >= highest) {
        met.reached++;
        expect(x).toBeGreaterThanOrEqual(of);
      } else met.open++;
    });
    fc.assert(property, { seed: 20_261_129, numRuns: 20_000 });
    for (const count of Object.values(met)) expect(count, JSON.stringify(met)).toBeGreaterThan(500);
  });

  it("limits grow with what they are limits of, and lie around it", () => {
    const margin = { a: 1e-5, b: 1e-6 };
    const scores = [-1e6, -40, -1, -1e-5, -1e-9, 0, 1e-9, 1e-5, 2e-5, 1, 40, 1e6];
    let before = { lowest: Number.NEGATIVE_INFINITY, highest: Number.NEGATIVE_INFINITY };
    for (const of of scores) {
      const limits = limitsOf(of, margin);
      expect(limits.lowest).toBeLessThan(of);
      expect(limits.highest).toBeGreaterThan(of);
      expect(limits.lowest).toBeGreaterThan(before.lowest);
      expect(limits.highest).toBeGreaterThan(before.highest);
      before = limits;
    }
  });

  it("says nothing of elements whose nuisance is nearly all of them, or all", () => {
    const screen = createScreen({
      ...{ error: errorOf(20), rank: 2, contrastRank: 1, dof: 18, contrastBasis: [1, 0] },
    });
    for (const total of [0, -1e-17, Number.NaN, 1e-12]) expect(screen.marginOf(total)).toBeUndefined();
    expect(screen.marginOf(1e-4)).toBeDefined();
    const [wide, narrow] = [screen.marginOf(1e-4)!, screen.marginOf(1)!];
    expect(wide.a).toBeGreaterThan(narrow.a);
    expect(wide.b).toBeGreaterThan(narrow.b);
  });
});

describe("createProductScreen", () => {
  const anyProduct = fc.record({
    n: fc.constantFrom(2, 3, 8, 20, 300, 4096),
    slice: fc.constantFrom(256, Number.POSITIVE_INFINITY),
    y: fc.oneof(
      fc.integer({ min: -9999, max: 9999 }).map((x) => x / 10_000),
      fc.constantFrom(0, 0.99, -0.99, 1e-9, 0.5),
    ),
    beside: fc.oneof(
      fc.integer({ min: -3000, max: 3000 }).map((x) => x / 1000),
      fc.constantFrom(0, 1e-7, -1e-7),
    ),
    off: fc.constantFrom(-1, -0.5, 0, 0.5, 1),
    isSigned: fc.boolean(),
  });

  it("decides nothing wrong, with limits and products of float32", () => {
    const met = { below: 0, reached: 0, open: 0, top: 0 };
    const property = fc.property(anyProduct, ({ n, slice, y, beside, off, isSigned }) => {
      const dof = n - 1;
      const { margin, top, productOf } = createProductScreen({ error: errorOf(n, slice), dof, weight: 1 });
      const scoreOf = (d: number) => {
        const x = rounded(Math.sqrt((d * d * dof) / (1 - d * d)));
        return isSigned && d < 0 ? -x : x;
      };
      const sized = (d: number) => (isSigned ? d : Math.abs(d));
      // the float32 next to what it is within the bound
      const near = fround(y + off * (errorOf(n, slice) - 2 ** -25));
      const other = Math.max(-1 + 1e-12, Math.min(1 - 1e-12, sized(y) + beside * margin));
      const [x, of] = [scoreOf(y), scoreOf(isSigned ? other : Math.abs(other))];
      if (!Number.isFinite(x) || !(Math.abs(near) < fround(top))) {
        met.top++;
        return;
      }
      const [lowest, highest] = [fround(productOf(of) - margin), fround(productOf(of) + margin)];
      const found = sized(near);
      expect(productOf(x)).toBeLessThanOrEqual(found + margin);
      if (found < lowest) {
        met.below++;
        expect(x).toBeLessThan(of);
      } else if (found >= highest) {
        met.reached++;
        expect(x).toBeGreaterThanOrEqual(of);
      } else met.open++;
    });
    fc.assert(property, { seed: 20_261_130, numRuns: 20_000 });
    for (const count of Object.values(met)) expect(count, JSON.stringify(met)).toBeGreaterThan(100);
  });

  it("productOf grows with the score, from -1 to 1, and knows the least of all", () => {
    const { productOf } = createProductScreen({ error: errorOf(20), dof: 19, weight: 1 });
    expect(productOf(Number.NEGATIVE_INFINITY)).toBe(Number.NEGATIVE_INFINITY);
    const scores = [-1e7, -50, -1, -1e-6, 0, 1e-6, 1, 50, 1e7];
    const products = scores.map(productOf);
    for (const [i, product] of products.entries()) {
      expect(Math.abs(product)).toBeLessThanOrEqual(1);
      if (i > 0) expect(product).toBeGreaterThan(products[i - 1]!);
    }
  });
});

function unit(count: number, random: SeededRandom): number[] {
  const values = Array.from({ length: count }, () => random.normal());
  const size = length(values) || 1;
  return values.map((x) => x / size);
}

/** [rank][count], orthonormal columns. */
function orthonormal(rank: number, count: number, random: SeededRandom): number[] {
  const columns: number[][] = [];
  while (columns.length < count) {
    let column = unit(rank, random);
    for (const before of [...columns, ...columns]) {
      const part = column.reduce((sum, x, j) => sum + x * before[j]!, 0);
      column = column.map((x, j) => x - part * before[j]!);
    }
    const size = length(column);
    if (size > 1e-3) columns.push(column.map((x) => x / size));
  }
  return Array.from({ length: rank * count }, (_, at) => columns[at % count]![Math.floor(at / count)]!);
}
