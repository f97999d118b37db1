// Voxels of a mask as elements: in the order of the mask's own strides, and who is beside whom.
import { canonicalLayout, countElements, type ImageHeader } from "./image-header.js";
import { axesByRank } from "./strides.js";

export interface VoxelGrid extends Pick<ImageHeader, "dimensions" | "voxelSizes" | "layout" | "transform" | "entries"> {
  /** Canonical place of each element, in the order of the mask: its fastest axis first, indices ascending on reversed axes too. Peer: core/misc/voxel2vector.h. */
  readonly places: Uint32Array;
}

/** `inside`: u8, one a voxel in canonical order. */
export function createVoxelGrid(header: ImageHeader, inside: Uint8Array): VoxelGrid {
  const { dimensions, voxelSizes, layout, transform, entries } = header;
  const canonical = canonicalLayout(dimensions.length).map((_, axis) =>
    dimensions.slice(0, axis).reduce((product, size) => product * size, 1),
  );
  const axes = axesByRank(layout);
  const places = new Uint32Array(inside.reduce((sum, value) => sum + value, 0));
  const index = dimensions.map(() => 0);
  let place = 0;
  let n = 0;
  for (let i = 0; i < countElements(dimensions); i++) {
    if (inside[place] === 1) places[n++] = place;
    for (const axis of axes) {
      index[axis]!++;
      place += canonical[axis]!;
      if (index[axis]! < dimensions[axis]!) break;
      place -= canonical[axis]! * dimensions[axis]!;
      index[axis] = 0;
    }
  }
  return { dimensions, voxelSizes, layout, transform, entries, places };
}

/** Of a grid of three axes. 6: voxels that share a face; 26: a face, an edge or a corner. */
export function voxelNeighbours({ dimensions, places }: VoxelGrid, connectivity: 6 | 26) {
  const [nx, ny, nz] = dimensions as [number, number, number];
  const elementAt = new Int32Array(nx * ny * nz).fill(-1);
  for (const [element, place] of places.entries()) elementAt[place] = element;
  const steps: [number, number, number][] = [];
  for (const dz of [-1, 0, 1]) {
    for (const dy of [-1, 0, 1]) {
      for (const dx of [-1, 0, 1]) {
        const axes = Math.abs(dx) + Math.abs(dy) + Math.abs(dz);
        if (axes === 1 || (connectivity === 26 && axes > 1)) steps.push([dx, dy, dz]);
      }
    }
  }
  const visit = (element: number, found: (other: number) => void) => {
    const place = places[element]!;
    const x = place % nx;
    const y = Math.floor(place / nx) % ny;
    const z = Math.floor(place / nx / ny);
    for (const [dx, dy, dz] of steps) {
      const [a, b, c] = [x + dx, y + dy, z + dz];
      if (a < 0 || b < 0 || c < 0 || a >= nx || b >= ny || c >= nz) continue;
      const other = elementAt[a + nx * (b + ny * c)]!;
      if (other >= 0) found(other);
    }
  };
  let count = 0;
  for (let element = 0; element < places.length; element++) visit(element, () => count++);
  return {
    count,
    copyInto(starts: Uint32Array, neighbours: Uint32Array): void {
      let n = 0;
      for (let element = 0; element < places.length; element++) {
        starts[element] = n;
        visit(element, (other) => {
          neighbours[n++] = other;
        });
      }
      starts[places.length] = n;
    },
  };
}
