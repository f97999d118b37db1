// The products of one tile of shuffles for one group of elements: gathered rows, the masked shuffle of Q of the observations that are left, times the
// packed columns.
import { maskShuffleInto } from "../../stats/shuffle/mask-shuffle.js";
import type { Context } from "../context.js";
import type { ModelJob } from "../plan/job.js";
import type { ElementGroup } from "./model-block.js";
import { createPanels } from "./panels.js";

export interface ModelTiles {
  /** Before the tiles of a group: `rows` f64 [nRows][n], of which the remaining observations go to `entries` (nRows = G r), or to `indicators` (G). */
  place(group: ElementGroup, rows: Float64Array, target: "entries" | "indicators"): void;
  /** Entries, shuffled by lanes first..first+count, times the packed columns: f64 [count][nRows][width] in `product`. */
  multiply(nRows: number, first: number, count: number, width: number): void;
  /** Indicators, which have no signs, times the squares: f64 [count][G][width] in `squareProduct`. */
  multiplySquares(first: number, count: number, width: number): void;
  /** i32, i8 [count][n]: the masked shuffle itself. Pointers; `signs` 0: all +1. */
  maskedShuffle(group: ElementGroup, first: number, count: number): { readonly labels: number; readonly signs: number };
}

export function createModelTiles(context: Context, { regions, size }: ModelJob): ModelTiles {
  const { job, worker: w, kernels: k, i32, i8, f64 } = context;
  const { shared } = job;
  const { tileShuffles } = job.layout;
  const n = job.size.nSubjects;
  const { rows: padRows } = createPanels(context);
  const labelsOf = (first: number) => shared.labels + first * n * 4;
  const signsOf = (first: number) => (job.hasSigns ? shared.signs + first * n : 0);
  const outLabels = i32(regions.labels, size.nElementColumns > 0 ? tileShuffles * n : 0);
  const outSigns = i8(regions.signs, size.nElementColumns > 0 ? tileShuffles * n : 0);

  let nMissing = 0;

  const gather = (nRows: number, first: number, count: number, signs: number, entries: number, gathered: number) => {
    const shuffles = [count, labelsOf(first), signs] as const;
    const missing = [nMissing, regions.missing, shared.positions + first * n * 4] as const;
    k.f64GatherMasked(n, nRows, ...shuffles, ...missing, entries, gathered, regions.runs);
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
    multiply(nRows, first, count, width) {
      const { entries, gathered, product } = regions;
      gather(nRows, first, count, signsOf(first), entries, gathered);
      k.product.f64(padRows(count * nRows), n, width, gathered, w.packed, product, width);
    },
    multiplySquares(first, count, width) {
      const { indicators, gatheredIndicators: gathered, squares, squareProduct } = regions;
      gather(size.nGroups, first, count, 0, indicators, gathered);
      k.product.f64(padRows(count * size.nGroups), n, width, gathered, squares, squareProduct, width);
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
