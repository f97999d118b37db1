// What an analysis is asked to do, as typed and checked for shape only.
import type { Precision } from "../../engine/plan/inputs.js";
import type { KernelChoice } from "../../kernels/choose-kernels.js";
import type { IoPolicy } from "../../mapping/file-bytes.js";
import type { Shard } from "../../run/shards.js";
import type { ContrastName } from "../../stats/formula/value.js";
import type { Adjustment } from "../../stats/inference/adjust.js";
import type { ErrorModel } from "../../stats/shuffle/shuffle-plan.js";

/** A design whose columns and tests have names. */
export type NamedDesignOptions =
  | {
      readonly kind: "directory";
      /** Made by `fixelstream design`. */
      readonly directory: string;
    }
  | {
      readonly kind: "formula";
      readonly formula: string;
      /** Table with the formula's variables. */
      readonly phenotypes: string;
      readonly tests: readonly string[];
      /** Of factors that are not ordered. Default: treatment. */
      readonly coding?: ContrastName | undefined;
      readonly subjectColumn?: string | undefined;
    };

/** Of every statistical command. */
export interface AnalysisOptions {
  /** Where the subjects' values are. */
  readonly input: string;
  /** Names of those who take part, in the order of the design. Default: all, in their own. */
  readonly subjects?: string | undefined;
  /** A file; of a named design its directory or table, for messages. */
  readonly design: string;
  /** In place of `design` and what is tested: rows are joined by names, and who misses a value takes no part. */
  readonly named?: NamedDesignOptions | undefined;
  /** Rows of weights, one a t-test; with `ftests` and `fonly`. Else `ttests` or `ftest`. */
  readonly contrast?: string | undefined;
  readonly ftests?: string | undefined;
  readonly fonly: boolean;
  /** The form of MRtrix3's development branch, without `contrast`: rows of weights, one a t-test. */
  readonly ttests?: string | undefined;
  /** One file an F-test, of rows of weights. */
  readonly ftest?: readonly string[] | undefined;
  /** Each t-test in both directions, family-wise over the two. Default: false. */
  readonly twoTailed?: boolean | undefined;
  /** A group number a subject: each group has a variance of its own. */
  readonly variance?: string | undefined;
  /** Groups that the exchangeability blocks keep apart, instead of `variance`. Default: false. */
  readonly varianceOfBlocks?: boolean | undefined;
  /** One file an element-wise regressor, in the order of the contrast's columns after the design's. */
  readonly column?: readonly string[] | undefined;
  /** A block number a subject: exchangeable within, or as wholes. */
  readonly exchangeWithin?: string | undefined;
  readonly exchangeWhole?: string | undefined;
  /** PALM's file of blocks in blocks: signed indices, a row a subject, a column a level. Instead of these two. */
  readonly exchangeabilityBlocks?: string | undefined;
  readonly strong: boolean;
  readonly notest: boolean;
  /** The shuffles end when more of them would move no family-wise p across 0.05. Default: all are done. */
  readonly stopWhenSettled?: boolean | undefined;
  /** An element's shuffles count until so many of them have no smaller statistic: uncorrected p alone. Default: all count. */
  readonly negativeBinomial?: number | undefined;
  /** p of the distribution of the statistic as well. */
  readonly parametric?: boolean | undefined;
  /** p-values of single elements adjusted for their number. */
  readonly fdr?: Adjustment | undefined;
  /** Family-wise p of a distribution fitted to the tail of the null, or to all of it. */
  readonly tail?: boolean | undefined;
  readonly gamma?: boolean | undefined;
  readonly errors: ErrorModel;
  readonly nShuffles?: number | undefined;
  readonly permutations?: string | undefined;
  /** Enhanced statistics are divided by what they are without an effect. The next three are of no use without it. */
  readonly nonstationarity?: boolean | undefined;
  /** Default 1. */
  readonly skewNonstationarity?: number | undefined;
  /** Default 5000. */
  readonly nShufflesNonstationarity?: number | undefined;
  readonly permutationsNonstationarity?: string | undefined;
  /** Results that exist are overwritten. */
  readonly force: boolean;
  /** Which scalar of a store. */
  readonly scalar?: string | undefined;
  readonly cache?: string | undefined;
  readonly io: IoPolicy;
  /** False: checksums are not compared. Default: true. */
  readonly verify?: boolean | undefined;
  /** Whatever their times say, inputs are compared with what was converted or prepared of them before. Default: false. */
  readonly verifyInputs?: boolean | undefined;
  readonly kernels: KernelChoice;
  readonly precision: Precision;
  readonly memoryBytes: number;
  /** 0: the main thread works alone. */
  readonly nThreads: number;
  readonly seed: number;
  /** Nobody asked for that seed: a run that continues one of the same options takes that one's. Default: false. */
  readonly seedIsDrawn?: boolean | undefined;
  /** This part of the shuffles alone, into a file beside the results. */
  readonly shard?: Shard | undefined;
  /** Data are converted and the connectivity prepared, and that is all. Default: false. */
  readonly prepareOnly?: boolean | undefined;
  /** What an earlier run kept of its shuffles is thrown away. Default: false. */
  readonly restart?: boolean | undefined;
  /** Seconds of the run after which its state is kept again; 0: after every batch. Default: 30. */
  readonly checkpointSeconds?: number | undefined;
  /** The command line as typed, for headers and the run record. */
  readonly command: string;
}

/** fixelcfestats. `input`: fixel directory, store or ModelArray file; a `column` is a list of one fixel data file a subject. */
export interface FixelCfeOptions extends AnalysisOptions {
  /** Subject list; "-" with a store: all rows in store order. */
  readonly subjects: string;
  readonly connectivity: string;
  readonly output: string;
  readonly mask?: string | undefined;
  /** Fixel data file: only these get p-values and make the null distribution. */
  readonly posthoc?: string | undefined;
  readonly cfeDh: number;
  readonly cfeE: number;
  readonly cfeH: number;
  readonly cfeC: number;
  readonly cfeLegacy: boolean;
  /** Shuffles from the first that make the uncorrected p; of the others only the maximum is looked for. Default: all. */
  readonly uncorrectedShuffles?: number | undefined;
  /** Fixel directory of an .h5 without /fixels and /voxels. */
  readonly template?: string | undefined;
  /** Of the images. Default mif, whatever the index is, as in MRtrix3. */
  readonly resultFormat?: "mif" | "nii" | undefined;
}

/** mrclusterstats. `input`: a list of images, a store of voxels or a ModelArray file of voxels; a `column` is a list of images. */
export interface VoxelStatsOptions extends AnalysisOptions {
  readonly mask: string;
  /** Put in front of the names of the results as it is. */
  readonly prefix: string;
  /** Image: only voxels in it get p-values and make the null distribution. */
  readonly posthoc?: string | undefined;
  readonly tfceDh: number;
  readonly tfceE: number;
  readonly tfceH: number;
  /** The integral over all heights, in place of the sum over those of tfceDh. Default false. */
  readonly tfceExact?: boolean | undefined;
  /** Sizes of clusters above it instead of TFCE. */
  readonly threshold?: number | undefined;
  /** 26 neighbours instead of 6. */
  readonly connectivity: boolean;
}

/** connectomestats. `input`: a list of connectomes, or a store of edges; a `column` is a list of connectomes. */
export interface EdgeStatsOptions extends AnalysisOptions {
  /** Sizes of components above `threshold`, threshold-free network-based statistics, or every edge by itself. */
  readonly algorithm: EdgeAlgorithm;
  /** Put in front of the names of the results as it is. */
  readonly prefix: string;
  /** Matrix of nodes x nodes in text: edges that are not 0 in it take part. */
  readonly mask?: string | undefined;
  /** The same: only edges in it get p-values and make the null distribution. */
  readonly posthoc?: string | undefined;
  /** Text with the name of a node a line. */
  readonly nodes?: string | undefined;
  /** Of tfnbs: TFNBS_DEFAULTS where they are not given. */
  readonly tfceDh?: number | undefined;
  readonly tfceE?: number | undefined;
  readonly tfceH?: number | undefined;
  /** Of tfnbs: as of mrclusterstats. */
  readonly tfceExact?: boolean | undefined;
  /** Of nbs: the Z from which an edge counts. */
  readonly threshold?: number | undefined;
}

export { ADJUSTMENTS, type Adjustment } from "../../stats/inference/adjust.js";

export const EDGE_ALGORITHMS = ["nbs", "tfnbs", "none"] as const;
export type EdgeAlgorithm = (typeof EDGE_ALGORITHMS)[number];

/** vectorstats. `input`: a list of vector files, a matrix in text, .npy or .npz, or a store; so is a `column`. */
export interface VectorStatsOptions extends AnalysisOptions {
  /** Put in front of the names of the results as it is. */
  readonly prefix: string;
}

/** What the commands do unless they are told otherwise. */
export const ANALYSIS_DEFAULTS = {
  fonly: false,
  strong: false,
  notest: false,
  errors: "ee",
  force: false,
  io: "auto",
  verify: true,
  kernels: "auto",
  precision: "double",
  memoryBytes: 2 ** 30,
} as const satisfies Partial<AnalysisOptions>;

/** Of mrclusterstats, beside those of every analysis. */
export const TFCE_DEFAULTS = {
  tfceDh: 0.1,
  tfceE: 0.5,
  tfceH: 2,
  connectivity: false,
} as const satisfies Partial<VoxelStatsOptions>;

/** Of connectomestats tfnbs. */
export const TFNBS_DEFAULTS = { tfceDh: 0.1, tfceE: 0.4, tfceH: 3 } as const satisfies Partial<EdgeStatsOptions>;

/** Of fixelcfestats, beside those of every analysis. */
export const CFE_DEFAULTS = {
  cfeDh: 0.1,
  cfeE: 2,
  cfeH: 3,
  cfeC: 0.5,
  cfeLegacy: false,
} as const satisfies Partial<FixelCfeOptions>;
