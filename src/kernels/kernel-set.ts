// The table every caller gets its hot loops from. Contracts: CONTRACTS.md, one entry a function.
// Pointers are byte offsets into the linear memory, strides count elements, sizes are integers.

import type { ScreenKernels } from "./screen-kernels.js";

export type KernelVariant = "reference" | "simd" | "native";

/** How a set lays out what it works on: fields of the set, because another provider of the product may want other panels. */
export interface PanelSizes {
  /** Columns of a packed float64 panel. */
  readonly f64: number;
  /** Columns of a packed float32 panel; a multiple of `f64`. */
  readonly f32: number;
  /** Rows of a packed panel of the gathered basis. */
  readonly rows: number;
  /** Shuffles side by side in one element's bins. */
  readonly lanes: number;
  /** Of a set whose tiles are multiplied by a `RowProduct`. */
  readonly tile?: TileShape | undefined;
}

/** A library multiplies large tiles fast, and elements of the product in one order of summation where all tiles are padded alike. */
export interface TileShape {
  /** Rows at least. */
  readonly rows: number;
  /** Columns: a multiple of it, and of 8. */
  readonly columns: number;
  /** In float32 what is multiplied in slices (`slice` of the product) is summed slice by slice, and not onto the sum of the slices before. Absent: nobody knows. */
  readonly sumsSlices?: boolean;
}

/** Of both sets here: known before there is a memory for one, because the memory is planned by them. */
export const PANELS: PanelSizes = { f64: 4, f32: 8, rows: 4, lanes: 16 };

/** The smallest multiple that holds `count`: panels, lanes and pages are padded to whole ones. */
export const roundUp = (count: number, multiple: number): number => Math.ceil(count / multiple) * multiple;

/** `product [R x W] = gathered * packed`: a provider of its own in a set, so that another one can take its place. CONTRACTS.md, `product`. */
export interface TileProduct {
  f64: ProductKernel;
  f32: ProductKernel;
}

export type ProductKernel = (
  nOut: number,
  nRows: number,
  width: number,
  gathered: number,
  packed: number,
  product: number,
  productStride: number,
) => void;

/** The same product of operands in rows: gathered [R][n], columns [n][W]. CONTRACTS.md, `rowProduct`. */
export interface RowProduct {
  f64: RowProductKernel;
  f32: RowProductKernel;
}

export type RowProductKernel = (
  nOut: number,
  nRows: number,
  width: number,
  gathered: number,
  columns: number,
  product: number,
  slice?: number,
) => void;

/** Into panels or rows, of float64 or float32: CONTRACTS.md, `f64GatherBasis`, `f64GatherRows`. */
type GatherKernel = (
  nRows: number,
  rank: number,
  nShuffles: number,
  labels: number,
  signs: number,
  basis: number,
  gathered: number,
) => void;

/** Into panels or rows: CONTRACTS.md, `f64GatherMasked`, `f64GatherMaskedRows`. */
type MaskedGatherKernel = (
  nRows: number,
  nBasis: number,
  nShuffles: number,
  positions: number,
  positionBytes: 2 | 4,
  signs: number,
  nMissing: number,
  missing: number,
  basis: number,
  gathered: number,
  scratch: number,
) => void;

/** Of panels of float64 or float32: CONTRACTS.md, `f64LaneProduct`. */
type LaneProductKernel = (
  nRows: number,
  nPacked: number,
  nShuffles: number,
  width: number,
  labels: number,
  signs: number,
  own: number,
  packed: number,
  product: number,
  rowStep: number,
  stride: number,
) => void;

/** Of panels of float64 or float32: CONTRACTS.md, `f64LaneSquares`. */
type LaneSquaresKernel = (
  nRows: number,
  nPacked: number,
  nShuffles: number,
  width: number,
  labels: number,
  signs: number,
  own: number,
  packed: number,
  product: number,
  rowStep: number,
  squares: number,
  squareStep: number,
  stride: number,
) => void;

/** CONTRACTS.md, `f64RowsFromPanels`. */
type RowsFromPanelsKernel = (
  nRows: number,
  width: number,
  packed: number,
  stride: number,
  factors: number,
  rows: number,
) => void;

export interface KernelSet extends ScreenKernels {
  readonly variant: KernelVariant;
  readonly panels: PanelSizes;
  readonly product: TileProduct;
  /** Of the tiles of shuffles, where another provider takes them; undefined: `product`. */
  readonly rowProduct: RowProduct | undefined;

  f64PackColumns(
    nRows: number,
    nColumns: number,
    source: number,
    sourceBytes: number,
    sourceStride: number,
    columns: number,
    packed: number,
    nonFinite: number,
  ): void;
  f64ProjectOut(nRows: number, width: number, nBasis: number, basis: number, packed: number, along: number): void;
  f64SumSquares(nRows: number, width: number, packed: number, sums: number): void;
  f64ScaleColumns(nRows: number, width: number, factors: number, packed: number): void;
  f64AddScaled(
    nRows: number,
    width: number,
    factors: number,
    direction: number,
    byColumn: number,
    packed: number,
  ): void;
  f64GatherBasis: GatherKernel;

  f32FromF64Panels(nRows: number, width: number, packed64: number, factors: number, packed32: number): void;
  f32GatherBasis: GatherKernel;
  f64RowsFromPanels: RowsFromPanelsKernel;
  f32RowsFromPanels: RowsFromPanelsKernel;
  f64GatherRows: GatherKernel;
  f32GatherRows: GatherKernel;

  f64BinStatistics(
    nShuffles: number,
    nColumns: number,
    rank: number,
    contrastRank: number,
    nCorrections: number,
    product: number,
    productBytes: number,
    productStride: number,
    contrastBasis: number,
    correctionRows: number,
    correctionColumns: number,
    columnStride: number,
    sumSquares: number,
    dof: number,
    signed: number,
    nCells: number,
    firstCell: number,
    shift: number,
    cells: number,
    squares: number,
    binBytes: number,
    bins: number,
  ): number;

  f64ScoreStatistics(
    nShuffles: number,
    nColumns: number,
    rank: number,
    contrastRank: number,
    nCorrections: number,
    product: number,
    productBytes: number,
    productStride: number,
    contrastBasis: number,
    correctionRows: number,
    correctionColumns: number,
    columnStride: number,
    sumSquares: number,
    dof: number,
    signed: number,
    least: number,
    untestable: number,
    scores: number,
    scoreStride: number,
  ): void;
  f64ReduceMembers(
    nShuffles: number,
    nMembers: number,
    statistics: number,
    stride: number,
    members: number,
    none: number,
    keepDefault: number,
    defaults: number,
    counters: number,
    eligible: number,
    largest: number,
    winners: number,
  ): void;
  f64ReduceScores(
    nShuffles: number,
    nColumns: number,
    scores: number,
    scoreStride: number,
    firstElement: number,
    keepDefault: number,
    defaults: number,
    counters: number,
    maxima: number,
    maximaElements: number,
  ): void;

  f64PooledStatistics(
    nShuffles: number,
    nColumns: number,
    rank: number,
    nOwn: number,
    contrastRank: number,
    product: number,
    ownProduct: number,
    productBytes: number,
    stride: number,
    firstShift: number,
    shifts: number,
    tested: number,
    testedByColumn: number,
    sumSquares: number,
    dof: number,
    signed: number,
    least: number,
    squared: number,
    statistics: number,
  ): void;
  f64GatherMasked: MaskedGatherKernel;
  f64GatherMaskedRows: MaskedGatherKernel;
  f32GatherMasked: MaskedGatherKernel;
  f32GatherMaskedRows: MaskedGatherKernel;
  f64MaskedPair(
    nRows: number,
    nShuffles: number,
    signs: number,
    nFirst: number,
    first: number,
    nSecond: number,
    second: number,
    positions: number,
    positionBytes: 2 | 4,
    rows: number,
    columns: number,
    product: number,
    scratch: number,
    spread: number,
  ): void;
  f64FactorisePair(
    nRows: number,
    nColumns: number,
    basis: number,
    nFirst: number,
    first: number,
    nSecond: number,
    second: number,
    q: number,
    factors: number,
  ): void;
  f64PreparePair(
    nRows: number,
    nColumns: number,
    q: number,
    weights: number,
    firstSource: number,
    secondSource: number,
    sourceBytes: number,
    sourceStride: number,
    nFirst: number,
    first: number,
    nSecond: number,
    second: number,
    columns: number,
    rows: number,
    fit: number,
  ): void;
  f64MarkMissing(
    nRows: number,
    nColumns: number,
    values: number,
    valueBytes: number,
    stride: number,
    nWords: number,
    missing: number,
    to: number,
    toStride: number,
  ): void;
  sortColumns(
    nRows: number,
    first: number,
    nColumns: number,
    values: number,
    valueBytes: number,
    stride: number,
    order: number,
    scratch: number,
  ): void;
  f64LaneProduct: LaneProductKernel;
  f32LaneProduct: LaneProductKernel;
  f64LaneSquares: LaneSquaresKernel;
  f32LaneSquares: LaneSquaresKernel;
  f64GroupedStatistics(
    nShuffles: number,
    nColumns: number,
    rank: number,
    nGroups: number,
    contrastRank: number,
    product: number,
    squares: number,
    productBytes: number,
    stride: number,
    starts: number,
    directions: number,
    dropped: number,
    recovery: number,
    gram: number,
    sizes: number,
    rnn: number,
    toEffect: number,
    signed: number,
    statistics: number,
    dofs: number,
    scratch: number,
  ): void;
  f64GroupedByColumn(
    nShuffles: number,
    nColumns: number,
    sharedRank: number,
    nOwn: number,
    nGroups: number,
    contrastRank: number,
    product: number,
    ownProduct: number,
    squares: number,
    productBytes: number,
    stride: number,
    starts: number,
    directions: number,
    dropped: number,
    recovery: number,
    gram: number,
    sizes: number,
    rnn: number,
    tested: number,
    signed: number,
    statistics: number,
    dofs: number,
    scratch: number,
  ): void;
  f64BinScores(
    nShuffles: number,
    nColumns: number,
    statistics: number,
    stride: number,
    columns: number,
    nCells: number,
    firstCell: number,
    shift: number,
    cells: number,
    squares: number,
    binBytes: number,
    bins: number,
  ): number;

  f32EnhanceRows(
    nRows: number,
    firstElement: number,
    binBytes: number,
    nBins: number,
    extentPower: number,
    rowStarts: number,
    connections: number,
    norms: number,
    heightPowers: number,
    bins: number,
    enhanced: number,
    histogram: number,
  ): void;
  f32KeepDefault(nRows: number, firstElement: number, enhanced: number, defaults: number): void;
  f32ReduceEnhanced(
    nRows: number,
    firstElement: number,
    firstLane: number,
    endLane: number,
    enhanced: number,
    defaults: number,
    eligible: number,
    counters: number,
    maxima: number,
    maximaElements: number,
  ): void;

  f32EnhanceGrid(
    nElements: number,
    nCells: number,
    row: number,
    plane: number,
    connectivity: number,
    binBytes: number,
    nBins: number,
    bins: number,
    cells: number,
    extentPowers: number,
    heightSums: number,
    enhanced: number,
    scratch: number,
  ): void;
  f32EnhanceGridExact(
    nElements: number,
    nCells: number,
    row: number,
    plane: number,
    connectivity: number,
    z: number,
    cells: number,
    extentPowers: number,
    power: number,
    enhanced: number,
    scratch: number,
  ): void;
  f32EnhanceNetworkExact(
    nElements: number,
    nNodes: number,
    z: number,
    ends: number,
    extentPowers: number,
    power: number,
    enhanced: number,
    scratch: number,
  ): void;
  f32EnhanceNetwork(
    nElements: number,
    nNodes: number,
    binBytes: number,
    nBins: number,
    bins: number,
    ends: number,
    extentPowers: number,
    heightSums: number,
    enhanced: number,
    scratch: number,
  ): void;
  f32ReduceMap(
    nElements: number,
    enhanced: number,
    defaults: number,
    eligible: number,
    counters: number,
    maximum: number,
    maximumElement: number,
  ): void;

  u8LevelBins(
    first: number,
    count: number,
    order: number,
    bins: number,
    groupBytes: number,
    nGroups: number,
    cap: number,
    table: number,
    levels: number,
  ): void;
  boundRows(
    nRows: number,
    rows: number,
    indices: number,
    weights: number,
    levels: number,
    bins: number,
    groupBytes: number,
    needs: number,
    tables: number,
    refine: number,
    room: number,
    candidates: number,
    counts: number,
    scratch: number,
  ): number;
  f32EnhanceOne(
    nConnections: number,
    connections: number,
    bins: number,
    bin: number,
    extentPower: number,
    heightPowers: number,
    norm: number,
    histogram: number,
  ): number;

  f32SmoothingWeights(
    nRows: number,
    firstRow: number,
    nFixels: number,
    rowStarts: number,
    connected: number,
    connectivity: number,
    places: number,
    inside: number,
    scale: number,
    decay: number,
    least: number,
    powers: number,
    starts: number,
    pairs: number,
  ): number;
  f32SmoothRows(
    nRows: number,
    firstRow: number,
    nLanes: number,
    starts: number,
    pairs: number,
    complete: number,
    values: number,
    smoothed: number,
  ): void;

  f32TraceVoxels(
    nPoints: number,
    points: number,
    ratio: number,
    weights: number,
    placement: number,
    nX: number,
    nY: number,
    nZ: number,
    nearness: number,
    most: number,
    window: number,
    scratch: number,
    voxels: number,
    chords: number,
  ): number;

  countRows(
    nRows: number,
    words: number,
    rowStarts: number,
    entries: number,
    scales: number,
    threshold: number,
    counters: number,
    packing: number,
    capacity: number,
    columns: number,
    values: number,
    counts: number,
    extents: number,
  ): number;
}
