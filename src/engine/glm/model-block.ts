// One block of elements, with their own columns, sorted by which observations they have. Missing values become zeros; the design of each group of
// elements says which those are. mathematics M7, M8.
import { roundUp } from "../../kernels/kernel-set.js";
import type { Allocate } from "../../stats/design/column-factors.js";
import { createBlockCheck } from "../../store/check-blocks.js";
import type { ColumnSource } from "../../store/column-source.js";
import { openColumnSource } from "../../store/open-column-source.js";
import type { Context } from "../context.js";
import { panelColumns } from "../plan/blocks.js";
import type { ModelJob } from "../plan/job.js";
import { elementsOf } from "../plan/pattern-lists.js";
import { missingWords } from "../plan/regions.js";
import { groupByBits, type KeptRows, keptRows, keyOf, type Members } from "./group-by-bits.js";
import type { BlockLoader, BlockPlace, Pass } from "./load-block.js";
import { createPanels } from "./panels.js";
import { type ColumnRange, layoutOf, piecesOf, placeOfSlot, type RawLayout } from "./raw-layout.js";

/** Elements of a block with the same observations: all of them, or as many as are packed together. */
export interface ElementGroup extends KeptRows {
  /** The observations, as text: equal for equal ones. */
  readonly key: string;
  /** Elements, counted from the block's first; ascending. */
  readonly members: readonly number[];
}

export interface ModelBlock {
  readonly place: Pick<BlockPlace, "firstElement" | "nColumns">;
  readonly raw: RawLayout;
  /** Of each element, counted from the first: of a pattern's the first of all is. */
  readonly slots: Uint32Array;
  /** Made one by one as they are asked for: the observations of thousands of patterns at once would lie beside the plan. */
  readonly groups: Iterable<ElementGroup>;
}

export interface ModelLoader {
  /** In the first pass over the store everything read is compared with its checksums: throws InputError. */
  load(iBlock: number, pass: Pass): ModelBlock;
  /** The same of blocks of a pattern. */
  loadByPattern(iBlock: number): ModelBlock;
  /** Whether an element of the block is wanted: nothing is read. */
  someElement(iBlock: number, byPattern: boolean, isWanted: (element: number) => boolean): boolean;
  /** Packs y of the members into `packed`, and their own columns into `own`, one set of panels after the other. */
  pack(block: ModelBlock, group: ElementGroup): void;
  /** Pointer to the panels of own column j. */
  ownPanel(j: number): number;
  /** f64 [c][n]: own columns of packed member i. */
  ownColumns(i: number, allocate?: Allocate): Float64Array[];
  /** f64 [n]: y of member i of the group, zero at missing observations, whatever has become of the packed one. */
  readValues(block: ModelBlock, group: ElementGroup, i: number): Float64Array;
  /** Own columns of member i of the group, as they were read, whatever has become of the packed ones. */
  readOwn(block: ModelBlock, group: ElementGroup, i: number): Float64Array[];
  close(): void;
}

/** Elements a run of neighbours in the order of the groups: shorter ones are sorted first. */
const MOST_RUNS = 8;
/** Values of 4 bytes of a line of the cache. */
const LINE_VALUES = 16;

export function createModelLoader(
  context: Context,
  loader: BlockLoader,
  { regions, model, columnSources, size }: ModelJob,
): ModelLoader {
  const { job, worker: w, kernels: k, u8, u32, report } = context;
  const { shared } = job;
  const { blockWidth, groupWidth, windowBytes } = job.layout;
  const n = job.size.nSubjects;
  const columns = u32(shared.columns, job.size.nElements);
  const columnIndices = u32(w.columnIndices, groupWidth);
  const words = missingWords(n);
  const sources: ColumnSource[] = [];
  const slots = new Uint32Array(blockWidth);
  const storeWidth = job.source.blockWidth;
  const ownStride = panelColumns(size, groupWidth, k.panels) * n * 8;
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

  const check = createBlockCheck(u32(shared.blocks, job.layout.maxBlocks * 4));

  const places = u32(shared.places, job.layout.patternWidth === undefined ? 0 : job.size.nElements);
  /** An odd number of lines of the cache where there is room: columns are read down the rows. */
  const strideOf = (nElements: number) => {
    const padded = (Math.ceil(nElements / LINE_VALUES) | 1) * LINE_VALUES;
    return padded + storeWidth <= blockWidth ? padded : nElements;
  };

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

  /** Parts of a group that can be packed, as even as whole panels allow. */
  const packable = (group: ElementGroup): readonly ElementGroup[] => {
    const { members } = group;
    if (members.length <= groupWidth) return [group];
    const nParts = Math.ceil(members.length / groupWidth);
    const count = roundUp(Math.ceil(members.length / nParts), k.panels.f32);
    return Array.from({ length: nParts }, (_, i) => ({ ...group, members: members.slice(i * count, (i + 1) * count) }));
  };

  function* groupsOf(found: readonly Members[]): Generator<ElementGroup> {
    for (const { members, bits } of found) yield* packable({ ...keptRows(bits, n), key: keyOf(bits), members });
  }

  const packPart = (part: number, { raw: { stride } }: ModelBlock, count: number, target: number) => {
    const { raw, bytes } = parts[part]!;
    k.f64PackColumns(n, count, raw, bytes, stride, w.columnIndices, target, w.nonFinite);
  };

  const selectMembers = ({ slots, raw }: ModelBlock, members: readonly number[]) => {
    for (const [i, member] of members.entries()) {
      const slot = slots[member]!;
      columnIndices[i] = placeOfSlot(slot, raw, n);
    }
  };

  /** Which observations the columns lack, u32 [slots][words] of bits, in `lacking`; their missing values, of all parts, become 0. */
  const clearMissing = (place: ColumnRange, layout: RawLayout): Uint32Array => {
    const { nColumns } = place;
    const { stride } = layout;
    const pieces = piecesOf(place, layout);
    const { first: lastFirst, count: lastCount } = pieces.at(-1)!;
    const lacking = u32(regions.lacking, (lastFirst + lastCount) * words).fill(0);
    for (const { raw, bytes } of parts) {
      for (const { first, count } of pieces) {
        const values = raw + (Math.floor(first / stride) * n * stride + (first % stride)) * bytes;
        const marks = regions.lacking + first * words * 4;
        k.f64MarkMissing(n, count, values, bytes, stride, words, marks, values, stride);
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

  /** Sorts the raw values by groups where their members lie scattered: packing them value by value would read every line of the cache once for each group in it. */
  const bringTogether = (place: BlockPlace, { origin, stride }: RawLayout, groups: readonly Members[]) => {
    const first = place.firstColumn - origin;
    const order = u32(regions.order, place.nColumns);
    const isMoved = new Uint8Array(place.nColumns);
    let next = 0;
    let nBreaks = 0;
    for (const { members } of groups) {
      for (const member of members) {
        const from = slots[member]! - first;
        if (next > 0 && order[next - 1] !== from - 1) nBreaks++;
        order[next++] = from;
        isMoved[from] = 1;
      }
    }
    if (nBreaks < place.nElements / MOST_RUNS) return;
    // outside the mask
    for (let slot = 0; next < place.nColumns; slot++) if (isMoved[slot] === 0) order[next++] = slot;
    k.sortColumns(n, first, place.nColumns, w.raw, parts[0]!.bytes, stride, regions.order, regions.sortScratch);
    next = first;
    for (const { members } of groups) for (const member of members) slots[member] = next++;
  };

  return {
    load(iBlock, pass) {
      const place = loader.place(iBlock);
      const raw = layoutOf(place, storeWidth);
      loader.readRaw(iBlock, pass, place);
      readColumns(iBlock, pass, place);
      const lacking = model.variable ? clearMissing(place, raw) : undefined;
      for (let i = 0; i < place.nElements; i++) slots[i] = columns[place.firstElement + i]! - raw.origin;
      const found = groupByBits(lacking, slots.subarray(0, place.nElements), { n });
      if (pass === "first" && job.layout.patternWidth !== undefined) {
        for (const { members, hash } of found) for (const member of members) places[place.firstElement + member] = hash;
      }
      if (lacking !== undefined && parts.length === 1) bringTogether(place, raw, found);
      return { place, raw, slots, groups: { [Symbol.iterator]: () => groupsOf(found) } };
    },
    loadByPattern(iBlock) {
      const { nElements, pieces } = loader.patternPlace(iBlock);
      const raw = { origin: 0, stride: strideOf(nElements) };
      const lacking = u32(regions.lacking, nElements * words).fill(0);
      loader.readPieces({ nElements, pieces }, raw.stride, { words, lacking: regions.lacking });
      const members = elementsOf(pieces, nElements);
      const found = groupByBits(lacking, Uint32Array.from(members.keys()), { n, members });
      const block = { place: { firstElement: 0, nColumns: nElements }, raw, slots: places };
      return { ...block, groups: { [Symbol.iterator]: () => groupsOf(found) } };
    },
    someElement(iBlock, byPattern, isWanted) {
      if (byPattern) {
        const { pieces, nElements: count } = loader.patternPlace(iBlock);
        return elementsOf(pieces, count).some(isWanted);
      }
      const { firstElement, nElements } = loader.place(iBlock);
      for (let i = 0; i < nElements; i++) if (isWanted(firstElement + i)) return true;
      return false;
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
    readValues({ slots, raw }, { members }, i) {
      const first = placeOfSlot(slots[members[i]!]!, raw, n);
      const values = rawView(0, first + (n - 1) * raw.stride + 1);
      return Float64Array.from({ length: n }, (_, row) => values[first + row * raw.stride]!);
    },
    readOwn({ place, slots, raw: { stride } }, { members }, i) {
      const slot = slots[members[i]!]!;
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
