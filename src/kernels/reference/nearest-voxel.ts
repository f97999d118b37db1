// Along one axis: which voxel a place lies in, and between which places one voxel lies.

/** Farther voxels are not told apart: far outside any image. */
const FARTHEST = 2 ** 30;

/** Of a place in voxels, float32. Halves away from 0; what is no number lies farthest below. */
export function nearestVoxel(place: number): number {
  if (Number.isNaN(place)) return -FARTHEST;
  const whole = place < 0 ? -Math.floor(0.5 - place) : Math.floor(place + 0.5);
  return Math.max(-FARTHEST, Math.min(whole, FARTHEST));
}

/** Less than what lies between float32 numbers around a half, and not lost in float64 beside any half that float32 has. */
const BESIDE = 2 ** -30;

/** The float32 places of a voxel are from `leastOf` to `mostOf`, both with it: two comparisons, where rounding is several steps. */
export const leastOf = (voxel: number): number =>
  voxel <= -FARTHEST ? Number.NEGATIVE_INFINITY : voxel > 0 ? voxel - 0.5 : voxel - 0.5 + BESIDE;

export const mostOf = (voxel: number): number =>
  voxel >= FARTHEST ? Number.POSITIVE_INFINITY : voxel < 0 ? voxel + 0.5 : voxel + 0.5 - BESIDE;
