// What a report is made of: plain data, collected from disk by src/app/report, told by the sections.
import type { RunRecord } from "../results/run-record.js";
import type { MonteCarloError } from "../stats/inference/monte-carlo.js";
import type { MoreP } from "./more-words.js";

export type Kind = "fixel" | "voxel" | "edge" | "vector";
export type Values = Float32Array | Float64Array;

/** The model, as run.json or the files of the run have it. */
export interface ModelData {
  /** [nSubjects][nColumns] */
  readonly design: readonly (readonly number[])[];
  /** [nColumns]; `column 3` where the design has no names. */
  readonly factors: readonly string[];
  /** The design's columns have names of their own. */
  readonly isNamed: boolean;
  /** Of columns of 0 and 1 that code a factor: what 0 and 1 mean: `group is control`, `group is patient`. */
  readonly levels?: Readonly<Record<string, readonly [zero: string, one: string]>> | undefined;
  /** Element-wise columns, behind those of the design. */
  readonly nElementColumns: number;
  /** Of each subject, from 0; undefined: one variance for all. */
  readonly varianceGroups: readonly number[] | undefined;
}

/** What an effect is a share of. */
export interface Reference {
  /** Over the design's columns: fitted value = row . betas. */
  readonly row: readonly number[];
  /** `the fitted mean where patient is 0, other columns at their means` */
  readonly words: string;
  /** Behind the percent effect: ` per unit of age`, or empty. */
  readonly per: string;
}

export interface HypothesisData {
  readonly name: string;
  readonly kind: "t" | "F";
  readonly rank: number;
  /** What the contrasts call it. */
  readonly label: string | undefined;
  /** [rank][nFactors] */
  readonly contrast: readonly (readonly number[])[] | undefined;
  /** t or F of each element; NaN: not analysed. */
  readonly statistic: Values;
  readonly z: Values;
  readonly enhanced: Values | undefined;
  /** Undefined: nothing was tested with a correction; NaN: not tested. */
  readonly p: Values | undefined;
  /** What `p` is: `family-wise p`, or `false discovery rate (Benjamini-Hochberg) of parametric p`. */
  readonly pWords: string;
  /** Of a t-test: the contrast of the effects. */
  readonly effect: Values | undefined;
  /** Undefined: F-test, or no design is known. */
  readonly percent: Values | undefined;
  readonly reference: Reference | undefined;
  /** The largest statistic of each shuffle; undefined with -notest, or when the file is not there. */
  readonly nullMaxima: Float64Array | undefined;
  /** How often each element was the maximum. */
  readonly contributions: Values | undefined;
  /** u32, ascending: p < 0.05. */
  readonly significant: Uint32Array;
  readonly clusters: readonly Cluster[];
  /** No question that was asked, as an intercept: shown folded. */
  readonly isAside?: boolean;
  /** What it is of; absent: the scalar of all. */
  readonly measure?: string;
  /** As the run counted and found. */
  readonly summary: MoreP & {
    readonly significant?: number;
    readonly smallestP?: number;
    readonly largestFwe?: number;
    readonly monteCarlo?: MonteCarloError;
  };
}

export interface Cluster {
  /** From 1, the largest first. */
  readonly id: number;
  /** Ascending. */
  readonly members: Uint32Array;
  /** The smallest p; of equals the largest enhanced statistic. */
  readonly peak: number;
  readonly p: number;
  readonly z: number;
  readonly statistic: number;
  readonly meanEffect: number;
  readonly largestEffect: number;
  /** 100 x mean effect / mean reference. */
  readonly meanPercent: number;
  readonly largestPercent: number;
  /** Distinct voxels; undefined where elements are none. */
  readonly nVoxels: number | undefined;
  readonly volume: number | undefined;
  readonly peakMm: readonly number[] | undefined;
  readonly peakVoxel: readonly number[] | undefined;
  /** Axis along which its fixels run, unit vector in the scanner's space, x at least 0. */
  readonly direction: readonly number[] | undefined;
  /** Of the peak edge or element. */
  readonly peakName: string | undefined;
  /** Masks that hold some of it, the largest share first. */
  readonly labels: readonly { readonly name: string; readonly share: number }[];
}

/** Where elements are: of fixels and voxels. */
export interface Geometry {
  /** Of the grid, axes as nearly along the scanner's x, y, z as can be. */
  readonly dimensions: readonly [number, number, number];
  readonly voxelSizes: readonly [number, number, number];
  /** 3 x 4: voxel index to mm. */
  readonly toMm: readonly (readonly number[])[];
  /** Of each element: its voxel's place in the grid. */
  readonly voxelOf: Uint32Array;
  /** Of fixels: unit vectors along the grid's axes, [3 x elements]. */
  readonly directions: Float32Array | undefined;
}

export interface Network {
  readonly nNodes: number;
  readonly names: readonly string[];
}

/** Values of subjects in a cluster, or at its peak. */
export interface EffectData {
  readonly hypothesis: string;
  readonly cluster: number;
  readonly isPeak: boolean;
  /** `cluster 1`, `peak of cluster 1` */
  readonly what: string;
  /** [nSubjects], in the units of the data. */
  readonly values: readonly number[];
}

/** Why a section has nothing to show, or the thing. */
export type Maybe<T> = { readonly found: T } | { readonly missing: string };

export interface SubjectCheck {
  readonly name: string;
  readonly mean: number;
  readonly sd: number;
  /** Share of the elements looked at that have no finite value. */
  readonly missing: number;
  /** With the mean of the others' values. */
  readonly correlation: number;
  /** Which figures are far from the others': a phrase each. */
  readonly remarks: readonly string[];
}

export interface DataCheck {
  readonly subjects: readonly SubjectCheck[];
  readonly nLookedAt: number;
}

/** Who is exchanged with whom. */
export interface BlockData {
  /** `-exchange_within` */
  readonly option: string;
  /** As typed. */
  readonly path: string;
  /** A line a block, those alike together, indented by level. */
  readonly lines: readonly string[];
  /** Different ones: in digits, or as 4.0e2567. */
  readonly permutations?: string | undefined;
  readonly signFlips?: string | undefined;
  /** Of the highest level, with the rows of their subjects; undefined: the file is not as it was. */
  readonly blocks: readonly { readonly name: string; readonly subjects: readonly number[] }[] | undefined;
}

/** Of each element, shown projected. */
export interface DataMap {
  readonly title: string;
  /** A sentence or two: what it is, and what to make of it. */
  readonly words: string;
  /** NaN: none. */
  readonly values: Values;
  /** Few elements have a value above 0: they are not averaged away, and listed. */
  readonly isRare: boolean;
}

export interface Background {
  readonly name: string;
  readonly dimensions: readonly [number, number, number];
  /** u8, one a voxel of the (cropped) grid of the geometry. */
  readonly values: Uint8Array;
}

/** What pictures, clusters and tables are made of, whether a run or a model of one formula made it. */
export interface ShownData {
  readonly kind: Kind;
  /** As typed: where the results are. */
  readonly place: string;
  readonly nElements: number;
  /** What is measured: FD. */
  readonly scalar: string;
  readonly hypotheses: readonly HypothesisData[];
  readonly model: Maybe<ModelData>;
  readonly subjects: readonly string[];
  readonly geometry: Geometry | undefined;
  readonly network: Network | undefined;
  /** What makes a cluster of elements: `connected over the fixel-fixel connectivity in matrix/`, `each by itself`. */
  readonly clustersBy: string;
  /** In front of the names of the tables of clusters, which lie beside the page. */
  readonly tableBase: string;
  readonly effects: Maybe<readonly EffectData[]>;
  readonly check: Maybe<DataCheck>;
  readonly maps: readonly DataMap[];
  readonly background: Background | undefined;
  /** Fitted at the means of the design's columns: what the data are like there. */
  readonly mean: Values | undefined;
  /** What was found out while the report was made: sentences. */
  readonly remarks: readonly string[];
}

export interface ReportData extends ShownData {
  readonly record: RunRecord;
  /** Name of the record: `x_run.json`. */
  readonly recordName: string;
  /** Undefined: subjects are exchanged freely. */
  readonly blocks: BlockData | undefined;
  readonly files: readonly string[];
  /** What is measured, of all runs that were joined; undefined: p is of this run alone. */
  readonly joined?: readonly string[];
}

/** What a model left beside its numbers; of R's analyses nothing. */
export interface ModelRecord {
  readonly command: string;
  readonly program: string;
  readonly input: string;
  readonly cohort: string;
  readonly formula: string;
  readonly weights?: string;
  readonly subset?: string;
  readonly nSubjects: number;
  readonly nElements: number;
  readonly nFitted: number;
  readonly nTooFew: number;
  readonly nUnusable: number;
  readonly nPerfect: number;
  /** Of the smoothing; absent: a linear model. */
  readonly method?: string;
}

/** A term is what a hypothesis is of a run. */
export interface ModelTerm extends HypothesisData {
  /** As the statistics have it: `age`, `poly(age, 2)1`. */
  readonly term: string;
  /** Coefficients have a sign, smooths have none; the model has neither. */
  readonly of: "coefficient" | "smooth" | "model";
  /** p of each element, not corrected for their number; undefined: the analysis has none. */
  readonly singleP: Values | undefined;
  /** Of each correction beside that of `p`: how it is called, and how many are below 0.05. */
  readonly others: readonly { readonly words: string; readonly nBelow: number }[];
  /** `p` was corrected for this page: the analysis has no correction. */
  readonly isCorrectedHere: boolean;
  /** Of a smooth: median effective degrees of freedom. */
  readonly medianEdf: number | undefined;
}

export interface ModelReportData extends ShownData {
  readonly hypotheses: readonly ModelTerm[];
  readonly analysis: string;
  /** Undefined: made by another program. */
  readonly fitted: ModelRecord | undefined;
  /** Names of all statistics, as the results have them. */
  readonly statistics: readonly string[];
  /** Of the elements that were fitted: median of the adjusted R2 and the like, by name. */
  readonly medians: readonly { readonly name: string; readonly value: number }[];
}

export const ELEMENTS: Readonly<Record<Kind, { readonly one: string; readonly many: string }>> = {
  fixel: { one: "fixel", many: "fixels" },
  voxel: { one: "voxel", many: "voxels" },
  edge: { one: "edge", many: "edges" },
  vector: { one: "element", many: "elements" },
};
