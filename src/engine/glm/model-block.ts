// One block of elements, with their own columns, sorted by which observations they have. Missing values become zeros; the design of each group of
// elements says which those are. mathematics M7, M8.
import type { Allocate } from "../../stats/design/column-factors.js";
import { createBlockCheck } from "../../store/check-blocks.js";
import type { ColumnSource } from "../../store/column-source.js";
import { openColumnSource } from "../../store/open-column-source.js";
import type { Context } from "../context.js";
import { panelColumns } from "../plan/blocks.js";
import type { ModelJob } from "../plan/job.js";
import { missingWords } from "../plan/regions.js";
import type { BlockLoader, BlockPlace, Pass } from "./load-block.js";
import { createPanels } from "./panels.js";

/** Elements of a block with the same observations. */
export interface ElementGroup {
  /** u8 [n]: 1 where an observation counts. */
  readonly keep: Uint8Array;
  /** Those that do not; ascending. */
  readonly missing: Int32Array;
  readonly isComplete: boolean;
  /** The observations, as text: equal for equal ones. */
  readonly key: string;
  /** Elements, counted from the block's first; ascending. */
  readonly members: readonly number[];
}

export interface ModelBlock {
  readonly place: BlockPlace;
  readonly raw: RawLayout;
  readonly groups: readonly ElementGroup[];
}

/**
 * Raw values as they were read: store column c has slot c - origin, and lies at [floor(slot / stride)][observation][slot % stride]. Of one block of the store,
 * or part of it, the stride is its columns; several keep their own, one after the other: rows of a few KiB would fall into one set of the cache.
 */
interface RawLayout {
  readonly origin: number;
  readonly stride: number;
}

export interface ModelLoader {
  /** In the first pass over the store everything read is compared with its checksums: throws InputError. */
  load(iBlock: number, pass: Pass): ModelBlock;
  /** Packs y of the members into `packed`, and their own columns into `own`, one set of panels after the other. */
  pack(block: ModelBlock, group: ElementGroup): void;
  /** Pointer to the panels of own column j. */
  ownPanel(j: number): number;
  /** f64 [c][n]: own columns of packed member i. */
  ownColumns(i: number, allocate?: Allocate): Float64Array[];
  /** The same of member i of the group, as they were read, whatever has become of the packed ones. */
  readOwn(block: ModelBlock, group: ElementGroup, i: number): Float64Array[];
  close(): void;
}

export function createModelLoader(
  context: Context,
  loader: BlockLoader,
  { regions, model, columnSources, size }: ModelJob,
): ModelLoader {
  const { job, worker: w, kernels: k, u8, u32, report } = context;
  const { shared } = job;
  const { blockWidth, windowBytes } = job.layout;
  const n = job.size.nSubjects;
  const columns = u32(shared.columns, job.size.nElements);
  const columnIndices = u32(w.columnIndices, blockWidth);
  const words = missingWords(n);
  const sources: ColumnSource[] = [];
  const none = new Uint32Array(words);
  const storeWidth = job.source.blockWidth;
  const ownStride = panelColumns(size, blockWidth, k.panels) * n * 8;
  const ownPanel = (j: number) => regions.own + j * ownStride;
  const { readColumn } = createPanels(context);
  // y, then the element-wise columns: where their raw values lie, how wide they are
  const parts = [
    { raw: w.raw, bytes: job.size.valueBytes },
    ...regions.rawColumns.map((raw, j) => ({ raw, bytes: size.columnBytes[j]! })),
  ];
  const rawView = (part: number, count: number) => {
    const { raw, bytes } = parts[part]!;
    return bytes === 4 ? context.f32(raw, count) : context.f64(raw, count);
  };

  const check = createBlockCheck(u32(shared.blocks, job.nBlocks * 4));

  const readColumns = (iBlock: number, pass: Pass, place: BlockPlace) => {
    for (const [j, spec] of columnSources.entries()) {
      sources[j] ??= openColumnSource({ ...spec, windowBytes }, context.onFallback);
      const bytes = n * place.nColumns * parts[j + 1]!.bytes;
      const raw = u8(parts[j + 1]!.raw, bytes);
      sources[j].copyColumnsInto(raw, place.firstColumn, place.nColumns);
      if (pass === "first") check(sources[j], iBlock, place, raw);
      report.bytesRead += bytes;
    }
  };

  const layoutOf = ({ firstColumn, nColumns }: BlockPlace): RawLayout => {
    const origin = firstColumn - (firstColumn % storeWidth);
    const isOne = firstColumn + nColumns <= origin + storeWidth;
    return isOne ? { origin: firstColumn, stride: nColumns } : { origin, stride: storeWidth };
  };

  /** Slots of the raw values that are read, a piece for each block of the store. */
  const piecesOf = ({ firstColumn, nColumns }: BlockPlace, { origin, stride }: RawLayout) => {
    const end = firstColumn + nColumns - origin;
    const pieces: { readonly first: number; readonly count: number }[] = [];
    for (let first = firstColumn - origin; first < end; ) {
      const pieceEnd = Math.min(end, first - (first % stride) + stride);
      pieces.push({ first, count: pieceEnd - first });
      first = pieceEnd;
    }
    return pieces;
  };

  const readData = (iBlock: number, pass: Pass, place: BlockPlace, layout: RawLayout) => {
    const { bytes } = parts[0]!;
    const { origin, stride } = layout;
    for (const { first, count } of piecesOf(place, layout)) {
      const start = Math.floor(first / stride) * n * stride * bytes;
      loader.readRaw(iBlock, pass, { firstColumn: origin + first, nColumns: count }, start);
      if (count === stride) continue;
      // the last row first: what lies behind a row has moved on already
      const raw = u8(w.raw + start, n * stride * bytes);
      const shift = (first % stride) * bytes;
      for (let i = n - 1; i >= 0; i--) {
        raw.copyWithin(i * stride * bytes + shift, i * count * bytes, (i + 1) * count * bytes);
      }
    }
  };

  const packPart = (part: number, { raw: { stride } }: ModelBlock, count: number, target: number) => {
    const { raw, bytes } = parts[part]!;
    k.f64PackColumns(n, count, raw, bytes, stride, w.columnIndices, target, w.nonFinite);
  };

  const selectMembers = ({ place, raw: { origin, stride } }: ModelBlock, members: readonly number[]) => {
    for (const [i, member] of members.entries()) {
      const slot = columns[place.firstElement + member]! - origin;
      columnIndices[i] = Math.floor(slot / stride) * n * stride + (slot % stride);
    }
  };

  /** Which observations the columns lack, u32 [slots][words] of bits, in `lacking`; their missing values, of all parts, become 0. */
  const clearMissing = (place: BlockPlace, layout: RawLayout): Uint32Array => {
    const { nColumns } = place;
    const { stride } = layout;
    const pieces = piecesOf(place, layout);
    const { first: lastFirst, count: lastCount } = pieces.at(-1)!;
    const lacking = u32(regions.lacking, (lastFirst + lastCount) * words).fill(0);
    for (const { raw, bytes } of parts) {
      for (const { first, count } of pieces) {
        const values = raw + (Math.floor(first / stride) * n * stride + (first % stride)) * bytes;
        k.f64MarkMissing(n, count, values, bytes, stride, words, regions.lacking + first * words * 4);
      }
    }
    // element-wise columns come with one block of the store at a time
    if (parts.length === 1) return lacking;
    const values = parts.map((_, part) => rawView(part, n * nColumns));
    for (let word = 0; word < lacking.length; word++) {
      let i = (word % words) * 32;
      for (let rest = lacking[word]!; rest !== 0; rest >>>= 1, i++) {
        if ((rest & 1) === 0) continue;
        for (const raw of values) raw[Math.floor(word / words) + i * nColumns] = 0;
      }
    }
    return lacking;
  };

  return {
    load(iBlock, pass) {
      const place = loader.place(iBlock);
      const raw = layoutOf(place);
      readData(iBlock, pass, place, raw);
      readColumns(iBlock, pass, place);
      const lacking = model.variable ? clearMissing(place, raw) : undefined;
      const groups = new Map<string, ElementGroup & { readonly members: number[] }>();
      for (let i = 0; i < place.nElements; i++) {
        const first = (columns[place.firstElement + i]! - raw.origin) * words;
        const bits = lacking?.subarray(first, first + words) ?? none;
        const key = keyOf(bits);
        let group = groups.get(key);
        if (group === undefined) {
          group = { ...keptRows(bits, n), key, members: [] };
          groups.set(key, group);
        }
        group.members.push(i);
      }
      return { place, raw, groups: [...groups.values()] };
    },
    pack(block, { members }) {
      selectMembers(block, members);
      packPart(0, block, members.length, w.packed);
      for (let j = 0; j < model.nElementColumns; j++) {
        packPart(j + 1, block, members.length, ownPanel(j));
      }
    },
    ownPanel,
    ownColumns: (i, allocate) =>
      Array.from({ length: model.nElementColumns }, (_, j) => readColumn(ownPanel(j), i, allocate)),
    readOwn({ place, raw: { origin, stride } }, { members }, i) {
      const slot = columns[place.firstElement + members[i]!]! - origin;
      return Array.from({ length: model.nElementColumns }, (_, j) => {
        const values = rawView(j + 1, n * place.nColumns);
        return Float64Array.from({ length: n }, (__, row) => values[row * stride + slot]!);
      });
    },
    close() {
      for (const source of sources) source.close();
    },
  };
}

/** The bits as text; a word of zeros, the commonest, is short. */
function keyOf(bits: Uint32Array): string {
  return bits.some((word) => word !== 0) ? bits.join() : "";
}

function keptRows(bits: Uint32Array, n: number): Pick<ElementGroup, "keep" | "missing" | "isComplete"> {
  const keep = new Uint8Array(n).fill(1);
  const missing: number[] = [];
  for (const [word, all] of bits.entries()) {
    let i = word * 32;
    for (let rest = all; rest !== 0; rest >>>= 1, i++) {
      if ((rest & 1) === 0) continue;
      keep[i] = 0;
      missing.push(i);
    }
  }
  return { keep, missing: Int32Array.from(missing), isComplete: missing.length === 0 };
}
