// Components of the edges of a network, of a height by itself: nodes joined by its edges. Contract: ../CONTRACTS.md.
import type { Components } from "./heights.js";

export interface Edges {
  readonly nNodes: number;
  readonly ends: Uint32Array;
}

/** Edges of the component of an edge's nodes. */
export function networkComponents({ nNodes, ends }: Edges): Components {
  const label = new Uint32Array(nNodes);
  const counts = new Uint32Array(nNodes);
  return (isOn) => {
    for (let node = 0; node < nNodes; node++) label[node] = node;
    for (let e = 0; e < ends.length; e++) if (isOn(e)) join(label, ends[e]! & 0xffff, ends[e]! >>> 16);
    counts.fill(0);
    for (let e = 0; e < ends.length; e++) if (isOn(e)) counts[rootOf(label, ends[e]! & 0xffff)]!++;
    return Uint32Array.from(ends, (pair, e) => (isOn(e) ? counts[rootOf(label, pair & 0xffff)]! : 0));
  };
}

function rootOf(label: Uint32Array, node: number): number {
  let root = node;
  while (label[root] !== root) root = label[root]!;
  return root;
}

function join(label: Uint32Array, a: number, b: number): void {
  const [first, second] = [rootOf(label, a), rootOf(label, b)];
  label[Math.max(first, second)] = Math.min(first, second);
}
