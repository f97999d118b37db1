// One block of elements, with their own columns, sorted by which observations they have. Missing values become zeros; the design of each group of
// elements says which those are. engine.md section 2.
import type { ColumnSource } from "../store/column-source.js";
import { openColumnSource } from "../store/open-column-source.js";
import type { ModelJob } from "./job.js";
import type { BlockLoader, BlockPlace } from "./load-block.js";
import { panelColumns } from "./model-regions.js";
import type { RunnerContext } from "./runner-context.js";

/** Elements of a block with the same observations. */
export interface ElementGroup {
  /** u8 [n]: 1 where an observation counts. */
  readonly keep: Uint8Array;
  readonly isComplete: boolean;
  /** The observations, as text: equal for equal ones. */
  readonly key: string;
  /** Elements, counted from the block's first; ascending. */
  readonly members: readonly number[];
}

export interface ModelBlock {
  readonly place: BlockPlace;
  readonly groups: readonly ElementGroup[];
}

export interface ModelLoader {
  load(iBlock: number): ModelBlock;
  /** Packs y of the members into `packed`, and their own columns into `own`, one set of panels after the other. */
  pack(block: ModelBlock, group: ElementGroup): void;
  /** Panels of own column j: bytes from the start of `own`. */
  ownPanel(j: number): number;
  close(): void;
}

export function createModelLoader(
  context: RunnerContext,
  loader: BlockLoader,
  { regions, model, columnSources, size }: ModelJob,
): ModelLoader {
  const { job, kernels: k, at, u8, u32, report } = context;
  const { shared, worker: w, blockWidth } = job;
  const n = job.size.nSubjects;
  const columns = u32(shared.columns, job.size.nElements);
  const columnIndices = u32(at(w.columnIndices), blockWidth);
  const words = Math.ceil(n / 32);
  const sources: ColumnSource[] = [];
  const complete = new Uint8Array(n).fill(1);
  const ownStride = panelColumns(size, blockWidth) * n * 8;
  // y, then the element-wise columns: where their raw values lie, how wide they are
  const parts = [
    { raw: w.raw, bytes: job.size.valueBytes },
    ...regions.rawColumns.map((raw, j) => ({ raw, bytes: size.columnBytes[j]! })),
  ];
  const rawView = (part: number, count: number) => {
    const { raw, bytes } = parts[part]!;
    return bytes === 4 ? context.f32(at(raw), count) : context.f64(at(raw), count);
  };

  const readColumns = (place: BlockPlace) => {
    for (const [j, spec] of columnSources.entries()) {
      sources[j] ??= openColumnSource({ ...spec, windowBytes: job.windowBytes }, context.onFallback);
      const bytes = n * place.nColumns * parts[j + 1]!.bytes;
      sources[j].copyColumnsInto(u8(at(parts[j + 1]!.raw), bytes), place.firstColumn, place.nColumns);
      report.bytesRead += bytes;
    }
  };

  const packPart = (part: number, place: BlockPlace, count: number, target: number) => {
    const { raw, bytes } = parts[part]!;
    k.f64PackColumns(n, count, at(raw), bytes, place.nColumns, at(w.columnIndices), target, at(w.nonFinite));
  };

  const selectMembers = (place: BlockPlace, members: readonly number[]) => {
    for (const [i, member] of members.entries()) {
      columnIndices[i] = columns[place.firstElement + member]! - place.firstColumn;
    }
  };

  /** u8 [nElements]: 1 where an element has a value that is not finite. */
  const findIncomplete = (place: BlockPlace): Uint8Array => {
    const { nElements } = place;
    const found = new Uint8Array(nElements);
    selectMembers(
      place,
      Array.from({ length: nElements }, (_, i) => i),
    );
    for (const part of parts.keys()) {
      packPart(part, place, nElements, at(w.packed));
      const flags = u8(at(w.nonFinite), nElements);
      for (let i = 0; i < nElements; i++) found[i]! |= flags[i]!;
    }
    return found;
  };

  /** Which observations the elements lack, u32 [elements][words] of bits; their missing values, of all parts, become 0. Row by row, as they lie. */
  const clearMissing = (place: BlockPlace, elements: readonly number[]): Uint32Array => {
    const at = Int32Array.from(elements, (i) => columns[place.firstElement + i]! - place.firstColumn);
    const bits = new Uint32Array(elements.length * words);
    const values = parts.map((_, part) => rawView(part, n * place.nColumns));
    for (const raw of values) markMissing(raw, at, bits, { n, words, stride: place.nColumns });
    for (let word = 0; word < bits.length; word++) {
      let i = (word % words) * 32;
      for (let rest = bits[word]!; rest !== 0; rest >>>= 1, i++) {
        if ((rest & 1) === 0) continue;
        for (const raw of values) raw[at[Math.floor(word / words)]! + i * place.nColumns] = 0;
      }
    }
    return bits;
  };

  return {
    load(iBlock) {
      const place = loader.place(iBlock);
      loader.readRaw(place);
      readColumns(place);
      const incomplete = findIncomplete(place);
      const all = Array.from({ length: place.nElements }, (_, i) => i);
      const lacking = all.filter((i) => incomplete[i] === 1);
      const groups = new Map<string, ElementGroup & { readonly members: number[] }>();
      const join = (i: number, bits: Uint32Array | undefined) => {
        const key = bits === undefined ? "" : bits.join();
        let group = groups.get(key);
        if (group === undefined) {
          group = { keep: bits === undefined ? complete : keptRows(bits, n), isComplete: !bits, key, members: [] };
          groups.set(key, group);
        }
        group.members.push(i);
      };
      for (const i of all) if (incomplete[i] === 0) join(i, undefined);
      const bits = lacking.length > 0 ? clearMissing(place, lacking) : new Uint32Array(0);
      for (const [j, i] of lacking.entries()) join(i, bits.subarray(j * words, (j + 1) * words));
      return { place, groups: [...groups.values()] };
    },
    pack({ place }, { members }) {
      selectMembers(place, members);
      packPart(0, place, members.length, at(w.packed));
      for (let j = 0; j < model.nElementColumns; j++) {
        packPart(j + 1, place, members.length, at(regions.own) + j * ownStride);
      }
    },
    ownPanel: (j) => at(regions.own) + j * ownStride,
    close() {
      for (const source of sources) source.close();
    },
  };
}

function keptRows(bits: Uint32Array, n: number): Uint8Array {
  return Uint8Array.from({ length: n }, (_, i) => 1 ^ ((bits[i >> 5]! >>> (i & 31)) & 1));
}

function markMissing(
  raw: Float32Array | Float64Array,
  at: Int32Array,
  bits: Uint32Array,
  { n, words, stride }: { n: number; words: number; stride: number },
): void {
  for (let i = 0, row = 0; i < n; i++, row += stride) {
    for (let j = 0; j < at.length; j++) {
      const value = raw[row + at[j]!]!;
      // NaN - NaN and infinity - infinity are NaN
      if (value - value !== 0) bits[j * words + (i >> 5)]! |= 1 << (i & 31);
    }
  }
}
