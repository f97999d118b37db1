// Which blocks of the store are compared with their checksums, and by which piece of work: every block that is read from, once.

import { expect, test } from "vitest";
import { listBlocks } from "../../src/engine/plan/work-lists.js";
import { createBlockCheck } from "../../src/store/check-blocks.js";
import type { ColumnSource, ColumnSourceSpec } from "../../src/store/column-source.js";
import { fc } from "../support/seeded-check.js";

const spec: ColumnSourceSpec = {
  ...{ path: "x", byteOffset: 0, layout: "blocked", nRowsInFile: 1, nElements: 1, elementType: "f32" },
  ...{ blockWidth: 16, io: "read", ours: true },
};

test("every block with a column that is read, exactly once, for any mask, any width of pieces and any order of them", () => {
  const size = { nElements: fc.integer({ min: 1, max: 400 }), width: fc.constantFrom(8, 16, 24, 64) };
  const storeWidth = fc.constantFrom(16, 32, 48);
  const other = fc.constantFrom(16, 80);
  fc.assert(
    fc.property(size.nElements, size.width, storeWidth, fc.integer({ min: 1, max: 3 }), other, fc.nat(), (...drawn) => {
      const [nElements, blockWidth, storeBlockWidth, nSpans, otherWidth, seed] = drawn;
      const columns = Uint32Array.from({ length: nElements }, (_, i) => i).filter(
        (i) => (i * 7919 + seed) % 11 > seed % 10,
      );
      const blocks = listBlocks(columns, { span: storeBlockWidth * nSpans, blockWidth, nStoreElements: nElements });
      const nPieces = blocks.length / 4;
      // of the data, and of a column that was converted with another width
      for (const width of [storeBlockWidth, otherWidth]) {
        const checked: number[] = [];
        const source = {
          spec: { ...spec, nElements, blockWidth: width, blockCrc32: new Uint32Array(1) },
          checkBlocks(first: number, end: number) {
            for (let i = first; i < end; i++) checked.push(i);
          },
        } as unknown as ColumnSource;
        const check = createBlockCheck(blocks);
        const needed = new Set<number>();
        for (let i = nPieces - 1; i >= 0; i--) {
          const [firstColumn, nColumns] = [blocks[i * 4]!, blocks[i * 4 + 1]!];
          for (let c = firstColumn; c < firstColumn + nColumns; c++) needed.add(Math.floor(c / width));
          check(source, i, { firstColumn, nColumns }, new Uint8Array(0));
        }
        expect(checked.sort((a, b) => a - b)).toEqual([...needed].sort((a, b) => a - b));
      }
    }),
    { numRuns: 300 },
  );
});
