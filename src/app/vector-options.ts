// What vectorstats is asked to do, as typed and checked for shape only.
import type { FixelCfeOptions } from "./fixel-cfe-options.js";

export interface VectorStatsOptions
  extends Pick<
    FixelCfeOptions,
    | "design"
    | "contrast"
    | "ftests"
    | "fonly"
    | "ttests"
    | "ftest"
    | "variance"
    | "column"
    | "exchangeWithin"
    | "exchangeWhole"
    | "strong"
    | "notest"
    | "errors"
    | "nShuffles"
    | "permutations"
    | "force"
    | "scalar"
    | "cache"
    | "io"
    | "kernels"
    | "precision"
    | "memoryBytes"
    | "nThreads"
    | "seed"
    | "command"
  > {
  /** A list of vector files, a matrix in text, .npy or .npz, or a store. */
  readonly input: string;
  /** Put in front of the names of the results as it is. */
  readonly prefix: string;
}
