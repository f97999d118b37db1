import { expect, test } from "vitest";
import { planRectangles } from "../../../src/formats/hdf5/plan-rectangles.js";
import { fc } from "../../support/seeded-check.js";

test("every value once, whole chunks, each subject in the order of its elements, no more bytes than allowed", () => {
  const size = fc.integer({ min: 1, max: 40 });
  fc.assert(
    fc.property(
      size,
      size,
      size,
      size,
      fc.integer({ min: 1, max: 600 }),
      fc.boolean(),
      (rows, columns, a, b, most, turned) => {
        const chunk = [Math.min(a, rows), Math.min(b, columns)] as const;
        const subjectsAre = turned ? "columns" : "rows";
        const needs = { shape: [rows, columns], chunk, valueBytes: 4, mostBytes: 4 * most, subjectsAre } as const;
        const seen = new Uint8Array(rows * columns);
        const reached = new Float64Array(turned ? columns : rows);
        for (const { firstRow, nRows, firstColumn, nColumns } of planRectangles(needs)) {
          expect(nRows * nColumns).toBeLessThanOrEqual(Math.max(most, chunk[0] * chunk[1]));
          expect([firstRow % chunk[0], firstColumn % chunk[1]]).toEqual([0, 0]);
          expect(nRows % chunk[0] === 0 || firstRow + nRows === rows).toBe(true);
          expect(nColumns % chunk[1] === 0 || firstColumn + nColumns === columns).toBe(true);
          for (let row = firstRow; row < firstRow + nRows; row++)
            for (let column = firstColumn; column < firstColumn + nColumns; column++) seen[row * columns + column]!++;
          const [first, n, element, count] = turned
            ? [firstColumn, nColumns, firstRow, nRows]
            : [firstRow, nRows, firstColumn, nColumns];
          for (let subject = first; subject < first + n; subject++) {
            expect(reached[subject]).toBe(element);
            reached[subject] = element + count;
          }
        }
        expect(seen.every((count) => count === 1)).toBe(true);
      },
    ),
  );
});
