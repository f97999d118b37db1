// Statistics of one design, as bins and as scores, by the reference implementations: pointers become views. Contract: ../CONTRACTS.md.
import { type KernelSet, PANELS } from "../kernel-set.js";
import { binStatistics } from "./bins.js";
import { type MemoryViews, span } from "./memory-views.js";
import { reduceMembers, reduceScores, scoreStatistics } from "./score.js";
import { largestProducts, productsOf, screenProducts, screenScores } from "./screen.js";
import { binScores } from "./varying.js";

export function statisticKernels({ f64, f32, u32, i32, i8, u16, u8, buffer }: MemoryViews) {
  const cellsAt = (nCells: number, firstCell: number, shift: number, cells: number, squares: number) => ({
    ...{ nCells, firstCell, shift, cells: u16(cells, nCells + 1) },
    // the sentinel ends the search, so the view may run to the end of the memory
    squares: new Float64Array(buffer, squares, Math.floor((buffer.byteLength - squares) / 8)),
  });
  const products = (bytes: number, pointer: number, count: number) =>
    bytes === 4 ? f32(pointer, count) : f64(pointer, count);
  return {
    f64BinStatistics(
      nShuffles,
      nColumns,
      rank,
      contrastRank,
      nCorrections,
      product,
      productBytes,
      productStride,
      contrastBasis,
      correctionRows,
      correctionColumns,
      columnStride,
      sums,
      dof,
      signed,
      nCells,
      firstCell,
      shift,
      cells,
      squares,
      binBytes,
      bins,
    ) {
      const count = span(nColumns, PANELS.lanes, nShuffles);
      const inputs = {
        nShuffles,
        nColumns,
        rank,
        contrastRank,
        nCorrections,
        product: products(productBytes, product, nShuffles * rank * productStride),
        productStride,
        contrastBasis: f64(contrastBasis, rank * contrastRank),
        correctionRows: f64(correctionRows, nShuffles * rank * nCorrections),
        correctionColumns: f64(correctionColumns, nCorrections * columnStride),
        columnStride,
        sumSquares: f64(sums, nColumns),
        dof,
        signed: signed === 1,
        ...cellsAt(nCells, firstCell, shift, cells, squares),
      };
      return binStatistics(inputs, binBytes === 1 ? u8(bins, count) : u16(bins, count));
    },
    f64ScoreStatistics(
      nShuffles,
      nColumns,
      rank,
      contrastRank,
      nCorrections,
      product,
      productBytes,
      productStride,
      contrastBasis,
      correctionRows,
      correctionColumns,
      columnStride,
      sums,
      dof,
      signed,
      least,
      untestable,
      scores,
      scoreStride,
    ) {
      const inputs = {
        nShuffles,
        nColumns,
        rank,
        contrastRank,
        nCorrections,
        product: products(productBytes, product, nShuffles * rank * productStride),
        productStride,
        contrastBasis: f64(contrastBasis, rank * contrastRank),
        correctionRows: f64(correctionRows, nShuffles * rank * nCorrections),
        correctionColumns: f64(correctionColumns, nCorrections * columnStride),
        columnStride,
        sumSquares: f64(sums, nColumns),
        dof,
        signed: signed === 1,
        least,
        untestable,
        scoreStride,
      };
      scoreStatistics(inputs, f64(scores, span(nShuffles, scoreStride, nColumns)));
    },
    f64ReduceScores(
      nShuffles,
      nColumns,
      scores,
      scoreStride,
      firstElement,
      keepDefault,
      defaults,
      counters,
      maxima,
      maximaElements,
    ) {
      const inputs = {
        nShuffles,
        nColumns,
        scores: f64(scores, span(nShuffles, scoreStride, nColumns)),
        scoreStride,
        firstElement,
        keepDefault: keepDefault === 1,
        defaults: f64(defaults, nColumns),
        counters: u32(counters, nColumns),
      };
      reduceScores(inputs, f64(maxima, nShuffles), u32(maximaElements, nShuffles));
    },
    f64ScreenScores(nShuffles, nColumns, scores, scoreStride, near, lowest, highest, counters, largest, open) {
      const inputs = {
        nShuffles,
        nColumns,
        scores: f64(scores, span(nShuffles, scoreStride, nColumns)),
        scoreStride,
        near,
        lowest: f64(lowest, nColumns),
        highest: f64(highest, nColumns),
      };
      const found = u32(open, nShuffles * nColumns);
      return screenScores(inputs, u32(counters, nColumns), f64(largest, nShuffles), found);
    },
    f32ScreenProducts(
      nShuffles,
      nColumns,
      product,
      stride,
      shifts,
      firstShift,
      direction,
      near,
      top,
      lowest,
      highest,
      counters,
      largest,
      open,
    ) {
      const inputs = {
        ...{ nShuffles, nColumns, stride, firstShift, direction, near, top },
        shifts: shifts === 0 ? undefined : f32(shifts, nColumns),
        product: f32(product, span(nShuffles, stride, shifts === 0 ? nColumns : Math.max(nColumns, firstShift + 1))),
        lowest: f32(lowest, nColumns),
        highest: f32(highest, nColumns),
      };
      const found = u32(open, nShuffles * nColumns);
      return screenProducts(inputs, u32(counters, nColumns), f32(largest, nShuffles), found);
    },
    f32LargestProducts(b, nColumns, product, stride, shifts, firstShift, direction, top, highest, margin, known, open) {
      const row = product + b * stride * 4;
      const inputs = {
        ...{ b, nColumns, direction, top, margin, known },
        product: f32(row, nColumns),
        shifts: shifts === 0 ? undefined : f32(shifts, nColumns),
        moved: shifts === 0 ? 0 : f32(row + firstShift * 4, 1)[0]!,
        highest: f32(highest, nColumns),
      };
      return largestProducts(inputs, u32(open, nColumns));
    },
    f64ProductsOf(nRows, rank, count, open, labels, signs, basis, packed, product, stride) {
      const inputs = {
        nRows,
        rank,
        open: u32(open, count),
        labelsAt: (at: number) => i32(labels + at * 4, nRows),
        signAt: (at: number) => (signs === 0 ? 1 : i8(signs + at, 1)[0]!),
        basis: f64(basis, rank * nRows),
        valueAt: (at: number) => f64(packed + at * 8, 1)[0]!,
        stride,
      };
      productsOf(inputs, f64(product, span(rank, stride, count)));
    },
    f64ReduceMembers(
      nShuffles,
      nMembers,
      statistics,
      stride,
      members,
      none,
      keepDefault,
      defaults,
      counters,
      eligible,
      largest,
      winners,
    ) {
      const given = u32(members, nMembers);
      const last = Math.max(...given);
      const inputs = {
        nShuffles,
        statistics: f64(statistics, span(nShuffles, stride, nMembers)),
        stride,
        members: given,
        none,
        keepDefault: keepDefault === 1,
        defaults: f64(defaults, last + 1),
        counters: u32(counters, last + 1),
        eligible: eligible === 0 ? undefined : u8(eligible, last + 1),
      };
      reduceMembers(inputs, f64(largest, nShuffles), u32(winners, nShuffles));
    },
    f64BinScores(
      nShuffles,
      nColumns,
      values,
      stride,
      columns,
      nCells,
      firstCell,
      shift,
      cells,
      squares,
      binBytes,
      bins,
    ) {
      const inputs = {
        nShuffles,
        nColumns,
        values: f64(values, nShuffles * stride),
        stride,
        columns: u32(columns, nColumns),
        ...cellsAt(nCells, firstCell, shift, cells, squares),
      };
      // columns lie anywhere above `bins`
      const end = buffer.byteLength - bins;
      return binScores(inputs, binBytes === 1 ? u8(bins, end) : u16(bins, Math.floor(end / 2)));
    },
  } satisfies Partial<KernelSet>;
}
