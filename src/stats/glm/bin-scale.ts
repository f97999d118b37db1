// Which heights of Z the bins of an enhancer are counted by.
import { largestBin } from "./largest-bin.js";

/** Plain data. The bin of a Z is the number of heights that it passes. */
export type BinScale =
  /** floor(Z / dh): heights are passed when they are reached. */
  | { readonly kind: "steps"; readonly dh: number }
  /** [0] is 0, then ascending; `strict`: passed only by what is above. */
  | { readonly kind: "heights"; readonly heights: Float64Array; readonly strict: boolean };

/** Of Z that is not NaN; at most the number of heights, where they are listed. */
export function binOfZ(scale: BinScale, z: number): number {
  if (scale.kind === "steps") return Math.floor(z / scale.dh);
  const { heights, strict } = scale;
  // heights are nearly even steps: one or two comparisons
  let bin = Math.max(0, Math.min(heights.length - 1, Math.floor(z / heights[1]!)));
  const passes = (height: number) => (strict ? z > height : z >= height);
  while (bin > 0 && !passes(heights[bin]!)) bin--;
  while (bin + 1 < heights.length && passes(heights[bin + 1]!)) bin++;
  return bin;
}

export const heightOf = (scale: BinScale, bin: number): number =>
  scale.kind === "steps" ? bin * scale.dh : scale.heights[bin]!;

/** The largest that a statistic with these degrees of freedom can have, or one more. */
export const largestBinOf = (scale: BinScale, dof: number): number =>
  scale.kind === "steps" ? largestBin(scale.dh, dof) : scale.heights.length - 1;

/**
 * dh, 2 dh, .. by repeated addition, each rounded to float32 where `rounded`, as far as statistics of these degrees of freedom can reach.
 * MRtrix3 adds heights up in double, and compares those of voxels in float32 (mathematics M17).
 */
export function addedHeights(dh: number, dof: number, rounded: boolean): Float64Array {
  const heights = new Float64Array(largestBin(dh, dof) + 1);
  let height = 0;
  for (let h = 1; h < heights.length; h++) {
    height += dh;
    heights[h] = rounded ? Math.fround(height) : height;
  }
  return heights;
}
