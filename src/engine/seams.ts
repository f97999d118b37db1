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
  /** Where the product is only near (plan/screening.ts). */
  readonly exactScores?: ExactScores | undefined;
  readonly exactStatistic?: ExactStatistic | undefined;
}

/** The statistic of a tile whose product is only near, out of an exact product; the worker's `product` until the next tile. */
export type ExactStatistic = (tile: Pick<ProductTile, "first" | "width" | "statistic">) => StatisticArguments;

/** What the kernels that make statistics of a product begin with (kernels/CONTRACTS.md, f64BinStatistics). */
export type StatisticArguments =
  Parameters<KernelSet["f64ScoreStatistics"]> extends [...infer Shared, number, number, number, number]
    ? Readonly<Shared>
    : never;

/** Scores that have to be told: u32 [count] at pointer `open`, (shuffle - first) * 65536 + column. */
export interface OpenEntries {
  readonly open: number;
  readonly count: number;
}

/**
 * Exact scores of `count` <= EXACT_ENTRIES entries u32 b * 65536 + w at pointer `open`, b counted from the tile's first shuffle; in place until the next
 * call. `untestable`: of elements without a statistic.
 */
export type ExactScores = (
  tile: Pick<ProductTile, "first" | "statistic">,
  entries: OpenEntries,
  untestable: number,
) => Float64Array;

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

/** Statistics of a group of elements with the same observations, known nearly (glm/near-groups.ts). Rows are those of the tile last multiplied. */
export interface NearGroup {
  /** First member without any variance, whose score is that of no statistic; -1: none. */
  constantMember(h: number): number;
  /** u32: shuffle of the tile * 65536 + member. */
  readonly entries: Uint32Array;
  /** Once a batch, from the scores of the unshuffled data. */
  setLimits(h: number, observed: ArrayLike<number>): void;
  /** Counts what is surely below, of the tile's `count` rows; number of `entries` that may be. */
  screen(h: number, count: number): number;
  /** Shuffles of each member that were surely below since setLimits. */
  surelyBelow(h: number): Uint32Array;
  /** What the scores of each row b are at most, but of those that are entries. */
  mostScores(h: number): (b: number) => number;
  /** Puts entries of row b that may be its largest into `entries`: their number. */
  collectLargest(h: number, b: number): number;
  /** Exact statistics of `count` shuffles of all members, into the worker's `statistics`. */
  computeExactly(h: number, firstShuffle: number, count: number): void;
  /** Whether `computeExactly` is what the group's tiles of hypothesis h are for, from now on. */
  readonly isExact: boolean[];
  /** Exact scores of the first `count` entries, shuffles counted from `firstShuffle`. */
  tellExactly(
    h: number,
    firstShuffle: number,
    count: number,
    take: (b: number, member: number, score: number) => void,
  ): void;
}

/** Rows of a tile of a near group. */
export interface NearTile extends Omit<StatisticTile, "stride" | "isSquared" | "dof"> {
  readonly dof: number;
  /** Columns of the group's panel. */
  readonly width: number;
  readonly group: NearGroup;
  /** Whether it is the group's last of the batch. */
  readonly isLast: boolean;
}

export interface Sink {
  /** Before the first block of a batch. */
  begin(): void;
  /** Where scores are screened (plan/screening.ts). */
  readonly near?: ((tile: NearTile, batch: Batch) => void) | undefined;
  product(tile: ProductTile, batch: Batch): void;
  statistics(tile: StatisticTile, batch: Batch): void;
  /** Whether tiles of the block that come now need their near product. Default: yes. */
  needsProduct?(): boolean;
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
