// The products of one tile of shuffles for one group of elements: gathered rows, the masked shuffle of Q of the observations that are left, times the
// packed columns.
import { maskShuffleInto } from "../../stats/shuffle/mask-shuffle.js";
import type { Context } from "../context.js";
import { tileRows } from "../plan/blocks.js";
import type { ModelJob } from "../plan/job.js";
import type { ElementGroup } from "./model-block.js";
import { createPanels } from "./panels.js";

export interface ModelTiles {
  /** Before the tiles of a group: `rows` f64 [nRows][n], of which the remaining observations go to `entries` (nRows = G r), or to `indicators` (G). */
  place(group: ElementGroup, rows: Float64Array, target: "entries" | "indicators"): void;
  /**
   * Entries, shuffled, times the packed columns: pointer to f64 [..][nRows][width] of shuffle `first` on. Asked for in order from 0, in steps that divide a tile:
   * a tile, of the `lanes` that the batch has, is multiplied when its first shuffle is asked for.
   */
  multiply(nRows: number, first: number, lanes: number, width: number): number;
  /** Indicators, which have no signs, times the squares: as `multiply`, of G rows. */
  multiplySquares(first: number, lanes: number, width: number): number;
  /** i32, i8 [count][n]: the masked shuffle itself. Pointers; `signs` 0: all +1. */
  maskedShuffle(group: ElementGroup, first: number, count: number): { readonly labels: number; readonly signs: number };
}

export function createModelTiles(context: Context, { regions, size }: ModelJob): ModelTiles {
  const { job, worker: w, kernels: k, i32, i8, f64 } = context;
  const { shared } = job;
  const { tileShuffles, laneShuffles } = job.layout;
  const { rowProduct } = k;
  const n = job.size.nSubjects;
  const { rows: padRows } = createPanels(context);
  const labelsOf = (first: number) => shared.labels + first * n * 4;
  const signsOf = (first: number) => (job.hasSigns ? shared.signs + first * n : 0);
  const outLabels = i32(regions.labels, size.nElementColumns > 0 ? laneShuffles * n : 0);
  const outSigns = i8(regions.signs, size.nElementColumns > 0 ? laneShuffles * n : 0);

  let nMissing = 0;

  interface Operands {
    readonly nRows: number;
    /** Signs of the batch's shuffles count. */
    readonly isSigned: boolean;
    readonly entries: number;
    readonly gathered: number;
    /** Panels, and where a library takes them in rows. */
    readonly columns: number;
    readonly operand: number;
    readonly product: number;
  }

  const multiplyTile = (of: Operands, first: number, lanes: number, width: number) => {
    const count = Math.min(tileShuffles, lanes - first);
    const shuffles = [count, labelsOf(first), of.isSigned ? signsOf(first) : 0] as const;
    const missing = [nMissing, regions.missing, shared.positions + first * n * 4] as const;
    const gather = rowProduct === undefined ? k.f64GatherMasked : k.f64GatherMaskedRows;
    gather(n, of.nRows, ...shuffles, ...missing, of.entries, of.gathered, regions.runs);
    if (rowProduct === undefined) {
      k.product.f64(padRows(count * of.nRows), n, width, of.gathered, of.columns, of.product, width);
      return;
    }
    if (first === 0) k.f64RowsFromPanels(n, width, of.columns, width, of.operand);
    // every tile has as many rows: what a library sums in which order hangs on the shape
    const nOut = tileRows(tileShuffles, of.nRows, k.panels);
    const used = count * of.nRows;
    f64(of.gathered + used * n * 8, (nOut - used) * n).fill(0);
    rowProduct.f64(nOut, n, width, of.gathered, of.operand, of.product);
  };

  const multiply = (of: Operands, first: number, lanes: number, width: number): number => {
    const inTile = first % tileShuffles;
    if (inTile === 0) multiplyTile(of, first, lanes, width);
    return of.product + inTile * of.nRows * width * 8;
  };

  return {
    place({ keep, missing }, rows, target) {
      nMissing = missing.length;
      i32(regions.missing, nMissing).set(missing);
      const nRows = rows.length / n;
      const entries = f64(regions[target], (n - nMissing) * nRows);
      let to = 0;
      for (let i = 0; i < n; i++) {
        if (keep[i] === 0) continue;
        for (let j = 0; j < nRows; j++) entries[to++] = rows[j * n + i]!;
      }
    },
    multiply(nRows, first, lanes, width) {
      const { entries, gathered, operand, product } = regions;
      const of = { nRows, isSigned: true, entries, gathered, columns: w.packed, operand, product };
      return multiply(of, first, lanes, width);
    },
    multiplySquares(first, lanes, width) {
      const { indicators: entries, gatheredIndicators: gathered, squares: columns, squareOperand: operand } = regions;
      const of = { nRows: size.nGroups, isSigned: false, entries, gathered, columns, operand };
      return multiply({ ...of, product: regions.squareProduct }, first, lanes, width);
    },
    maskedShuffle({ keep, isComplete }, first, count) {
      if (isComplete) return { labels: labelsOf(first), signs: signsOf(first) };
      const labels = i32(labelsOf(first), count * n);
      const signs = i8(shared.signs + first * n, count * n);
      for (let from = 0; from < count * n; from += n) {
        const end = from + n;
        const [label, sign] = [labels.subarray(from, end), signs.subarray(from, end)];
        maskShuffleInto(keep, label, sign, outLabels.subarray(from, end), outSigns.subarray(from, end));
      }
      return { labels: regions.labels, signs: job.hasSigns ? regions.signs : 0 };
    },
  };
}
