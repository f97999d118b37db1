// Reference enhancement over a graph: every height by itself, its components by flooding. Smith & Nichols 2009, NeuroImage 44:83-98. Contract: ../CONTRACTS.md.
import { PANELS } from "../kernel-set.js";

const { lanes: LANES } = PANELS;

export interface GraphInputs {
  readonly nElements: number;
  /** Of element 0 in the lane; others are LANES apart. */
  readonly bins: Uint8Array | Uint16Array;
  readonly starts: Uint32Array;
  readonly neighbours: Uint32Array;
  readonly extentPowers: Float64Array;
  readonly heightSums: Float64Array;
}

export function enhanceGraph(inputs: GraphInputs, enhanced: Float32Array): void {
  const { nElements, bins, starts, neighbours, extentPowers, heightSums } = inputs;
  const sums = new Float64Array(nElements);
  const component = new Uint32Array(nElements);
  let largest = 0;
  for (let e = 0; e < nElements; e++) largest = Math.max(largest, bins[e * LANES]!);
  // 0^0: one height past the largest adds something where nothing is
  const last = largest > 0 && extentPowers[0]! > 0 ? largest + 1 : largest;
  for (let height = 1; height <= last; height++) {
    const power = heightSums[height]! - heightSums[height - 1]!;
    const seen = new Uint8Array(nElements);
    for (let seed = 0; seed < nElements; seed++) {
      if (bins[seed * LANES]! < height) {
        sums[seed]! += extentPowers[0]! * power;
        continue;
      }
      if (seen[seed] === 1) continue;
      let extent = 0;
      let done = 0;
      component[extent++] = seed;
      seen[seed] = 1;
      while (done < extent) {
        const e = component[done++]!;
        for (let p = starts[e]!; p < starts[e + 1]!; p++) {
          const other = neighbours[p]!;
          if (seen[other] === 1 || bins[other * LANES]! < height) continue;
          seen[other] = 1;
          component[extent++] = other;
        }
      }
      for (let i = 0; i < extent; i++) sums[component[i]!]! += extentPowers[extent]! * power;
    }
  }
  enhanced.set(sums);
}

export interface ReduceMapInputs {
  readonly enhanced: Float32Array;
  readonly defaults: Float32Array;
  readonly eligible: Uint8Array | undefined;
}

export function reduceMap(
  { enhanced, defaults, eligible }: ReduceMapInputs,
  counters: Uint32Array,
  maximum: Float32Array,
  maximumElement: Uint32Array,
): void {
  for (let e = 0; e < enhanced.length; e++) {
    const value = enhanced[e]!;
    if (value < defaults[e]!) counters[e]!++;
    if (!(value > 0) || eligible?.[e] === 0) continue;
    if (value > maximum[0]! || (value === maximum[0]! && e < maximumElement[0]!)) {
      maximum[0] = value;
      maximumElement[0] = e;
    }
  }
}
