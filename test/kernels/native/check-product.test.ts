// The check of a product that nobody has seen: what it lets through, and what not.
import { describe, expect, it } from "vitest";
import type { RowProductKernel } from "../../../src/kernels/kernel-set.js";
import {
  columnsForSameBits,
  errorOfProduct,
  type Operands,
  sumsSlices,
} from "../../../src/kernels/native/check-product.js";

const memory = new WebAssembly.Memory({ initial: 64, maximum: 64, shared: true });
const { buffer } = memory;
const size = { rows: 48, n: 61, width: 96 };

/** `sumOf(row, w, term, n)` of terms of entry (row, w). */
function operandsOf(sumOf: (row: number, w: number, term: (i: number) => number, n: number) => number): Operands {
  const kernel: RowProductKernel = (rows, n, width, gathered, columns, product) => {
    const a = new Float64Array(buffer, gathered, rows * n);
    const b = new Float64Array(buffer, columns, n * width);
    const c = new Float64Array(buffer, product, rows * width);
    for (let row = 0; row < rows; row++) {
      for (let w = 0; w < width; w++) {
        c[row * width + w] = sumOf(row, w, (i) => a[row * n + i]! * b[i * width + w]!, n);
      }
    }
  };
  return { kernel, buffer, precision: "double", gathered: 64, columns: 2 ** 20, product: 2 ** 21 };
}

const forwards = (term: (i: number) => number, n: number) => {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += term(i);
  return sum;
};
const backwards = (term: (i: number) => number, n: number) => forwards((i) => term(n - 1 - i), n);

describe("errorOfProduct", () => {
  it("is rounding for a right product", () => {
    const error = errorOfProduct(
      operandsOf((_row, _w, term, n) => backwards(term, n)),
      size,
    );
    expect(error).toBeGreaterThan(0);
    expect(error).toBeLessThan(1e-15);
  });

  it.each([
    ["one row wrong by a millionth", (row: number, _w: number, sum: number) => (row === 31 ? sum * 1.000001 : sum)],
    ["one column wrong by a millionth", (_row: number, w: number, sum: number) => (w === 77 ? sum * 1.000001 : sum)],
    ["operands swapped in sign", (_row: number, _w: number, sum: number) => -sum],
  ])("is large: %s", (_name, wrong) => {
    const found = operandsOf((row, w, term, n) => wrong(row, w, forwards(term, n)));
    expect(errorOfProduct(found, size)).toBeGreaterThan(1e-9);
  });

  it("is infinite where an entry is no number, or was not written", () => {
    const nan = operandsOf((row, w, term, n) => (row === 5 && w === 13 ? Number.NaN : forwards(term, n)));
    expect(errorOfProduct(nan, size)).toBe(Number.POSITIVE_INFINITY);
    expect(errorOfProduct({ ...nan, kernel: () => {} }, size)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("columnsForSameBits", () => {
  it("is the least step for a product that sums in one order", () => {
    expect(
      columnsForSameBits(
        operandsOf((_row, _w, term, n) => forwards(term, n)),
        size,
      ),
    ).toBe(8);
  });

  it("is none where the order hangs on the place in the tile", () => {
    const rows = operandsOf((row, _w, term, n) => (row % 12 < 6 ? forwards(term, n) : backwards(term, n)));
    expect(columnsForSameBits(rows, size)).toBeUndefined();
    const columns = operandsOf((_row, w, term, n) => (w < 90 ? forwards(term, n) : backwards(term, n)));
    expect(columnsForSameBits(columns, size)).toBeUndefined();
  });

  it("is larger where narrow tiles go another way", () => {
    let width = 0;
    const narrow = operandsOf((_row, _w, term, n) => (width % 32 === 0 ? forwards(term, n) : backwards(term, n)));
    const watched: Operands = {
      ...narrow,
      kernel: (rows, n, columns, ...at) => {
        width = columns;
        narrow.kernel(rows, n, columns, ...at);
      },
    };
    expect(columnsForSameBits(watched, size)).toBe(32);
  });
});

describe("sumsSlices", () => {
  const round = Math.fround;
  /** `add(before, terms)`: an entry after a slice, from what it was and the terms of the slice. */
  const operandsOf = (add: (before: number, terms: Float32Array, w: number) => number): Operands => {
    const kernel: RowProductKernel = (rows, n, width, gathered, columns, product, slice = n) => {
      const a = new Float32Array(buffer, gathered, rows * n);
      const b = new Float32Array(buffer, columns, n * width);
      const c = new Float32Array(buffer, product, rows * width).fill(0);
      for (let first = 0; first < n; first += slice) {
        for (let row = 0; row < rows; row++) {
          for (let w = 0; w < width; w++) {
            const terms = Float32Array.from(
              { length: slice },
              (_, i) => a[row * n + first + i]! * b[(first + i) * width + w]!,
            );
            c[row * width + w] = add(c[row * width + w]!, terms, w);
          }
        }
      }
    };
    return { kernel, buffer, precision: "single", gathered: 64, columns: 2 ** 20, product: 2 ** 21 };
  };
  const sum = (start: number, terms: Float32Array) => terms.reduce((all, term) => round(all + term), start);
  const few = { rows: 16, width: 16 };

  it.each<[string, Parameters<typeof operandsOf>[0], boolean]>([
    ["a slice by itself", (before, terms) => round(before + sum(0, terms)), true],
    ["a slice by itself, from its end", (before, terms) => round(before + sum(0, terms.toReversed())), true],
    ["onto what is there", (before, terms) => sum(before, terms), false],
    [
      "two halves of a slice, one after the other",
      (before, terms) => {
        const half = Math.ceil(terms.length / 2);
        return round(round(before + sum(0, terms.subarray(0, half))) + sum(0, terms.subarray(half)));
      },
      false,
    ],
    [
      "every second term onto what is there",
      (before, terms) => {
        const of = (odd: number) => terms.filter((_, i) => i % 2 === odd);
        return round(sum(before, of(0)) + sum(0, of(1)));
      },
      false,
    ],
    [
      "onto what is there in the last columns",
      (before, terms, w) => (w < 12 ? round(before + sum(0, terms)) : sum(before, terms)),
      false,
    ],
  ])("%s", (_, add, expected) => {
    expect(sumsSlices(operandsOf(add), few)).toBe(expected);
  });
});
