// Reference product: plain float64 (or rounded float32) triple loop. Contract: ../CONTRACTS.md.
import { PANELS } from "../kernel-set.js";

const { f32: F32_PANEL, f64: F64_PANEL, rows: ROW_PANEL } = PANELS;

export function gemm(
  gathered: Float64Array | Float32Array,
  packed: Float64Array | Float32Array,
  product: Float64Array | Float32Array,
  size: { nOut: number; nRows: number; width: number; stride: number },
): void {
  const { nOut, nRows, width, stride } = size;
  const single = product instanceof Float32Array;
  const panel = single ? F32_PANEL : F64_PANEL;
  for (let row = 0; row < nOut; row++) {
    const a = (row - (row % ROW_PANEL)) * nRows + (row % ROW_PANEL);
    for (let w = 0; w < width; w++) {
      const y = (w - (w % panel)) * nRows + (w % panel);
      let sum = 0;
      for (let i = 0; i < nRows; i++) {
        const term = gathered[a + i * ROW_PANEL]! * packed[y + i * panel]!;
        sum = single ? Math.fround(sum + Math.fround(term)) : sum + term;
      }
      product[row * stride + w] = sum;
    }
  }
}
