// What is read of the data by blocks is what is read of it column by column.

import { expect, it } from "vitest";
import { holdColumns } from "../../src/app/report/held-columns.js";
import type { ColumnSource, ColumnSourceSpec } from "../../src/store/column-source.js";
import { fc } from "../support/seeded-check.js";

type Asked = Pick<ColumnSourceSpec, "layout" | "elementType" | "blockWidth" | "nElements"> & { readonly nRows: number };

/** Value 1000 r + e in element e of row r. */
function sourceOf({ layout, elementType, blockWidth, nElements, nRows }: Asked) {
  const copies: [number, number][] = [];
  const source: ColumnSource = {
    spec: {
      ...{ path: "x", byteOffset: 0, layout, nRowsInFile: nRows, nElements, elementType, blockWidth },
      ...{ io: "read", ours: true },
    },
    ...{ nRows, nElements },
    copyColumnsInto(target, first, count) {
      expect(first).toBeGreaterThanOrEqual(0);
      expect(first + count).toBeLessThanOrEqual(nElements);
      const flat = Array.from({ length: nRows * count }, (_, i) => 1000 * Math.floor(i / count) + first + (i % count));
      const values = elementType === "f64" ? Float64Array.from(flat) : Float32Array.from(flat);
      expect(target.byteLength).toBe(values.byteLength);
      target.set(new Uint8Array(values.buffer));
      copies.push([first, count]);
    },
    checkBlocks() {},
    close() {},
  };
  return { source, copies };
}

const asked = fc.record({
  layout: fc.constantFrom("blocked" as const, "row-major" as const),
  elementType: fc.constantFrom("f32" as const, "f64" as const),
  blockWidth: fc.integer({ min: 1, max: 9 }),
  nElements: fc.integer({ min: 1, max: 40 }),
  nRows: fc.integer({ min: 1, max: 4 }),
});

it("pieces have every column of a range once, in order", () => {
  fc.assert(
    fc.property(
      asked,
      fc.array(fc.tuple(fc.nat(39), fc.integer({ min: 1, max: 40 })), { minLength: 1 }),
      (of, ranges) => {
        const { source } = sourceOf(of);
        const columns = holdColumns(source);
        for (const [place, most] of ranges) {
          const first = place % of.nElements;
          const count = Math.min(most, of.nElements - first);
          const rows = Array.from({ length: of.nRows }, () => [] as number[]);
          for (const { values, stride, start, count: n } of columns.pieces(first, count))
            for (const [r, row] of rows.entries())
              row.push(...values.subarray(r * stride + start, r * stride + start + n));
          expect(rows).toEqual(rows.map((_, r) => Array.from({ length: count }, (__, i) => 1000 * r + first + i)));
        }
      },
    ),
  );
});

it("a block is read once for neighbours in it, and whole", () => {
  const of = { layout: "blocked", elementType: "f32", blockWidth: 8, nElements: 30, nRows: 3 } as const;
  const { source, copies } = sourceOf(of);
  const columns = holdColumns(source);
  for (const [first, count] of [
    [1, 1],
    [3, 4],
    [6, 4],
    [12, 2],
    [29, 1],
  ] as const)
    for (const _ of columns.pieces(first, count));
  expect(copies).toEqual([
    [0, 8],
    [8, 8],
    [24, 6],
  ]);
});

it("a copy that failed is not held", () => {
  const { source } = sourceOf({ layout: "blocked", elementType: "f64", blockWidth: 4, nElements: 8, nRows: 2 });
  const copy = source.copyColumnsInto;
  const columns = holdColumns(source);
  Array.from(columns.pieces(0, 1));
  source.copyColumnsInto = () => {
    throw new Error("gone");
  };
  expect(() => Array.from(columns.pieces(5, 1))).toThrow("gone");
  source.copyColumnsInto = copy;
  const [piece] = Array.from(columns.pieces(1, 1), ({ values, start }) => values[start]);
  expect(piece).toBe(1);
});
