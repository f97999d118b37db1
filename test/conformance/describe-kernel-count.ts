// Rows of a matrix of streamlines, against a plain statement: tables of every width, rows without streamlines, full outputs.
import { describe, expect, it } from "vitest";
import { packingOrders } from "../../src/connectivity/generate/count-memory.js";
import type { KernelsUnderTest } from "../support/open-kernels.js";
import { createRandom } from "../support/seeded-random.js";

const f = Math.fround;
/** Numbers behind an output that may be written over. */
const BEHIND = 67;

interface Rows {
  readonly nColumns: number;
  /** Columns of each streamline, ascending. */
  readonly lines: readonly (readonly number[])[];
  /** Streamlines of each row. */
  readonly rows: readonly (readonly number[])[];
}

function randomRows(seed: number, nColumns: number, sizes: readonly number[]): Rows {
  const random = createRandom(seed);
  const lines = Array.from({ length: 40 }, () => {
    const share = random.uniform() ** 2;
    const begin = Math.floor(random.uniform() * nColumns);
    const columns = Array.from({ length: nColumns - begin }, (_, i) => begin + i);
    return columns.filter((column) => column === begin || random.uniform() < share);
  });
  // the same streamline may come again: a count of thousands needs no thousands of them here
  const rows = sizes.map((size) =>
    Array.from({ length: size }, () => Math.floor(random.uniform() ** 2 * lines.length)),
  );
  return { nColumns, lines, rows };
}

/** Row by row; `values` of every row. */
function stated({ lines, rows }: Rows, scales: readonly number[], threshold: number) {
  return rows.map((row, i) => {
    const counts = new Map<number, number>();
    for (const line of row) for (const column of lines[line]!) counts.set(column, (counts.get(column) ?? 0) + 1);
    return [...counts]
      .sort(([a], [b]) => a - b)
      .map(([column, count]) => [column, f(scales[i]! * f(count))] as const)
      .filter(([, value]) => value >= threshold);
  });
}

export function describeCountKernel({ kernels: k, linear }: KernelsUnderTest): void {
  function count(given: Rows, threshold: number, capacity: number, first = 0) {
    linear.clear();
    const { nColumns, lines, rows } = given;
    const nRows = rows.length - first;
    const starts = [0];
    for (const line of lines) starts.push(starts.at(-1)! + line.length + 1);
    const rowStarts = [0];
    for (const row of rows) rowStarts.push(rowStarts.at(-1)! + row.length);
    const scales = rows.map(({ length }) => f(1 / f(length)));
    const out = {
      columns: linear.reserve(new Uint32Array(capacity + BEHIND)),
      values: linear.reserve(new Float32Array(capacity + BEHIND)),
      counts: linear.reserve(new Uint32Array(nRows)),
      extents: linear.reserve(new Float32Array(nRows)),
    };
    const counters = linear.place(new Uint8Array(Math.ceil((4 * nColumns) / 64) * 64));
    const done = k.countRows(
      ...([nRows, linear.place(Uint32Array.from(lines.flatMap((line) => [line.length, ...line]))).at] as const),
      ...([
        linear.place(Uint32Array.from(rowStarts)).at + 4 * first,
        linear.place(Uint32Array.from(rows.flat(), (line) => starts[line]!)).at,
      ] as const),
      ...([linear.place(Float32Array.from(scales)).at + 4 * first, threshold, counters.at] as const),
      ...([linear.place(packingOrders()).at, capacity, out.columns.at, out.values.at] as const),
      ...([out.counts.at, out.extents.at] as const),
    );
    linear.expectGuardsIntact();
    expect(counters.view.some((byte) => byte !== 0)).toBe(false);
    let at = 0;
    const got = Array.from({ length: done }, (_, row) => {
      const n = out.counts.view[row]!;
      at += n;
      return {
        row: Array.from({ length: n }, (_, i) => [out.columns.view[at - n + i]!, out.values.view[at - n + i]!]),
        extent: out.extents.view[row]!,
      };
    });
    return { got, scales };
  }

  const expectRows = (given: Rows, threshold: number, first = 0) => {
    const { got, scales } = count(given, threshold, 30_000, first);
    const rows = stated(given, scales, threshold).slice(first);
    expect(got.map(({ row }) => row)).toEqual(rows);
    expect(got.map(({ extent }) => extent)).toEqual(rows.map((row) => row.reduce((sum, [, v]) => f(sum + v), 0)));
    return rows;
  };

  describe("countRows", () => {
    it.each([1, 3, 15, 16, 17, 64, 65, 300, 1000])("%i columns", (nColumns) => {
      const given = randomRows(nColumns, nColumns, [1, 0, 2, 7, 100, 0, 254, 255, 256, 300]);
      for (const threshold of [0, 0.01, 0.3, 1].map(f)) {
        expectRows(given, threshold);
        expectRows(given, threshold, 4);
      }
    });

    it("rows of as many streamlines as numbers of 8 and 16 bits do not hold", () => {
      const given = randomRows(3, 90, [255, 256, 257, 5, 65_535, 65_536]);
      const rows = expectRows(given, f(0.01));
      expect(rows.every((row) => row.length > 0)).toBe(true);
    });

    it("values that are just the threshold", () => {
      for (const n of [100, 99, 101, 200, 255, 300, 1000]) {
        const lines = [[0], [0, 1], [0, 1, 2]];
        const counts = [n - 3, 2, 1];
        const rows = [counts.flatMap((count, line) => new Array<number>(count).fill(line))];
        expectRows({ nColumns: 3, lines, rows }, f(0.01));
      }
    });

    it("as many as fit, and no row of which a part would be left out", () => {
      const given = randomRows(8, 200, [20, 10, 300, 4, 9]);
      const { scales } = count(given, 0, 30_000);
      const rows = stated(given, scales, 0);
      const ends = rows.map((_, i) => rows.slice(0, i + 1).reduce((sum, { length }) => sum + length, 0));
      for (const [i, end] of ends.entries()) {
        expect(count(given, 0, end).got.map(({ row }) => row)).toEqual(rows.filter((_, row) => ends[row]! <= end));
        expect(count(given, 0, end - 1).got).toHaveLength(i);
      }
    });
  });
}
