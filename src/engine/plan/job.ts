// What every thread must know about a run: plain data, posted once. Offsets are bytes in the shared linear memory.
import type { KernelVariant, PanelSizes } from "../../kernels/kernel-set.js";
import type { NativeProduct } from "../../kernels/native/native-product.js";
import type { IoPolicy } from "../../mapping/file-bytes.js";
import type { GlmModel } from "../../stats/glm/model.js";
import type { ColumnSourceSpec } from "../../store/column-source.js";
import type { CellGrid, Network } from "../inputs.js";
import { tileRows } from "./blocks.js";
import { type MemoryLayout, multipliesSingle, type Precision, type SinkJob } from "./inputs.js";
import type { SharedRegions, WorkerRegions } from "./regions.js";
import type { ModelSize, ProblemSize } from "./size.js";

export interface CfeJob {
  readonly kind: "cfe";
  readonly path: string;
  readonly io: IoPolicy;
  readonly extentPower: number;
  /** False with -cfe_legacy: extents are not divided by the sum of the weights. */
  readonly normalised: boolean;
  readonly nWindows: number;
}

/** Maxima of lanes whose maps nobody needs (mathematics M16). */
export interface SearchJob {
  /** Of the sketch. */
  readonly nGroups: number;
  readonly nWindows: number;
  readonly nSeeds: number;
  readonly cap: number;
  /** Whether there is a second bound. */
  readonly refine: boolean;
  readonly margin: number;
  /** Share of the pairs of a thread's first window past the first bound from which the search is given up. */
  readonly guard: number;
  readonly tables: BoundFactors;
}

/** What becomes of a row of the sketch (search/bound-tables.ts). */
export interface BoundFactors {
  /** Of a level. */
  readonly unit: number;
  /** Sum of the heights below the levels. */
  readonly lowest: number;
  readonly extentPower: number;
}

/** Takes whole maps: a piece is a lane of a hypothesis. */
export interface GraphJob {
  readonly kind: "graph";
  readonly over: Omit<CellGrid, "cellsInto"> | Omit<Network, "endsInto">;
  readonly heightPower: number;
}

export interface EngineJob {
  readonly size: ProblemSize;
  readonly source: ColumnSourceSpec;
  /** Undefined: one design and one variance for all. */
  readonly model: GlmModel | undefined;
  /** Element-wise columns of the model. */
  readonly columnSources: readonly ColumnSourceSpec[];
  readonly precision: Precision;
  /** As of PlanInputs. */
  readonly screened: boolean;
  readonly kernels: KernelVariant;
  /** Of "native" kernels. */
  readonly native: NativeProduct | undefined;
  /** False: all signs are +1. */
  readonly hasSigns: boolean;
  /** Of the observed pass. */
  readonly nBlocks: number;
  readonly sink: SinkJob;
  /** Undefined: none. */
  readonly enhancement: CfeJob | GraphJob | undefined;
  /** Undefined: none. */
  readonly search: SearchJob | undefined;
  /** Exponent of the mean of the empirical statistic; undefined: there is none. */
  readonly skew: number | undefined;
  /** Threads that work. */
  readonly nWorkers: number;
  readonly layout: MemoryLayout;
  readonly shared: SharedRegions;
  /** From the first byte of a worker's own memory. */
  readonly workerOffsets: WorkerRegions;
}

/** Bytes of the gathered rows of one tile; `panels`: of the kernel set. */
export function gatheredTileBytes({ layout, size, ...of }: EngineJob, panels: PanelSizes): number {
  return tileRows(layout.tileShuffles, size.rank, panels) * size.nSubjects * (multipliesSingle(of) ? 4 : 8);
}

/** What the parts of a thread's work need to know of a model that is not one design and one variance for all. */
export interface ModelJob {
  readonly model: GlmModel;
  readonly columnSources: readonly ColumnSourceSpec[];
  readonly size: ModelSize;
  readonly regions: NonNullable<WorkerRegions["model"]>;
}

export function modelJobOf({ model, columnSources, size }: EngineJob, worker: WorkerRegions): ModelJob | undefined {
  if (model === undefined || size.model === undefined || worker.model === undefined) return undefined;
  return { model, columnSources, size: size.model, regions: worker.model };
}

/** Indices of i32 words in the control region. */
export const CONTROL = { nextClaim: 0, stop: 1, gaveUp: 2, words: 16 } as const;

/** Image i of the observed pass, f64 [nElements]; f32 where it becomes an image in a file. A view of the shared memory. */
export function observedImage({ size, shared, sink, enhancement }: EngineJob, buffer: ArrayBufferLike, i: number) {
  const { nElements } = size;
  const image = (bytes: number) => shared.observed + i * nElements * bytes;
  const isNetwork = enhancement?.kind === "graph" && "nNodes" in enhancement.over;
  if (sink.kind !== "scores" && !isNetwork) return new Float32Array(buffer, image(4), nElements);
  return new Float64Array(buffer, image(8), nElements);
}

/** (Enhanced) statistics as they are kept: f32, or f64 (scores). */
export function valuesOf({ kind }: SinkJob, buffer: ArrayBufferLike, pointer: number, count: number) {
  return kind === "scores" ? new Float64Array(buffer, pointer, count) : new Float32Array(buffer, pointer, count);
}

/** One batch of shuffles, side by side. */
export interface Batch {
  readonly lanes: number;
  /** Of a bin. */
  readonly binBytes: 1 | 2;
  /** Lane 0 is the unshuffled data: keep its (enhanced) statistics as the defaults. It never counts, being no smaller than itself. */
  readonly keepDefault: boolean;
  /** Blocks are those of elements that lack the same observations (plan/pattern-lists.ts). */
  readonly byPattern: boolean;
  /** The empirical statistic: gathered of this batch, or what its enhanced statistics are divided by. */
  readonly empirical: "gather" | "divide" | undefined;
  /** Lanes from the first whose statistics count for uncorrected p. */
  readonly counted: number;
  /** Counting stops (engine/sequential.ts): after `n` exceedances. `firstShuffle`: index in the plan of the shuffle in lane 0. Undefined: all are counted. */
  readonly sequential?: { readonly n: number; readonly firstShuffle: number } | undefined;
  /** Degrees of freedom that have a table of thresholds (engine/z-tables.ts). */
  readonly tables: readonly ZTable[];
}

export type BinLookup = readonly [nCells: number, firstCell: number, shift: number, cells: number, squares: number];

export interface ZTable {
  readonly dof: number;
  /** By hypothesis, as kernels take it (stats/glm/bin-table.ts); pointers to cells and squares. */
  readonly lookups: readonly BinLookup[];
}

/** One phase over claimed pieces of work: blocks of elements ("observe", "statistics"), or pieces of the enhancer. */
export type PhaseOrder =
  | { readonly phase: "observe" }
  | { readonly phase: "statistics"; readonly batch: Batch }
  /** `lanes` of each hypothesis. */
  | { readonly phase: "enhance"; readonly batch: Batch; readonly lanes: readonly LaneRange[] }
  | MapsOrder
  | SumsOrder
  | SearchOrder;

/** Whole maps of those lanes: a piece is number (lane - first) * hypotheses + h. */
export interface MapsOrder extends LaneRange {
  readonly phase: "maps";
  readonly batch: Batch;
}

/** Powers of the enhanced maps of those lanes: a piece is SUM_ELEMENTS elements. */
export interface SumsOrder extends LaneRange {
  readonly phase: "sums";
  readonly batch: Batch;
}

/** Of one hypothesis: levels of all its bins, then a first maximum of each lane, then all rows. */
export interface SearchOrder {
  readonly phase: "levels" | "seeds" | "search";
  readonly batch: Batch;
  readonly h: number;
  readonly lanes: LaneRange;
}

/** first..end of a batch. */
export interface LaneRange {
  readonly first: number;
  readonly end: number;
}

/** Elements that are summed together. */
export const SUM_ELEMENTS = 8192;
/** Places of the sketch that are levelled together. */
export const LEVEL_PLACES = 4096;

/** Counted over one phase by one thread. */
export interface PhaseReport {
  /** Largest bin seen. */
  largestBin: number;
  /** Lowest element with a value that is not finite where none may be ("observe"); -1 when there is none. */
  nonFiniteElement: number;
  bytesRead: number;
  /** Elements by verdict, in the order of VERDICTS ("observe"). */
  verdicts: number[];
  /** Of the search: pairs of a row and a lane, those past the first bound, and those that were enhanced. */
  pairs: number;
  pairsPast: number;
  pairsEnhanced: number;
  /** [nSubjects + 1]: testable elements by degrees of freedom ("observe" of models that vary with one variance). */
  dofs: number[];
}
