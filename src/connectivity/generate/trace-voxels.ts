// The voxels that a streamline runs through, and the chord in each: a kernel in a thread's part of a memory. Family of facts:
// src/connectivity/FORMAT.md#how-a-matrix-is-made. Geometry is float32 where the peer's is, so that its matrices come out bit by bit.
import { createKernelSet } from "../../kernels/choose-kernels.js";
import { layOut, moveOffsets, regionsOf } from "../../kernels/memory-regions.js";
import { splineWeights } from "../../kernels/reference/trace.js";
import type { FixelGrid } from "./fixel-grid.js";
import { MOST_RATIO, upsamplingRatio } from "./upsampling.js";

/** Where a thread traces: plain data, and shared memory. */
export interface TracerPlace {
  readonly memory: WebAssembly.Memory;
  readonly firstByte: number;
  /** Compiled kernels; undefined: the reference. */
  readonly module: WebAssembly.Module | undefined;
  /** Of a streamline. */
  readonly mostPoints: number;
}

export interface Tracer {
  /**
   * `points` f32 [..][3]: the streamline is n of them from the first. Answers how many chords lie in the image, in the order of the streamline; -1: it runs
   * through too many voxels.
   */
  trace(points: Float32Array, first: number, n: number): number;
  /** Of each chord its voxel (its place in the grid, x fastest), valid until the next streamline. */
  readonly voxels: Uint32Array;
  /** f32 [chords][3], millimetres. */
  readonly chords: Float32Array;
}

/** Voxels of one streamline: a path of kilometres is in another unit, or damaged. */
export const MOST_VOXELS = 100_000;
/** Of the least voxel size: how near the end of a chord is to the side of its voxel. */
const ACCURACY = 0.005;
/** Points of the upsampled line that are looked at together: they fit the first cache. */
const WINDOW = 512;

function regionsFor(mostPoints: number) {
  const { f32, u32 } = regionsOf("run");
  return layOut({
    // vectors are read of the last point too
    points: f32(3 * mostPoints + 1),
    weights: f32(MOST_RATIO, 4),
    toVoxel: f32(3, 4),
    scratch: u32(6 * (WINDOW + 8) + WINDOW + 32),
    voxels: u32(MOST_VOXELS),
    chords: f32(MOST_VOXELS, 3),
  });
}

/** Of one thread; a multiple of what regions are aligned to. */
export const tracerBytes = (mostPoints: number): number => Math.ceil(regionsFor(mostPoints).bytes / 64) * 64;

export function createTracer(grid: FixelGrid, stepSize: number | undefined, place: TracerPlace): Tracer {
  const { memory, firstByte, module, mostPoints } = place;
  const { buffer } = memory;
  const at = moveOffsets(regionsFor(mostPoints).offsets, firstByte);
  const kernels = createKernelSet(module === undefined ? "reference" : "simd", memory, module);
  const [sizeX, sizeY, sizeZ] = grid.size;
  const ratio = upsamplingRatio(stepSize, grid.leastVoxelSize);
  const weights = new Float32Array(buffer, at.weights, 4 * MOST_RATIO);
  for (let k = 1; k < ratio; k++) weights.set(splineWeights(Math.fround(k / ratio)), 4 * (k - 1));
  new Float32Array(buffer, at.toVoxel, 12).set(grid.toVoxel);
  const nearness = roundDown((ACCURACY * grid.leastVoxelSize) ** 2);
  const given = new Float32Array(buffer, at.points, 3 * mostPoints);
  return {
    trace(points, first, n) {
      given.set(points.subarray(3 * first, 3 * (first + n)));
      return kernels.f32TraceVoxels(
        ...([n, at.points, ratio, at.weights, at.toVoxel, sizeX, sizeY, sizeZ, nearness, MOST_VOXELS] as const),
        ...([WINDOW, at.scratch, at.voxels, at.chords] as const),
      );
    },
    voxels: new Uint32Array(buffer, at.voxels, MOST_VOXELS),
    chords: new Float32Array(buffer, at.chords, 3 * MOST_VOXELS),
  };
}

/** The largest float32 that is no larger: a float32 number is larger than either or than neither. */
function roundDown(value: number): number {
  const near = Math.fround(value);
  if (near <= value) return near;
  const bits = new Int32Array(Float32Array.of(near).buffer);
  bits[0] = bits[0]! - 1;
  return new Float32Array(bits.buffer)[0]!;
}
