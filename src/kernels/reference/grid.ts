// Components of the cells of a grid, of a height by itself, by flooding. Contract: ../CONTRACTS.md.
import type { Components } from "./heights.js";

export interface Cells {
  readonly nCells: number;
  /** Cells from a row to the next, and from a plane to the next. */
  readonly row: number;
  readonly plane: number;
  /** 6 or 26. */
  readonly connectivity: number;
  readonly cells: Uint32Array;
}

/** By flooding. */
export function gridComponents(grid: Cells): Components {
  const { nCells, cells } = grid;
  const nElements = cells.length;
  const steps = stepsOf(grid);
  const component = new Uint32Array(nElements);
  const elementAt = new Int32Array(nCells).fill(-1);
  for (let e = 0; e < nElements; e++) elementAt[cells[e]!] = e;
  return (isOn) => {
    const extents = new Uint32Array(nElements);
    for (let seed = 0; seed < nElements; seed++) {
      if (extents[seed] !== 0 || !isOn(seed)) continue;
      let extent = 0;
      let done = 0;
      component[extent++] = seed;
      extents[seed] = 1;
      while (done < extent) {
        const cell = cells[component[done++]!]!;
        for (const step of steps) {
          const other = elementAt[cell + step]!;
          if (other < 0 || extents[other] !== 0 || !isOn(other)) continue;
          extents[other] = 1;
          component[extent++] = other;
        }
      }
      for (let i = 0; i < extent; i++) extents[component[i]!] = extent;
    }
    return extents;
  };
}

/** From a cell to its neighbours. */
function stepsOf({ row, plane, connectivity }: Cells): number[] {
  const steps: number[] = [];
  for (const z of [-1, 0, 1]) {
    for (const y of [-1, 0, 1]) {
      for (const x of [-1, 0, 1]) {
        const axes = Math.abs(x) + Math.abs(y) + Math.abs(z);
        if (axes === 1 || (axes > 1 && connectivity === 26)) steps.push(x + y * row + z * plane);
      }
    }
  }
  return steps;
}
