// One row of the matrix at a time: of all streamlines through a fixel, how many (or what weight) run through each other fixel; normalised and thresholded.
const f = Math.fround;

/** Words of the gathered streamlines (visits.ts), and for every row of the block where those through its fixel begin. */
export interface GatheredRows {
  /** u32, shared: streamlines, then rowStarts [nRows + 1], then entries. */
  readonly words: Uint32Array;
  /** Places in `words` of the two. rowStarts count in entries. */
  readonly rowStartsAt: number;
  readonly entriesAt: number;
}

export interface RowOutput {
  /** Columns and values of kept connections, row after row. */
  readonly columns: Uint32Array;
  readonly values: Float32Array;
  /** Of each row. */
  readonly counts: Uint32Array;
  /** f32: running sums of the values, where they are wanted. */
  readonly extents: Float32Array;
}

export interface RowCounter {
  /** Adds a streamline whose words begin at `first`. */
  add(words: Uint32Array, first: number): void;
  /** Connections kept of the row, from place `at` on; -1: more than fit, nothing is written then and the row must be counted again. Begins anew. `scale`: f32 1 / n. */
  finish(scale: number, output: RowOutput, at: number): number;
}

export interface RowCounterOptions {
  readonly nFixels: number;
  readonly isWeighted: boolean;
  /** As float32. */
  readonly threshold: number;
  /** Whether extents are wanted. */
  readonly hasExtents: boolean;
}

/** Columns that are looked through together once any of them has something. */
const BESIDE = 8;
const markWords = (nFixels: number) => Math.ceil(nFixels / (4 * BESIDE));

/** Bytes of one. */
export const counterBytes = (nFixels: number): number => 4 * (4 * BESIDE + 1) * markWords(nFixels);

/** Sums are float32 in the order of the streamlines, as the peer's; counts are whole numbers. */
export function createRowCounter({
  nFixels,
  isWeighted,
  threshold,
}: Omit<RowCounterOptions, "hasExtents">): RowCounter {
  const nColumns = 4 * BESIDE * markWords(nFixels);
  // signed: a thread's numbers of 32 bits are quickest, and no fixel has 2^31 streamlines
  const counts = new Int32Array(isWeighted ? 0 : nColumns);
  const sums = new Float32Array(isWeighted ? nColumns : 0);
  /** 1 for every eight columns of which one has something: written each time, as asking costs more than writing. */
  const marks = new Uint8Array(nColumns / BESIDE);
  const markedWords = new Int32Array(marks.buffer);
  const weight = new Uint32Array(1);
  const weightValue = new Float32Array(weight.buffer);

  /** Of eight columns those that are kept, from place `to` on; how many. Nothing is asked: which of them are kept is as good as random, and a wrong guess costs as much as all eight. */
  const takeCounts = (first: number, leastCount: number, scale: number, { columns, values }: RowOutput, to: number) => {
    let n = to;
    for (let column = first; column < first + BESIDE; column++) {
      const count = counts[column]!;
      counts[column] = 0;
      columns[n] = column;
      values[n] = f(scale * f(count));
      n += 1 + ((count - leastCount) >> 31); // 0 where it is less
    }
    return n - to;
  };
  const takeSums = (first: number, scale: number, { columns, values }: RowOutput, to: number) => {
    let n = to;
    for (let column = first; column < first + BESIDE; column++) {
      const sum = sums[column]!;
      if (sum === 0) continue;
      sums[column] = 0;
      const value = f(scale * sum);
      if (!(value >= threshold)) continue;
      columns[n] = column;
      values[n++] = value;
    }
    return n - to;
  };
  /** Where eight might not fit. */
  const last: RowOutput = {
    columns: new Uint32Array(BESIDE),
    values: new Float32Array(BESIDE),
    counts: new Uint32Array(0),
    extents: new Float32Array(0),
  };

  /** Every column in order that has something, with what it has, which is cleared. */
  const take = (scale: number, output: RowOutput, at: number): number => {
    const most = output.columns.length;
    const leastCount = isWeighted ? 0 : leastCountOf(scale, threshold);
    const takeEight = (first: number, into: RowOutput, to: number) =>
      isWeighted ? takeSums(first, scale, into, to) : takeCounts(first, leastCount, scale, into, to);
    let end = at;
    for (let word = 0; word < markedWords.length; word++) {
      let marked = markedWords[word]!;
      if (marked === 0) continue;
      markedWords[word] = 0;
      for (; marked !== 0; marked &= marked - 1) {
        const first = BESIDE * (4 * word + (lowestBit(marked) >>> 3));
        if (end + BESIDE <= most) {
          end += takeEight(first, output, end);
          continue;
        }
        const n = takeEight(first, last, 0);
        for (let i = 0; i < n && end + i < most; i++) {
          output.columns[end + i] = last.columns[i]!;
          output.values[end + i] = last.values[i]!;
        }
        end += n;
      }
    }
    return end <= most ? end - at : -1;
  };

  return {
    add: isWeighted
      ? (words, first) => {
          const end = first + 2 + words[first]!;
          weight[0] = words[first + 1]!;
          const w = weightValue[0]!;
          for (let p = first + 2; p < end; p++) {
            const column = words[p]!;
            sums[column] = sums[column]! + w;
            marks[column >>> 3] = 1;
          }
        }
      : (words, first) => {
          const end = first + 1 + words[first]!;
          for (let p = first + 1; p < end; p++) {
            const column = words[p]!;
            counts[column] = counts[column]! + 1;
            marks[column >>> 3] = 1;
          }
        },
    finish: take,
  };
}

const lowestBit = (bits: number): number => 31 - Math.clz32(bits & -bits);

/** The least count whose value reaches the threshold: values rise with counts. */
function leastCountOf(scale: number, threshold: number): number {
  let count = Math.max(1, Math.floor(threshold / scale) - 1);
  while (!(f(scale * f(count)) >= threshold)) {
    if (!(scale > 0)) return MOST_COUNT;
    count++;
  }
  return count;
}

/** More than any count. */
const MOST_COUNT = 2 ** 31 - 1;

/** Float32 running sum of the values of one row. */
export function extentOf(values: Float32Array, first: number, count: number): number {
  let sum = 0;
  for (let i = first; i < first + count; i++) sum = f(sum + values[i]!);
  return sum;
}
