// The products of one tile of shuffles for one group of elements: gathered rows, the masked shuffle of Q of the observations that are left, times the
// packed columns.
import { maskShuffleInto } from "../../stats/shuffle/mask-shuffle.js";
import type { Context } from "../context.js";
import { tileRows } from "../plan/blocks.js";
import { multipliesSingle } from "../plan/inputs.js";
import type { ModelJob } from "../plan/job.js";
import { sumSlice } from "../plan/screening.js";
import { positionBytes } from "../plan/size.js";
import type { OpenEntries } from "../seams.js";
import type { ElementGroup } from "./model-block.js";
import { createPanels } from "./panels.js";

export interface ModelTiles {
  /** Before the tiles of a group: `rows` f64 [nRows][n], of which the remaining observations go to `entries` (nRows = G r), or to `indicators` (G). */
  place(group: ElementGroup, rows: Float64Array, target: "entries" | "indicators"): void;
  /**
   * Entries, shuffled, times the packed columns: pointer to [..][nRows][width] of shuffle `first` on. Asked for in order from 0, in steps of which one ends with
   * every tile: a tile, of the `lanes` that the batch has, is multiplied when its first shuffle is asked for.
   */
  multiply(nRows: number, first: number, lanes: number, width: number): number;
  /** Indicators, which have no signs, times the squares of the packed columns: as `multiply`, of G rows. */
  multiplySquares(first: number, lanes: number, width: number): number;
  /** Products of `count` shuffles of the batch in float64, f64 [count * nRows][width] into `exactProduct` of the screen. */
  multiplyExactly(nRows: number, first: number, count: number, width: number): void;
  /**
   * Products of entries, whose shuffles count from `first`, in float64: with their own columns f64 [nRows][stride], and with nRows
   * columns from `firstShared` on, [nRows][nRows][stride], into `product` of the screen.
   */
  multiplyEntries(nRows: number, first: number, entries: OpenEntries, firstShared: number, stride: number): void;
  /** Of a value of the products. */
  readonly valueBytes: 4 | 8;
  /** i32, i8 [count][n]: the masked shuffle itself. Pointers; `signs` 0: all +1. */
  maskedShuffle(group: ElementGroup, first: number, count: number): { readonly labels: number; readonly signs: number };
}

export function createModelTiles(context: Context, { regions, size }: ModelJob): ModelTiles {
  const { job, worker: w, kernels: k, i32, i8, f32, f64 } = context;
  const { shared } = job;
  const { tileShuffles, laneShuffles } = job.layout;
  const { rowProduct } = k;
  const n = job.size.nSubjects;
  const isSingle = multipliesSingle(job);
  const valueBytes = isSingle ? 4 : 8;
  const { rows: padRows } = createPanels(context);
  const bytes = positionBytes(job.size);
  const labelsOf = (first: number) => shared.labels + first * n * 4;
  const positionsOf = (first: number) => shared.positions + first * n * bytes;
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
    /** Columns in panels, and where a library takes them in rows. */
    readonly columns: number;
    readonly operand: number;
    readonly product: number;
    /** Brings the columns there, of the precision. */
    prepare(width: number): void;
  }

  const preparePacked = (width: number) => {
    if (rowProduct !== undefined) {
      const toRows = isSingle ? k.f32RowsFromPanels : k.f64RowsFromPanels;
      toRows(n, width, w.packed, width, w.screen?.units ?? 0, regions.operand);
    } else if (isSingle) k.f32FromF64Panels(n, width, w.packed, w.screen?.units ?? 0, w.packed32);
  };

  /** Squares are made in float64, and rounded where they are multiplied in float32. */
  const prepareSquares = (width: number) => {
    const packed = f64(w.packed, width * n);
    const squares = f64(regions.squares, width * n);
    for (let i = 0; i < squares.length; i++) squares[i] = packed[i]! * packed[i]!;
    if (rowProduct !== undefined) {
      const toRows = isSingle ? k.f32RowsFromPanels : k.f64RowsFromPanels;
      toRows(n, width, regions.squares, width, 0, regions.squareOperand);
    } else if (isSingle) k.f32FromF64Panels(n, width, regions.squares, 0, regions.squares32);
  };

  const gather =
    rowProduct === undefined
      ? isSingle
        ? k.f32GatherMasked
        : k.f64GatherMasked
      : isSingle
        ? k.f32GatherMaskedRows
        : k.f64GatherMaskedRows;

  const multiplyTile = (of: Operands, first: number, lanes: number, width: number) => {
    const count = Math.min(tileShuffles, lanes - first);
    const shuffles = [count, positionsOf(first), bytes, of.isSigned ? signsOf(first) : 0] as const;
    if (first === 0) of.prepare(width);
    gather(n, of.nRows, ...shuffles, nMissing, regions.missing, of.entries, of.gathered, regions.spreadRows);
    if (rowProduct === undefined) {
      const multiplyPanels = isSingle ? k.product.f32 : k.product.f64;
      multiplyPanels(padRows(count * of.nRows), n, width, of.gathered, of.columns, of.product, width);
      return;
    }
    // every tile has as many rows: what a library sums in which order hangs on the shape
    const nOut = tileRows(tileShuffles, of.nRows, k.panels);
    const used = count * of.nRows;
    (isSingle ? f32 : f64)(of.gathered + used * n * valueBytes, (nOut - used) * n).fill(0);
    const multiplyRows = isSingle ? rowProduct.f32 : rowProduct.f64;
    multiplyRows(nOut, n, width, of.gathered, of.operand, of.product, sumSlice(job, true));
  };

  const multiply = (of: Operands, first: number, lanes: number, width: number): number => {
    const inTile = first % tileShuffles;
    if (inTile === 0) multiplyTile(of, first, lanes, width);
    return of.product + inTile * of.nRows * width * valueBytes;
  };

  return {
    valueBytes,
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
      const columns = isSingle ? w.packed32 : w.packed;
      const of = { nRows, isSigned: true, entries, gathered, columns, operand, product, prepare: preparePacked };
      return multiply(of, first, lanes, width);
    },
    multiplyExactly(nRows, first, count, width) {
      const { exactRows, exactProduct } = w.screen!;
      const shuffles = [count, positionsOf(first), bytes, signsOf(first)] as const;
      k.f64GatherMasked(
        n,
        nRows,
        ...shuffles,
        nMissing,
        regions.missing,
        regions.entries,
        exactRows,
        regions.spreadRows,
      );
      k.product.f64(padRows(count * nRows), n, width, exactRows, w.packed, exactProduct, width);
    },
    multiplyEntries(nRows, first, { open, count }, firstShared, stride) {
      const { product, rows } = w.screen!;
      const shuffles = [positionsOf(first), bytes, signsOf(first), nMissing, regions.missing] as const;
      const columns = [w.packed, firstShared, product, stride, rows] as const;
      k.f64MaskedProducts(n, nRows, count, open, ...shuffles, regions.entries, ...columns);
    },
    multiplySquares(first, lanes, width) {
      const { indicators: entries, gatheredIndicators: gathered, squareOperand: operand } = regions;
      const columns = isSingle ? regions.squares32 : regions.squares;
      const of = { nRows: size.nGroups, isSigned: false, entries, gathered, columns, operand, prepare: prepareSquares };
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
