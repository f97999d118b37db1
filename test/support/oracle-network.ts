// Edges of a network as elements of a graph, by the definition: the upper triangle row by row with its diagonal, neighbours where a node is shared.
// Enhancement itself is oracle-graph.ts; nothing of src is known here.
import { type Graph, statedComponents } from "./oracle-graph.js";

export interface Edge {
  readonly i: number;
  readonly j: number;
}

export function statedEdges(nNodes: number): Edge[] {
  const edges: Edge[] = [];
  for (let i = 0; i < nNodes; i++) for (let j = i; j < nNodes; j++) edges.push({ i, j });
  return edges;
}

/** Of the edges given, in their order. */
export function statedNetwork(edges: readonly Edge[]): Graph {
  const pairs: [number, number][] = [];
  for (const [a, { i, j }] of edges.entries()) {
    for (let b = a + 1; b < edges.length; b++) {
      const other = edges[b]!;
      if ([other.i, other.j].some((node) => node === i || node === j)) pairs.push([a, b]);
    }
  }
  return { nElements: edges.length, pairs };
}

/** Edges of the component with Z >= threshold; 0 elsewhere. */
export const statedNbs = (graph: Graph, z: readonly number[], threshold: number): number[] =>
  statedComponents(
    graph,
    z.map((value) => value >= threshold),
  );

/** sum over h = dh, 2 dh, .. while h - dh < max Z of extent(Z >= h)^E h^H. */
export function statedTfnbs(
  graph: Graph,
  z: readonly number[],
  { dh, extentPower, heightPower }: { readonly dh: number; readonly extentPower: number; readonly heightPower: number },
): number[] {
  const sums = new Array<number>(graph.nElements).fill(0);
  const largest = Math.max(...z);
  for (let h = dh; h - dh < largest; h += dh) {
    for (const [e, size] of statedNbs(graph, z, h).entries()) sums[e]! += size ** extentPower * h ** heightPower;
  }
  return sums;
}
