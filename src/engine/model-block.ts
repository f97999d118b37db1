// One block of elements, with their own columns, sorted by which observations they have. Missing values become zeros; the design of each group of
// elements says which those are. engine.md section 2.
import type { ColumnSource } from "../store/column-source.js";
import { openColumnSource } from "../store/open-column-source.js";
import type { ModelJob } from "./job.js";
import type { BlockLoader, BlockPlace } from "./load-block.js";
import { missingWords, panelColumns } from "./model-regions.js";
import type { RunnerContext } from "./runner-context.js";

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
  const words = missingWords(n);
  const sources: ColumnSource[] = [];
  const none = new Uint32Array(words);
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

  /** Which observations the columns lack, u32 [nColumns][words] of bits, in `lacking`; their missing values, of all parts, become 0. */
  const clearMissing = ({ nColumns }: BlockPlace): Uint32Array => {
    const lacking = u32(at(regions.lacking), nColumns * words).fill(0);
    for (const { raw, bytes } of parts) {
      k.f64MarkMissing(n, nColumns, at(raw), bytes, nColumns, words, at(regions.lacking));
    }
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
    load(iBlock) {
      const place = loader.place(iBlock);
      loader.readRaw(place);
      readColumns(place);
      const lacking = model.variable ? clearMissing(place) : undefined;
      const groups = new Map<string, ElementGroup & { readonly members: number[] }>();
      for (let i = 0; i < place.nElements; i++) {
        const first = (columns[place.firstElement + i]! - place.firstColumn) * words;
        const bits = lacking?.subarray(first, first + words) ?? none;
        const key = keyOf(bits);
        let group = groups.get(key);
        if (group === undefined) {
          group = { ...keptRows(bits, n), key, members: [] };
          groups.set(key, group);
        }
        group.members.push(i);
      }
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
