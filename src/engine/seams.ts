// The seams of a thread's work. A source brings tiles of statistics, a sink takes them, an enhancer makes enhanced statistics of what the sink kept; none
// of them knows another. Work is done in steps: between two of them a thread can be stopped, and the main thread alone can hear a signal.
import type { KernelSet } from "../kernels/kernel-set.js";
import type { Batch, PhaseOrder, PhaseReport } from "./plan/job.js";

/** Work in pieces short enough to stop between: a few milliseconds each. */
export type Steps<Result = void> = Generator<void, Result, void>;

/** A tile of one product under one design for all elements: a sink makes statistics of it by a kernel of its own, without a tile of them in between. */
export interface ProductTile {
  readonly h: number;
  readonly firstElement: number;
  readonly nElements: number;
  /** Those elements, counted from firstElement, where some are left out (batch.sequential). Default: one after the other. */
  readonly members?: readonly number[] | undefined;
  /** Columns of the product, whole panels. */
  readonly width: number;
  /** First of its shuffles, in the batch. */
  readonly first: number;
  readonly count: number;
  readonly statistic: StatisticArguments;
}

/** What the kernels that make statistics of a product begin with (kernels/CONTRACTS.md, f64BinStatistics). */
type StatisticArguments =
  Parameters<KernelSet["f64ScoreStatistics"]> extends [...infer Shared, number, number, number]
    ? Readonly<Shared>
    : never;

/**
 * f64 [count][stride] of t or sqrt(F) (v, sqrt(G)), or their squares with the sign of the root, in the worker's `statistics`; NaN: none. Of more shuffles than
 * there are lanes `first` is a multiple of them.
 */
export interface StatisticTile {
  readonly h: number;
  /** Of the block. */
  readonly firstElement: number;
  /** Elements, counted from the block's first; ascending. */
  readonly members: readonly number[];
  readonly first: number;
  readonly count: number;
  readonly stride: number;
  readonly isSquared: boolean;
  /** Degrees of freedom of all; undefined: they are in the worker's `dofs`, f64 [count][stride]. */
  readonly dof: number | undefined;
}

export interface Sink {
  /** Before the first block of a batch. */
  begin(): void;
  product(tile: ProductTile, batch: Batch): void;
  statistics(tile: StatisticTile, batch: Batch): void;
}

export interface TileSource {
  /** The observed pass over one block. */
  observe(iBlock: number): Steps;
  /** Every shuffle of the batch over one block. A block's tiles of one hypothesis come in the order of their shuffles. */
  tiles(iBlock: number, batch: Batch, sink: Sink): Steps;
  close(): void;
}

export interface Enhancer {
  /** Reads a piece; `firstElement`, `nRows` of it. Rows that `keeps` leaves out have no connections; where all are left out nothing is read, and nRows is 0. */
  load(piece: number, keeps?: (element: number) => boolean): { readonly firstElement: number; readonly nRows: number };
  /** Enhanced statistics f32 [nRows][lanes] of the loaded piece, into the worker's `enhanced`. */
  enhance(h: number, group: number, batch: Batch): void;
  close(): void;
}

/** What one thread does with one piece of claimed work. Main thread and workers run the same code over the same memory. */
export interface Runner<Order = PhaseOrder, Report = PhaseReport> {
  /** Before the first piece of a phase: the report is cleared, and this worker's maxima are begun anew. */
  begin(order: Order): void;
  run(order: Order, piece: number): Steps;
  readonly report: Report;
  close(): void;
}
