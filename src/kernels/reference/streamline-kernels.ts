// Streamlines through voxels, by the reference implementation: pointers become views. Contract: ../CONTRACTS.md.
import type { KernelSet } from "../kernel-set.js";
import type { MemoryViews } from "./memory-views.js";
import { traceVoxels } from "./trace.js";

export function streamlineKernels({ f32, u32 }: MemoryViews) {
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
  } satisfies Partial<KernelSet>;
}
