// Columns, bases and their products, by the reference implementations: pointers become views. Contract: ../CONTRACTS.md.
import { type KernelSet, PANELS, roundUp } from "../kernel-set.js";
import { gemm } from "./gemm.js";
import { type MemoryViews, span } from "./memory-views.js";
import {
  addScaled,
  f32FromF64Panels,
  gatherBasis,
  markMissing,
  packColumns,
  projectOut,
  scaleColumns,
  sortColumns,
  sumSquares,
} from "./pack.js";
import { gatherRows, rowsFromPanels } from "./rows.js";

export function linearKernels({ f64, f32, u32, i32, u8, i8, buffer }: MemoryViews) {
  return {
    product: {
      f64(nOut, nRows, width, gathered, packed, product, stride) {
        const out = f64(product, span(nOut, stride, width));
        gemm(f64(gathered, nOut * nRows), f64(packed, width * nRows), out, { nOut, nRows, width, stride });
      },
      f32(nOut, nRows, width, gathered, packed, product, stride) {
        const out = f32(product, span(nOut, stride, width));
        gemm(f32(gathered, nOut * nRows), f32(packed, width * nRows), out, { nOut, nRows, width, stride });
      },
    },
    f64PackColumns(nRows, nColumns, source, sourceBytes, sourceStride, columns, packed, nonFinite) {
      const padded = roundUp(nColumns, PANELS.f32);
      const view = new DataView(buffer, source);
      const size = { nRows, sourceBytes, sourceStride };
      packColumns(view, u32(columns, nColumns), f64(packed, padded * nRows), u8(nonFinite, padded), size);
    },
    f64MarkMissing(nRows, nColumns, values, valueBytes, stride, nWords, missing, to, toStride) {
      const view = valueBytes === 4 ? f32 : f64;
      const [from, target] = [view(values, span(nRows, stride, nColumns)), view(to, span(nRows, toStride, nColumns))];
      markMissing(from, { nRows, nColumns, stride, nWords, toStride }, u32(missing, nColumns * nWords), target);
    },
    sortColumns(nRows, first, nColumns, values, valueBytes, stride, order) {
      const count = Math.ceil((first + nColumns) / stride) * stride * nRows;
      const view = valueBytes === 4 ? f32(values, count) : f64(values, count);
      sortColumns(view, u32(order, nColumns), { nRows, first, stride });
    },
    f64ProjectOut(nRows, width, nBasis, basis, packed, along) {
      const kept = along === 0 ? undefined : f64(along, nBasis * width);
      projectOut(nRows, width, nBasis, f64(basis, nBasis * nRows), f64(packed, width * nRows), kept);
    },
    f64SumSquares(nRows, width, packed, sums) {
      sumSquares(nRows, width, f64(packed, width * nRows), f64(sums, width));
    },
    f64ScaleColumns(nRows, width, factors, packed) {
      scaleColumns(nRows, width, f64(factors, width), f64(packed, width * nRows));
    },
    f64AddScaled(nRows, width, factors, direction, byColumn, packed) {
      const values = f64(direction, byColumn === 1 ? width * nRows : nRows);
      addScaled(nRows, width, f64(factors, width), { values, byColumn: byColumn === 1 }, f64(packed, width * nRows));
    },
    f64GatherBasis(nRows, rank, nShuffles, labels, signs, basis, gathered) {
      const out = f64(gathered, roundUp(nShuffles * rank, PANELS.rows) * nRows);
      const count = nShuffles * nRows;
      gatherBasis(i32(labels, count), i8(signs, count), f64(basis, rank * nRows), out, { nRows, rank, nShuffles });
    },
    f32FromF64Panels(nRows, width, packed64, factors, packed32) {
      const of = factors === 0 ? undefined : f64(factors, width);
      f32FromF64Panels({ nRows, width }, f64(packed64, width * nRows), of, f32(packed32, width * nRows));
    },
    f32GatherBasis(nRows, rank, nShuffles, labels, signs, basis, gathered) {
      const out = f32(gathered, roundUp(nShuffles * rank, PANELS.rows) * nRows);
      const count = nShuffles * nRows;
      gatherBasis(i32(labels, count), i8(signs, count), f64(basis, rank * nRows), out, { nRows, rank, nShuffles });
    },
    f64RowsFromPanels(nRows, width, packed, stride, factors, rows) {
      rowsFromPanels(
        { nRows, width, stride },
        f64(packed, roundUp(width, PANELS.f64) * nRows),
        factors === 0 ? undefined : f64(factors, width),
        f64(rows, stride * nRows),
      );
    },
    f32RowsFromPanels(nRows, width, packed, stride, factors, rows) {
      rowsFromPanels(
        { nRows, width, stride },
        f64(packed, roundUp(width, PANELS.f64) * nRows),
        factors === 0 ? undefined : f64(factors, width),
        f32(rows, stride * nRows),
      );
    },
    f64GatherRows(nRows, rank, nShuffles, labels, signs, basis, gathered) {
      const [out, count] = [f64(gathered, nShuffles * rank * nRows), nShuffles * nRows];
      gatherRows(i32(labels, count), i8(signs, count), f64(basis, rank * nRows), out, { nRows, rank, nShuffles });
    },
    f32GatherRows(nRows, rank, nShuffles, labels, signs, basis, gathered) {
      const [out, count] = [f32(gathered, nShuffles * rank * nRows), nShuffles * nRows];
      gatherRows(i32(labels, count), i8(signs, count), f64(basis, rank * nRows), out, { nRows, rank, nShuffles });
    },
  } satisfies Partial<KernelSet>;
}
