// Q' P_b y under one design for all elements, a tile of shuffles at a time: by the kernels, out of panels, or by a library, out of rows.
import type { Context } from "../context.js";
import { tileColumns, tileRows } from "../plan/blocks.js";
import { multipliesSingle } from "../plan/inputs.js";
import { gatheredTileBytes } from "../plan/job.js";
import { sumSlice } from "../plan/screening.js";

export interface ShuffleProduct {
  /** Once a block, when `packed` holds the residuals; where scores are screened, and `units` what makes them units. */
  prepare(width: number): void;
  /** Of tile `iTile` of the batch. */
  multiply(iTile: number, width: number): void;
  /** Pointer to the rows of the tile from its shuffle `first` on, f64 or f32 [..][stride]. */
  rowsOf(first: number, width: number): number;
  readonly valueBytes: 4 | 8;
  stride(width: number): number;
}

export function createShuffleProduct(context: Context): ShuffleProduct {
  const { job, worker: w, kernels: k } = context;
  const { nSubjects: n, rank } = job.size;
  const { rowProduct, panels } = k;
  const nOut = tileRows(job.layout.tileShuffles, rank, panels);
  const tileBytes = gatheredTileBytes(job, panels);
  const isSingle = multipliesSingle(job);
  const gatheredOf = (iTile: number) => job.shared.gathered + iTile * tileBytes;
  const stride = (width: number) => tileColumns(width, panels);

  return {
    stride,
    valueBytes: isSingle ? 4 : 8,
    prepare(width) {
      const factors = w.screen?.units ?? 0;
      if (rowProduct === undefined) {
        if (isSingle) k.f32FromF64Panels(n, width, w.packed, factors, w.packed32);
        return;
      }
      const toRows = isSingle ? k.f32RowsFromPanels : k.f64RowsFromPanels;
      toRows(n, width, w.packed, stride(width), factors, w.operand);
    },
    multiply(iTile, width) {
      const gathered = gatheredOf(iTile);
      if (rowProduct !== undefined) {
        const multiply = isSingle ? rowProduct.f32 : rowProduct.f64;
        multiply(nOut, n, stride(width), gathered, w.operand, isSingle ? w.product32 : w.product, sumSlice(job, true));
        return;
      }
      if (isSingle) k.product.f32(nOut, n, width, gathered, w.packed32, w.product32, width);
      else k.product.f64(nOut, n, width, gathered, w.packed, w.product, width);
    },
    rowsOf: (first, width) =>
      isSingle ? w.product32 + first * rank * stride(width) * 4 : w.product + first * rank * stride(width) * 8,
  };
}
