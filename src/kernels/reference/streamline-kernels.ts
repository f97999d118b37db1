// Streamlines through voxels and what is counted of them, by the reference implementations: pointers become views. Contract: ../CONTRACTS.md.
import type { KernelSet } from "../kernel-set.js";
import { countRows } from "./count.js";
import type { MemoryViews } from "./memory-views.js";
import { traceVoxels } from "./trace.js";

export function streamlineKernels({ f32, u32, buffer }: MemoryViews) {
  return {
    f32TraceVoxels(
      nPoints,
      points,
      ratio,
      weights,
      placement,
      nX,
      nY,
      nZ,
      nearness,
      most,
      _window,
      _scratch,
      voxels,
      chords,
    ) {
      const inputs = {
        ...{ nPoints, ratio, size: [nX, nY, nZ] as const, nearness: Math.fround(nearness), most },
        points: f32(points, 3 * nPoints),
        weights: f32(weights, 4 * (ratio - 1)),
        toVoxel: f32(placement, 12),
      };
      return traceVoxels(inputs, { voxels: u32(voxels, most), chords: f32(chords, 3 * most) });
    },
    countRows(
      nRows,
      words,
      rowStarts,
      entries,
      scales,
      threshold,
      _counters,
      _packing,
      capacity,
      columns,
      values,
      counts,
      extents,
    ) {
      const starts = u32(rowStarts, nRows + 1);
      const inputs = {
        ...{ nRows, rowStarts: starts, threshold: Math.fround(threshold), capacity },
        words: u32(words, Math.floor((buffer.byteLength - words) / 4)),
        entries: u32(entries, starts[nRows]!),
        scales: f32(scales, nRows),
      };
      return countRows(inputs, {
        columns: u32(columns, capacity),
        values: f32(values, capacity),
        counts: u32(counts, nRows),
        extents: extents === 0 ? undefined : f32(extents, nRows),
      });
    },
  } satisfies Partial<KernelSet>;
}
