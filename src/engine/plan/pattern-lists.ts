// Blocks of elements that lack the same observations, wherever they lie in the store: each shuffle is masked and gathered once for all elements of a group
// (glm/model-tiles.ts), so that groups as wide as they may be cost little more than complete data.
//
//   store       | A A A B B | B B C C C | A A A A C | ..     runs of a pattern, cut at the store's blocks
//   blocks      | A A A A A A A | B B B B | C C C C | ..     of no more than `width` elements: a pattern in equal parts, small ones together

import { roundUp } from "../../kernels/kernel-set.js";

export interface PatternBlocks {
  /** Elements of a block at most: whole panels, of `panel` elements. */
  readonly width: number;
  readonly panel: number;
  readonly storeBlockWidth: number;
  /** Bytes of one element of all subjects. */
  readonly rowBytes: number;
}

export interface PatternLists {
  /** First piece, pieces, elements, 0 of each block: u32 [nBlocks][4]. */
  readonly blocks: Uint32Array;
  /** First element, elements of each piece: neighbours in one block of the store, one column after the other. u32 [nPieces][2]. */
  readonly pieces: Uint32Array;
  /** Of each element in its block, counted in the order of its pieces: u32 [m]. */
  readonly places: Uint32Array;
}

/** Bytes of the store that are brought into another order together: what the system keeps of files holds so much, however often it is read. */
const SPAN_BYTES = 2 ** 29;
/** Times that what elements have is read in a pass at most, blocks of the store being read whole: as plans say. Patterns that alternate by the element stay where they are. */
export const MOST_READS = 4;
/** Elements of a piece at least, in the mean: they are copied row by row. */
const LEAST_PIECE = 16;

/** Pieces that there is room for. */
export const mostPieces = (nElements: number): number => Math.ceil(nElements / LEAST_PIECE);
/** Blocks that there is room for: two neighbours have more elements than one may have. */
export const mostPatternBlocks = (nElements: number, width: number): number => 2 * Math.ceil(nElements / width) + 1;

/**
 * `patterns` u32 [m]: equal for elements that lack the same observations (others may be equal too). `columns` u32 [m], of the store, ascending. Undefined: the pieces
 * are too small to gain anything.
 */
export function listPatternBlocks(
  patterns: Uint32Array,
  columns: Uint32Array,
  { width, storeBlockWidth, panel, rowBytes }: PatternBlocks,
): PatternLists | undefined {
  const m = columns.length;
  const of = { patterns, columns, storeBlockWidth };
  if (!hasFewRuns(of, mostPieces(m))) return undefined;
  const blocks: number[] = [];
  const pieces: number[] = [];
  let firstPiece = 0;
  let nInBlock = 0;
  const close = () => {
    if (nInBlock > 0) blocks.push(firstPiece, pieces.length / 2 - firstPiece, nInBlock, 0);
    firstPiece = pieces.length / 2;
    nInBlock = 0;
  };
  const span = Math.max(width, Math.floor(SPAN_BYTES / rowBytes));
  for (let first = 0; first < m; first += span) {
    for (const runs of runsByPattern(of, first, Math.min(m, first + span))) {
      let left = 0;
      for (let i = 1; i < runs.length; i += 2) left += runs[i]!;
      const even = roundUp(Math.ceil(left / Math.ceil(left / width)), panel);
      for (let i = 0, done = 0; left > 0; ) {
        const part = Math.min(even, left);
        if (nInBlock + part > width) close();
        nInBlock += part;
        left -= part;
        for (let open = part; open > 0; ) {
          const count = Math.min(open, runs[i + 1]! - done);
          pieces.push(runs[i]! + done, count);
          open -= count;
          done += count;
          if (done < runs[i + 1]!) continue;
          i += 2;
          done = 0;
        }
      }
    }
  }
  close();
  if (pieces.length / 2 > mostPieces(m)) return undefined;
  const read = countReads(blocks, pieces, columns, storeBlockWidth) * storeBlockWidth;
  if (read > MOST_READS * m) return undefined;
  const lists = { blocks: Uint32Array.from(blocks), pieces: Uint32Array.from(pieces) };
  return { ...lists, places: placesOf(lists.blocks, lists.pieces, m) };
}

/** The elements of pieces (first element, elements of each), `nElements` in all. */
export function elementsOf(pieces: Uint32Array, nElements: number): Uint32Array {
  const elements = new Uint32Array(nElements);
  let place = 0;
  for (let p = 0; p < pieces.length; p += 2) {
    for (let i = 0; i < pieces[p + 1]!; i++) elements[place++] = pieces[p]! + i;
  }
  return elements;
}

interface Patterned {
  readonly patterns: Uint32Array;
  readonly columns: Uint32Array;
  readonly storeBlockWidth: number;
}

/** Ends of the run that begins with element `start`: one pattern, one block of the store, no column between them, none from element `end` on. */
function endOfRun({ patterns, columns, storeBlockWidth }: Patterned, start: number, end: number): number {
  const stop = Math.min(end, start + storeBlockWidth - (columns[start]! % storeBlockWidth));
  let next = start + 1;
  while (next < stop && patterns[next] === patterns[start] && columns[next] === columns[next - 1]! + 1) next++;
  return next;
}

/** First element, elements of each run from `first` to `end`, by pattern, in the order of the first of them. */
function runsByPattern(of: Patterned, first: number, end: number): Iterable<readonly number[]> {
  const runs = new Map<number, number[]>();
  for (let start = first; start < end; ) {
    const next = endOfRun(of, start, end);
    const known = runs.get(of.patterns[start]!);
    if (known === undefined) runs.set(of.patterns[start]!, [start, next - start]);
    else known.push(start, next - start);
    start = next;
  }
  return runs.values();
}

/** Whether there are no more runs than that: counted before they are listed, which could take more memory than the run. */
function hasFewRuns(of: Patterned, most: number): boolean {
  let nRuns = 0;
  for (let start = 0; start < of.columns.length; start = endOfRun(of, start, of.columns.length)) {
    if (++nRuns > most) return false;
  }
  return true;
}

/** Blocks of the store that are read in a pass. */
function countReads(
  blocks: readonly number[],
  pieces: readonly number[],
  columns: Uint32Array,
  storeBlockWidth: number,
): number {
  let nReads = 0;
  for (let i = 0; i < blocks.length; i += 4) {
    let held = -1;
    for (let p = blocks[i]!; p < blocks[i]! + blocks[i + 1]!; p++) {
      const ofStore = Math.floor(columns[pieces[p * 2]!]! / storeBlockWidth);
      if (ofStore !== held) nReads++;
      held = ofStore;
    }
  }
  return nReads;
}

function placesOf(blocks: Uint32Array, pieces: Uint32Array, m: number): Uint32Array {
  const places = new Uint32Array(m);
  for (let i = 0; i < blocks.length; i += 4) {
    const [first, count, nElements] = blocks.subarray(i, i + 3);
    const own = pieces.subarray(first! * 2, (first! + count!) * 2);
    for (const [place, element] of elementsOf(own, nElements!).entries()) places[element] = place;
  }
  return places;
}
