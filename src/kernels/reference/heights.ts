// Reference enhancement over heights, whatever joins elements: every bin by itself, or every height that a map has by itself. Smith & Nichols 2009, NeuroImage
// 44:83-98. Contract: ../CONTRACTS.md, f32EnhanceGrid and f32EnhanceGridExact.
import { PANELS } from "../kernel-set.js";

const { lanes: LANES } = PANELS;

export interface BinnedInputs {
  /** Of element 0 in the lane; others are LANES apart. */
  readonly bins: Uint8Array | Uint16Array;
  readonly extentPowers: Float64Array;
  readonly heightSums: Float64Array;
}

export interface ExactInputs {
  readonly z: Float32Array;
  readonly extentPowers: Float64Array;
  readonly power: number;
}

/** Sizes of the components of the elements that are on, 0 elsewhere. */
export type Components = (isOn: (e: number) => boolean) => Uint32Array;

export function enhanceExactly(
  { z, extentPowers, power }: ExactInputs,
  componentsOf: Components,
  enhanced: Float32Array,
): void {
  const heights = Float32Array.from(new Set(z.filter((height) => height > 0))).sort();
  const integral = (height: number) => height ** power / power;
  const sums = new Float64Array(z.length);
  let below = 0;
  for (const height of heights) {
    const span = integral(height) - integral(below);
    const extents = componentsOf((e) => z[e]! >= height);
    for (const [e, extent] of extents.entries()) if (extent > 0) sums[e]! += extentPowers[extent]! * span;
    below = height;
  }
  enhanced.set(sums);
}

export function enhanceBins(
  { bins, extentPowers, heightSums }: BinnedInputs,
  componentsOf: Components,
  enhanced: Float32Array,
): void {
  const nElements = enhanced.length;
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
