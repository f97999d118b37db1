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
  /** f32: running sums of the values. */
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
}

/** Bytes of one. */
export const counterBytes = (nFixels: number): number =>
  4 * nFixels + 4 * (Math.ceil(nFixels / 32) + Math.ceil(nFixels / 1024) + 2);

/** Sums are float32 in the order of the streamlines, as the peer's; counts are whole numbers. */
export function createRowCounter({ nFixels, isWeighted, threshold }: RowCounterOptions): RowCounter {
  // signed: a thread's numbers of 32 bits are quickest, and no fixel has 2^31 streamlines
  const counts = new Int32Array(isWeighted ? 0 : nFixels);
  const sums = new Float32Array(isWeighted ? nFixels : 0);
  /** A bit a column that has something, and a bit a word of them that is not 0. */
  const touched = new Int32Array(Math.ceil(nFixels / 32));
  const groups = new Int32Array(Math.ceil(touched.length / 32));
  const note = (column: number) => {
    const word = column >>> 5;
    const bits = touched[word]!;
    if (bits === 0) groups[word >>> 5] = groups[word >>> 5]! | (1 << (word & 31));
    touched[word] = bits | (1 << (column & 31));
  };
  const weight = new Uint32Array(1);
  const weightValue = new Float32Array(weight.buffer);

  /** Every touched column in order, with what it has, which is cleared. */
  const take = (scale: number, output: RowOutput, at: number): number => {
    const { columns, values } = output;
    const most = columns.length - at;
    const leastCount = isWeighted ? 0 : leastCountOf(scale, threshold);
    let n = 0;
    for (let group = 0; group < groups.length; group++) {
      let words = groups[group]!;
      groups[group] = 0;
      while (words !== 0) {
        const word = 32 * group + lowestBit(words);
        words &= words - 1;
        let bits = touched[word]!;
        touched[word] = 0;
        while (bits !== 0) {
          const column = 32 * word + lowestBit(bits);
          bits &= bits - 1;
          let value: number;
          if (isWeighted) {
            value = f(scale * sums[column]!);
            sums[column] = 0;
            if (!(value >= threshold)) continue;
          } else {
            const count = counts[column]!;
            counts[column] = 0;
            if (count < leastCount) continue;
            value = f(scale * f(count));
          }
          if (n < most) {
            columns[at + n] = column;
            values[at + n] = value;
          }
          n++;
        }
      }
    }
    return n <= most ? n : -1;
  };

  return {
    add: isWeighted
      ? (words, first) => {
          const end = first + 2 + words[first]!;
          weight[0] = words[first + 1]!;
          const w = weightValue[0]!;
          for (let p = first + 2; p < end; p++) {
            const column = words[p]!;
            const sum = sums[column]!;
            if (sum === 0) note(column);
            sums[column] = sum + w;
          }
        }
      : (words, first) => {
          const end = first + 1 + words[first]!;
          for (let p = first + 1; p < end; p++) {
            const column = words[p]!;
            const count = counts[column]!;
            if (count === 0) note(column);
            counts[column] = count + 1;
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
    if (!(scale > 0)) return Number.POSITIVE_INFINITY;
    count++;
  }
  return count;
}

/** Float32 running sum of the values of one row. */
export function extentOf(values: Float32Array, first: number, count: number): number {
  let sum = 0;
  for (let i = first; i < first + count; i++) sum = f(sum + values[i]!);
  return sum;
}
