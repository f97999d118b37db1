// A block of rows in the memory that there is: one pass over the visits keeps the streamlines that run through any of them. When they do not fit the block is
// made smaller while the pass goes on, and what no longer belongs to it is dropped; a single row that does not fit is counted while they go by.
import { InternalError } from "../../errors.js";
import type { Turns } from "../../turns.js";
import type { GatheredRows } from "./count-rows.js";
import { headWords, type VisitsReader } from "./visits.js";

export interface Gathered extends GatheredRows {
  readonly first: number;
  /** Half-open. */
  readonly end: number;
}

export interface Gatherer {
  /**
   * Rows from `first` on, at most to `end`. Of a single row that does not fit every streamline is handed to `stream`, in order, and the answer has no
   * entries.
   */
  gather(
    first: number,
    end: number,
    stream: (words: Uint32Array, first: number) => void,
  ): Promise<Gathered & { readonly isStreamed: boolean }>;
}

export interface GathererInputs {
  readonly reader: VisitsReader;
  readonly isWeighted: boolean;
  /** u32 [nFixels]. */
  readonly visits: Uint32Array;
  /** u32, shared: the memory that there is. */
  readonly words: Uint32Array;
  readonly turns: Turns;
}

export function createGatherer({ reader, isWeighted, visits, words, turns }: GathererInputs): Gatherer {
  const head = headWords(isWeighted);
  /** Words behind the streamlines: where the rows begin, and an entry a visit. */
  const wordsBehind = (first: number, end: number) => {
    let sum = end - first + 1;
    for (let fixel = first; fixel < end; fixel++) sum += visits[fixel]!;
    return sum;
  };
  return {
    async gather(first, most, stream) {
      let end = most;
      let behind = wordsBehind(first, end);
      let isStreamed = false;
      const halve = () => {
        end = first + Math.ceil((end - first) / 2);
        behind = wordsBehind(first, end);
      };
      while (behind > words.length / 2 && end - first > 1) halve();
      let used = 0;
      const drain = () => {
        for (let at = 0; at < used; at += head + words[at]!) stream(words, at);
        used = 0;
        isStreamed = true;
      };
      /** Drops the streamlines that run through no row of the block. */
      const compact = () => {
        let kept = 0;
        for (let at = 0; at < used; ) {
          const count = head + words[at]!;
          if (touches(words, at + head, words[at]!, first, end)) {
            words.copyWithin(kept, at, at + count);
            kept += count;
          }
          at += count;
        }
        used = kept;
      };
      await reader.forEach((from, at, count) => {
        if (!touches(from, at + head, count - head, first, end)) return;
        if (isStreamed) {
          stream(from, at);
          return;
        }
        while (used + count + behind > words.length) {
          if (end - first === 1) {
            drain();
            stream(from, at);
            return;
          }
          halve();
          compact();
          if (!touches(from, at + head, count - head, first, end)) return;
        }
        for (let i = 0; i < count; i++) words[used + i] = from[at + i]!;
        used += count;
      }, turns);
      const rowStartsAt = words.length - behind;
      const entriesAt = rowStartsAt + (end - first) + 1;
      if (!isStreamed) fillEntries(used, first, end, rowStartsAt, entriesAt);
      return { words, first, end, rowStartsAt, entriesAt, isStreamed };
    },
  };

  /** Of every row the places of its streamlines, in order. */
  function fillEntries(used: number, first: number, end: number, rowStartsAt: number, entriesAt: number): void {
    // each is the next place to fill at first; when all are filled it is where the next row begins
    const starts = words.subarray(rowStartsAt, entriesAt);
    starts[0] = 0;
    for (let row = 0, sum = 0; row < end - first; row++) {
      starts[row + 1] = sum;
      sum += visits[first + row]!;
    }
    for (let at = 0; at < used; ) {
      const last = at + head + words[at]!;
      for (let p = lowerBound(words, at + head, last, first); p < last; p++) {
        const fixel = words[p]!;
        if (fixel >= end) break;
        const row = fixel - first + 1;
        const place = starts[row]!;
        words[entriesAt + place] = at;
        starts[row] = place + 1;
      }
      at = last;
    }
    if (starts[end - first] !== words.length - entriesAt)
      throw new InternalError(`Gathered ${starts[end - first]} visits of ${words.length - entriesAt}.`);
  }
}

/** Whether any of the ascending words[at..at+count] is from `first` to `end`, half-open. */
function touches(words: Uint32Array, at: number, count: number, first: number, end: number): boolean {
  const place = lowerBound(words, at, at + count, first);
  return place < at + count && words[place]! < end;
}

function lowerBound(words: Uint32Array, from: number, to: number, value: number): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (words[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
