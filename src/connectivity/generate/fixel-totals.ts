// What is known of every fixel when all streamlines are mapped: how many run through it, and what they weigh.

export interface FixelTotals {
  /** u32 [nFixels]. */
  readonly visits: Uint32Array;
  /** 1 / n as float32, by which the row of a fixel is multiplied; infinity where nothing runs. */
  scaleOf(fixel: number): number;
  /** Of the first fixel whose weights float32 cannot divide by, or holds no sum of; undefined: there is none. */
  oddSum(): { readonly fixel: number; readonly sum: number } | undefined;
  /** A streamline of that weight through the fixels words[first..first+count]. */
  add(words: Uint32Array, first: number, count: number, weight: number): void;
}

/** Sums of weights whose inverse is a float32 number of full precision, and which are one themselves. */
export const SUMS = { least: 2 ** -126, most: 2 ** 126 } as const;

/** Bytes for each fixel. */
export const TOTALS_BYTES = 12;

/** Weights are summed in float64 in the order of the streamlines, as the peer does. */
export function createFixelTotals(nFixels: number, isWeighted: boolean): FixelTotals {
  const visits = new Uint32Array(nFixels);
  const weights = new Float64Array(isWeighted ? nFixels : 0);
  return {
    visits,
    scaleOf: (fixel) => Math.fround(1 / (isWeighted ? weights[fixel]! : Math.fround(visits[fixel]!))),
    oddSum() {
      const fixel = weights.findIndex((sum, i) => visits[i]! > 0 && !(sum >= SUMS.least && sum <= SUMS.most));
      return fixel < 0 ? undefined : { fixel, sum: weights[fixel]! };
    },
    add(words, first, count, weight) {
      for (let i = first; i < first + count; i++) {
        const fixel = words[i]!;
        visits[fixel] = visits[fixel]! + 1;
        if (isWeighted) weights[fixel] = weights[fixel]! + weight;
      }
    },
  };
}
