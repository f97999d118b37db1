// What variance groups need of a design: K_g, n_g and Rnn_g of mathematics M9.
import type { GlmModel, VarianceGroups } from "./model.js";

export interface GroupMoments {
  /** n_g of the observations left. */
  readonly sizes: Float64Array;
  /** Sum over the group of the diagonal of 1 - M pinv(M). */
  readonly rnn: Float64Array;
  /** f64 [G][r][r]. */
  readonly gram: Float64Array;
}

/** q f64 [r][n]; undefined without groups. */
export function groupMoments(
  { groups }: Pick<GlmModel, "groups">,
  keep: Uint8Array,
  q: Float64Array,
  r: number,
): GroupMoments | undefined {
  if (groups === undefined) return undefined;
  const { count, of } = groups;
  const n = of.length;
  const sizes = groupSizes(groups, keep);
  const gram = new Float64Array(count * r * r);
  for (let i = 0; i < n; i++) {
    if (keep[i] !== 1) continue;
    const g = of[i]!;
    for (let a = 0; a < r; a++) {
      const value = q[a * n + i]!;
      for (let b = 0; b <= a; b++) gram[(g * r + a) * r + b]! += value * q[b * n + i]!;
    }
  }
  for (let g = 0; g < count; g++) {
    for (let a = 0; a < r; a++) {
      for (let b = 0; b < a; b++) gram[(g * r + b) * r + a] = gram[(g * r + a) * r + b]!;
    }
  }
  const rnn = sizes.map((size, g) => {
    let trace = 0;
    for (let a = 0; a < r; a++) trace += gram[(g * r + a) * r + a]!;
    return residualSize(size, trace);
  });
  return { sizes, rnn, gram };
}

/** Rnn_g. A group that the design fits exactly has no residual, not the rounding of one. */
export const residualSize = (size: number, trace: number): number => (size - trace > 1e-12 * size ? size - trace : 0);

/** n_g of the observations left, f64 [G]. */
export function groupSizes({ count, of }: VarianceGroups, keep: Uint8Array): Float64Array {
  const sizes = new Float64Array(count);
  for (const [i, g] of of.entries()) if (keep[i] === 1) sizes[g]!++;
  return sizes;
}
