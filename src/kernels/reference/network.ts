// Reference enhancement over the edges of a network: every height by itself, nodes joined by its edges. Contract: ../CONTRACTS.md.
import { PANELS } from "../kernel-set.js";
import type { Components } from "./exact.js";

const { lanes: LANES } = PANELS;

export interface Edges {
  readonly nNodes: number;
  readonly ends: Uint32Array;
}

export interface NetworkInputs extends Edges {
  /** Of element 0 in the lane; others are LANES apart. */
  readonly bins: Uint8Array | Uint16Array;
  readonly extentPowers: Float64Array;
  readonly heightSums: Float64Array;
}

export function enhanceNetwork(inputs: NetworkInputs, enhanced: Float32Array): void {
  const { bins, extentPowers, heightSums } = inputs;
  const nElements = enhanced.length;
  const componentsOf = networkComponents(inputs);
  const sums = new Float64Array(nElements);
  let largest = 0;
  for (let e = 0; e < nElements; e++) largest = Math.max(largest, bins[e * LANES]!);
  // 0^0: one height past the largest adds something where nothing is
  const last = largest > 0 && extentPowers[0]! > 0 ? largest + 1 : largest;
  for (let height = 1; height <= last; height++) {
    const power = heightSums[height]! - heightSums[height - 1]!;
    const extents = componentsOf((e) => bins[e * LANES]! >= height);
    for (let e = 0; e < nElements; e++) sums[e]! += extentPowers[extents[e]!]! * power;
  }
  enhanced.set(sums);
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
