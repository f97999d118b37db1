// Reference of the rows of a matrix of streamlines. Contract: ../CONTRACTS.md.

export interface CountInputs {
  readonly nRows: number;
  readonly words: Uint32Array;
  readonly rowStarts: Uint32Array;
  readonly entries: Uint32Array;
  readonly scales: Float32Array;
  readonly threshold: number;
  readonly capacity: number;
}

export interface CountOutputs {
  readonly columns: Uint32Array;
  readonly values: Float32Array;
  readonly counts: Uint32Array;
  readonly extents: Float32Array | undefined;
}

const f = Math.fround;

/** Rows that fitted. */
export function countRows(inputs: CountInputs, { columns, values, counts, extents }: CountOutputs): number {
  const { words, rowStarts, entries, scales, threshold, capacity } = inputs;
  let nKept = 0;
  for (let row = 0; row < inputs.nRows; row++) {
    const begin = nKept;
    const found = new Map<number, number>();
    for (let entry = rowStarts[row]!; entry < rowStarts[row + 1]!; entry++) {
      const at = entries[entry]!;
      for (const column of words.subarray(at + 1, at + 1 + words[at]!)) found.set(column, (found.get(column) ?? 0) + 1);
    }
    let extent = 0;
    for (const [column, count] of [...found].sort(([a], [b]) => a - b)) {
      const value = f(scales[row]! * f(count));
      if (!(value >= threshold)) continue;
      if (nKept === capacity) return row;
      columns[nKept] = column;
      values[nKept++] = value;
      extent = f(extent + value);
    }
    counts[row] = nKept - begin;
    if (extents !== undefined) extents[row] = extent;
  }
  return inputs.nRows;
}
