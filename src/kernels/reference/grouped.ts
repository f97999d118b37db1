// Reference v and G of variance groups. Contract: ../CONTRACTS.md, f64GroupedStatistics.
import { SSE_ROUNDING } from "./bins.js";
import type { Products } from "./varying.js";

/** As SSE_ROUNDING, where the products are float32. */
const SINGLE_ROUNDING = 1e-5;
const roundingOf = (products: Products) => (products instanceof Float32Array ? SINGLE_ROUNDING : SSE_ROUNDING);

export interface GroupedInputs {
  readonly nShuffles: number;
  readonly nColumns: number;
  readonly rank: number;
  readonly nGroups: number;
  readonly contrastRank: number;
  /** Rows of z but the dropped one, one shuffle after the other. */
  readonly product: Products;
  /** Rows b*G + g. */
  readonly squares: Products;
  readonly stride: number;
  /** [G + 1]. */
  readonly starts: Int32Array;
  /** [r][rho]. */
  readonly directions: Float64Array;
  readonly dropped: number;
  /** [rho]. */
  readonly recovery: Float64Array;
  /** [G][r][r]. */
  readonly gram: Float64Array;
  readonly sizes: Float64Array;
  readonly rnn: Float64Array;
  /** [s][r]. */
  readonly toEffect: Float64Array;
  readonly signed: boolean;
}

export function groupedStatistics(inputs: GroupedInputs, statistics: Float64Array, dofs: Float64Array): void {
  const { stride, nColumns } = inputs;
  for (let b = 0; b < inputs.nShuffles; b++) {
    for (let w = 0; w < nColumns; w++) {
      const z = coordinates(inputs, b, w);
      const d = Array.from({ length: inputs.rank }, (_, j) =>
        z.reduce((sum, value, l) => sum + inputs.directions[j * z.length + l]! * value, 0),
      );
      const weights = Array.from({ length: inputs.nGroups }, (_, g) => weightOf(inputs, b, w, g, { z, d }));
      const { numerator, effect } = wald(inputs, d, weights);
      const { x, dof } = scaled(inputs, numerator, weights);
      statistics[b * stride + w] = inputs.signed && effect < 0 ? -Math.sqrt(x) : Math.sqrt(x);
      dofs[b * stride + w] = dof;
    }
  }
}

export interface GroupedColumnInputs {
  readonly nShuffles: number;
  readonly nColumns: number;
  readonly sharedRank: number;
  readonly nOwn: number;
  readonly nGroups: number;
  readonly contrastRank: number;
  /** As of GroupedInputs. */
  readonly product: Products;
  readonly starts: Int32Array;
  /** [r0][rho]. */
  readonly directions: Float64Array;
  readonly dropped: number;
  readonly recovery: Float64Array;
  /** Rows (b*G + g)*c + j. */
  readonly ownProduct: Products;
  readonly squares: Products;
  readonly stride: number;
  /** [G][r][r][stride]. */
  readonly gram: Float64Array;
  readonly sizes: Float64Array;
  /** [G][stride]. */
  readonly rnn: Float64Array;
  /** [s][r][stride]. */
  readonly tested: Float64Array;
  readonly signed: boolean;
}

export function groupedByColumn(inputs: GroupedColumnInputs, statistics: Float64Array, dofs: Float64Array): void {
  const { stride, sharedRank: r0, nOwn: c, nGroups, contrastRank } = inputs;
  const r = r0 + c;
  for (let w = 0; w < inputs.nColumns; w++) {
    const columnOf = (values: Float64Array, count: number) =>
      Float64Array.from({ length: count }, (_, i) => values[i * stride + w]!);
    const design = {
      ...{ rank: r, contrastRank, sizes: inputs.sizes },
      gram: columnOf(inputs.gram, nGroups * r * r),
      rnn: columnOf(inputs.rnn, nGroups),
      toEffect: columnOf(inputs.tested, contrastRank * r),
    };
    for (let b = 0; b < inputs.nShuffles; b++) {
      const z = coordinates(inputs, b, w);
      const p = Array.from({ length: nGroups * r }, (_, i) => {
        const [g, j] = [Math.floor(i / r), i % r];
        if (j >= r0) return inputs.ownProduct[((b * nGroups + g) * c + j - r0) * stride + w]!;
        let sum = 0;
        for (let l = inputs.starts[g]!; l < inputs.starts[g + 1]!; l++) {
          sum += inputs.directions[j * z.length + l]! * z[l]!;
        }
        return sum;
      });
      const d = Array.from({ length: r }, (_, j) => p.reduce((sum, value, i) => (i % r === j ? sum + value : sum), 0));
      const weights = Array.from({ length: nGroups }, (_, g) => {
        const total = inputs.squares[(b * nGroups + g) * stride + w]!;
        return weightInGroup({ ...design, rounding: roundingOf(inputs.product) }, g, total, p, d);
      });
      const { numerator, effect } = wald(design, d, weights);
      const { x, dof } = scaled(design, numerator, weights);
      statistics[b * stride + w] = inputs.signed && effect < 0 ? -Math.sqrt(x) : Math.sqrt(x);
      dofs[b * stride + w] = dof;
    }
  }
}

function weightInGroup(
  { rank: r, gram, rnn, rounding }: Pick<GroupedInputs, "rank" | "gram" | "rnn"> & { readonly rounding: number },
  g: number,
  total: number,
  p: readonly number[],
  d: readonly number[],
): number {
  let cross = 0;
  let fitted = 0;
  for (let i = 0; i < r; i++) {
    cross += d[i]! * p[g * r + i]!;
    fitted += d[i]! * d.reduce((sum, value, j) => sum + gram[(g * r + i) * r + j]! * value, 0);
  }
  return weightOfVariance(total - (cross + cross) + fitted, rounding * (total + fitted), rnn[g]!);
}

/** A residual sum of squares that is not above `rounding` counts as 0. */
function weightOfVariance(sse: number, rounding: number, rnn: number): number {
  const weight = rnn / (sse > rounding ? sse : 0);
  return Number.isFinite(weight) ? weight : 0;
}

function coordinates(
  {
    product,
    starts,
    nGroups,
    dropped,
    recovery,
    stride,
  }: Pick<GroupedInputs, "product" | "starts" | "nGroups" | "dropped" | "recovery" | "stride">,
  b: number,
  w: number,
) {
  const nAll = starts[nGroups]!;
  const nRows = dropped < 0 ? nAll : nAll - 1;
  let row = b * nRows;
  const z = Array.from({ length: nAll }, (_, l) => (l === dropped ? 0 : product[row++ * stride + w]!));
  if (dropped >= 0) z[dropped] = z.reduce((sum, value, l) => sum + (l === dropped ? 0 : recovery[l]! * value), 0);
  return z;
}

function weightOf(
  inputs: GroupedInputs,
  b: number,
  w: number,
  g: number,
  { z, d }: { readonly z: readonly number[]; readonly d: readonly number[] },
): number {
  let cross = 0;
  let fitted = 0;
  for (let l = inputs.starts[g]!; l < inputs.starts[g + 1]!; l++) {
    const fit = d.reduce((sum, value, j) => sum + inputs.directions[j * z.length + l]! * value, 0);
    cross += fit * z[l]!;
    fitted += fit * fit;
  }
  const total = inputs.squares[(b * inputs.nGroups + g) * inputs.stride + w]!;
  const rounding = roundingOf(inputs.product) * (total + fitted);
  return weightOfVariance(total - (cross + cross) + fitted, rounding, inputs.rnn[g]!);
}

type GroupedDesign = Pick<GroupedInputs, "rank" | "contrastRank" | "gram" | "sizes" | "rnn" | "toEffect">;

function wald({ rank: r, contrastRank: s, gram, toEffect }: GroupedDesign, d: readonly number[], weights: number[]) {
  const a = Array.from({ length: r * r }, (_, i) =>
    weights.reduce((sum, weight, g) => sum + weight * gram[g * r * r + i]!, 0),
  );
  factorise(a, r);
  const y = Array.from({ length: s }, (_, q) => solveLower(a, r, (i) => toEffect[q * r + i]!));
  const schur = Array.from({ length: s * s }, (_, i) => {
    const [q, t] = [Math.floor(i / s), i % s];
    return y[q]!.reduce((sum, value, j) => sum + value * y[t]![j]!, 0);
  });
  factorise(schur, s);
  const effects = Array.from({ length: s }, (_, q) =>
    d.reduce((sum, value, j) => sum + toEffect[q * r + j]! * value, 0),
  );
  const whitened = solveLower(schur, s, (q) => effects[q]!);
  return { numerator: whitened.reduce((sum, value) => sum + value * value, 0), effect: effects[0]! };
}

/** Lower Cholesky factor of the lower triangle, in place; NaN where the matrix is not positive definite. */
function factorise(m: number[], size: number): void {
  for (let j = 0; j < size; j++) {
    let diagonal = m[j * size + j]!;
    for (let l = 0; l < j; l++) diagonal -= m[j * size + l]! ** 2;
    diagonal = diagonal > 0 ? Math.sqrt(diagonal) : Number.NaN;
    m[j * size + j] = diagonal;
    for (let i = j + 1; i < size; i++) {
      let sum = m[i * size + j]!;
      for (let l = 0; l < j; l++) sum -= m[i * size + l]! * m[j * size + l]!;
      m[i * size + j] = sum / diagonal;
    }
  }
}

function solveLower(factor: readonly number[], size: number, right: (i: number) => number): number[] {
  const solution: number[] = [];
  for (let i = 0; i < size; i++) {
    let sum = right(i);
    for (let j = 0; j < i; j++) sum -= factor[i * size + j]! * solution[j]!;
    solution.push(sum / factor[i * size + i]!);
  }
  return solution;
}

function scaled({ contrastRank: s, sizes, rnn }: GroupedDesign, numerator: number, weights: readonly number[]) {
  if (s > 1) {
    const all = weights.reduce((sum, weight, g) => sum + weight * sizes[g]!, 0);
    const spread = weights.reduce((sum, weight, g) => sum + (1 - (weight * sizes[g]!) / all) ** 2 / rnn[g]!, 0);
    const excess = ((2 * (s - 1)) / (s * (s + 2))) * spread;
    return { x: numerator / ((1 + excess) * s), dof: (2 * (s - 1)) / 3 / excess };
  }
  let sum = 0;
  let squares = 0;
  for (const [g, weight] of weights.entries()) {
    const left = sizes[g]! - 1;
    const part = 1 / weight / left;
    sum += part;
    squares += (part * part) / left;
  }
  return { x: numerator, dof: (sum * sum) / squares };
}
