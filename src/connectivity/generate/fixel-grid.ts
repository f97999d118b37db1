// Which fixels lie in which voxel, where the voxels are and where the fixels point: what a streamline is compared with. Shared by all threads.

export interface FixelGrid {
  readonly size: readonly [number, number, number];
  /** f32 [3][4]: from millimetres of the scanner to voxels. */
  readonly toVoxel: Float32Array;
  /** Millimetres. */
  readonly leastVoxelSize: number;
  readonly nFixels: number;
  /** u8 or u16 [voxels], x fastest: fixels of each, and the first of them, u32. */
  readonly counts: Uint8Array | Uint16Array;
  readonly firsts: Uint32Array;
  /** [nFixels][3], as stored. */
  readonly directions: Float32Array | Float64Array;
  /** u8 [nFixels]; undefined: all. */
  readonly mask: Uint8Array | undefined;
}

/** f32 [3][4]: the inverse of what takes voxels to millimetres, made in float64 and rounded as the peer does. Undefined: it has none. */
export function invertPlacement(
  transform: readonly (readonly number[])[],
  voxelSizes: readonly number[],
): Float32Array | undefined {
  const a = transform.map((row) => [row[0]! * voxelSizes[0]!, row[1]! * voxelSizes[1]!, row[2]! * voxelSizes[2]!]);
  const minor = (i: number, j: number) => {
    const [p, q] = [(i + 1) % 3, (i + 2) % 3];
    const [r, s] = [(j + 1) % 3, (j + 2) % 3];
    return a[p]![r]! * a[q]![s]! - a[p]![s]! * a[q]![r]!;
  };
  const determinant = a[0]![0]! * minor(0, 0) + a[0]![1]! * minor(0, 1) + a[0]![2]! * minor(0, 2);
  if (!(Math.abs(determinant) > 0) || !Number.isFinite(determinant)) return undefined;
  const inverse = new Float32Array(12);
  for (let i = 0; i < 3; i++) {
    let shift = 0;
    for (let j = 0; j < 3; j++) {
      const value = minor(j, i) / determinant;
      inverse[4 * i + j] = value;
      shift -= value * transform[j]![3]!;
    }
    inverse[4 * i + 3] = shift;
  }
  return inverse;
}
