// What shuffles have left so far: the null distributions and what p-values need beside them. Plain data, the same for a whole run, a shard and a checkpoint.

/** Stands where a shuffle has no maximum above 0. */
export const NO_ELEMENT = 0xffffffff;

export interface HypothesisNull {
  /** f64 [shuffles done]: the largest (enhanced) statistic of each; 0 where nothing is above 0 (enhanced). */
  readonly maxima: Float64Array;
  /** u32 [shuffles done]: the element that has it, the lowest of equals; NO_ELEMENT where nothing is above 0. */
  readonly elements: Uint32Array;
  /** u32 [nElements]: shuffles done, of those that are counted, with a smaller (enhanced) statistic than that of the unshuffled data. Where the plan has `negativeBinomial`: as of stats/inference/negative-binomial.ts, and all maxima are 0. */
  readonly counters: Uint32Array;
  /** f32 (enhanced) or f64 (Z) [nElements]: of the unshuffled data, computed as the null's are, so that equals compare equal. Empty while a run goes on. */
  readonly defaults: Float32Array | Float64Array;
}

export interface NullState {
  /** Of the RunPlan: states of different plans must not be put together. */
  readonly planHash: string;
  readonly nElements: number;
  /** Shuffles done, by index in the plan, ascending and apart. `maxima` and `elements` hold them one range after the other. */
  readonly ranges: readonly { readonly first: number; readonly end: number }[];
  readonly hypotheses: readonly HypothesisNull[];
  /** Shuffles of the plan from the first that counters count; of the others only the maxima are known. Undefined: all are counted. */
  readonly uncorrectedShuffles?: number | undefined;
  /**
   * Of a run that goes on: CRC-32 of the bytes in which the engine holds the defaults of each hypothesis. Whoever continues it computes them again, and must
   * get the same. Absent where the state has the defaults themselves.
   */
  readonly defaultsCrc32?: readonly number[] | undefined;
}

/** Shuffles done that the counters have counted. */
export function countCountedShuffles({ ranges, uncorrectedShuffles = Number.POSITIVE_INFINITY }: NullState): number {
  return ranges.reduce((sum, { first, end }) => sum + Math.max(0, Math.min(end, uncorrectedShuffles) - first), 0);
}
