// The part of a worker's memory that models need whose design varies between elements or whose variance is grouped. Offsets from the worker's
// region, like GlmWorkerRegions. engine.md sections 2 and 3.
import { ROW_PANEL, roundUp } from "../kernels/kernel-set.js";

export interface ModelSize {
  /** Whether observations can be missing. */
  readonly variable: boolean;
  /** r of the columns that elements share. */
  readonly sharedRank: number;
  /** c: columns that each element brings. */
  readonly nElementColumns: number;
  /** G; 1: pooled. */
  readonly nGroups: number;
  /** s of each hypothesis. */
  readonly contrastRanks: readonly number[];
  /** Bytes of one value of each element-wise column. */
  readonly columnBytes: readonly (4 | 8)[];
  /** Room for the thresholds and cells of one table a hypothesis; 0 where statistics are not binned by table. */
  readonly nThresholds: number;
  readonly nCells: number;
}

export interface ModelRegions {
  /** One an element-wise column: [n][nColumns] as stored. */
  readonly rawColumns: readonly number[];
  /** f64 panels of each element-wise column and group, [G * c][W/4][n][4]. */
  readonly own: number;
  /** u32 [W]: members of a group of elements within the block. */
  readonly members: number;
  /** f64 [r][n]: Q, or the directions of it that are projected out. */
  readonly basis: number;
  /** u32 [W][n/32]: bits of the observations that each column of the block lacks. */
  readonly lacking: number;
  /** i32 [n]: observations that a group of elements lacks; scratch of f64GatherMasked. */
  readonly missing: number;
  readonly runs: number;
  /** f64 [n][G * r]: Q_g of each variance group, the remaining observations only, interleaved; f64 [n][G]: indicators of the groups. */
  readonly entries: number;
  readonly indicators: number;
  /** i32, i8 [tile][n]: the shuffle of the observations that are left, for element-wise columns. */
  readonly labels: number;
  readonly signs: number;
  readonly gathered: number;
  readonly gatheredIndicators: number;
  readonly squares: number;
  readonly squareProduct: number;
  readonly product: number;
  readonly ownProduct: number;
  /** f64 [H][r][W]. */
  readonly shifts: number;
  /** f64 [H][W]. */
  readonly totals: number;
  /** f64 [s][r + c][W]. */
  readonly tested: number;
  /** f64: K [G][r][r], sizes [G], rnn [G], T [s][r] of a group of elements, M [r][rho], recovery [rho], i32 starts [G + 1]; scratch of f64GroupedStatistics. rho <= G r. */
  readonly moments: number;
  readonly scratch: number;
  /** f64 [tile][W]. */
  readonly statistics: number;
  readonly dofs: number;
  /** f64 [nThresholds], u16 [nCells] of each hypothesis. */
  readonly thresholds: readonly number[];
  readonly cells: readonly number[];
}

/** Words of 32 observations. */
export const missingWords = (n: number): number => Math.ceil(n / 32);

/** Rows of the product a shuffle. */
export const productRows = (size: ModelSize): number => size.nGroups * size.sharedRank;

/** Columns of a panel: the block's, and those of Q beside them (model-tests.ts). */
export const panelColumns = (size: ModelSize, width: number): number => width + roundUp(size.sharedRank, 8);

export function layOutModel(
  reserve: (bytes: number) => number,
  size: ModelSize,
  plan: { readonly nSubjects: number; readonly width: number; readonly tileShuffles: number },
): ModelRegions {
  const { nSubjects: n, tileShuffles: tile } = plan;
  const { sharedRank: r, nElementColumns: c, nGroups, contrastRanks } = size;
  const grouped = nGroups > 1;
  const width = panelColumns(size, plan.width);
  const gatheredRows = roundUp(tile * productRows(size), ROW_PANEL);
  const squareRows = grouped ? roundUp(tile * nGroups, ROW_PANEL) : 0;
  const nHypotheses = contrastRanks.length;
  const mostRows = Math.max(...contrastRanks);
  return {
    rawColumns: size.columnBytes.map((bytes) => reserve(n * plan.width * bytes)),
    own: reserve(nGroups * c * n * width * 8),
    members: reserve(width * 4),
    basis: reserve(r * n * 8),
    lacking: reserve(size.variable ? width * missingWords(n) * 4 : 0),
    missing: reserve(n * 4),
    runs: reserve((n + 1) * 4 + roundUp(n, 64) / 8),
    entries: reserve(n * productRows(size) * 8),
    indicators: reserve(grouped ? n * nGroups * 8 : 0),
    labels: reserve(c > 0 ? tile * n * 4 : 0),
    signs: reserve(c > 0 ? tile * n : 0),
    gathered: reserve(Math.max(gatheredRows, roundUp(r, ROW_PANEL)) * n * 8),
    gatheredIndicators: reserve(squareRows * n * 8),
    squares: reserve(grouped ? n * width * 8 : 0),
    squareProduct: reserve(squareRows * width * 8),
    product: reserve(Math.max(gatheredRows, roundUp(r, ROW_PANEL)) * width * 8),
    ownProduct: reserve(Math.max(tile * nGroups * c, 1) * width * 8),
    shifts: reserve(nHypotheses * r * width * 8),
    totals: reserve(nHypotheses * width * 8),
    tested: reserve(mostRows * (r + c) * width * 8),
    moments: reserve(grouped ? (nGroups * (r * r + 2) + mostRows * r + (r + 1) * nGroups * r + nGroups + 1) * 8 : 0),
    scratch: reserve(
      grouped ? 16 * (r + nGroups + r * r + mostRows * r + mostRows * mostRows + mostRows + nGroups * r) : 0,
    ),
    statistics: reserve(tile * width * 8),
    dofs: reserve(grouped ? tile * width * 8 : 0),
    thresholds: contrastRanks.map(() => reserve(size.nThresholds * 8)),
    cells: contrastRanks.map(() => reserve(size.nCells * 2)),
  };
}
