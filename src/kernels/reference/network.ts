// Reference enhancement over the edges of a network: every height by itself, nodes joined by its edges. Contract: ../CONTRACTS.md.
import { PANELS } from "../kernel-set.js";

const { lanes: LANES } = PANELS;

export interface NetworkInputs {
  readonly nNodes: number;
  /** Of element 0 in the lane; others are LANES apart. */
  readonly bins: Uint8Array | Uint16Array;
  readonly ends: Uint32Array;
  readonly extentPowers: Float64Array;
  readonly heightSums: Float64Array;
}

export function enhanceNetwork(inputs: NetworkInputs, enhanced: Float32Array): void {
  const { nNodes, bins, ends, extentPowers, heightSums } = inputs;
  const nElements = enhanced.length;
  const sums = new Float64Array(nElements);
  const label = new Uint32Array(nNodes);
  const extents = new Uint32Array(nNodes);
  let largest = 0;
  for (let e = 0; e < nElements; e++) largest = Math.max(largest, bins[e * LANES]!);
  // 0^0: one height past the largest adds something where nothing is
  const last = largest > 0 && extentPowers[0]! > 0 ? largest + 1 : largest;
  for (let height = 1; height <= last; height++) {
    const power = heightSums[height]! - heightSums[height - 1]!;
    const isOn = (e: number) => bins[e * LANES]! >= height;
    for (let node = 0; node < nNodes; node++) label[node] = node;
    for (let e = 0; e < nElements; e++) if (isOn(e)) join(label, ends[e]! & 0xffff, ends[e]! >>> 16);
    extents.fill(0);
    for (let e = 0; e < nElements; e++) if (isOn(e)) extents[rootOf(label, ends[e]! & 0xffff)]!++;
    for (let e = 0; e < nElements; e++) {
      const extent = isOn(e) ? extents[rootOf(label, ends[e]! & 0xffff)]! : 0;
      sums[e]! += extentPowers[extent]! * power;
    }
  }
  enhanced.set(sums);
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
