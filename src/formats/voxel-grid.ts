// Voxels of a mask as elements: in the order of the mask's own strides, and who is beside whom.
import { createHash } from "node:crypto";
import { canonicalLayout, countElements, type ImageHeader } from "./image-header.js";
import { axesByRank } from "./strides.js";

export interface VoxelGrid extends Pick<ImageHeader, "dimensions" | "voxelSizes" | "layout" | "transform" | "entries"> {
  /** Canonical place of each element, in the order of the mask: its fastest axis first, indices ascending on reversed axes too. Peer: core/misc/voxel2vector.h. */
  readonly places: Uint32Array;
}

/** Which voxels elements are, in which order: `sha256` is that of `places`, u32 little-endian. */
export function identifyVoxels({ dimensions, places }: Pick<VoxelGrid, "dimensions" | "places">) {
  return { dimensions: [...dimensions], sha256: createHash("sha256").update(places).digest("hex") };
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

/** Cells of the smallest box around the voxels, in the order of the elements; between its rows and planes is one cell, or one row of them, that is empty. */
export interface VoxelCells {
  readonly connectivity: 6 | 26;
  /** Cells from a row to the next, from a plane to the next, and of all with a margin around them. */
  readonly row: number;
  readonly plane: number;
  readonly nCells: number;
  /** u32, one an element. */
  cellsInto(cells: Uint32Array): void;
}

/** Of a grid of three axes. 6: voxels that share a face are neighbours; 26: a face, an edge or a corner. */
export function voxelCells({ dimensions, layout, places }: VoxelGrid, connectivity: 6 | 26): VoxelCells {
  const [nx, ny] = dimensions as [number, number, number];
  const visit = (found: (element: number, index: readonly [number, number, number]) => void) => {
    for (const [element, place] of places.entries()) {
      found(element, [place % nx, Math.floor(place / nx) % ny, Math.floor(place / nx / ny)]);
    }
  };
  const first = [...dimensions];
  const last = dimensions.map(() => -1);
  visit((_, index) => {
    for (const [axis, i] of index.entries()) {
      first[axis] = Math.min(first[axis]!, i);
      last[axis] = Math.max(last[axis]!, i);
    }
  });
  // fastest axis of the mask first, so that elements come in the order of their cells
  const axes = axesByRank(layout) as [number, number, number];
  const [width, height, depth] = axes.map((axis) => Math.max(1, last[axis]! - first[axis]! + 1)) as typeof axes;
  const row = width + 1;
  const plane = row * (height + 1);
  const margin = 1 + row + plane;
  return {
    ...{ connectivity, row, plane, nCells: depth * plane + 2 * margin },
    cellsInto(cells) {
      const [a, b, c] = axes;
      visit((element, index) => {
        const of = (axis: number) => index[axis]! - first[axis]!;
        cells[element] = margin + of(a) + row * of(b) + plane * of(c);
      });
    },
  };
}
