// What the engine is asked to do.
import type { KernelVariant } from "../kernels/kernel-set.js";
import type { NativeProduct } from "../kernels/native/native-product.js";
import type { IoPolicy } from "../mapping/file-bytes.js";
import type { ShuffleRange } from "../run/shuffle-range.js";
import type { DesignPartition } from "../stats/design/partition.js";
import type { GlmModel } from "../stats/glm/model.js";
import type { ShufflePlan } from "../stats/shuffle/shuffle-plan.js";
import type { ColumnSourceSpec } from "../store/column-source.js";
import type { Precision } from "./plan/inputs.js";

/** What becomes of a map of statistics before its maximum is taken. */
export type Enhancement =
  /** They are compared as they are: Z of different elements. */
  | { readonly kind: "none" }
  /** Connectivity-based fixel enhancement. */
  | {
      readonly kind: "cfe";
      /** The prepared matrix. */
      readonly connectivity: { readonly path: string; readonly io: IoPolicy };
      /** Its sketch: maxima of shuffles that are not counted are searched for by bounds. Undefined: every shuffle is enhanced. */
      readonly sketch?: SketchSize | undefined;
      readonly dh: number;
      readonly extentPower: number;
      readonly heightPower: number;
      readonly legacy: boolean;
    }
  | GraphEnhancement;

/** Threshold-free enhancement over a graph; sizes of clusters, where there is one height and both powers leave the extent as it is. */
export interface GraphEnhancement {
  readonly kind: "graph";
  readonly neighbours: CellGrid | Network;
  readonly heights: GraphHeights;
  readonly extentPower: number;
  readonly heightPower: number;
}

/** Elements lie in cells of a grid with an empty margin around them, wide enough for a cell to have all its neighbours. */
export interface CellGrid {
  /** 6: neighbours share a face; 26: a face, an edge or a corner. */
  readonly connectivity: 6 | 26;
  /** Cells from a row to the next, from a plane to the next, and of all. */
  readonly row: number;
  readonly plane: number;
  readonly nCells: number;
  /** u32 [nElements]: each in one of its own. */
  cellsInto(cells: Uint32Array): void;
}

/** Elements are edges between nodes; those that share a node are neighbours. */
export interface Network {
  /** At most 65536. */
  readonly nNodes: number;
  /** u32 [nElements]: one node of each edge in the lower 16 bits, the other in the upper. */
  endsInto(ends: Uint32Array): void;
}

export type GraphHeights =
  /** dh, 2 dh, .. by repeated addition. `strict`: a statistic has to be above; `rounded`: they are compared as float32. */
  | { readonly kind: "steps"; readonly dh: number; readonly strict: boolean; readonly rounded: boolean }
  | { readonly kind: "one"; readonly height: number; readonly strict: boolean }
  /** Every height there is: the sum becomes an integral (mathematics M17). */
  | { readonly kind: "all" };

/** Enhanced statistics are divided by what they are without an effect, element by element (mathematics M18). */
export interface NonStationarity {
  /** Run first, for that alone. */
  readonly shuffles: RunShuffles;
  /** Exponent of the mean, 0 or more. */
  readonly skew: number;
}

export interface RunShuffles {
  readonly plan: ShufflePlan;
  readonly range: ShuffleRange;
}

/** Of the sketch beside the prepared matrix. */
export interface SketchSize {
  /** At most, while it is not made. */
  readonly nGroups: number;
  /** As of SearchJob. Default 0.25. */
  readonly guard?: number | undefined;
}

export interface EngineInputs {
  /** Of the RunPlan: goes into the null state. */
  readonly planHash: string;
  /** Of the columns that all elements share; with element-wise columns without hypotheses. */
  readonly partition: DesignPartition;
  /** Undefined: one design and one variance for all, those of `partition`. */
  readonly model?: GlmModel | undefined;
  /** Element-wise columns of the model. */
  readonly columnSources?: readonly ColumnSourceSpec[] | undefined;
  readonly source: ColumnSourceSpec;
  /** u32 [nElements]: store columns analysed, ascending. */
  readonly columns: Uint32Array;
  readonly enhancement: Enhancement;
  readonly precision: Precision;
  /** Scores in double precision: false computes all of them exactly, and not only those that float32 does not decide; to the same bits. Default true. */
  readonly mayScreen?: boolean | undefined;
  readonly kernels: KernelVariant;
  /** Of "native" kernels: the library that multiplies, tried and opened (kernels/native). */
  readonly native?: NativeProduct | undefined;
  /** 0: the main thread works alone. */
  readonly nThreads: number;
  readonly memoryBytes: number;
  readonly shuffles: RunShuffles;
  /** Shuffles of the plan from the first that count for uncorrected p. Default: all. */
  readonly uncorrectedShuffles?: number | undefined;
  /** Exceedances after which an element's shuffles stop counting; there are no maxima then. Not where maps are enhanced as wholes. Default: all count. */
  readonly negativeBinomial?: number | undefined;
  /** Shuffles of the plan after which a batch ends, so that it can be asked whether they are enough (RunEvents.looks). Default: none. */
  readonly looksAt?: readonly number[] | undefined;
  /** Only where statistics are enhanced. */
  readonly nonStationarity?: NonStationarity | undefined;
  /** u8 [nElements]: elements that may be a maximum. */
  readonly eligible?: Uint8Array | undefined;
  /** Told once, in a sentence, when files that should be mapped are read by position. */
  readonly onFallback: (message: string) => void;
  /** Stops the run within a second: observe and run reject with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Of the prepared matrix of an enhancer that has one. */
export interface MatrixSize {
  readonly nConnections: number;
  readonly maxRowConnections: number;
}
