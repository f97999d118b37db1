// What every thread must know about a run: plain data, posted once. Offsets are bytes in the shared linear memory.
import type { IoPolicy } from "../mapping/file-bytes.js";
import type { ColumnSourceSpec } from "../store/column-source.js";

export type Precision = "double" | "single";

export interface HypothesisSize {
  readonly contrastRank: number;
  readonly nCorrections: number;
  /** 1 for a t-test (positive side only), 0 for an F-test. */
  readonly signed: 0 | 1;
  readonly nCells: number;
  readonly cellsPerUnit: number;
  readonly nThresholds: number;
}

export interface ProblemSize {
  readonly nSubjects: number;
  /** Elements analysed: inside the mask. */
  readonly nElements: number;
  readonly nFactors: number;
  readonly rank: number;
  readonly dof: number;
  readonly sharedRank: number;
  readonly hypotheses: readonly HypothesisSize[];
  /** Bytes of one stored value. */
  readonly valueBytes: 4 | 8;
}

/** Regions of one hypothesis. */
export interface HypothesisRegions {
  readonly contrastBasis: number;
  readonly cells: number;
  readonly thresholds: number;
  readonly corrections: number;
  readonly bins: number;
  readonly defaults: number;
  readonly counters: number;
}

export interface SharedRegions {
  /** i32 words: see CONTROL. */
  readonly control: number;
  readonly basis: number;
  readonly sharedNuisance: number;
  readonly moments: number;
  readonly pinv: number;
  readonly labels: number;
  readonly signs: number;
  readonly gathered: number;
  readonly heightPowers: number;
  /** u32 [nElements]: store column of each element. */
  readonly columns: number;
  /** u32 [nBlocks][4]: first column, columns, first element, elements. */
  readonly blocks: number;
  /** u32 [nWindows][4]: first element, elements, first connection (low, high word). */
  readonly windows: number;
  /** u8 [nElements], or 0: elements that may be a maximum. */
  readonly eligible: number;
  /** f32 [nObserved][nElements], laid over the bins, which the observed pass does not use. */
  readonly observed: number;
  readonly hypotheses: readonly HypothesisRegions[];
}

/** Offsets from a worker's own region; the two phases share the same bytes. */
export interface WorkerRegions {
  readonly raw: number;
  readonly columnIndices: number;
  readonly nonFinite: number;
  readonly packed: number;
  readonly packed32: number;
  readonly rawSums: number;
  readonly sums: number;
  readonly factors: number;
  readonly moments: number;
  readonly hypothesisSums: number;
  readonly product: number;
  readonly product32: number;

  readonly connections: number;
  readonly rowStarts: number;
  readonly norms: number;
  readonly enhanced: number;
  readonly histogram: number;

  /** f32 [H][groups][16] and u32 beside it: live until the main thread has read them, so not shared between phases. */
  readonly maxima: number;
  readonly maximaElements: number;
}

export interface EnhancementSize {
  readonly extentPower: number;
  /** False with -cfe_legacy: extents are not divided by the sum of the weights. */
  readonly normalised: boolean;
  /** Largest bin that the 1-byte, and the 2-byte layout can hold, plus one. */
  readonly nBinsNarrow: number;
  readonly nBinsWide: number;
}

export interface EngineJob {
  readonly size: ProblemSize;
  readonly source: ColumnSourceSpec;
  readonly connectivity: { readonly path: string; readonly io: IoPolicy };
  readonly enhancement: EnhancementSize;
  readonly precision: Precision;
  readonly kernels: "simd" | "reference";
  /** Elements of a block, a multiple of 8. */
  readonly blockWidth: number;
  /** Shuffles of a product tile: 1, 2, 4, 8 or 16. */
  readonly tileShuffles: number;
  /** Shuffles of a batch: a multiple of 16. */
  readonly batchShuffles: number;
  readonly nBlocks: number;
  readonly nWindows: number;
  readonly windowBytes: number;
  readonly shared: SharedRegions;
  readonly worker: WorkerRegions;
  /** First byte of worker i's region is workersStart + i * workerBytes. */
  readonly workersStart: number;
  readonly workerBytes: number;
}

/** Indices of i32 words in the control region. */
export const CONTROL = { nextClaim: 0, stop: 1, words: 16 } as const;

/** Where the observed pass keeps its images: index into f32 [nObserved][nElements]. */
export function observedIndex(size: ProblemSize) {
  const { nFactors, hypotheses } = size;
  const perHypothesis = 4;
  return {
    beta: (i: number) => i,
    standardDeviation: nFactors,
    statistic: (h: number) => nFactors + 1 + h * perHypothesis,
    z: (h: number) => nFactors + 2 + h * perHypothesis,
    effect: (h: number) => nFactors + 3 + h * perHypothesis,
    standardisedEffect: (h: number) => nFactors + 4 + h * perHypothesis,
    count: nFactors + 1 + hypotheses.length * perHypothesis,
  };
}

/** One phase over claimed pieces of work. `lanes` of the batch in use; binBytes 1 or 2. */
export type PhaseOrder =
  | { readonly phase: "observe" }
  | { readonly phase: "bin"; readonly lanes: number; readonly binBytes: 1 | 2 }
  | {
      readonly phase: "enhance";
      readonly lanes: number;
      readonly binBytes: 1 | 2;
      /** Lane 0 of group 0 is the unshuffled data: keep its enhanced statistic as the default. */
      readonly keepDefault: boolean;
      /** First lane that is counted and may be a maximum (1 where the default is not part of the null). */
      readonly firstLane: number;
    };

export interface PhaseReport {
  /** Largest bin seen (phase "bin"). */
  readonly largestBin: number;
  /** Store row and element of a value that is not finite (phase "observe"); -1 when there is none. */
  readonly nonFiniteElement: number;
  readonly bytesRead: number;
  /** Milliseconds this thread worked in the phase. */
  readonly busyMs: number;
}
