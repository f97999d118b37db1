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

/** Neighbours in a grid of these sizes, first axis fastest, of the places inside the mask: 6 share a face, 26 a face, an edge or a corner. */
export function statedGrid(
  size: readonly [number, number, number],
  mask: readonly boolean[],
  connectivity: 6 | 26,
): Graph {
  const [nx, ny, nz] = size;
  const elementAt = new Map<number, number>();
  for (const [place, inside] of mask.entries()) if (inside) elementAt.set(place, elementAt.size);
  const pairs: [number, number][] = [];
  for (const [place, element] of elementAt) {
    const [x, y, z] = [place % nx, Math.floor(place / nx) % ny, Math.floor(place / nx / ny)];
    for (const dz of [-1, 0, 1]) {
      for (const dy of [-1, 0, 1]) {
        for (const dx of [-1, 0, 1]) {
          const moves = Math.abs(dx) + Math.abs(dy) + Math.abs(dz);
          if (moves === 0 || (connectivity === 6 && moves > 1)) continue;
          const [a, b, c] = [x + dx, y + dy, z + dz];
          if (a < 0 || b < 0 || c < 0 || a >= nx || b >= ny || c >= nz) continue;
          const other = elementAt.get(a + nx * (b + ny * c));
          if (other !== undefined) pairs.push([element, other]);
        }
      }
    }
  }
  return { nElements: elementAt.size, pairs };
}

/** Neighbours one element behind the other, from where each begins. */
export function listsOf({ nElements, pairs }: Graph): { starts: Uint32Array; neighbours: Uint32Array } {
  const lists = Array.from({ length: nElements }, () => new Set<number>());
  for (const [a, b] of pairs) {
    lists[a]!.add(b);
    lists[b]!.add(a);
  }
  const starts = new Uint32Array(nElements + 1);
  for (const [e, list] of lists.entries()) starts[e + 1] = starts[e]! + list.size;
  return { starts, neighbours: Uint32Array.from(lists.flatMap((list) => [...list])) };
}
