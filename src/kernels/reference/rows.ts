// Reference kernels of a product that takes rows instead of panels. Contracts: ../CONTRACTS.md.
import { PANELS } from "../kernel-set.js";
import type { Products } from "./varying.js";

const { f64: F64_PANEL } = PANELS;

export function rowsFromPanels(
  { nRows, width, stride }: { readonly nRows: number; readonly width: number; readonly stride: number },
  packed: Float64Array,
  factors: Float64Array | undefined,
  rows: Products,
): void {
  rows.fill(0);
  for (let w = 0; w < width; w++) {
    const from = (w - (w % F64_PANEL)) * nRows + (w % F64_PANEL);
    for (let i = 0; i < nRows; i++) rows[i * stride + w] = packed[from + i * F64_PANEL]! * (factors?.[w] ?? 1);
  }
}

export function gatherRows(
  labels: Int32Array,
  signs: Int8Array,
  basis: Float64Array,
  gathered: Products,
  { nRows, rank, nShuffles }: { readonly nRows: number; readonly rank: number; readonly nShuffles: number },
): void {
  for (let b = 0; b < nShuffles; b++) {
    for (let j = 0; j < rank; j++) {
      const row = (b * rank + j) * nRows;
      for (let i = 0; i < nRows; i++) {
        gathered[row + labels[b * nRows + i]!] = signs[b * nRows + i]! * basis[j * nRows + i]!;
      }
    }
  }
}
