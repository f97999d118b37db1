// Named shapes and contents for the kernels: a failure says which.
import { type PlainMatrix, plainMatrix, type Shuffle } from "./kernel-statements.js";
import { createRandom, type SeededRandom } from "./seeded-random.js";

/** Subjects a slice of the SIMD product (KC in src/kernels/assembly/gemm.ts): the sums are interrupted there. */
const SLICE = 512;

export interface RowCase {
  readonly name: string;
  readonly nRows: number;
}

export const ROW_CASES: readonly RowCase[] = [
  { name: "one", nRows: 1 },
  { name: "two", nRows: 2 },
  { name: "n_lt_slice", nRows: 37 },
  { name: "n_eq_slice", nRows: SLICE },
  { name: "n_gt_slice", nRows: SLICE + 1 },
  { name: "n_gt_two_slices", nRows: 2 * SLICE + 3 },
];

export interface ContentCase {
  readonly name: string;
  /** Value at row i, column w. */
  readonly valueAt: (random: SeededRandom, i: number, w: number) => number;
}

export const CONTENT_CASES: readonly ContentCase[] = [
  { name: "normal", valueAt: (random) => random.normal() },
  { name: "all_zero", valueAt: () => 0 },
  { name: "all_negative", valueAt: (random) => -1 - random.uniform() },
  { name: "large_mean", valueAt: (random) => 1e6 + random.normal() },
  { name: "denormal", valueAt: (random) => random.normal() * 1e-310 },
  { name: "with_nan", valueAt: (random, i, w) => (i === 1 && w % 3 === 1 ? Number.NaN : random.normal()) },
  { name: "with_inf", valueAt: (random, i, w) => (i === 0 && w % 3 === 2 ? -Infinity : random.normal()) },
];

export function matrixOfCase(content: ContentCase, nRows: number, nColumns: number, seed = 1): PlainMatrix {
  const random = createRandom(seed);
  return plainMatrix(nRows, nColumns, (i, w) => content.valueAt(random, i, w));
}

/** Orthonormal rows [rank x n] by Gram-Schmidt, done twice; the first row is constant. rank <= n. */
export function orthonormalRows(rank: number, n: number, seed = 2): PlainMatrix {
  const random = createRandom(seed);
  const basis = plainMatrix(rank, n, (j) => (j === 0 ? 1 : random.normal()));
  for (let j = 0; j < rank; j++) {
    const row = basis.values.subarray(j * n, j * n + n);
    for (let pass = 0; pass < 2; pass++) {
      for (let l = 0; l < j; l++) {
        const other = basis.values.subarray(l * n, l * n + n);
        const part = row.reduce((sum, x, i) => sum + x * other[i]!, 0);
        for (let i = 0; i < n; i++) row[i]! -= part * other[i]!;
      }
      const length = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0));
      for (let i = 0; i < n; i++) row[i]! /= length;
    }
  }
  return basis;
}

/** The first is the identity. */
export function drawShuffles(nShuffles: number, n: number, seed = 3): Shuffle[] {
  const random = createRandom(seed);
  return Array.from({ length: nShuffles }, (_, b) => ({
    labels: b === 0 ? Array.from({ length: n }, (_, i) => i) : random.permutation(n),
    signs: Array.from({ length: n }, () => (b === 0 || random.uniform() < 0.5 ? 1 : -1)),
  }));
}
