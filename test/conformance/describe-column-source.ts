// What every ColumnSource must do, against the matrix it was made from.
import { describe, expect, it } from "vitest";
import type { ColumnSource } from "../../src/store/column-source.js";

export interface OpenedMatrix {
  readonly source: ColumnSource;
  /** [nRowsInFile x nElements], row-major. */
  readonly values: Float32Array | Float64Array;
}

/** `open(rows)` opens a matrix of 5 rows x 150 elements with the rows given (undefined: all). */
export function describeColumnSource(name: string, open: (rows: readonly number[] | undefined) => OpenedMatrix): void {
  describe(name, () => {
    const selections = [undefined, [0], [4], [0, 1, 2], [3, 4, 1, 2], [4, 3, 2, 1, 0], [2, 2], []];
    const ranges = [
      [0, 150],
      [0, 16],
      [16, 16],
      [5, 3],
      [15, 2],
      [0, 1],
      [149, 1],
      [144, 6],
      [40, 100],
      [7, 0],
    ] as const;
    for (const rows of selections) {
      it(`copies any range of rows ${rows ? `[${rows}]` : "in file order"}`, () => {
        const { source, values } = open(rows);
        const taken = rows ?? [0, 1, 2, 3, 4];
        expect([source.nRows, source.nElements]).toEqual([taken.length, 150]);
        for (const [first, count] of ranges) {
          const out = new (values.constructor as Float32ArrayConstructor)(taken.length * count).fill(-7);
          source.copyColumnsInto(new Uint8Array(out.buffer), first, count);
          const expected = taken.flatMap((row) => [...values.subarray(row * 150 + first, row * 150 + first + count)]);
          expect([...out]).toEqual(expected);
        }
        source.close();
      });
    }

    it("touches nothing beside its target, which may lie anywhere in shared memory", () => {
      const { source, values } = open(undefined);
      const size = 5 * 3 * values.BYTES_PER_ELEMENT;
      const shared = new Uint8Array(new SharedArrayBuffer(size + 16)).fill(99);
      source.copyColumnsInto(shared.subarray(5, 5 + size), 14, 3);
      expect([...shared.subarray(0, 5), ...shared.subarray(5 + size)]).toEqual(new Array(16).fill(99));
      const copied = new (values.constructor as Float32ArrayConstructor)(
        Uint8Array.from(shared.subarray(5, 5 + size)).buffer,
      );
      expect([...copied.subarray(0, 3)]).toEqual([...values.subarray(14, 17)]);
      source.close();
    });

    it("refuses ranges outside, targets of another size, rows that are not there, and use after close", () => {
      const { source, values } = open(undefined);
      const target = (count: number) => new Uint8Array(5 * count * values.BYTES_PER_ELEMENT);
      for (const [first, count] of [
        [-1, 2],
        [149, 2],
        [151, 0],
        [0.5, 1],
      ] as const) {
        expect(() => source.copyColumnsInto(target(count), first, count)).toThrow(/were asked for/);
      }
      expect(() => source.copyColumnsInto(target(3).subarray(1), 0, 3)).toThrow(/were asked for/);
      expect(() => open([5])).toThrow(/Row 5 was selected/);
      source.close();
      expect(() => source.copyColumnsInto(target(1), 0, 1)).toThrow(/closed/);
    });
  });
}
