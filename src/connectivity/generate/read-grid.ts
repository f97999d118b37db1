// The fixels of a directory as streamlines are compared with them, into memory that threads share.
import { InputError } from "../../errors.js";
import { fitsFloat32 } from "../../formats/data-type.js";
import { openFixelDirectory } from "../../formats/fixel-directory.js";
import { openImage } from "../../formats/image.js";
import { isPlaceUnknown } from "../../formats/unknown-place.js";
import type { Warning } from "../../warnings.js";
import { type FixelGrid, invertPlacement } from "./fixel-grid.js";

export interface GridPlan {
  readonly directory: ReturnType<typeof openFixelDirectory>;
  readonly nFixels: number;
  readonly nVoxels: number;
  /** That the grid will take. */
  readonly bytes: number;
  readonly warnings: readonly Warning[];
  readonly leastVoxelSize: number;
  readonly toVoxel: Float32Array;
}

/** Voxels read at once. */
const CHUNK = 2 ** 16;

/** Looks at headers, and reads the index through. Throws InputError: as openFixelDirectory, or an index that lies nowhere. */
export function planGrid(path: string): GridPlan {
  const directory = openFixelDirectory(path);
  const { indexHeader, nFixels, indexPath } = directory;
  const { transform, voxelSizes, dimensions } = indexHeader;
  if (isPlaceUnknown(indexHeader.entries)) {
    throw new InputError(
      `Cannot map streamlines to ${path}: expected fixels whose place is known, got some that were made of tables without voxel size and position. Give the fixel directory that the tables were made of.`,
      { path: indexPath },
    );
  }
  if (transform === undefined) {
    throw new InputError(
      `Cannot map streamlines to ${path}: expected a transform in ${indexPath}, which says where its voxels lie, got none. If the grid is centred at the origin, mrconvert writes that into a new index.`,
      { path: indexPath },
    );
  }
  const sizes = voxelSizes.slice(0, 3);
  const toVoxel = invertPlacement(transform, sizes);
  const leastVoxelSize = Math.min(...sizes);
  if (toVoxel === undefined || !(leastVoxelSize > 0)) {
    throw new InputError(
      `Cannot map streamlines to ${path}: expected voxels with a volume in ${indexPath}, got sizes of ${sizes.join(" x ")} mm and axes that span none. Make the fixel directory again.`,
      { path: indexPath },
    );
  }
  const nVoxels = dimensions[0]! * dimensions[1]! * dimensions[2]!;
  // u16 counts, float64 directions, the mask
  const bytes = nVoxels * 6 + nFixels * 25 + CHUNK * 16;
  return { directory, nFixels, nVoxels, bytes, warnings: directory.warnings, leastVoxelSize, toVoxel };
}

/** `mask` u8 [nFixels], shared. */
export function readGrid(plan: GridPlan, mask: Uint8Array | undefined): FixelGrid {
  const { directory, nVoxels, nFixels, toVoxel, leastVoxelSize } = plan;
  const { indexHeader, indexPath, directionsPath } = directory;
  const [x, y, z] = indexHeader.dimensions as [number, number, number];
  const firsts = new Uint32Array(new SharedArrayBuffer(4 * nVoxels));
  let counts: Uint8Array | Uint16Array = new Uint8Array(new SharedArrayBuffer(nVoxels));
  const index = openImage(indexPath);
  try {
    const values = new Float64Array(Math.min(CHUNK, nVoxels));
    for (let first = 0; first < nVoxels; first += values.length) {
      const n = Math.min(values.length, nVoxels - first);
      index.copyValuesInto(values, first, n);
      for (let i = 0; i < n; i++) {
        if (values[i]! > 255 && counts instanceof Uint8Array) {
          const wide: Uint16Array = new Uint16Array(new SharedArrayBuffer(2 * nVoxels));
          wide.set(counts);
          counts = wide;
        }
        if (values[i]! > 65535) throw tooMany(indexPath, values[i]!);
        counts[first + i] = values[i]!;
      }
      index.copyValuesInto(values, nVoxels + first, n);
      for (let i = 0; i < n; i++) if (counts[first + i] !== 0) firsts[first + i] = values[i]!;
    }
  } finally {
    index.close();
  }
  const directions = readDirections(directionsPath, nFixels);
  return { size: [x, y, z], toVoxel, leastVoxelSize, nFixels, counts, firsts, directions, mask };
}

/** [nFixels][3] of a file that has all x first. */
function readDirections(path: string, nFixels: number): Float32Array | Float64Array {
  const image = openImage(path);
  try {
    const isSingle = fitsFloat32(image.header.dataType) && image.header.scaling.scale === 1;
    const directions = isSingle
      ? new Float32Array(new SharedArrayBuffer(12 * nFixels))
      : new Float64Array(new SharedArrayBuffer(24 * nFixels));
    const values = new Float64Array(Math.min(CHUNK, nFixels));
    for (let axis = 0; axis < 3; axis++) {
      for (let first = 0; first < nFixels; first += values.length) {
        const n = Math.min(values.length, nFixels - first);
        image.copyValuesInto(values, axis * nFixels + first, n);
        for (let i = 0; i < n; i++) directions[3 * (first + i) + axis] = values[i]!;
      }
    }
    return directions;
  } finally {
    image.close();
  }
}

const tooMany = (path: string, count: number) =>
  new InputError(
    `Cannot map streamlines with ${path}: expected at most 65535 fixels in a voxel, got ${count}. Make the fixel directory again.`,
    { path },
  );
