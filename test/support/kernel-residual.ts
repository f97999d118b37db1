// How far a kernel may be from its statement. One line an operation; `warn` is what it reaches today with a little room,
// `fail` is a wrong kernel. 0: every bit.
import { expect, type TestContext } from "vitest";
import type { KernelSet } from "../../src/kernels/kernel-set.js";

type Operation = Exclude<keyof KernelSet, "variant" | "panels" | "product" | "rowProduct"> | "f64Gemm" | "f32Gemm";

/** Largest |got - stated| / size, size being the sum of absolute terms behind a number. Float64: eps = 2.2e-16, float32: 1.2e-7. */
export const RESIDUALS: Readonly<Record<Operation, { readonly warn: number; readonly fail: number }>> = {
  f64PackColumns: { warn: 0, fail: 0 },
  f64MarkMissing: { warn: 0, fail: 0 },
  sortColumns: { warn: 0, fail: 0 },
  f64ProjectOut: { warn: 2e-15, fail: 2e-14 },
  f64SumSquares: { warn: 4e-15, fail: 1e-13 },
  f64ScaleColumns: { warn: 0, fail: 0 },
  f64AddScaled: { warn: 0, fail: 0 },
  f64GatherBasis: { warn: 0, fail: 0 },
  f64Gemm: { warn: 2e-15, fail: 1e-13 },
  f32FromF64Panels: { warn: 0, fail: 0 },
  f32GatherBasis: { warn: 0, fail: 0 },
  f32Gemm: { warn: 1e-6, fail: 5e-5 },
  f64RowsFromPanels: { warn: 0, fail: 0 },
  f32RowsFromPanels: { warn: 0, fail: 0 },
  f64GatherRows: { warn: 0, fail: 0 },
  f32GatherRows: { warn: 0, fail: 0 },
  f64GatherMaskedRows: { warn: 0, fail: 0 },
  f32GatherMaskedRows: { warn: 0, fail: 0 },
  f64BinStatistics: { warn: 0, fail: 0 },
  f64ScoreStatistics: { warn: 2e-12, fail: 2e-12 },
  f64ReduceScores: { warn: 0, fail: 0 },
  f64ScreenScores: { warn: 0, fail: 0 },
  f32ScreenProducts: { warn: 0, fail: 0 },
  f32LargestProducts: { warn: 0, fail: 0 },
  f64MaskedProducts: { warn: 0, fail: 0 },
  f64ProductsOf: { warn: 0, fail: 0 },
  f64ReduceMembers: { warn: 0, fail: 0 },
  f64PooledStatistics: { warn: 1e-12, fail: 1e-11 },
  f64GatherMasked: { warn: 0, fail: 0 },
  f32GatherMasked: { warn: 0, fail: 0 },
  f64MaskedPair: { warn: 0, fail: 0 },
  f64FactorisePair: { warn: 0, fail: 0 },
  f64PreparePair: { warn: 0, fail: 0 },
  f64GroupedByColumn: { warn: 1e-9, fail: 1e-7 },
  f64GroupedStatistics: { warn: 1e-9, fail: 1e-7 },
  f64LaneProduct: { warn: 2e-15, fail: 1e-13 },
  f64LaneSquares: { warn: 2e-15, fail: 1e-13 },
  f32LaneSquares: { warn: 1e-6, fail: 5e-5 },
  f32LaneProduct: { warn: 1e-6, fail: 5e-5 },
  f64BinScores: { warn: 0, fail: 0 },
  f32EnhanceRows: { warn: 1e-6, fail: 1e-5 },
  f32KeepDefault: { warn: 0, fail: 0 },
  f32ReduceEnhanced: { warn: 0, fail: 0 },
  f32EnhanceGrid: { warn: 6.1e-8, fail: 1e-7 },
  f32EnhanceNetwork: { warn: 6.1e-8, fail: 1e-7 },
  f32EnhanceGridExact: { warn: 6.1e-8, fail: 1e-7 },
  f32EnhanceNetworkExact: { warn: 6.1e-8, fail: 1e-7 },
  f32ReduceMap: { warn: 0, fail: 0 },
  u8LevelBins: { warn: 0, fail: 0 },
  boundRows: { warn: 0, fail: 0 },
  f32EnhanceOne: { warn: 0, fail: 0 },
  f32SmoothingWeights: { warn: 0, fail: 0 },
  f32SmoothRows: { warn: 0, fail: 0 },
  f32TraceVoxels: { warn: 0, fail: 0 },
  countRows: { warn: 0, fail: 0 },
};

export interface Comparison {
  readonly got: ArrayLike<number>;
  readonly stated: ArrayLike<number>;
  /** Default: |stated|. */
  readonly size?: ArrayLike<number>;
  /** Absolute error that underflow alone explains. Default 0. */
  readonly underflow?: number;
}

/** Infinity where one side is not finite and the other is something else. */
export function largestResidual({ got, stated, size, underflow = 0 }: Comparison): number {
  let largest = 0;
  for (let i = 0; i < stated.length; i++) {
    const [a, b] = [got[i]!, stated[i]!];
    if (Object.is(a, b) || a === b) continue;
    const error = Math.max(0, Math.abs(a - b) - underflow);
    if (error === 0) continue;
    const residual = error / Math.abs(size === undefined ? b : size[i]!);
    largest = Math.max(largest, Number.isNaN(residual) ? Number.POSITIVE_INFINITY : residual);
  }
  return largest;
}

/** Fails above `fail`; above `warn` leaves a note with the test. */
export async function expectResidual(operation: Operation, comparison: Comparison, context: TestContext) {
  expect(comparison.got.length).toBe(comparison.stated.length);
  const residual = largestResidual(comparison);
  const { warn, fail } = RESIDUALS[operation];
  expect(residual, `${operation}: relative residual`).toBeLessThanOrEqual(fail);
  if (residual > warn)
    await context.annotate(`${operation}: relative residual ${residual}, usually <= ${warn}`, "warning");
}
