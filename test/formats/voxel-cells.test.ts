// Voxels of a mask as cells of a grid with an empty margin.
import { describe, expect, test } from "vitest";
import { createVoxelGrid, voxelCells } from "../../src/formats/voxel-grid.js";
import { createRandom } from "../support/seeded-random.js";

const gridOf = (dimensions: readonly number[], strides: readonly number[], inside: Uint8Array) =>
  createVoxelGrid(
    {
      ...{ dimensions, voxelSizes: dimensions.map(() => 1), entries: [], transform: undefined },
      layout: strides,
    } as unknown as Parameters<typeof createVoxelGrid>[0],
    inside,
  );

const LAYOUTS = [
  [1, 2, 3],
  [-1, 3, 2],
  [3, -2, 1],
] as const;

describe("cells", () => {
  for (const layout of LAYOUTS) {
    test(`of a mask with strides ${layout}: neighbours in the image are neighbours in the grid, and no others`, () => {
      const random = createRandom(layout[0] + 9);
      const dimensions = [9, 7, 8] as const;
      const [nx, ny, nz] = dimensions;
      const inside = Uint8Array.from({ length: nx * ny * nz }, (_, i) => {
        const [x, y, z] = [i % nx, Math.floor(i / nx) % ny, Math.floor(i / nx / ny)];
        return Number(x > 1 && x < 8 && y < 6 && z > 0 && random.uniform() < 0.6);
      });
      const grid = gridOf(dimensions, layout, inside);
      const { row, plane, nCells, connectivity, cellsInto } = voxelCells(grid, 26);
      expect(connectivity).toBe(26);
      const cells = new Uint32Array(grid.places.length);
      cellsInto(cells);
      // in the order of the elements, all of their 26 neighbours within the grid
      expect([...cells].every((cell, e) => e === 0 || cell > cells[e - 1]!)).toBe(true);
      expect(cells[0]!).toBeGreaterThanOrEqual(1 + row + plane);
      expect(cells.at(-1)! + 1 + row + plane).toBeLessThan(nCells);
      const elementAt = new Map([...cells].map((cell, e) => [cell, e]));
      const index = (place: number) => [place % nx, Math.floor(place / nx) % ny, Math.floor(place / nx / ny)] as const;
      let nPairs = 0;
      for (const [e, cell] of cells.entries()) {
        const found: number[] = [];
        for (const z of [-1, 0, 1]) {
          for (const y of [-1, 0, 1]) {
            for (const x of [-1, 0, 1]) {
              const other = elementAt.get(cell + x + y * row + z * plane);
              if (other !== undefined && other !== e) found.push(other);
            }
          }
        }
        const own = index(grid.places[e]!);
        const stated = [...grid.places.keys()].filter(
          (other) => other !== e && index(grid.places[other]!).every((i, axis) => Math.abs(i - own[axis]!) <= 1),
        );
        expect(found.sort((a, b) => a - b)).toEqual(stated);
        nPairs += found.length;
      }
      expect(nPairs).toBeGreaterThan(1000);
    });
  }

  test("of a box around the voxels: what is outside takes no room", () => {
    const inside = new Uint8Array(50 * 60 * 40);
    inside[25 + 50 * (30 + 60 * 20)] = 1;
    inside[26 + 50 * (31 + 60 * 20)] = 1;
    const { row, plane, nCells } = voxelCells(gridOf([50, 60, 40], [1, 2, 3], inside), 6);
    expect([row, plane, nCells]).toEqual([3, 9, 9 + 2 * 13]);
  });
});
