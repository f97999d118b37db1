// An enhancement over stated places of a grid, for the engine: TFCE with dh = 0.1, E = 0.5 and H = 2 unless it is given otherwise.
import type { CellGrid, GraphEnhancement } from "../../src/engine/inputs.js";
import type { PlacedGraph } from "./oracle-graph.js";

/** Cells of the places, in the widest box with room for a margin of one. */
export function cellsOf({ places, connectivity }: PlacedGraph): CellGrid {
  const largest = (axis: 0 | 1 | 2) => Math.max(...places.map((place) => place[axis]));
  const row = largest(0) + 3;
  const plane = row * (largest(1) + 3);
  return {
    ...{ connectivity, row, plane, nCells: plane * (largest(2) + 3) + 4 },
    cellsInto: (cells) => cells.set(places.map(([x, y, z]) => x + 1 + row * (y + 1) + plane * (z + 1))),
  };
}

export function graphEnhancement(
  graph: PlacedGraph,
  given: Partial<Omit<GraphEnhancement, "kind" | "neighbours">> = {},
): GraphEnhancement {
  return {
    kind: "graph",
    neighbours: cellsOf(graph),
    heights: { kind: "steps", dh: 0.1, strict: true, rounded: true },
    extentPower: 0.5,
    heightPower: 2,
    ...given,
  };
}
