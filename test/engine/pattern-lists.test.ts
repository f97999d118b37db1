// Blocks of elements that lack the same observations: every element once, whatever the store and the mask, in the room that is planned for them.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  elementsOf,
  listPatternBlocks,
  MOST_READS,
  mostPatternBlocks,
  mostPieces,
  type PatternLists,
} from "../../src/engine/plan/pattern-lists.js";

const PANEL = 8;

/** Runs of elements of one pattern each, with columns left out between some of them. */
const anyRuns = fc.record({
  runs: fc.array(
    fc.record({
      pattern: fc.nat(4),
      count: fc.integer({ min: 1, max: 150 }),
      gap: fc.oneof(fc.constant(0), fc.nat(3)),
    }),
    { minLength: 1, maxLength: 40 },
  ),
  storeBlockWidth: fc.constantFrom(8, 24, 64, 512),
  panels: fc.integer({ min: 1, max: 30 }),
  rowBytes: fc.constantFrom(4, 2 ** 21),
});

function problemOf({ runs }: { readonly runs: readonly { pattern: number; count: number; gap: number }[] }) {
  const patterns: number[] = [];
  const columns: number[] = [];
  let column = 0;
  for (const { pattern, count, gap } of runs) {
    column += gap;
    for (let i = 0; i < count; i++) {
      patterns.push(pattern * 7919);
      columns.push(column++);
    }
  }
  return { patterns: Uint32Array.from(patterns), columns: Uint32Array.from(columns) };
}

function blocksOf({ blocks, pieces }: PatternLists) {
  return Array.from({ length: blocks.length / 4 }, (_, i) => {
    const [first, count, nElements] = blocks.subarray(i * 4, i * 4 + 3);
    const own = pieces.subarray(first! * 2, (first! + count!) * 2);
    return { pieces: own, elements: elementsOf(own, nElements!) };
  });
}

describe("blocks of a pattern", () => {
  test("hold every element once, in the room that is planned, in pieces of one block of the store and pattern", () => {
    let nListed = 0;
    const property = fc.property(anyRuns, ({ storeBlockWidth, panels, rowBytes, ...of }) => {
      const { patterns, columns } = problemOf(of);
      const m = columns.length;
      const width = panels * PANEL;
      const lists = listPatternBlocks(patterns, columns, { width, panel: PANEL, storeBlockWidth, rowBytes });
      if (lists === undefined) return;
      nListed++;
      expect(lists.blocks.length / 4).toBeLessThanOrEqual(mostPatternBlocks(m, width));
      expect(lists.pieces.length / 2).toBeLessThanOrEqual(mostPieces(m));
      const seen: number[] = [];
      let read = 0;
      for (const { pieces, elements } of blocksOf(lists)) {
        expect(elements.length).toBeLessThanOrEqual(width);
        for (const [place, element] of elements.entries()) expect(lists.places[element]).toBe(place);
        let held = -1;
        for (let p = 0; p < pieces.length; p += 2) {
          const [first, last] = [pieces[p]!, pieces[p]! + pieces[p + 1]! - 1];
          const ofStore = Math.floor(columns[first]! / storeBlockWidth);
          expect(columns[last]! - columns[first]!).toBe(last - first);
          expect(Math.floor(columns[last]! / storeBlockWidth)).toBe(ofStore);
          expect(new Set(patterns.subarray(first, last + 1)).size).toBe(1);
          if (ofStore !== held) read += storeBlockWidth;
          held = ofStore;
        }
        // those of a pattern ascend: the lowest of equal maxima comes first
        for (const pattern of new Set(patterns)) {
          const own = [...elements].filter((element) => patterns[element] === pattern);
          expect(own).toEqual([...own].sort((a, b) => a - b));
        }
        seen.push(...elements);
      }
      expect(seen.sort((a, b) => a - b)).toEqual(Array.from(columns.keys()));
      // as the plan says, of what a pass reads that goes from element to element
      expect(read).toBeLessThanOrEqual(MOST_READS * m);
    });
    fc.assert(property, { seed: 5, numRuns: 300 });
    expect(nListed).toBeGreaterThan(60);
  });

  test("are as wide as they may be, in equal parts, wherever a pattern lies", () => {
    // three patterns in runs of 500, in a store of blocks of 512
    const runs = Array.from({ length: 30 }, (_, i) => ({ pattern: i % 3, count: 500, gap: 0 }));
    const { patterns, columns } = problemOf({ runs });
    const size = { width: 1296, panel: 16, storeBlockWidth: 512, rowBytes: 4000 };
    const lists = listPatternBlocks(patterns, columns, size)!;
    const found = blocksOf(lists).map(({ elements }) => elements.length);
    // 5000 of each: four parts of 1250, rounded up to panels
    expect(found).toEqual([1264, 1264, 1264, 1208, 1264, 1264, 1264, 1208, 1264, 1264, 1264, 1208]);
    for (const { elements } of blocksOf(lists)) expect(new Set(elements.map((e) => patterns[e]!)).size).toBe(1);
  });

  test("of small patterns several together", () => {
    const runs = Array.from({ length: 12 }, (_, i) => ({ pattern: i, count: 100, gap: 0 }));
    const { patterns, columns } = problemOf({ runs });
    const lists = listPatternBlocks(patterns, columns, { width: 320, panel: 16, storeBlockWidth: 128, rowBytes: 400 })!;
    expect(blocksOf(lists).map(({ elements }) => elements.length)).toEqual([300, 300, 300, 300]);
  });

  test("are not made of patterns that alternate, and no list of their runs is either", () => {
    const each = (pattern: (e: number) => number) => Uint32Array.from({ length: 6400 }, (_, e) => pattern(e));
    const columns = each((e) => e);
    const size = { width: 640, panel: 16, storeBlockWidth: 512, rowBytes: 4000 };
    // every element another; by turns; runs of 40 of 13 patterns in each block of the store
    for (const pattern of [(e: number) => e, (e: number) => e % 3, (e: number) => Math.floor(e / 40) % 13]) {
      expect(listPatternBlocks(each(pattern), columns, size)).toBeUndefined();
    }
    expect(
      listPatternBlocks(
        each((e) => Math.floor(e / 170) % 3),
        columns,
        size,
      ),
    ).toBeDefined();
  });
});
