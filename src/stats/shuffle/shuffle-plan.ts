// The list of shuffles of an analysis, by index: shard, resume and any number of workers see the same list.

/** `ee`: exchangeable errors (permutations). `ise`: independent symmetric errors (sign flips). `both`. */
export type ErrorModel = "ee" | "ise" | "both";

/** (P y)[i] = sign[i] * y[perm[i]]. Random access: the result depends on (plan, index) only. */
export interface ShufflePlan {
  readonly nSubjects: number;
  /** Number of shuffles. */
  readonly count: number;
  readonly errors: ErrorModel;
  /** True when shuffle 0 is the identity (always, unless a permutations file says otherwise). */
  readonly startsWithIdentity: boolean;
  /** True when all distinct shuffles are enumerated. */
  readonly exhaustive: boolean;
  /** Source row of each target row. `out` i32 [nSubjects]. */
  labelsInto(index: number, out: Int32Array): void;
  /** +1 or -1 for each target row. `out` i8 [nSubjects]. */
  signsInto(index: number, out: Int8Array): void;
}
