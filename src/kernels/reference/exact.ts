// Reference integral over all heights: every height that a map has by itself. Contract: ../CONTRACTS.md, f32EnhanceGridExact.

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
