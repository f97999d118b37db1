// Where the voxels of a template's fixels are, in the scanner's space.
import { openImage } from "./image.js";

/** Voxels looked at together. */
const VOXELS_AT_A_TIME = 2 ** 16;
const NO_TRANSFORM = [
  [1, 0, 0, 0],
  [0, 1, 0, 0],
  [0, 0, 1, 0],
];

/** Fills f32 [nFixels][4]: x, y, z of the voxel's centre, mm, and 0. `indexPath`: of a template that fixel-directory.ts has found in order. */
export function copyFixelPlacesInto(target: Float32Array, indexPath: string): void {
  const index = openImage(indexPath);
  try {
    const { dimensions, transform = NO_TRANSFORM, voxelSizes } = index.header;
    const [nx, ny] = dimensions as [number, number];
    const rows = transform.map((row) => [0, 1, 2, 3].map((axis) => row[axis]! * (axis < 3 ? voxelSizes[axis]! : 1)));
    const nVoxels = index.nElements / 2;
    const counts = new Float64Array(Math.min(nVoxels, VOXELS_AT_A_TIME));
    const firsts = new Float64Array(counts.length);
    for (let start = 0; start < nVoxels; start += counts.length) {
      const n = Math.min(counts.length, nVoxels - start);
      index.copyValuesInto(counts, start, n);
      index.copyValuesInto(firsts, nVoxels + start, n);
      for (let i = 0; i < n; i++) {
        if (counts[i] === 0) continue;
        const voxel = start + i;
        const at = [voxel % nx, Math.floor(voxel / nx) % ny, Math.floor(voxel / (nx * ny))] as const;
        const place = rows.map((row) => row[0]! * at[0] + row[1]! * at[1] + row[2]! * at[2] + row[3]!);
        for (let fixel = firsts[i]!; fixel < firsts[i]! + counts[i]!; fixel++) target.set(place, 4 * fixel);
      }
    }
  } finally {
    index.close();
  }
}
