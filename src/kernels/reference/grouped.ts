// Reference v and G of variance groups. Contract: ../CONTRACTS.md, f64GroupedStatistics.
import { SSE_ROUNDING } from "./bins.js";

export interface GroupedInputs {
  readonly nShuffles: number;
  readonly nColumns: number;
  readonly rank: number;
  readonly nGroups: number;
  readonly contrastRank: number;
  /** Rows b*G*r + g*r + j. */
  readonly product: Float64Array;
  /** Rows b*G + g. */
  readonly squares: Float64Array;
  readonly stride: number;
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
      const d = Array.from({ length: inputs.rank }, (_, j) => sumOverGroups(inputs, b, w, j));
      const weights = Array.from({ length: inputs.nGroups }, (_, g) => weightOf(inputs, b, w, g, d));
      const { numerator, effect } = wald(inputs, d, weights);
      const { x, dof } = scaled(inputs, numerator, weights);
      statistics[b * stride + w] = inputs.signed && effect < 0 ? -Math.sqrt(x) : Math.sqrt(x);
      dofs[b * stride + w] = dof;
    }
  }
}

const entryOf = ({ product, nGroups, rank, stride }: GroupedInputs, b: number, w: number, g: number, j: number) =>
  product[((b * nGroups + g) * rank + j) * stride + w]!;

function sumOverGroups(inputs: GroupedInputs, b: number, w: number, j: number): number {
  let sum = 0;
  for (let g = 0; g < inputs.nGroups; g++) sum += entryOf(inputs, b, w, g, j);
  return sum;
}

function weightOf(inputs: GroupedInputs, b: number, w: number, g: number, d: readonly number[]): number {
  const { rank: r, gram } = inputs;
  let cross = 0;
  let fitted = 0;
  for (let i = 0; i < r; i++) {
    cross += d[i]! * entryOf(inputs, b, w, g, i);
    let row = 0;
    for (let j = 0; j < r; j++) row += gram[(g * r + i) * r + j]! * d[j]!;
    fitted += d[i]! * row;
  }
  const total = inputs.squares[(b * inputs.nGroups + g) * inputs.stride + w]!;
  const sse = total - (cross + cross) + fitted;
  const weight = inputs.rnn[g]! / (sse > SSE_ROUNDING * (total + fitted) ? sse : 0);
  return Number.isFinite(weight) ? weight : 0;
}

function wald({ rank: r, contrastRank: s, gram, toEffect }: GroupedInputs, d: readonly number[], weights: number[]) {
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

function scaled({ contrastRank: s, sizes, rnn }: GroupedInputs, numerator: number, weights: readonly number[]) {
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
