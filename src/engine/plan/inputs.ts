// What a run is planned from, and how its work is cut.
import type { PanelSizes } from "../../kernels/kernel-set.js";
import type { BinScale } from "../../stats/glm/bin-scale.js";
import type { ProblemSize } from "./size.js";

/** What becomes of statistics. */
export type SinkJob =
  | {
      /** Heights of dh, for an enhancer. */
      readonly kind: "bins";
      readonly dh: number;
      readonly scale: BinScale;
      /** Largest bin that the 1-byte, and the 2-byte layout can hold, plus one. */
      readonly nBinsNarrow: number;
      readonly nBinsWide: number;
    }
  | {
      /** Z as float32, for an enhancer that takes every height. */
      readonly kind: "z";
    }
  | {
      /** Compared as they are. */
      readonly kind: "scores";
      /** By hypothesis: the score of an element that cannot be tested, under one design for all. */
      readonly untestable: readonly number[];
    };

export type Precision = "double" | "single";

/** Whether products are float32: those of the results, or those that only say which of them matter. */
export const multipliesSingle = ({
  precision,
  screened,
}: {
  readonly precision: Precision;
  readonly screened: boolean;
}): boolean => precision === "single" || screened;

export interface PlanInputs {
  readonly size: ProblemSize;
  readonly sink: SinkJob;
  readonly precision: Precision;
  /** Scores are computed from products in float32 first, and exactly where those do not decide (engine/plan/screening.ts). */
  readonly screened: boolean;
  /** False: all signs are +1. */
  readonly hasSigns: boolean;
  readonly panels: PanelSizes;
  /** Lanes to run, the unshuffled data included. */
  readonly nShuffles: number;
  /** Threads that work (the main thread alone counts as one). */
  readonly nWorkers: number;
  /** Bytes for the run beyond what Node itself takes. */
  readonly budgetBytes: number;
  /** Elements of a block on disk. */
  readonly storeBlockWidth: number;
  /** Elements of the template (mask or not): images are written at this size. */
  readonly nStoreElements: number;
  /** Of the enhancer's matrix; 0 without one. */
  readonly maxRowConnections: number;
  readonly nConnections: number;
  readonly eligibleMask: boolean;
  /** Groups of the matrix's sketch, where maxima are searched for by bounds; undefined: every lane is enhanced. */
  readonly sketchGroups?: number | undefined;
  /** Lanes that the empirical statistic is made of, in batches of their own; undefined: there is none. */
  readonly nEmpirical?: number | undefined;
  /** Of an enhancer over a graph, which takes whole maps. */
  readonly graph?: { readonly nCells: number } | { readonly nNodes: number } | undefined;
}

/** How the work is cut: what the search varies, and what follows from it. */
export interface MemoryShape {
  /** Elements of the store that blocks are cut from. */
  readonly blockSpan: number;
  /** Elements of a block, whole panels. */
  readonly blockWidth: number;
  /** Elements of a block that are packed and multiplied together at most: all of it, or fewer where it is sorted by missing observations. */
  readonly groupWidth: number;
  /** Shuffles of a product tile: 1, 2, 4, 8 or 16; more where a library multiplies (panels.tile): then a power of 2 up to 256. */
  readonly tileShuffles: number;
  /** Shuffles that sinks take at once: those of a tile, or the lanes. */
  readonly laneShuffles: number;
  /** Shuffles of a batch: a multiple of laneShuffles (of the lanes where statistics become bins). */
  readonly batchShuffles: number;
  /** Shuffles whose labels and signs are held while a batch is gathered: a multiple of tileShuffles. */
  readonly labelShuffles: number;
  /** Of a window of the connectivity; 0 without one. */
  readonly windowConnections: number;
  readonly windowRows: number;
  /** Degrees of freedom that can have a table of thresholds. */
  readonly nZTables: number;
  /** Curves of Z that a thread keeps of each hypothesis (stats/glm/z-curve.ts). */
  readonly nZCurves: number;
  /** Designs of elements that a thread keeps for the next blocks. */
  readonly nDesigns: number;
  /** Blocks of the observed pass, as `blockSpan` and `blockWidth`. */
  readonly observedSpan: number;
  readonly observedWidth: number;
  /**
   * Elements of a block at most in the passes after it, where elements that lack the same observations are brought together (plan/pattern-lists.ts): whole panels,
   * those of a block of the store or more. Undefined: they are not.
   */
  readonly patternWidth: number | undefined;
  /** Room for pieces of work. */
  readonly maxBlocks: number;
  readonly maxWindows: number;
  /** Of the search by bounds; undefined: there is none. */
  readonly search: SearchShape | undefined;
}

export interface SearchShape {
  /** Lines of 64 lanes side by side that levels are kept of. */
  readonly slabs: number;
  /** Of a window of the sketch. */
  readonly windowGroups: number;
  readonly maxWindows: number;
  readonly maxSeeds: number;
}

export interface MemoryLayout extends MemoryShape {
  readonly nBatches: number;
  /** In front of those, for the empirical statistic. */
  readonly nEmpiricalBatches: number;
  /** Bytes of a mapped window of a file. */
  readonly windowBytes: number;
  /** First byte of worker i's region is workersStart + i * workerBytes. */
  readonly workersStart: number;
  readonly workerBytes: number;
}
