// Enhancement, and what is kept of it, by the reference implementations: pointers become views. Contract: ../CONTRACTS.md.
import { type KernelSet, PANELS } from "../kernel-set.js";
import { boundRows, LEVEL_LANES, levelBins } from "./bounds.js";
import { enhancedValue, enhanceRows, reduceEnhanced } from "./cfe.js";
import { gridComponents } from "./grid.js";
import { enhanceBins, enhanceExactly } from "./heights.js";
import { reduceMap } from "./maps.js";
import { type MemoryViews, span } from "./memory-views.js";
import { networkComponents } from "./network.js";

export function enhancementKernels({ f64, f32, u32, u16, u8, buffer }: MemoryViews) {
  const binnedHeights = (
    m: number,
    binBytes: number,
    nBins: number,
    bins: number,
    extentPowers: number,
    heightSums: number,
  ) => {
    const nBinValues = span(m, PANELS.lanes, 1);
    return {
      bins: binBytes === 1 ? u8(bins, nBinValues) : u16(bins, nBinValues),
      extentPowers: f64(extentPowers, m + 1),
      heightSums: f64(heightSums, nBins + 1),
    };
  };
  return {
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
      const grid = { nCells, row, plane, connectivity, cells: u32(cells, m) };
      const heights = binnedHeights(m, binBytes, nBins, bins, extentPowers, heightSums);
      enhanceBins(heights, gridComponents(grid), f32(enhanced, m));
    },
    f32EnhanceNetwork(m, nNodes, binBytes, nBins, bins, ends, extentPowers, heightSums, enhanced) {
      const heights = binnedHeights(m, binBytes, nBins, bins, extentPowers, heightSums);
      enhanceBins(heights, networkComponents({ nNodes, ends: u32(ends, m) }), f32(enhanced, m));
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
  } satisfies Partial<KernelSet>;
}
