// What fixelcfestats is asked to do, as typed and checked for shape only.
import type { Precision } from "../engine/plan/inputs.js";
import type { KernelChoice } from "../kernels/choose-kernels.js";
import type { IoPolicy } from "../mapping/file-bytes.js";
import type { ErrorModel } from "../stats/shuffle/shuffle-plan.js";

export interface FixelCfeOptions {
  /** Fixel directory or store. */
  readonly input: string;
  /** Subject list; "-" with a store. */
  readonly subjects: string;
  readonly design: string;
  /** Rows of weights, one a t-test; with `ftests` and `fonly`. Else `ttests` or `ftest`. */
  readonly contrast?: string | undefined;
  readonly connectivity: string;
  readonly output: string;
  readonly mask?: string | undefined;
  /** Fixel data file: only these get p-values and make the null distribution. */
  readonly posthoc?: string | undefined;
  readonly ftests?: string | undefined;
  readonly fonly: boolean;
  /** The form of MRtrix3's development branch, without `contrast`: rows of weights, one a t-test. */
  readonly ttests?: string | undefined;
  /** One file an F-test, of rows of weights. */
  readonly ftest?: readonly string[] | undefined;
  /** A group number a subject: each group has a variance of its own. */
  readonly variance?: string | undefined;
  /** One list of files an element-wise regressor, in the order of the contrast's columns after the design's. */
  readonly column?: readonly string[] | undefined;
  /** A block number a subject: exchangeable within, or as wholes. */
  readonly exchangeWithin?: string | undefined;
  readonly exchangeWhole?: string | undefined;
  readonly strong: boolean;
  readonly notest: boolean;
  readonly errors: ErrorModel;
  readonly nShuffles?: number | undefined;
  readonly permutations?: string | undefined;
  readonly cfeDh: number;
  readonly cfeE: number;
  readonly cfeH: number;
  readonly cfeC: number;
  readonly cfeLegacy: boolean;
  readonly force: boolean;
  readonly scalar?: string | undefined;
  /** Fixel directory of an .h5 without /fixels and /voxels. */
  readonly template?: string | undefined;
  readonly cache?: string | undefined;
  readonly io: IoPolicy;
  readonly kernels: KernelChoice;
  readonly precision: Precision;
  readonly memoryBytes: number;
  /** 0: the main thread works alone. */
  readonly nThreads: number;
  readonly seed: number;
  /** The command line as typed, for headers and the run record. */
  readonly command: string;
}
