// Statistics of one design, as bins and as scores, by the reference implementations: pointers become views. Contract: ../CONTRACTS.md.
import { type KernelSet, PANELS } from "../kernel-set.js";
import { binStatistics } from "./bins.js";
import { type MemoryViews, span } from "./memory-views.js";
import { reduceMembers, reduceScores, scoreStatistics } from "./score.js";
import { binScores } from "./varying.js";

export function statisticKernels({ f64, f32, u32, u16, u8, buffer }: MemoryViews) {
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
