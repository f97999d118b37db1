// What every thread must know about a run: plain data, posted once. Offsets are bytes in the shared linear memory.
import { ROW_PANEL } from "../kernels/kernel-set.js";
import type { IoPolicy } from "../mapping/file-bytes.js";
import type { GlmModel } from "../stats/glm/model.js";
import type { ColumnSourceSpec } from "../store/column-source.js";
import type { ModelRegions, ModelSize } from "./model-regions.js";

export type Precision = "double" | "single";

export interface GlmHypothesisSize {
  readonly contrastRank: number;
  readonly nCorrections: number;
  /** 1 for a t-test, 0 for an F-test. */
  readonly signed: 0 | 1;
}

/** A hypothesis whose statistics become bins. */
export interface HypothesisSize extends GlmHypothesisSize {
  readonly nCells: number;
  readonly cellsPerUnit: number;
  readonly nThresholds: number;
}

export interface GlmSize {
  readonly nSubjects: number;
  /** Elements analysed: inside the mask. */
  readonly nElements: number;
  readonly nFactors: number;
  readonly rank: number;
  readonly dof: number;
  readonly sharedRank: number;
  readonly hypotheses: readonly GlmHypothesisSize[];
  /** Bytes of one stored value. */
  readonly valueBytes: 4 | 8;
  /** Deviations of an element: one, or one a variance group. */
  readonly nDeviations: number;
  /** Whether elements have a condition number of their own. */
  readonly hasCondition: boolean;
  /** Of a design that varies between elements or a variance that is grouped; undefined: one design and one variance for all. */
  readonly model: ModelSize | undefined;
}

export interface ProblemSize extends GlmSize {
  readonly hypotheses: readonly HypothesisSize[];
}

/** Regions of one hypothesis. */
export interface GlmHypothesisRegions {
  readonly contrastBasis: number;
  readonly corrections: number;
}

export interface HypothesisRegions extends GlmHypothesisRegions {
  readonly cells: number;
  readonly thresholds: number;
  readonly bins: number;
  readonly defaults: number;
  readonly counters: number;
}

/** What the linear model needs, whatever is made of its statistics. */
export interface GlmRegions {
  /** i32 words: see CONTROL. */
  readonly control: number;
  readonly basis: number;
  readonly sharedNuisance: number;
  readonly moments: number;
  readonly pinv: number;
  readonly labels: number;
  readonly signs: number;
  /** i32 [batch][n]: the row that takes each source, the inverse of the labels. Where observations can be missing. */
  readonly positions: number;
  readonly gathered: number;
  /** u32 [nElements]: store column of each element. */
  readonly columns: number;
  /** u32 [nBlocks][4]: first column, columns, first element, elements. */
  readonly blocks: number;
  /** f32 or f64 (`observedBytes`) [nObserved][nElements], laid over what the observed pass does not use. */
  readonly observed: number;
  readonly hypotheses: readonly GlmHypothesisRegions[];
}

export interface SharedRegions extends GlmRegions {
  readonly heightPowers: number;
  /** u32 [nWindows][4]: first element, elements, first connection (low, high word). */
  readonly windows: number;
  /** u8 [nElements], or 0: elements that may be a maximum. */
  readonly eligible: number;
  readonly hypotheses: readonly HypothesisRegions[];
}

/** Offsets from a worker's own region. */
export interface GlmWorkerRegions {
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
  /** Undefined as GlmSize.model. */
  readonly model: ModelRegions | undefined;
}

/** The two phases share the same bytes. */
export interface WorkerRegions extends GlmWorkerRegions {
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
  /** Height of a bin. */
  readonly dh: number;
  readonly extentPower: number;
  /** False with -cfe_legacy: extents are not divided by the sum of the weights. */
  readonly normalised: boolean;
  /** Largest bin that the 1-byte, and the 2-byte layout can hold, plus one. */
  readonly nBinsNarrow: number;
  readonly nBinsWide: number;
}

export interface GlmJob {
  readonly size: GlmSize;
  readonly source: ColumnSourceSpec;
  /** Undefined: one design and one variance for all. */
  readonly model: GlmModel | undefined;
  /** Element-wise columns of the model. */
  readonly columnSources: readonly ColumnSourceSpec[];
  readonly precision: Precision;
  readonly kernels: "simd" | "reference";
  /** Elements of a block, a multiple of 8. */
  readonly blockWidth: number;
  /** Shuffles of a product tile: 1, 2, 4, 8 or 16. */
  readonly tileShuffles: number;
  /** Shuffles of a batch: a multiple of tileShuffles (of 16 where statistics become bins). */
  readonly batchShuffles: number;
  /** Shuffles whose labels and signs are held while a batch is gathered: a multiple of tileShuffles. */
  readonly labelShuffles: number;
  /** False: all signs are +1. */
  readonly hasSigns: boolean;
  readonly nBlocks: number;
  readonly windowBytes: number;
  /** Bytes of an observed value. */
  readonly observedBytes: 4 | 8;
  readonly shared: GlmRegions;
  readonly worker: GlmWorkerRegions;
  /** First byte of worker i's region is workersStart + i * workerBytes. */
  readonly workersStart: number;
  readonly workerBytes: number;
}

/** Bytes of the gathered rows of one tile. */
export function gatheredTileBytes({ tileShuffles, size, precision }: GlmJob): number {
  const rows = Math.ceil((tileShuffles * size.rank) / ROW_PANEL) * ROW_PANEL;
  return rows * size.nSubjects * (precision === "single" ? 4 : 8);
}

/** What the parts of a runner need to know of a model that is not one design and one variance for all. */
export interface ModelJob {
  readonly model: GlmModel;
  readonly columnSources: readonly ColumnSourceSpec[];
  readonly size: ModelSize;
  readonly regions: ModelRegions;
}

export function modelJobOf({ model, columnSources, size, worker }: GlmJob): ModelJob | undefined {
  if (model === undefined || size.model === undefined || worker.model === undefined) return undefined;
  return { model, columnSources, size: size.model, regions: worker.model };
}

/** A run with enhancement. */
export interface EngineJob extends GlmJob {
  readonly kind: "enhance";
  readonly size: ProblemSize;
  readonly connectivity: { readonly path: string; readonly io: IoPolicy };
  readonly enhancement: EnhancementSize;
  readonly nWindows: number;
  readonly shared: SharedRegions;
  readonly worker: WorkerRegions;
}

/** A run without enhancement: statistics are compared as they are. */
export interface ScoreJob extends GlmJob {
  readonly kind: "score";
  /** By hypothesis: the score of an element that cannot be tested. */
  readonly untestable: readonly number[];
  readonly shared: ScoreRegions;
  readonly worker: ScoreWorkerRegions;
}

export interface ScoreHypothesisRegions extends GlmHypothesisRegions {
  /** f64 [nElements]: score of the unshuffled data. */
  readonly defaults: number;
  /** u32 [nElements]: shuffles with a smaller score. */
  readonly counters: number;
}

export interface ScoreRegions extends GlmRegions {
  /** f64 [nElements]: degrees of freedom, of models with pooled variance whose design varies; else unused. */
  readonly elementDofs: number;
  readonly hypotheses: readonly ScoreHypothesisRegions[];
}

export interface ScoreWorkerRegions extends GlmWorkerRegions {
  /** f64 [tileShuffles][blockWidth]. */
  readonly scores: number;
  /** f64 [H][batchShuffles], and u32 beside it: live until the main thread has read them. */
  readonly maxima: number;
  readonly maximaElements: number;
}

export type AnyJob = EngineJob | ScoreJob;

/** Indices of i32 words in the control region. */
export const CONTROL = { nextClaim: 0, stop: 1, words: 16 } as const;

/** Where the observed pass keeps its images: index into [nObserved][nElements]. */
export function observedIndex(size: GlmSize) {
  const { nFactors, nDeviations, hasCondition, hypotheses } = size;
  const perHypothesis = 4;
  const condition = nFactors + nDeviations;
  const first = condition + (hasCondition ? 1 : 0);
  return {
    beta: (i: number) => i,
    standardDeviation: nFactors,
    /** Of variance group g. */
    deviation: (g: number) => nFactors + g,
    /** Undefined where all elements share a design. */
    condition: hasCondition ? condition : undefined,
    statistic: (h: number) => first + h * perHypothesis,
    z: (h: number) => first + 1 + h * perHypothesis,
    effect: (h: number) => first + 2 + h * perHypothesis,
    standardisedEffect: (h: number) => first + 3 + h * perHypothesis,
    count: first + hypotheses.length * perHypothesis,
  };
}

/** Image i of the observed pass: f32 or f64 [nElements], a view of the shared memory. */
export function observedImage(job: GlmJob, buffer: ArrayBufferLike, i: number): Float32Array | Float64Array {
  const { nElements } = job.size;
  const pointer = job.shared.observed + i * nElements * job.observedBytes;
  return job.observedBytes === 8
    ? new Float64Array(buffer, pointer, nElements)
    : new Float32Array(buffer, pointer, nElements);
}

/** One phase over claimed pieces of work. `lanes` of the batch in use; binBytes 1 or 2. */
export type PhaseOrder =
  | { readonly phase: "observe" }
  | {
      readonly phase: "score";
      readonly lanes: number;
      /** Lane 0 is the unshuffled data: keep its scores as the defaults. */
      readonly keepDefault: boolean;
    }
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
  /** Elements by verdict, in the order of VERDICTS (phase "observe" of models that vary). */
  readonly verdicts: readonly number[];
  /** Milliseconds this thread worked in the phase. */
  readonly busyMs: number;
}
