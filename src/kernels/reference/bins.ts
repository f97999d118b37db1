// Reference epilogue: product tile -> bins floor(Z / dh). Contract: ../CONTRACTS.md.
import { PANELS } from "../kernel-set.js";

const { lanes: LANES } = PANELS;

/** A residual sum of squares below this share of the total is rounding, not variance (n eps at n = 50: 1e-14). */
export const SSE_ROUNDING = 1e-14;

/** A product tile and what turns it into statistics. */
export interface StatisticInputs {
  readonly nShuffles: number;
  readonly nColumns: number;
  readonly rank: number;
  readonly contrastRank: number;
  readonly nCorrections: number;
  readonly product: Float64Array | Float32Array;
  readonly productStride: number;
  readonly contrastBasis: Float64Array;
  readonly correctionRows: Float64Array;
  readonly correctionColumns: Float64Array;
  readonly columnStride: number;
  readonly sumSquares: Float64Array;
  readonly dof: number;
  readonly signed: boolean;
}

/** CONTRACTS.md, f64BinStatistics. */
export interface BinCells {
  readonly nCells: number;
  readonly firstCell: number;
  readonly shift: number;
  readonly cells: Uint16Array;
  readonly squares: Float64Array;
}

export interface BinInputs extends StatisticInputs, BinCells {}

export function binStatistics(inputs: BinInputs, bins: Uint8Array | Uint16Array): number {
  let largest = 0;
  for (let b = 0; b < inputs.nShuffles; b++) {
    for (let w = 0; w < inputs.nColumns; w++) {
      const bin = binOf(inputs, squareOf(inputs, b, w));
      if (bin > largest) largest = bin;
      bins[w * LANES + b] = bin;
    }
  }
  return largest;
}

/** |d|^2, |u|^2 and the last entry of u = A' d, of shuffle b and column w. */
export function sumsOfStatistic(inputs: StatisticInputs, b: number, w: number) {
  const { rank, contrastRank, nCorrections, productStride } = inputs;
  let squares = 0;
  const u = new Float64Array(contrastRank);
  for (let j = 0; j < rank; j++) {
    let d = inputs.product[(b * rank + j) * productStride + w]!;
    for (let k = 0; k < nCorrections; k++) {
      d -=
        inputs.correctionRows[(b * rank + j) * nCorrections + k]! *
        inputs.correctionColumns[k * inputs.columnStride + w]!;
    }
    squares += d * d;
    for (let q = 0; q < contrastRank; q++) u[q]! += inputs.contrastBasis[j * contrastRank + q]! * d;
  }
  let uu = 0;
  for (let q = 0; q < contrastRank; q++) uu += u[q]! * u[q]!;
  return { squares, uu, lastU: u[contrastRank - 1]! };
}

/** F, or t^2 of a t above 0; 0 where it cannot be computed. */
function squareOf(inputs: BinInputs, b: number, w: number): number {
  const { squares, uu, lastU } = sumsOfStatistic(inputs, b, w);
  const total = inputs.sumSquares[w]!;
  const sse = total - squares;
  if (!(sse > SSE_ROUNDING * total)) return 0;
  if (inputs.signed && lastU < 0) return 0;
  return (uu * (inputs.dof / inputs.contrastRank)) / sse;
}

const DOUBLE = new Float64Array(1);
const WORDS = new Uint32Array(DOUBLE.buffer);

/** Thresholds passed by the root of x; 0 for what is not above 0 or not finite. */
export function binOf({ cells, nCells, firstCell, shift, squares }: BinCells, x: number): number {
  if (!(x > 0 && x < Number.POSITIVE_INFINITY)) return 0;
  DOUBLE[0] = x;
  let bin = cells[Math.min(Math.max(WORDS[1]! >> shift, firstCell), firstCell + nCells) - firstCell]!;
  while (x >= squares[bin + 1]!) bin++;
  return bin;
}
