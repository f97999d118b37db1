// Columns and rows inside the packed panels of the kernel set.
import { roundUp } from "../../kernels/kernel-set.js";
import { type Allocate, newArray } from "../../stats/design/column-factors.js";
import type { Context } from "../context.js";
import { multipliesSingle } from "../plan/inputs.js";

export interface Panels {
  /** `count` columns padded to whole panels of the product's precision, and as a library takes them that multiplies tiles. */
  columns(count: number): number;
  /** `count` rows of a product padded to whole panels. */
  rows(count: number): number;
  /** f64 [n] of column c of the panels at `pointer`. */
  readColumn(pointer: number, c: number, allocate?: Allocate): Float64Array;
  /** `valueAt(i)`, i < n, into column c of the panels. */
  writeColumn(pointer: number, c: number, valueAt: (i: number) => number): void;
  /** The first `count` rows of f64 [..][n] as panels of gathered rows, padded with zeros. */
  writeRows(pointer: number, rows: Float64Array, count: number): void;
}

export function createPanels({ job, kernels, f64 }: Pick<Context, "job" | "kernels" | "f64">): Panels {
  const { f64: wide, f32, rows: high, tile } = kernels.panels;
  const panel = multipliesSingle(job) ? f32 : wide;
  const n = job.size.nSubjects;
  const startOf = (i: number, panel: number) => (i - (i % panel)) * n + (i % panel);
  return {
    columns: (count) => roundUp(count, tile?.columns ?? panel),
    rows: (count) => roundUp(count, high),
    readColumn(pointer, c, allocate = newArray) {
      const panels = f64(pointer, roundUp(c + 1, wide) * n);
      const values = allocate(n);
      for (let i = 0, from = startOf(c, wide); i < n; i++, from += wide) values[i] = panels[from]!;
      return values;
    },
    writeColumn(pointer, c, valueAt) {
      const panels = f64(pointer, roundUp(c + 1, wide) * n);
      for (let i = 0, to = startOf(c, wide); i < n; i++, to += wide) panels[to] = valueAt(i);
    },
    writeRows(pointer, rows, count) {
      fillRowPanels(f64(pointer, roundUp(count, high) * n), rows, { count, n, rowPanel: high });
    },
  };
}

/** f64 [count][n] -> panels [R/P][n][P], padded with zero rows. */
export function fillRowPanels(
  panels: Float64Array,
  rows: Float64Array,
  { count, n, rowPanel }: { readonly count: number; readonly n: number; readonly rowPanel: number },
): void {
  panels.fill(0);
  for (let j = 0; j < count; j++) {
    let to = (j - (j % rowPanel)) * n + (j % rowPanel);
    for (let i = 0; i < n; i++, to += rowPanel) panels[to] = rows[j * n + i]!;
  }
}
