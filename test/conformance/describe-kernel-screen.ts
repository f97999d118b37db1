// Statistics that are known nearly, counted or left open, and the exact products of those that are open: against a plain statement of the contracts.
import { describe, expect, it } from "vitest";
import { drawShuffles, orthonormalRows } from "../support/kernel-cases.js";
import { plainMatrix, toColumnPanels } from "../support/kernel-statements.js";
import type { KernelsUnderTest } from "../support/open-kernels.js";
import { createRandom } from "../support/seeded-random.js";

const COUNTED = 7;
const COLUMNS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 512] as const;
const SHUFFLES = [0, 1, 3, 16] as const;
/** Values and limits meet, or are none. */
const ODD = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  0,
  -0,
  0.5,
  -0.5,
  0.25,
  0.99,
  -0.99,
  1,
] as const;
const LIMITS = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 0, -0, 0.5, -0.5, 0.25] as const;

interface Screened {
  readonly counters: number[];
  readonly largest: number[];
  readonly open: number[];
}

interface Rows {
  readonly nShuffles: number;
  readonly nColumns: number;
  readonly valueAt: (b: number, w: number) => number;
  readonly lowest: ArrayLike<number>;
  readonly highest: ArrayLike<number>;
}

/** Of each value whether it is counted and whether it is open, and what it counts for as the largest. */
function stated(rows: Rows, of: (x: number, w: number) => { counts: boolean; isOpen: boolean; x: number }): Screened {
  const counters = new Array<number>(rows.nColumns).fill(COUNTED);
  const open: number[] = [];
  const largest = Array.from({ length: rows.nShuffles }, (_, b) => {
    let most = Number.NEGATIVE_INFINITY;
    for (let w = 0; w < rows.nColumns; w++) {
      const { counts, isOpen, x } = of(rows.valueAt(b, w), w);
      if (counts) counters[w]!++;
      if (isOpen) open.push(b * 65536 + w);
      if (!Number.isNaN(x)) most = Math.max(most, x);
    }
    return most;
  });
  return { counters, largest, open };
}

const isBetween = (x: number, low: number, high: number) => low < x && x < high;

const statedScores = (rows: Rows, near: number): Screened =>
  stated(rows, (x, w) => {
    const counts = isBetween(x, near, rows.lowest[w]!);
    const isSurelyNot = x >= rows.highest[w]!;
    return { counts, isOpen: !counts && !isSurelyNot && rows.highest[w] !== Number.NEGATIVE_INFINITY, x };
  });

const statedProducts = (rows: Rows, direction: number, near: number, top: number): Screened =>
  stated(rows, (found, w) => {
    const x = direction === 0 ? Math.abs(found) : direction === 1 ? found : -found;
    const isInside = Math.abs(found) < top;
    const counts = isInside && x < rows.lowest[w]! && (direction !== 0 || x > near);
    return { counts, isOpen: !counts && !(isInside && x >= rows.highest[w]!), x };
  });

/** What `largest` says of zeros has no sign. */
const unsigned = (values: ArrayLike<number>) => Array.from(values, (x) => x + 0);

export function describeScreenKernels({ kernels: k, linear }: KernelsUnderTest): void {
  const random = createRandom(11);
  const drawn = (odd: readonly number[], share: number) =>
    random.uniform() < share ? odd[random.integer(odd.length)]! : random.normal() / 2;

  const rowsOf = (nShuffles: number, nColumns: number, single: boolean, shareOdd: number): Rows => {
    const round = single ? Math.fround : (x: number) => x;
    const values = Array.from({ length: nShuffles * nColumns }, () => round(drawn(ODD, shareOdd)));
    const lowest = Array.from({ length: nColumns }, () => round(drawn(LIMITS, shareOdd)));
    // a column whose limits are both -Infinity, one that is always open, and those in between
    const highest = lowest.map((low, w) => {
      if (low === Number.NEGATIVE_INFINITY) return w % 2 === 0 ? low : Number.POSITIVE_INFINITY;
      return round(low + random.integer(3) / 4);
    });
    return { nShuffles, nColumns, valueAt: (b, w) => values[b * nColumns + w]!, lowest, highest };
  };

  const placeRows = (rows: Rows, Values: typeof Float64Array | typeof Float32Array, stride: number) => {
    // what lies behind the columns would count, and be the largest
    const values = new Values(rows.nShuffles * stride).fill(1e30);
    for (let b = 0; b < rows.nShuffles; b++) {
      for (let w = 0; w < rows.nColumns; w++) values[b * stride + w] = rows.valueAt(b, w);
    }
    const placed = (of: ArrayLike<number>) => linear.place(Values.from(of) as Float64Array).at;
    return { values: placed(values), lowest: placed(rows.lowest), highest: placed(rows.highest) };
  };

  const results = (rows: Rows, Values: typeof Float64Array | typeof Float32Array) => ({
    // counters of a block begin anywhere
    counters: linear.place(new Uint32Array(rows.nColumns).fill(COUNTED), 4),
    largest: linear.reserve(new Values(rows.nShuffles) as Float64Array),
    open: linear.reserve(new Uint32Array(rows.nShuffles * rows.nColumns)),
  });

  const expectStated = (found: ReturnType<typeof results>, nOpen: number, wanted: Screened) => {
    linear.expectGuardsIntact();
    expect(nOpen).toBe(wanted.open.length);
    expect([...found.open.view.subarray(0, nOpen)]).toEqual(wanted.open);
    expect([...found.counters.view]).toEqual(wanted.counters);
    expect(unsigned(found.largest.view)).toEqual(unsigned(wanted.largest));
  };

  describe("f64ScreenScores", () => {
    it.each(COLUMNS)("%i columns", (nColumns) => {
      let [nCounted, nOpen, nDecided] = [0, 0, 0];
      for (const nShuffles of SHUFFLES) {
        for (const share of [0, 0.3, 1]) {
          for (const near of [Number.NEGATIVE_INFINITY, 0, 0.25]) {
            for (const more of [0, 1, 6]) {
              linear.clear();
              const rows = rowsOf(nShuffles, nColumns, false, share);
              const stride = nColumns + more;
              const at = placeRows(rows, Float64Array, stride);
              const out = results(rows, Float64Array);
              const given = [nShuffles, nColumns, at.values, stride, near, at.lowest, at.highest] as const;
              const wanted = statedScores(rows, near);
              const count = k.f64ScreenScores(...given, out.counters.at, out.largest.at, out.open.at);
              expectStated(out, count, wanted);
              const counted = wanted.counters.reduce((sum, of) => sum + of - COUNTED, 0);
              nCounted += counted;
              nOpen += count;
              nDecided += nShuffles * nColumns - count - counted;
            }
          }
        }
      }
      for (const met of [nCounted, nOpen, nDecided]) expect(met > 0).toBe(nColumns > 0);
    });

    it("what is no number is open, but where both limits are -Infinity; a score at a limit is not below it", () => {
      const [no, low, high] = [Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
      const values = [no, no, no, 1, 1, 2, 2, 0.5, low, high];
      const rows: Rows = {
        ...{ nShuffles: 1, nColumns: values.length, valueAt: (_b, w) => values[w]! },
        lowest: [1, low, low, 1, 2, 1, 1, 1, 1, 1],
        highest: [1, low, high, 2, 3, 2, 3, 2, 2, 2],
      };
      const at = placeRows(rows, Float64Array, 10);
      const out = results(rows, Float64Array);
      const given = [1, 10, at.values, 10, 0.5, at.lowest, at.highest] as const;
      const count = k.f64ScreenScores(...given, out.counters.at, out.largest.at, out.open.at);
      expect([...out.open.view.subarray(0, count)]).toEqual([0, 2, 3, 6, 7, 8]);
      expect([...out.counters.view].map((of) => of - COUNTED)).toEqual([0, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
      expect(out.largest.view[0]).toBe(high);
    });

    it("nothing but what is no number: -Infinity is the largest", () => {
      for (const nColumns of [3, 4, 9]) {
        linear.clear();
        const rows: Rows = {
          ...{ nShuffles: 2, nColumns, valueAt: () => Number.NaN },
          ...{ lowest: new Array<number>(nColumns).fill(0), highest: new Array<number>(nColumns).fill(0) },
        };
        const at = placeRows(rows, Float64Array, nColumns);
        const out = results(rows, Float64Array);
        const given = [2, nColumns, at.values, nColumns, 0, at.lowest, at.highest] as const;
        const count = k.f64ScreenScores(...given, out.counters.at, out.largest.at, out.open.at);
        expectStated(out, count, statedScores(rows, 0));
        expect([...out.largest.view]).toEqual([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]);
      }
    });
  });

  describe("f32ScreenProducts", () => {
    describe.each([
      ["the value", 1],
      ["the opposite", -1],
      ["the size", 0],
    ] as const)("%s", (_name, direction) => {
      it.each(COLUMNS)("%i columns", (nColumns) => {
        let [nCounted, nOpen, nDecided] = [0, 0, 0];
        for (const nShuffles of SHUFFLES) {
          for (const share of [0, 0.3, 1]) {
            for (const [near, top] of [
              [0, 0.99],
              [0.25, 0.75],
              [1e-7, 10],
            ] as const) {
              for (const more of [0, 1, 24]) {
                linear.clear();
                const rows = rowsOf(nShuffles, nColumns, true, share);
                const stride = nColumns + more;
                const at = placeRows(rows, Float32Array, stride);
                const out = results(rows, Float32Array);
                const given = [nShuffles, nColumns, at.values, stride, 0, 0, direction, near, top] as const;
                const wanted = statedProducts(rows, direction, Math.fround(near), Math.fround(top));
                const limits = [at.lowest, at.highest] as const;
                const count = k.f32ScreenProducts(...given, ...limits, out.counters.at, out.largest.at, out.open.at);
                expectStated(out, count, wanted);
                const counted = wanted.counters.reduce((sum, of) => sum + of - COUNTED, 0);
                nCounted += counted;
                nOpen += count;
                nDecided += nShuffles * nColumns - count - counted;
              }
            }
          }
        }
        for (const met of [nCounted, nOpen, nDecided]) expect(met > 0).toBe(nColumns > 0);
      });
    });

    it.each([1, 4, 7, 12, 150])("a column of the product times shifts beside %i columns", (nColumns) => {
      for (const direction of [1, -1, 0]) {
        linear.clear();
        const rows = rowsOf(16, nColumns, true, 0.1);
        const shifts = Float32Array.from({ length: nColumns }, () => random.normal());
        const moved = Float32Array.from({ length: 16 }, () => random.normal() / 4);
        const stride = nColumns + 5;
        const values = new Float32Array(16 * stride).fill(1e30);
        for (let b = 0; b < 16; b++) {
          for (let w = 0; w < nColumns; w++) values[b * stride + w] = rows.valueAt(b, w);
          values[b * stride + nColumns + 2] = moved[b]!;
        }
        const at = placeRows(rows, Float32Array, nColumns);
        const [placed, added] = [linear.place(values), linear.place(shifts)];
        const out = results(rows, Float32Array);
        // each operation is rounded once
        const valueAt = (b: number, w: number) => Math.fround(rows.valueAt(b, w) + Math.fround(moved[b]! * shifts[w]!));
        const wanted = statedProducts({ ...rows, valueAt }, direction, Math.fround(0.1), Math.fround(0.9));
        const given = [16, nColumns, placed.at, stride, added.at, nColumns + 2, direction, 0.1, 0.9] as const;
        const limits = [at.lowest, at.highest] as const;
        const count = k.f32ScreenProducts(...given, ...limits, out.counters.at, out.largest.at, out.open.at);
        expectStated(out, count, wanted);
      }
    });

    it("at the top all are open, what both limits leave out too: their residual is rounding", () => {
      const values = [0.99, -0.99, 1.5, -1.5, Number.NaN, 0.5, -0.5].map(Math.fround);
      for (const direction of [1, -1, 0]) {
        linear.clear();
        const low = new Array<number>(values.length).fill(Number.NEGATIVE_INFINITY);
        const rows: Rows = {
          ...{ nShuffles: 1, nColumns: values.length, valueAt: (_b, w) => values[w]! },
          ...{ lowest: low, highest: low },
        };
        const at = placeRows(rows, Float32Array, values.length);
        const out = results(rows, Float32Array);
        const given = [1, values.length, at.values, values.length, 0, 0, direction, 0, 0.99] as const;
        const limits = [at.lowest, at.highest] as const;
        const count = k.f32ScreenProducts(...given, ...limits, out.counters.at, out.largest.at, out.open.at);
        expect([...out.open.view.subarray(0, count)]).toEqual([0, 1, 2, 3, 4]);
        expect([...out.counters.view]).toEqual(values.map(() => COUNTED));
      }
    });
  });

  describe("f32LargestProducts", () => {
    it.each([1, 2, 3, 4, 5, 8, 31])("%i columns: those that may be the largest of their row", (nColumns) => {
      const random = createRandom(nColumns);
      const stride = nColumns + 4;
      const met = { none: 0, one: 0, several: 0 };
      for (let run = 0; run < 60; run++) {
        linear.clear();
        const b = run % 4;
        // few values, so that some meet; among them what says nothing
        const draw = () => Math.fround(run % 3 === 0 ? ODD[random.integer(ODD.length)]! : random.normal() / 3);
        const values = Float32Array.from({ length: 4 * stride }, draw);
        const moved = Math.fround(random.normal() / 10);
        values[b * stride + nColumns + 1] = moved;
        const shifts = Float32Array.from({ length: nColumns }, () => random.normal() / 10);
        const drawn = () => (random.integer(4) === 0 ? LIMITS[random.integer(2)]! : random.normal());
        const highest = Float32Array.from({ length: nColumns }, drawn);
        const [top, margin] = [0.99, run % 2 === 0 ? 1e-6 : 0.1];
        const known = run % 5 === 0 ? Number.NEGATIVE_INFINITY : random.normal() / 3;
        for (const isShifted of [true, false]) {
          for (const direction of [1, -1, 0] as const) {
            const xs = Array.from({ length: nColumns }, (_, w) => {
              const value = values[b * stride + w]!;
              const found = isShifted ? Math.fround(value + Math.fround(moved * shifts[w]!)) : value;
              if (!(Math.abs(found) < Math.fround(top)) || !Number.isFinite(highest[w]!)) return undefined;
              return direction === 0 ? Math.abs(found) : direction * found;
            });
            const most = Math.max(...xs.map((x) => x ?? Number.NEGATIVE_INFINITY));
            const least = Math.fround(Math.max(known, most - margin) - margin);
            const wanted = xs.flatMap((x, w) => (x !== undefined && x >= least ? [b * 65536 + w] : []));
            const [placed, added, limits] = [linear.place(values), linear.place(shifts), linear.place(highest)];
            const open = linear.reserve(new Uint32Array(nColumns));
            const row = [
              b,
              nColumns,
              placed.at,
              stride,
              isShifted ? added.at : 0,
              nColumns + 1,
              direction,
              top,
            ] as const;
            const count = k.f32LargestProducts(...row, limits.at, margin, known, open.at);
            linear.expectGuardsIntact();
            expect([...open.view.subarray(0, count)]).toEqual(wanted);
            met[count === 0 ? "none" : count === 1 ? "one" : "several"]++;
          }
        }
      }
      expect(met.none).toBeGreaterThan(0);
      expect(met.one).toBeGreaterThan(0);
      if (nColumns > 1) expect(met.several).toBeGreaterThan(0);
    });
  });

  describe("f64MaskedProducts", () => {
    const cases = [
      [1, 1, 0, 4],
      [2, 1, 1, 8],
      [37, 1, 3, 12],
      [515, 1, 20, 8],
      [64, 2, 0, 8],
      [65, 2, 40, 16],
      [130, 3, 5, 12],
      [200, 4, 199, 16],
    ] as const;
    it.each(cases)("%i observations, rank %i, %i missing, %i columns: the bits of the whole product", (...shape) => {
      const [n, rank, nMissing, width] = shape;
      const nShuffles = 7;
      const random = createRandom(n + rank);
      const shuffles = drawShuffles(nShuffles, n);
      const nMembers = width - rank;
      const missing = Int32Array.from(random.permutation(n).slice(0, nMissing)).sort();
      // what is missing is 0, and a sum of it alone is no -0
      const y = plainMatrix(n, width, (i) => (missing.includes(i) ? 0 : random.normal()));
      const basis = Float64Array.from({ length: (n - nMissing) * rank + 3 }, () => random.normal());
      for (const positionBytes of [2, 4] as const) {
        for (const isSigned of [true, false]) {
          for (const count of [0, 1, 2, 3, 5, 64]) {
            linear.clear();
            const draw = () => [random.integer(nShuffles), random.integer(nMembers)] as const;
            const entries = Array.from({ length: count }, draw);
            // as they come: those of a shuffle together
            entries.sort(([a], [b]) => a - b);
            const stride = count + 4;
            const ofSources = shuffles.flatMap(({ labels }) => {
              const positions = new Array<number>(n);
              for (const [target, source] of labels.entries()) positions[source] = target;
              return positions;
            });
            const positions = linear.place((positionBytes === 2 ? Uint16Array : Int32Array).from(ofSources));
            const signs = linear.place(Int8Array.from([...shuffles.flatMap((shuffle) => shuffle.signs), 1, 1, 1]));
            const open = linear.place(Uint32Array.from(entries, ([b, w]) => b * 65536 + w));
            const [packed, lacking] = [linear.place(toColumnPanels(y, 4)), linear.place(missing)];
            const placed = linear.place(basis);
            const product = linear.reserve(new Float64Array((rank + rank * rank) * stride).fill(-7));
            const scratch = linear.reserve(new Float64Array((n + 16) * (3 + rank)));
            const masked = [isSigned ? signs.at : 0, nMissing, lacking.at, placed.at] as const;
            const given = [positions.at, positionBytes, ...masked, packed.at, nMembers] as const;
            k.f64MaskedProducts(n, rank, count, open.at, ...given, product.at, stride, scratch.at);
            linear.expectGuardsIntact();
            const stated = new Float64Array(product.view.length).fill(-7);
            for (const [at, [b, w]] of entries.entries()) {
              const { labels, signs: sign } = shuffles[b]!;
              for (let j = 0; j < rank; j++) {
                const row = new Float64Array(n);
                let next = 0;
                for (let i = 0; i < n; i++) {
                  if (missing.includes(labels[i]!)) continue;
                  row[labels[i]!] = (isSigned ? sign[i]! : 1) * basis[next++ * rank + j]!;
                }
                const sumOf = (column: number) => {
                  let sum = 0;
                  for (let i = 0; i < n; i++) sum += row[i]! * y.values[i * width + column]!;
                  return sum;
                };
                stated[j * stride + at] = sumOf(w);
                for (let l = 0; l < rank; l++) stated[(rank + j * rank + l) * stride + at] = sumOf(nMembers + l);
              }
            }
            // what lies behind the last of each row is the kernel's
            for (let row = 0; row < rank + rank * rank; row++) {
              const of = (values: Float64Array) => [...values.subarray(row * stride, row * stride + count)];
              expect(of(product.view), `row ${row}, ${count} entries`).toEqual(of(stated));
            }
          }
        }
      }
    });
  });

  describe("f64ProductsOf", () => {
    const cases = [
      [1, 1, 8],
      [5, 1, 4],
      [37, 3, 12],
      [64, 4, 16],
      [513, 2, 8],
    ] as const;
    it.each(cases)("%i observations, rank %i, %i columns: the bits of the whole product", (n, rank, width) => {
      const nShuffles = 7;
      const shuffles = drawShuffles(nShuffles, n);
      const basis = orthonormalRows(Math.min(rank, n), n);
      const content = createRandom(n);
      const y = plainMatrix(n, width, (i, w) => (w === 3 ? 1e-310 : i === 0 && w === 2 ? -0 : content.normal()));
      for (const isSigned of [true, false]) {
        for (const count of [0, 1, 2, 3, 4, 5, 17, 64]) {
          linear.clear();
          const entries = Array.from(
            { length: count },
            () => [content.integer(nShuffles), content.integer(width)] as const,
          );
          const stride = count + 4;
          const labels = linear.place(Int32Array.from(shuffles.flatMap((shuffle) => shuffle.labels)));
          const signs = linear.place(Int8Array.from(shuffles.flatMap((shuffle) => shuffle.signs)));
          const open = linear.place(Uint32Array.from(entries, ([b, w]) => b * 65536 + w));
          const [packed, q] = [linear.place(toColumnPanels(y, 4)), linear.place(basis.values)];
          const product = linear.reserve(new Float64Array(rank * stride));
          const scratch = linear.reserve(new Float64Array(4 * n));
          const given = [labels.at, isSigned ? signs.at : 0, q.at, packed.at, product.at, stride, scratch.at] as const;
          k.f64ProductsOf(n, rank, count, open.at, ...given);
          linear.expectGuardsIntact();
          for (const [at, [b, w]] of entries.entries()) {
            const { labels: of, signs: sign } = shuffles[b]!;
            for (let j = 0; j < rank; j++) {
              const row = new Float64Array(n);
              for (let i = 0; i < n; i++) row[of[i]!] = (isSigned ? sign[i]! : 1) * basis.values[j * n + i]!;
              let sum = 0;
              for (let i = 0; i < n; i++) sum += row[i]! * y.values[i * width + w]!;
              expect(Object.is(product.view[j * stride + at]! + 0, sum + 0), `entry ${at}, row ${j}`).toBe(true);
            }
          }
        }
      }
    });

    it("has the bits of product.f64 of gathered rows", () => {
      const [n, rank, nShuffles, width] = [61, 2, 6, 16];
      const shuffles = drawShuffles(nShuffles, n);
      const labels = linear.place(Int32Array.from(shuffles.flatMap((shuffle) => shuffle.labels)));
      const signs = linear.place(Int8Array.from(shuffles.flatMap((shuffle) => shuffle.signs)));
      const basis = linear.place(orthonormalRows(rank, n).values);
      const content = createRandom(5);
      const packed = linear.place(
        toColumnPanels(
          plainMatrix(n, width, () => content.normal()),
          4,
        ),
      );
      const gathered = linear.reserve(new Float64Array(rank * nShuffles * n));
      const whole = linear.reserve(new Float64Array(rank * nShuffles * width));
      k.f64GatherBasis(n, rank, nShuffles, labels.at, signs.at, basis.at, gathered.at);
      k.product.f64(rank * nShuffles, n, width, gathered.at, packed.at, whole.at, width);
      const entries = Array.from({ length: nShuffles * width }, (_, i) => [Math.floor(i / width), i % width] as const);
      const open = linear.place(Uint32Array.from(entries, ([b, w]) => b * 65536 + w));
      const [product, scratch] = [
        linear.reserve(new Float64Array(rank * 100)),
        linear.reserve(new Float64Array(4 * n)),
      ];
      const given = [labels.at, signs.at, basis.at, packed.at, product.at, 100, scratch.at] as const;
      k.f64ProductsOf(n, rank, entries.length, open.at, ...given);
      linear.expectGuardsIntact();
      for (const [at, [b, w]] of entries.entries()) {
        for (let j = 0; j < rank; j++) {
          expect(product.view[j * 100 + at]).toBe(whole.view[(b * rank + j) * width + w]);
        }
      }
    });
  });
}
