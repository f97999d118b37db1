// One block of elements out of the store into this worker's regions: raw, then packed.
import { roundUp } from "../../kernels/kernel-set.js";
import { createBlockCheck } from "../../store/check-blocks.js";
import type { ColumnSource } from "../../store/column-source.js";
import { openColumnSource } from "../../store/open-column-source.js";
import type { Context } from "../context.js";
import { type ColumnRange, layoutOf, piecesOf, placeOfSlot } from "./raw-layout.js";

/** Store columns that are read, and the elements among them. */
export interface BlockPlace extends ColumnRange {
  readonly firstElement: number;
  readonly nElements: number;
}

/** Elements that lack the same observations, wherever they lie. */
export interface PatternPlace {
  readonly nElements: number;
  /** First element, elements of each piece. */
  readonly pieces: Uint32Array;
}

export interface LoadedBlock extends BlockPlace {
  /** nElements, those that were packed, rounded up to whole panels. */
  readonly width: number;
}

/** Over the store: the observed one is the first. */
export type Pass = "first" | "later";

export interface BlockLoader {
  place(iBlock: number): BlockPlace;
  /**
   * Copies the store's columns of block i to the raw region, as raw-layout.ts says. In the first pass over the store they are compared with its checksums: throws
   * InputError.
   */
  readRaw(iBlock: number, pass: Pass, place: BlockPlace): void;
  /** Pieces of block i, where blocks are those of a pattern. */
  patternPlace(iBlock: number): PatternPlace;
  /**
   * Copies those to the raw region, as f32 or f64 [n][stride] in their order, what is missing as 0; behind that a block of the store is held. Which observations they
   * lack is marked in `lacking`, pointer to u32 [nElements][words].
   */
  readPieces(place: PatternPlace, stride: number, marks: { readonly words: number; readonly lacking: number }): void;
  /** Reads block i and packs the columns inside the mask; or those of `members` alone, counted from the block's first element. */
  loadBlock(iBlock: number, pass: Pass, members?: readonly number[]): LoadedBlock;
  /** Packs `count` columns of a block whose raw values were read, from its element `first` on: a block of their own. */
  pack(place: BlockPlace, first: number, count: number): LoadedBlock;
  /** f64 [n]: element c of the packed block, as it was read, whatever has become of the packed ones. */
  rawColumn(block: LoadedBlock, c: number): Float64Array;
  close(): void;
}

export function createBlockLoader(context: Context): BlockLoader {
  const { job, worker: w, kernels: k, u8, u32, report } = context;
  const { size, shared } = job;
  const { groupWidth, windowBytes } = job.layout;
  const n = size.nSubjects;
  const blocks = u32(shared.blocks, job.layout.maxBlocks * 4);
  const columns = u32(shared.columns, size.nElements);
  const columnIndices = u32(w.columnIndices, groupWidth);
  const check = createBlockCheck(blocks);
  const storeWidth = job.source.blockWidth;
  let source: ColumnSource | undefined;

  const place = (iBlock: number): BlockPlace => ({
    firstColumn: blocks[iBlock * 4]!,
    nColumns: blocks[iBlock * 4 + 1]!,
    firstElement: blocks[iBlock * 4 + 2]!,
    nElements: blocks[iBlock * 4 + 3]!,
  });
  /** [n][nColumns], `offset` bytes into the raw region. */
  const readPiece = (iBlock: number, pass: Pass, { firstColumn, nColumns }: ColumnRange, offset: number) => {
    source ??= openColumnSource({ ...job.source, windowBytes }, context.onFallback);
    const bytes = n * nColumns * size.valueBytes;
    const raw = u8(w.raw + offset, bytes);
    source.copyColumnsInto(raw, firstColumn, nColumns);
    if (pass === "first") check(source, iBlock, { firstColumn, nColumns }, raw);
    report.bytesRead += bytes;
  };
  const readRaw: BlockLoader["readRaw"] = (iBlock, pass, found) => {
    const layout = layoutOf(found, storeWidth);
    const { origin, stride } = layout;
    const { valueBytes } = size;
    for (const { first, count } of piecesOf(found, layout)) {
      const start = Math.floor(first / stride) * n * stride * valueBytes;
      readPiece(iBlock, pass, { firstColumn: origin + first, nColumns: count }, start);
      if (count === stride) continue;
      // the last row first: what lies behind a row has moved on already
      const raw = u8(w.raw + start, n * stride * valueBytes);
      const [shift, rowBytes] = [(first % stride) * valueBytes, count * valueBytes];
      for (let i = n - 1; i >= 0; i--) {
        raw.copyWithin(i * stride * valueBytes + shift, i * rowBytes, (i + 1) * rowBytes);
      }
    }
  };

  const patternPlace = (iBlock: number): PatternPlace => {
    const [first, count, nElements] = blocks.subarray(iBlock * 4, iBlock * 4 + 3);
    return { nElements: nElements!, pieces: u32(shared.pieces + first! * 8, count! * 2) };
  };

  /** Whole blocks of the store are read at once; of parts of them each row would be. */
  const readPieces: BlockLoader["readPieces"] = ({ pieces }, stride, { words, lacking }) => {
    source ??= openColumnSource({ ...job.source, windowBytes }, context.onFallback);
    const bytes = size.valueBytes;
    const heldAt = w.raw + n * stride * bytes;
    let held: ColumnRange = { firstColumn: 0, nColumns: 0 };
    for (let p = 0, to = 0; p < pieces.length; p += 2) {
      const [firstColumn, nColumns] = [columns[pieces[p]!]!, pieces[p + 1]!];
      if (firstColumn < held.firstColumn || firstColumn >= held.firstColumn + held.nColumns) {
        const origin = firstColumn - (firstColumn % storeWidth);
        held = { firstColumn: origin, nColumns: Math.min(storeWidth, job.source.nElements - origin) };
        const heldBytes = n * held.nColumns * bytes;
        source.copyColumnsInto(u8(heldAt, heldBytes), held.firstColumn, held.nColumns);
        report.bytesRead += heldBytes;
      }
      const from = heldAt + (firstColumn - held.firstColumn) * bytes;
      const marks = lacking + to * words * 4;
      k.f64MarkMissing(n, nColumns, from, bytes, held.nColumns, words, marks, w.raw + to * bytes, stride);
      to += nColumns;
    }
  };

  /** `elementOf` 0 to count - 1: elements inside the mask. */
  const packElements = (found: BlockPlace, count: number, elementOf: (i: number) => number): LoadedBlock => {
    const layout = layoutOf(found, storeWidth);
    for (let i = 0; i < count; i++) columnIndices[i] = placeOfSlot(columns[elementOf(i)]! - layout.origin, layout, n);
    k.f64PackColumns(n, count, w.raw, size.valueBytes, layout.stride, w.columnIndices, w.packed, w.nonFinite);
    return { ...found, nElements: count, width: roundUp(count, k.panels.f32) };
  };

  return {
    place,
    readRaw,
    patternPlace,
    readPieces,
    loadBlock(iBlock, pass, members) {
      const found = place(iBlock);
      readRaw(iBlock, pass, found);
      return packElements(found, members?.length ?? found.nElements, (i) => found.firstElement + (members?.[i] ?? i));
    },
    pack(found, first, count) {
      const firstElement = found.firstElement + first;
      return packElements({ ...found, firstElement }, count, (i) => firstElement + i);
    },
    rawColumn(block, c) {
      const { stride } = layoutOf(block, storeWidth);
      const first = columnIndices[c]!;
      const count = first + (n - 1) * stride + 1;
      const raw = size.valueBytes === 4 ? context.f32(w.raw, count) : context.f64(w.raw, count);
      return Float64Array.from({ length: n }, (_, i) => raw[first + i * stride]!);
    },
    close() {
      source?.close();
    },
  };
}
