// Kernels of scores that are computed from float32 products first, and exactly where those do not decide. Contracts: CONTRACTS.md.

export interface ScreenKernels {
  f64ScreenScores(
    nShuffles: number,
    nColumns: number,
    scores: number,
    scoreStride: number,
    near: number,
    lowest: number,
    highest: number,
    counters: number,
    largest: number,
    open: number,
  ): number;
  f32ScreenProducts(
    nShuffles: number,
    nColumns: number,
    product: number,
    stride: number,
    shifts: number,
    firstShift: number,
    direction: number,
    near: number,
    top: number,
    lowest: number,
    highest: number,
    counters: number,
    largest: number,
    open: number,
  ): number;
  f64ProductsOf(
    nRows: number,
    rank: number,
    count: number,
    open: number,
    labels: number,
    signs: number,
    basis: number,
    packed: number,
    product: number,
    stride: number,
    scratch: number,
  ): void;
  f64MaskedProducts(
    nRows: number,
    rank: number,
    count: number,
    open: number,
    positions: number,
    positionBytes: 2 | 4,
    signs: number,
    nMissing: number,
    missing: number,
    basis: number,
    packed: number,
    firstShared: number,
    product: number,
    stride: number,
    scratch: number,
  ): void;
}
