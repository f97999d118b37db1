// The always-complete set: plain TypeScript over views of the linear memory. The fast set starts from this table.
import { type KernelSet, PANELS, roundUp } from "../kernel-set.js";
import { binStatistics } from "./bins.js";
import { boundRows, LEVEL_LANES, levelBins } from "./bounds.js";
import { enhancedValue, enhanceRows, reduceEnhanced } from "./cfe.js";
import { enhanceExactly } from "./exact.js";
import { gemm } from "./gemm.js";
import { enhanceGrid, gridComponents } from "./grid.js";
import { groupedByColumn, groupedStatistics } from "./grouped.js";
import { reduceMap } from "./maps.js";
import { enhanceNetwork, networkComponents } from "./network.js";
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
import { gatherMaskedRows, gatherRows, rowsFromPanels } from "./rows.js";
import { reduceMembers, reduceScores, scoreStatistics } from "./score.js";
import { smoothingWeights, smoothRows } from "./smooth.js";
import { binScores, gatherMasked, laneProduct, laneSquares, maskedProduct, pooledStatistics } from "./varying.js";

/** Values from the first of the first row to the last of the last. */
const span = (nRows: number, stride: number, width: number) => (nRows === 0 ? 0 : (nRows - 1) * stride + width);

/** `buffer`: the whole linear memory; it must not grow afterwards (views are made per call on it). */
export function createReferenceKernelSet(buffer: ArrayBufferLike): KernelSet {
  // Pointers above 2 GiB arrive as unsigned: all callers here are TypeScript, so no sign to undo.
  const f64 = (pointer: number, count: number) => new Float64Array(buffer, pointer, count);
  const f32 = (pointer: number, count: number) => new Float32Array(buffer, pointer, count);
  const u32 = (pointer: number, count: number) => new Uint32Array(buffer, pointer, count);
  const i32 = (pointer: number, count: number) => new Int32Array(buffer, pointer, count);
  const u16 = (pointer: number, count: number) => new Uint16Array(buffer, pointer, count);
  const u8 = (pointer: number, count: number) => new Uint8Array(buffer, pointer, count);
  const i8 = (pointer: number, count: number) => new Int8Array(buffer, pointer, count);
  const cellsAt = (nCells: number, firstCell: number, shift: number, cells: number, squares: number) => ({
    ...{ nCells, firstCell, shift, cells: u16(cells, nCells + 1) },
    // the sentinel ends the search, so the view may run to the end of the memory
    squares: new Float64Array(buffer, squares, Math.floor((buffer.byteLength - squares) / 8)),
  });

  const maskedInputs = (
    nRows: number,
    nBasis: number,
    nShuffles: number,
    labels: number,
    signs: number,
    nMissing: number,
    missing: number,
    basis: number,
  ) => ({
    nRows,
    nBasis,
    nShuffles,
    labels: i32(labels, nShuffles * nRows),
    signs: signs === 0 ? undefined : i8(signs, nShuffles * nRows),
    missing: i32(missing, nMissing),
    basis: f64(basis, (nRows - nMissing) * nBasis),
  });

  const products = (bytes: number, pointer: number, count: number) =>
    bytes === 4 ? f32(pointer, count) : f64(pointer, count);

  const lanesOf = (view: typeof f64 | typeof f32, panelWidth: number) => {
    const lanes = (
      nRows: number,
      nPacked: number,
      nShuffles: number,
      width: number,
      labels: number,
      signs: number,
      own: number,
      packed: number,
    ) => ({
      ...{ nRows, nPacked, nShuffles, width, panelWidth },
      labels: i32(labels, nShuffles * nRows),
      signs: signs === 0 ? undefined : i8(signs, nShuffles * nRows),
      own: view(own, width * nRows),
      packed: view(packed, width * nPacked),
    });
    const product: KernelSet["f64LaneProduct"] = (n, nPacked, nShuffles, width, labels, signs, own, packed, ...to) => {
      const [at, rowStep, stride] = to;
      const inputs = { ...lanes(n, nPacked, nShuffles, width, labels, signs, own, packed), rowStep, stride };
      laneProduct(inputs, view(at, span(nShuffles, rowStep * stride, width)));
    };
    const squares: KernelSet["f64LaneSquares"] = (n, nPacked, nShuffles, width, labels, signs, own, packed, ...to) => {
      const [at, rowStep, squaresAt, squareStep, stride] = to;
      product(n, nPacked, nShuffles, width, labels, signs, own, packed, at, rowStep, stride);
      const inputs = {
        ...lanes(n, nPacked, nShuffles, width, labels, signs, own, packed),
        rowStep: squareStep,
        stride,
      };
      laneSquares(inputs, view(squaresAt, span(nShuffles, squareStep * stride, width)));
    };
    return { product, squares };
  };
  const [f64Lanes, f32Lanes] = [lanesOf(f64, PANELS.f64), lanesOf(f32, PANELS.f32)];

  return {
    variant: "reference",
    panels: PANELS,
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
    rowProduct: undefined,
    f64PackColumns(nRows, nColumns, source, sourceBytes, sourceStride, columns, packed, nonFinite) {
      const padded = roundUp(nColumns, PANELS.f32);
      const view = new DataView(buffer, source);
      const size = { nRows, sourceBytes, sourceStride };
      packColumns(view, u32(columns, nColumns), f64(packed, padded * nRows), u8(nonFinite, padded), size);
    },
    f64MarkMissing(nRows, nColumns, values, valueBytes, stride, nWords, missing) {
      const view = valueBytes === 4 ? f32(values, nRows * stride) : f64(values, nRows * stride);
      markMissing(view, { nRows, nColumns, stride, nWords }, u32(missing, nColumns * nWords));
    },
    sortColumns(nRows, first, nColumns, values, valueBytes, stride, order) {
      const count = Math.ceil((first + nColumns) / stride) * stride * nRows;
      const view = valueBytes === 4 ? f32(values, count) : f64(values, count);
      sortColumns(view, u32(order, nColumns), { nRows, first, stride });
    },
    f64ProjectOut(nRows, width, nBasis, basis, packed) {
      projectOut(nRows, width, nBasis, f64(basis, nBasis * nRows), f64(packed, width * nRows));
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
    f32FromF64Panels(nRows, width, packed64, packed32) {
      f32FromF64Panels(nRows, width, f64(packed64, width * nRows), f32(packed32, width * nRows));
    },
    f32GatherBasis(nRows, rank, nShuffles, labels, signs, basis, gathered) {
      const out = f32(gathered, roundUp(nShuffles * rank, PANELS.rows) * nRows);
      const count = nShuffles * nRows;
      gatherBasis(i32(labels, count), i8(signs, count), f64(basis, rank * nRows), out, { nRows, rank, nShuffles });
    },
    f64RowsFromPanels(nRows, width, packed, stride, rows) {
      rowsFromPanels(
        { nRows, width, stride },
        f64(packed, roundUp(width, PANELS.f64) * nRows),
        f64(rows, stride * nRows),
      );
    },
    f32RowsFromPanels(nRows, width, packed, stride, rows) {
      rowsFromPanels(
        { nRows, width, stride },
        f64(packed, roundUp(width, PANELS.f64) * nRows),
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
    f64PooledStatistics(
      nShuffles,
      nColumns,
      rank,
      nOwn,
      contrastRank,
      product,
      ownProduct,
      productBytes,
      stride,
      firstShift,
      shifts,
      tested,
      testedByColumn,
      sums,
      dof,
      signed,
      squared,
      statistics,
    ) {
      const inputs = {
        nShuffles,
        nColumns,
        rank,
        nOwn,
        contrastRank,
        product: products(productBytes, product, nShuffles * rank * stride),
        ownProduct: products(productBytes, ownProduct, nShuffles * nOwn * stride),
        stride,
        firstShift,
        shifts: f64(shifts, firstShift >= 0 ? rank * stride : 0),
        tested: f64(tested, contrastRank * (rank + nOwn) * (testedByColumn === 1 ? stride : 1)),
        testedByColumn: testedByColumn === 1,
        sumSquares: f64(sums, nColumns),
        dof,
        signed: signed === 1,
        squared: squared === 1,
      };
      pooledStatistics(inputs, f64(statistics, nShuffles * stride));
    },
    f64GatherMasked(nRows, nBasis, nShuffles, labels, signs, nMissing, missing, _positions, basis, gathered) {
      const inputs = maskedInputs(nRows, nBasis, nShuffles, labels, signs, nMissing, missing, basis);
      gatherMasked(inputs, f64(gathered, roundUp(nShuffles * nBasis, PANELS.rows) * nRows));
    },
    f64GatherMaskedRows(nRows, nBasis, nShuffles, labels, signs, nMissing, missing, _positions, basis, gathered) {
      const inputs = maskedInputs(nRows, nBasis, nShuffles, labels, signs, nMissing, missing, basis);
      gatherMaskedRows(inputs, f64(gathered, nShuffles * nBasis * nRows));
    },
    f64MaskedProduct(nRows, nShuffles, signs, nMissing, missing, positions, row, columns, columnStride, product) {
      const inputs = {
        nRows,
        nShuffles,
        signs: signs === 0 ? undefined : i8(signs, nShuffles * nRows),
        missing: i32(missing, nMissing),
        positions: i32(positions, roundUp(nShuffles, 4) * nRows),
        row: f64(row, nRows - nMissing),
        columns: f64(columns, span(nRows, columnStride, 2)),
        columnStride,
      };
      maskedProduct(inputs, f64(product, nShuffles * 2));
    },
    f32GatherMasked(nRows, nBasis, nShuffles, labels, signs, nMissing, missing, _positions, basis, gathered) {
      const inputs = maskedInputs(nRows, nBasis, nShuffles, labels, signs, nMissing, missing, basis);
      gatherMasked(inputs, f32(gathered, roundUp(nShuffles * nBasis, PANELS.rows) * nRows));
    },
    f32GatherMaskedRows(nRows, nBasis, nShuffles, labels, signs, nMissing, missing, _positions, basis, gathered) {
      const inputs = maskedInputs(nRows, nBasis, nShuffles, labels, signs, nMissing, missing, basis);
      gatherMaskedRows(inputs, f32(gathered, nShuffles * nBasis * nRows));
    },
    f64LaneProduct: f64Lanes.product,
    f32LaneProduct: f32Lanes.product,
    f64LaneSquares: f64Lanes.squares,
    f32LaneSquares: f32Lanes.squares,
    f64GroupedStatistics(
      nShuffles,
      nColumns,
      rank,
      nGroups,
      contrastRank,
      product,
      squares,
      productBytes,
      stride,
      starts,
      directions,
      dropped,
      recovery,
      gram,
      sizes,
      rnn,
      toEffect,
      signed,
      statistics,
      dofs,
    ) {
      const groupStarts = i32(starts, nGroups + 1);
      const nAll = groupStarts[nGroups]!;
      const inputs = {
        nShuffles,
        nColumns,
        rank,
        nGroups,
        contrastRank,
        product: products(productBytes, product, nShuffles * (dropped < 0 ? nAll : nAll - 1) * stride),
        starts: groupStarts,
        directions: f64(directions, rank * nAll),
        dropped,
        recovery: f64(recovery, nAll),
        squares: products(productBytes, squares, nShuffles * nGroups * stride),
        stride,
        gram: f64(gram, nGroups * rank * rank),
        sizes: f64(sizes, nGroups),
        rnn: f64(rnn, nGroups),
        toEffect: f64(toEffect, contrastRank * rank),
        signed: signed === 1,
      };
      groupedStatistics(inputs, f64(statistics, nShuffles * stride), f64(dofs, nShuffles * stride));
    },
    f64GroupedByColumn(
      nShuffles,
      nColumns,
      sharedRank,
      nOwn,
      nGroups,
      contrastRank,
      product,
      ownProduct,
      squares,
      productBytes,
      stride,
      starts,
      directions,
      dropped,
      recovery,
      gram,
      sizes,
      rnn,
      tested,
      signed,
      statistics,
      dofs,
    ) {
      const rank = sharedRank + nOwn;
      const rows = nShuffles * nGroups;
      const groupStarts = i32(starts, nGroups + 1);
      const nAll = groupStarts[nGroups]!;
      const inputs = {
        ...{ nShuffles, nColumns, sharedRank, nOwn, nGroups, contrastRank, stride },
        product: products(productBytes, product, nShuffles * (dropped < 0 ? nAll : nAll - 1) * stride),
        starts: groupStarts,
        directions: f64(directions, sharedRank * nAll),
        dropped,
        recovery: f64(recovery, nAll),
        ownProduct: products(productBytes, ownProduct, rows * nOwn * stride),
        squares: products(productBytes, squares, rows * stride),
        gram: f64(gram, nGroups * rank * rank * stride),
        sizes: f64(sizes, nGroups),
        rnn: f64(rnn, nGroups * stride),
        tested: f64(tested, contrastRank * rank * stride),
        signed: signed === 1,
      };
      groupedByColumn(inputs, f64(statistics, nShuffles * stride), f64(dofs, nShuffles * stride));
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
    f32EnhanceRows(
      nRows,
      firstElement,
      binBytes,
      nBins,
      extentPower,
      rowStarts,
      connections,
      norms,
      heightPowers,
      bins,
      enhanced,
      histogram,
    ) {
      const starts = u32(rowStarts, nRows + 1);
      const words = 2 * starts[nRows]!;
      const size = buffer.byteLength - bins;
      const inputs = {
        nRows,
        firstElement,
        extentPower,
        rowStarts: starts,
        connectedElements: u32(connections, words),
        connectionWeights: f32(connections, words),
        norms: f32(norms, nRows),
        heightPowers: f32(heightPowers, nBins),
        bins: binBytes === 1 ? u8(bins, size) : u16(bins, Math.floor(size / 2)),
      };
      enhanceRows(inputs, f32(enhanced, nRows * PANELS.lanes), f64(histogram, nBins));
    },
    f32KeepDefault(nRows, firstElement, enhanced, defaults) {
      const from = f32(enhanced, nRows * PANELS.lanes);
      const to = f32(defaults, firstElement + nRows);
      for (let i = 0; i < nRows; i++) to[firstElement + i] = from[i * PANELS.lanes]!;
    },
    f32ReduceEnhanced(
      nRows,
      firstElement,
      firstLane,
      endLane,
      enhanced,
      defaults,
      eligible,
      counters,
      maxima,
      maximaElements,
    ) {
      const end = firstElement + nRows;
      const inputs = {
        nRows,
        firstElement,
        firstLane,
        endLane,
        enhanced: f32(enhanced, nRows * PANELS.lanes),
        defaults: f32(defaults, end),
        eligible: eligible === 0 ? undefined : u8(eligible, end),
      };
      const counted = counters === 0 ? undefined : u32(counters, end);
      reduceEnhanced(inputs, counted, f32(maxima, PANELS.lanes), u32(maximaElements, PANELS.lanes));
    },
    f32EnhanceGrid(
      m,
      nCells,
      row,
      plane,
      connectivity,
      binBytes,
      nBins,
      bins,
      cells,
      extentPowers,
      heightSums,
      enhanced,
    ) {
      const nBinValues = span(m, PANELS.lanes, 1);
      const inputs = {
        ...{ nCells, row, plane, connectivity },
        bins: binBytes === 1 ? u8(bins, nBinValues) : u16(bins, nBinValues),
        cells: u32(cells, m),
        extentPowers: f64(extentPowers, m + 1),
        heightSums: f64(heightSums, nBins + 1),
      };
      enhanceGrid(inputs, f32(enhanced, m));
    },
    f32EnhanceNetwork(m, nNodes, binBytes, nBins, bins, ends, extentPowers, heightSums, enhanced) {
      const nBinValues = span(m, PANELS.lanes, 1);
      const inputs = {
        nNodes,
        bins: binBytes === 1 ? u8(bins, nBinValues) : u16(bins, nBinValues),
        ends: u32(ends, m),
        extentPowers: f64(extentPowers, m + 1),
        heightSums: f64(heightSums, nBins + 1),
      };
      enhanceNetwork(inputs, f32(enhanced, m));
    },
    f32EnhanceGridExact(m, nCells, row, plane, connectivity, z, cells, extentPowers, power, enhanced) {
      const grid = { nCells, row, plane, connectivity, cells: u32(cells, m) };
      const heights = { z: f32(z, m), extentPowers: f64(extentPowers, m + 1), power };
      enhanceExactly(heights, gridComponents(grid), f32(enhanced, m));
    },
    f32EnhanceNetworkExact(m, nNodes, z, ends, extentPowers, power, enhanced) {
      const heights = { z: f32(z, m), extentPowers: f64(extentPowers, m + 1), power };
      enhanceExactly(heights, networkComponents({ nNodes, ends: u32(ends, m) }), f32(enhanced, m));
    },
    f32ReduceMap(m, enhanced, defaults, eligible, counters, maximum, maximumElement) {
      const inputs = {
        enhanced: f32(enhanced, m),
        defaults: f32(defaults, m),
        eligible: eligible === 0 ? undefined : u8(eligible, m),
      };
      reduceMap(inputs, u32(counters, m), f32(maximum, 1), u32(maximumElement, 1));
    },
    u8LevelBins(first, count, order, bins, groupBytes, nGroups, _cap, table, levels) {
      const end = first + count;
      const size = { first, count, nGroups, groupBytes };
      levelBins(
        size,
        u32(order, end),
        u8(bins, buffer.byteLength - bins),
        u8(table, 256),
        u8(levels, end * LEVEL_LANES),
      );
    },
    boundRows(
      nRows,
      rows,
      indices,
      weights,
      levels,
      bins,
      groupBytes,
      needs,
      tables,
      refine,
      room,
      candidates,
      counts,
      _scratch,
    ) {
      const words = u32(rows, 8 * nRows);
      let nGroups = 0;
      for (let i = 0; i < nRows; i++) nGroups = Math.max(nGroups, words[8 * i + 2]! + words[8 * i + 3]!);
      const inputs = {
        nRows,
        rows: words,
        factors: f32(rows, 8 * nRows),
        indices: u32(indices, 8 * nGroups),
        weights: u16(weights, nGroups),
        levels: u8(levels, buffer.byteLength - levels),
        bins: u8(bins, buffer.byteLength - bins),
        groupBytes,
        needs: f32(needs, LEVEL_LANES),
        growth: f32(tables, 256),
        ownHeights: f32(tables + 1024, 256),
        heights: f32(tables + 2048, 32),
        unit: f32(tables + 2176, 1)[0]!,
        refine: refine === 1,
      };
      const out = { room, words: u32(candidates, 3 * room), bounds: f32(candidates, 3 * room), counts: u32(counts, 2) };
      return boundRows(inputs, out);
    },
    f32EnhanceOne(nConnections, connections, bins, bin, extentPower, heightPowers, norm, histogram) {
      const words = 2 * nConnections;
      const all = {
        elements: u32(connections, words),
        weights: f32(connections, words),
        first: 0,
        end: nConnections,
      };
      const own = { bins: u8(bins, buffer.byteLength - bins), lane: 0, bin, norm };
      const given = { extentPower, heightPowers: f32(heightPowers, bin + 1) };
      // as it is kept among others
      return Math.fround(enhancedValue(all, own, given, f64(histogram, 256)));
    },
    f32SmoothingWeights(
      nRows,
      firstRow,
      nFixels,
      rowStarts,
      connected,
      connectivity,
      places,
      inside,
      scale,
      decay,
      least,
      powers,
      starts,
      pairs,
    ) {
      const given = u32(rowStarts, nRows + 1);
      const nConnections = given[nRows]!;
      const inputs = {
        ...{ nRows, firstRow, nFixels, rowStarts: given, scale, decay, least },
        connected: u32(connected, nConnections),
        connectivity: f32(connectivity, nConnections),
        places: f32(places, 4 * nFixels),
        inside: inside === 0 ? undefined : u8(inside, nFixels),
        powers: f64(powers, 32),
      };
      const words = 2 * nConnections;
      return smoothingWeights(inputs, {
        starts: u32(starts, nRows + 1),
        elements: u32(pairs, words),
        weights: f32(pairs, words),
      });
    },
    f32SmoothRows(nRows, firstRow, nLanes, starts, pairs, _complete, values, smoothed) {
      const given = u32(starts, nRows + 1);
      const words = 2 * given[nRows]!;
      const inputs = {
        ...{ nRows, firstRow, nLanes, starts: given },
        elements: u32(pairs, words),
        weights: f32(pairs, words),
        values: f32(values, Math.floor((buffer.byteLength - values) / 4)),
      };
      smoothRows(inputs, f32(smoothed, (firstRow + nRows) * nLanes));
    },
  };
}
