// Reference packing, projection and gathering. Contract: ../CONTRACTS.md.
import { PANELS } from "../kernel-set.js";

const { f32: F32_PANEL, f64: F64_PANEL, rows: ROW_PANEL } = PANELS;

export function packColumns(
  source: DataView,
  columns: Uint32Array,
  packed: Float64Array,
  nonFinite: Uint8Array,
  size: { nRows: number; sourceBytes: number; sourceStride: number },
): void {
  const { nRows, sourceBytes, sourceStride } = size;
  packed.fill(0);
  nonFinite.fill(0);
  for (const [c, column] of columns.entries()) {
    const base = (c - (c % F64_PANEL)) * nRows + (c % F64_PANEL);
    for (let i = 0; i < nRows; i++) {
      const at = (i * sourceStride + column) * sourceBytes;
      const value = sourceBytes === 4 ? source.getFloat32(at, true) : source.getFloat64(at, true);
      if (!Number.isFinite(value)) nonFinite[c] = 1;
      packed[base + i * F64_PANEL] = value;
    }
  }
}

/** `values` [nRows][stride], of which nColumns count; `missing` u32 [nColumns][nWords]. */
export function markMissing(
  values: Float32Array | Float64Array,
  shape: { nRows: number; nColumns: number; stride: number; nWords: number; toStride: number },
  missing: Uint32Array,
  target: Float32Array | Float64Array,
): void {
  const { nRows, nColumns, stride, nWords, toStride } = shape;
  for (let i = 0; i < nRows; i++) {
    for (let c = 0; c < nColumns; c++) {
      const value = values[i * stride + c]!;
      target[i * toStride + c] = Number.isFinite(value) ? value : 0;
      if (Number.isFinite(value)) continue;
      missing[c * nWords + (i >> 5)]! |= 1 << (i & 31);
    }
  }
}

/** Slot first + i of `values`, [slot / stride][nRows][stride], gets what slot first + order[i] held. */
export function sortColumns(
  values: Float32Array | Float64Array,
  order: Uint32Array,
  { nRows, first, stride }: { nRows: number; first: number; stride: number },
): void {
  const placeOf = (slot: number, i: number) => (Math.floor(slot / stride) * nRows + i) * stride + (slot % stride);
  for (let i = 0; i < nRows; i++) {
    const row = Array.from(order, (from) => values[placeOf(first + from, i)]!);
    for (const [to, value] of row.entries()) values[placeOf(first + to, i)] = value;
  }
}

export function projectOut(
  nRows: number,
  width: number,
  nBasis: number,
  basis: Float64Array,
  packed: Float64Array,
  along?: Float64Array,
): void {
  along?.fill(0);
  for (let pass = 0; pass < 2; pass++) {
    for (let w = 0; w < width; w++) {
      const base = (w - (w % F64_PANEL)) * nRows + (w % F64_PANEL);
      for (let j = 0; j < nBasis; j++) {
        let dot = 0;
        for (let i = 0; i < nRows; i++) dot += basis[j * nRows + i]! * packed[base + i * F64_PANEL]!;
        if (along !== undefined) along[j * width + w]! += dot;
        for (let i = 0; i < nRows; i++) packed[base + i * F64_PANEL]! -= dot * basis[j * nRows + i]!;
      }
    }
  }
}

export function sumSquares(nRows: number, width: number, packed: Float64Array, sums: Float64Array): void {
  for (let w = 0; w < width; w++) {
    const base = (w - (w % F64_PANEL)) * nRows + (w % F64_PANEL);
    let sum = 0;
    for (let i = 0; i < nRows; i++) sum += packed[base + i * F64_PANEL]! ** 2;
    sums[w] = sum;
  }
}

export function scaleColumns(nRows: number, width: number, factors: Float64Array, packed: Float64Array): void {
  for (let w = 0; w < width; w++) {
    const base = (w - (w % F64_PANEL)) * nRows + (w % F64_PANEL);
    const factor = factors[w]!;
    for (let i = 0; i < nRows; i++) {
      packed[base + i * F64_PANEL] = factor === 0 ? 0 : packed[base + i * F64_PANEL]! * factor;
    }
  }
}

export function addScaled(
  nRows: number,
  width: number,
  factors: Float64Array,
  { values, byColumn }: { readonly values: Float64Array; readonly byColumn: boolean },
  packed: Float64Array,
): void {
  for (let w = 0; w < width; w++) {
    const base = (w - (w % F64_PANEL)) * nRows + (w % F64_PANEL);
    for (let i = 0; i < nRows; i++) {
      packed[base + i * F64_PANEL]! += factors[w]! * values[byColumn ? base + i * F64_PANEL : i]!;
    }
  }
}

export function gatherBasis(
  labels: Int32Array,
  signs: Int8Array,
  basis: Float64Array,
  gathered: Float64Array | Float32Array,
  size: { nRows: number; rank: number; nShuffles: number },
): void {
  const { nRows, rank, nShuffles } = size;
  gathered.fill(0);
  for (let b = 0; b < nShuffles; b++) {
    for (let j = 0; j < rank; j++) {
      const row = b * rank + j;
      const base = (row - (row % ROW_PANEL)) * nRows + (row % ROW_PANEL);
      for (let i = 0; i < nRows; i++) {
        gathered[base + labels[b * nRows + i]! * ROW_PANEL] = signs[b * nRows + i]! * basis[j * nRows + i]!;
      }
    }
  }
}

export function f32FromF64Panels(
  { nRows, width }: { readonly nRows: number; readonly width: number },
  packed64: Float64Array,
  factors: Float64Array | undefined,
  packed32: Float32Array,
): void {
  for (let w = 0; w < width; w++) {
    const from = (w - (w % F64_PANEL)) * nRows + (w % F64_PANEL);
    const to = (w - (w % F32_PANEL)) * nRows + (w % F32_PANEL);
    for (let i = 0; i < nRows; i++)
      packed32[to + i * F32_PANEL] = packed64[from + i * F64_PANEL]! * (factors?.[w] ?? 1);
  }
}
