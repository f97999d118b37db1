// Reference kernels of designs that vary between elements: products -> t or sqrt(F) -> bins. Contract: ../CONTRACTS.md.
import { PANELS } from "../kernel-set.js";

import { type BinCells, binOf } from "./bins.js";

const { lanes: LANES, rows: ROW_PANEL } = PANELS;

/** Of either precision: what is made of them is float64. */
export type Products = Float64Array | Float32Array;

export interface PooledInputs {
  readonly nShuffles: number;
  readonly nColumns: number;
  /** Rows of the shared product, and of the element's own, per shuffle. */
  readonly rank: number;
  readonly nOwn: number;
  readonly contrastRank: number;
  readonly product: Products;
  readonly ownProduct: Products;
  readonly stride: number;
  /** First column of the product that holds Q P_b Q', or -1. */
  readonly firstShift: number;
  readonly shifts: Float64Array;
  /** [s][r], or [s][r][stride] where `testedByColumn`. */
  readonly tested: Float64Array;
  readonly testedByColumn: boolean;
  readonly sumSquares: Float64Array;
  readonly dof: number;
  readonly signed: boolean;
  /** Share of the sum of squares that a residual has to have. */
  readonly least: number;
  /** Roots are not drawn. */
  readonly squared: boolean;
}

export function pooledStatistics(inputs: PooledInputs, statistics: Float64Array): void {
  const { stride, nOwn, contrastRank: s, testedByColumn } = inputs;
  const r = inputs.rank + nOwn;
  const d = new Float64Array(r);
  for (let b = 0; b < inputs.nShuffles; b++) {
    for (let w = 0; w < inputs.nColumns; w++) {
      directions(inputs, b, w, d);
      let squares = 0;
      for (let j = 0; j < r; j++) squares += d[j]! * d[j]!;
      const total = inputs.sumSquares[w]!;
      const sse = total - squares;
      let uu = 0;
      let u = 0;
      for (let q = 0; q < s; q++) {
        u = 0;
        for (let j = 0; j < r; j++) {
          u += inputs.tested[testedByColumn ? (q * r + j) * stride + w : q * r + j]! * d[j]!;
        }
        uu += u * u;
      }
      const square = (uu * (inputs.dof / s)) / sse;
      const x = inputs.squared ? square : Math.sqrt(square);
      statistics[b * stride + w] = sse > inputs.least * total ? (inputs.signed && u < 0 ? -x : x) : Number.NaN;
    }
  }
}

function directions(inputs: PooledInputs, b: number, w: number, d: Float64Array): void {
  const { rank, nOwn, stride, firstShift, product } = inputs;
  for (let j = 0; j < rank; j++) {
    const row = (b * rank + j) * stride;
    d[j] = product[row + w]!;
    if (firstShift >= 0) {
      for (let l = 0; l < rank; l++) d[j]! += product[row + firstShift + l]! * inputs.shifts[l * stride + w]!;
    }
  }
  for (let j = 0; j < nOwn; j++) d[rank + j] = inputs.ownProduct[(b * nOwn + j) * stride + w]!;
}

/** bins[columns[w]][b] = floor(Z / dh) of the root of squares[b][w] by the table of thresholds. Returns the largest. */
export function binScores(
  inputs: BinCells & {
    readonly nShuffles: number;
    readonly nColumns: number;
    readonly values: Float64Array;
    readonly stride: number;
    readonly columns: Uint32Array;
  },
  bins: Uint8Array | Uint16Array,
): number {
  let largest = 0;
  for (let b = 0; b < inputs.nShuffles; b++) {
    for (let w = 0; w < inputs.nColumns; w++) {
      const bin = binOf(inputs, inputs.values[b * inputs.stride + w]!);
      if (bin > largest) largest = bin;
      bins[inputs.columns[w]! * LANES + b] = bin;
    }
  }
  return largest;
}

export interface LaneInputs {
  readonly nRows: number;
  /** Rows of a packed panel. */
  readonly nPacked: number;
  readonly nShuffles: number;
  readonly width: number;
  readonly labels: Int32Array;
  /** Undefined: all +1. */
  readonly signs: Int8Array | undefined;
  /** Columns of a panel. */
  readonly panelWidth: number;
  readonly own: Products;
  readonly packed: Products;
  /** Rows of the product from one shuffle to the next. */
  readonly rowStep: number;
  readonly stride: number;
}

/** product[b * rowStep][w] = sum over i of own[i][w] * signs[b][i] * packed[labels[b][i]][w]. */
export function laneProduct(inputs: LaneInputs, product: Products): void {
  const { nRows, nPacked, width, labels, signs, own, packed, panelWidth } = inputs;
  const round = product instanceof Float32Array ? Math.fround : (x: number) => x;
  for (let b = 0; b < inputs.nShuffles; b++) {
    for (let w = 0; w < width; w++) {
      const [panel, lane] = [w - (w % panelWidth), w % panelWidth];
      const [ownBase, base] = [panel * nRows + lane, panel * nPacked + lane];
      let sum = 0;
      for (let i = 0; i < nRows; i++) {
        const value = round(own[ownBase + i * panelWidth]! * packed[base + labels[b * nRows + i]! * panelWidth]!);
        sum = round(sum + (signs?.[b * nRows + i] ?? 1) * value);
      }
      product[b * inputs.rowStep * inputs.stride + w] = sum;
    }
  }
}

/** squares[b * rowStep][w] = sum over i of packed[labels[b][i]][w]^2. */
export function laneSquares(inputs: LaneInputs, squares: Products): void {
  const { nRows, nPacked, width, labels, packed, panelWidth } = inputs;
  const round = squares instanceof Float32Array ? Math.fround : (x: number) => x;
  for (let b = 0; b < inputs.nShuffles; b++) {
    for (let w = 0; w < width; w++) {
      const base = (w - (w % panelWidth)) * nPacked + (w % panelWidth);
      let sum = 0;
      for (let i = 0; i < nRows; i++) {
        sum = round(sum + round(packed[base + labels[b * nRows + i]! * panelWidth]! ** 2));
      }
      squares[b * inputs.rowStep * inputs.stride + w] = sum;
    }
  }
}

export interface MaskedInputs {
  readonly nRows: number;
  readonly nBasis: number;
  readonly nShuffles: number;
  /** [nShuffles][nRows]: target of each source. */
  readonly positions: Int32Array | Uint16Array;
  /** By target. Undefined: all +1. */
  readonly signs: Int8Array | undefined;
  /** Sources. */
  readonly missing: Int32Array;
  /** [remaining][nBasis]. */
  readonly basis: Float64Array;
}

/** Source of each target of shuffle b. */
export function sourcesOf({ positions, nRows }: Pick<MaskedInputs, "positions" | "nRows">, b: number): Int32Array {
  const sources = new Int32Array(nRows);
  for (let source = 0; source < nRows; source++) sources[positions[b * nRows + source]!] = source;
  return sources;
}

/** The transpose of the masked shuffle, applied to rows that have the remaining observations only, into panels. */
export function gatherMasked(inputs: MaskedInputs, gathered: Products): void {
  const { nRows, nBasis, nShuffles } = inputs;
  const used = nShuffles * nBasis;
  if (used % ROW_PANEL > 0) gathered.fill(0, (used - (used % ROW_PANEL)) * nRows);
  gatherInto(inputs, gathered, ROW_PANEL, (row) => (row - (row % ROW_PANEL)) * nRows + (row % ROW_PANEL));
}

/** The same into rows. */
export const gatherMaskedRows = (inputs: MaskedInputs, gathered: Products): void =>
  gatherInto(inputs, gathered, 1, (row) => row * inputs.nRows);

/** A row begins at `startOf(row)`; its values are `step` apart. */
function gatherInto(inputs: MaskedInputs, gathered: Products, step: number, startOf: (row: number) => number): void {
  const { nRows, nBasis, signs, basis } = inputs;
  const missing = new Set(inputs.missing);
  for (let b = 0; b < inputs.nShuffles; b++) {
    const sources = sourcesOf(inputs, b);
    for (let j = 0; j < nBasis; j++) {
      const start = startOf(b * nBasis + j);
      let remaining = 0;
      for (const [i, source] of sources.entries()) {
        const isMissing = missing.has(source);
        const sign = signs?.[b * nRows + i] ?? 1;
        gathered[start + source * step] = isMissing ? 0 : basis[remaining * nBasis + j]! * sign;
        if (!isMissing) remaining++;
      }
    }
  }
}
