// One block of elements out of the store into this worker's regions: raw, then packed.
import { roundUp } from "../../kernels/kernel-set.js";
import { createBlockCheck } from "../../store/check-blocks.js";
import type { ColumnSource } from "../../store/column-source.js";
import { openColumnSource } from "../../store/open-column-source.js";
import type { Context } from "../context.js";

export interface BlockPlace {
  readonly firstColumn: number;
  /** Store columns read. */
  readonly nColumns: number;
  readonly firstElement: number;
  readonly nElements: number;
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
   * Copies the store's columns of (a part of) block i to the raw region, `offset` bytes into it: [nSubjects][nColumns]. In the first pass over the store they are
   * compared with its checksums: throws InputError.
   */
  readRaw(iBlock: number, pass: Pass, place: Pick<BlockPlace, "firstColumn" | "nColumns">, offset?: number): void;
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
  const blocks = u32(shared.blocks, job.nBlocks * 4);
  const columns = u32(shared.columns, size.nElements);
  const columnIndices = u32(w.columnIndices, groupWidth);
  const check = createBlockCheck(blocks);
  let source: ColumnSource | undefined;

  const place = (iBlock: number): BlockPlace => ({
    firstColumn: blocks[iBlock * 4]!,
    nColumns: blocks[iBlock * 4 + 1]!,
    firstElement: blocks[iBlock * 4 + 2]!,
    nElements: blocks[iBlock * 4 + 3]!,
  });
  const readRaw: BlockLoader["readRaw"] = (iBlock, pass, { firstColumn, nColumns }, offset = 0) => {
    source ??= openColumnSource({ ...job.source, windowBytes }, context.onFallback);
    const bytes = n * nColumns * size.valueBytes;
    const raw = u8(w.raw + offset, bytes);
    source.copyColumnsInto(raw, firstColumn, nColumns);
    if (pass === "first") check(source, iBlock, { firstColumn, nColumns }, raw);
    report.bytesRead += bytes;
  };

  const packSelected = (found: BlockPlace, count: number): LoadedBlock => {
    const { nColumns } = found;
    k.f64PackColumns(n, count, w.raw, size.valueBytes, nColumns, w.columnIndices, w.packed, w.nonFinite);
    return { ...found, nElements: count, width: roundUp(count, k.panels.f32) };
  };

  return {
    place,
    readRaw,
    loadBlock(iBlock, pass, members) {
      const found = place(iBlock);
      const { firstColumn, firstElement } = found;
      readRaw(iBlock, pass, found);
      const count = members?.length ?? found.nElements;
      for (let i = 0; i < count; i++) columnIndices[i] = columns[firstElement + (members?.[i] ?? i)]! - firstColumn;
      return packSelected(found, count);
    },
    pack(found, first, count) {
      const firstElement = found.firstElement + first;
      for (let i = 0; i < count; i++) columnIndices[i] = columns[firstElement + i]! - found.firstColumn;
      return packSelected({ ...found, firstElement }, count);
    },
    rawColumn({ nColumns }, c) {
      const raw = size.valueBytes === 4 ? context.f32(w.raw, n * nColumns) : context.f64(w.raw, n * nColumns);
      return Float64Array.from({ length: n }, (_, i) => raw[i * nColumns + columnIndices[c]!]!);
    },
    close() {
      source?.close();
    },
  };
}
