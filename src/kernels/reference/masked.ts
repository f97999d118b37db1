// Reference kernels of two elements that each have a pattern of missing observations of their own. Contract: ../CONTRACTS.md.
import { sourcesOf } from "./varying.js";

/** Sources, ascending, of each element. */
export type MissingPair = readonly [Int32Array, Int32Array];

/** Values of a row behind its last: kernels read four at a time. */
const ROW_PADDING = 4;

export interface MaskedPairInputs {
  readonly nRows: number;
  readonly nShuffles: number;
  /** Undefined: all +1. */
  readonly signs: Int8Array | undefined;
  readonly missing: MissingPair;
  /** [nShuffles][nRows]: target of each source. */
  readonly positions: Int32Array | Uint16Array;
  /** [2][nRows + 4]: the remaining observations of each. */
  readonly rows: Float64Array;
  /** [nRows][4]: y and x of both, zero where they are missing. */
  readonly columns: Float64Array;
}

/** product[e][b] = sums over sources of what gatherMasked gives the source, times its y and its x. */
export function maskedPair(inputs: MaskedPairInputs, product: Float64Array): void {
  const { nRows, nShuffles, signs, positions, rows, columns } = inputs;
  for (const [e, sources] of inputs.missing.entries()) {
    const missing = new Set(sources);
    const row = rows.subarray(e * (nRows + ROW_PADDING));
    for (let b = 0; b < nShuffles; b++) {
      const positionOf = (source: number) => positions[b * nRows + source]!;
      const spread = new Float64Array(nRows);
      let remaining = 0;
      for (const [i, source] of sourcesOf(inputs, b).entries()) {
        if (!missing.has(source)) spread[i] = row[remaining++]! * (signs?.[b * nRows + i] ?? 1);
      }
      for (const part of [0, 1]) {
        let sum = 0;
        for (let source = 0; source < nRows; source++)
          sum += spread[positionOf(source)]! * columns[source * 4 + 2 * part + e]!;
        product[(e * nShuffles + b) * 2 + part] = sum;
      }
    }
  }
}

export interface FactorisePairInputs {
  readonly nRows: number;
  readonly nColumns: number;
  /** [k][n]. */
  readonly basis: Float64Array;
  readonly missing: MissingPair;
}

/** What is left of a column below this share of it is no direction. */
const NO_DIRECTION = 1e-14;
/** Lengths whose squares keep their digits. */
const USUAL = [1e-140, 1e140] as const;

/** q [k][n][2]; factors: R [k][k][2], what is left of each column [k][2], the sum of its row of q [k][2]. */
export function factorisePair(inputs: FactorisePairInputs, q: Float64Array, factors: Float64Array): void {
  const { nRows: n, nColumns: k, basis } = inputs;
  factors.fill(0);
  for (const [e, missing] of inputs.missing.entries()) {
    const rows: Float64Array[] = [];
    for (let j = 0; j < k; j++) {
      const row = basis.slice(j * n, (j + 1) * n);
      for (const source of missing) row[source] = 0;
      const length = Math.sqrt(dot(row, row));
      for (let pass = 0; pass < 2; pass++) {
        for (const [l, other] of rows.entries()) {
          const along = dot(other, row);
          for (let i = 0; i < n; i++) row[i]! -= along * other[i]!;
          factors[(l * k + j) * 2 + e]! += along;
        }
      }
      const left = j === 0 ? length : Math.sqrt(dot(row, row));
      factors[(j * k + j) * 2 + e] = left;
      const isUsual = length > USUAL[0] && length < USUAL[1];
      factors[(k * k + j) * 2 + e] = isUsual ? left / length : Number.NaN;
      for (let i = 0; i < n; i++) row[i] = left > NO_DIRECTION * length ? row[i]! / left : 0;
      factors[(k * k + k + j) * 2 + e] = row.reduce((sum, x) => sum + x, 0);
      for (let i = 0; i < n; i++) q[(j * n + i) * 2 + e] = row[i]!;
      rows.push(row);
    }
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

export interface PreparePairInputs {
  readonly nRows: number;
  readonly nColumns: number;
  /** [k][n][2]. */
  readonly q: Float64Array;
  /** [k][2]. */
  readonly weights: Float64Array;
  /** y of each element, zero where it is missing, at every `sourceStride`-th place. */
  readonly sources: readonly [Float32Array | Float64Array, Float32Array | Float64Array];
  readonly sourceStride: number;
  readonly missing: MissingPair;
}

/** columns and rows as MaskedPairInputs, with the residual of y beside the columns of q; fit [3][2]: x'y, |y|^2, and |y|^2 of the residual. */
export function preparePair(
  inputs: PreparePairInputs,
  columns: Float64Array,
  rows: Float64Array,
  fit: Float64Array,
): void {
  const { nRows: n, nColumns: k, q, weights, sources, sourceStride } = inputs;
  for (const [e, source] of sources.entries()) {
    const y = Float64Array.from({ length: n }, (_, i) => source[i * sourceStride]!);
    const x = Float64Array.from({ length: n }, (_, i) => {
      let sum = 0;
      for (let l = 0; l < k; l++) sum += weights[l * 2 + e]! * q[(l * n + i) * 2 + e]!;
      return sum;
    });
    const sumOf = (term: (i: number) => number) => {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += term(i);
      return sum;
    };
    fit[e] = sumOf((i) => x[i]! * y[i]!);
    fit[2 + e] = sumOf((i) => y[i]! * y[i]!);
    for (let pass = 0; pass < 2; pass++) {
      for (let l = 0; l < k; l++) {
        const row = (i: number) => q[(l * n + i) * 2 + e]!;
        const along = sumOf((i) => row(i) * y[i]!);
        for (let i = 0; i < n; i++) y[i]! -= along * row(i);
      }
    }
    fit[4 + e] = sumOf((i) => y[i]! * y[i]!);
    const missing = new Set(inputs.missing[e]);
    let to = e * (n + ROW_PADDING);
    for (let i = 0; i < n; i++) {
      columns[i * 4 + e] = y[i]!;
      columns[i * 4 + 2 + e] = x[i]!;
      if (!missing.has(i)) rows[to++] = x[i]!;
    }
  }
}
