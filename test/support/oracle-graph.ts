// Threshold-free enhancement over a graph as its sum over heights says it, one component after the other: an oracle that knows nothing of src.
export interface Graph {
  readonly nElements: number;
  /** Pairs of elements, both ways or one. */
  readonly pairs: readonly (readonly [number, number])[];
}

/** Sizes of the components of the elements that are `on`; 0 elsewhere. */
export function statedComponents({ nElements, pairs }: Graph, on: readonly boolean[]): number[] {
  const label = Array.from({ length: nElements }, (_, e) => e);
  for (let changed = true; changed; ) {
    changed = false;
    for (const [a, b] of pairs) {
      if (!on[a] || !on[b] || label[a] === label[b]) continue;
      const lower = Math.min(label[a]!, label[b]!);
      label[a] = lower;
      label[b] = lower;
      changed = true;
    }
  }
  const sizes = new Array<number>(nElements).fill(0);
  for (let e = 0; e < nElements; e++) if (on[e]) sizes[label[e]!]!++;
  return label.map((root, e) => (on[e] ? sizes[root]! : 0));
}

export interface StatedHeights {
  readonly dh: number;
  readonly extentPower: number;
  readonly heightPower: number;
}

/** sum over h = dh, 2 dh, .. while h - dh < max Z of extent(Z > h)^E h^H; heights are compared in float32. */
export function statedTfce(graph: Graph, z: readonly number[], heights: StatedHeights): number[] {
  const { dh, extentPower, heightPower } = heights;
  const sums = new Array<number>(graph.nElements).fill(0);
  const largest = Math.max(...z);
  for (let h = dh; h - dh < largest; h += dh) {
    const height = Math.fround(h);
    const sizes = statedComponents(
      graph,
      z.map((value) => value > height),
    );
    for (const [e, size] of sizes.entries()) sums[e]! += size ** extentPower * h ** heightPower;
  }
  return sums;
}

/** Integral over h = 0 .. of extent(Z >= h)^E h^H: every distinct height by itself. */
export function statedIntegral(
  graph: Graph,
  z: readonly number[],
  { extentPower, heightPower }: Omit<StatedHeights, "dh">,
): number[] {
  const sums = new Array<number>(graph.nElements).fill(0);
  let below = 0;
  for (const height of [...new Set(z)].filter((value) => value > 0).sort((a, b) => a - b)) {
    const span = (height ** (heightPower + 1) - below ** (heightPower + 1)) / (heightPower + 1);
    const sizes = statedComponents(
      graph,
      z.map((value) => value >= height),
    );
    for (const [e, size] of sizes.entries()) if (size > 0) sums[e]! += size ** extentPower * span;
    below = height;
  }
  return sums;
}

export type Place = readonly [number, number, number];

/** Elements at places of a grid. */
export interface PlacedGraph extends Graph {
  readonly places: readonly Place[];
  readonly connectivity: 6 | 26;
}

/** Neighbours share a face (6), or a face, an edge or a corner (26). */
export function statedPlaces(places: readonly Place[], connectivity: 6 | 26): PlacedGraph {
  const elementAt = new Map(places.map((place, element) => [place.join(), element]));
  const pairs: [number, number][] = [];
  for (const [element, [x, y, z]] of places.entries()) {
    for (const dz of [-1, 0, 1]) {
      for (const dy of [-1, 0, 1]) {
        for (const dx of [-1, 0, 1]) {
          const moves = Math.abs(dx) + Math.abs(dy) + Math.abs(dz);
          if (moves === 0 || (connectivity === 6 && moves > 1)) continue;
          const other = elementAt.get([x + dx, y + dy, z + dz].join());
          if (other !== undefined) pairs.push([element, other]);
        }
      }
    }
  }
  return { nElements: places.length, pairs, places, connectivity };
}

/** Of a grid of these sizes, first axis fastest, the places inside the mask. */
export function statedGrid([nx, ny]: Place, mask: readonly boolean[], connectivity: 6 | 26): PlacedGraph {
  const places = [...mask.keys()].filter((i) => mask[i]);
  return statedPlaces(
    places.map((i) => [i % nx, Math.floor(i / nx) % ny, Math.floor(i / nx / ny)]),
    connectivity,
  );
}
