// A variance for each group of observations: v (t-tests) and G, with their degrees of freedom. Winkler et al. 2014, NeuroImage 92:381-397, eq. 5-7;
// Welch 1951, Biometrika 38:330-336; mathematics M9. In the coordinates of element-design.ts, where residuals of the full model need no second look at the data:
//
//   d = sum_g p_g     sse_g = |P e|_g^2 - 2 d'p_g + d'K_g d     W_g = Rnn_g / sse_g     A = sum_g W_g K_g
//   numerator = (T d)' [T A^-1 T']^-1 (T d), T any rows that span those of the contrast: the tested directions, orthonormal, whatever the units
//
// Deviation: for F-tests of rank above 1, MRtrix3 3.0.x truncates the second degrees of freedom to an integer (an accident; Z differs by up to 1e-2).
// We keep them real, as its development branch does.
import type { ElementDesign, TestedDirections } from "./element-design.js";
import type { GroupMoments } from "./group-moments.js";
import { SSE_ROUNDING, type Statistic } from "./pooled-variance.js";

/** Scratch of one thread, sized once. */
export interface GroupedScratch {
  readonly d: Float64Array;
  readonly weights: Float64Array;
  readonly a: Float64Array;
  readonly y: Float64Array;
  readonly s: Float64Array;
  readonly effect: Float64Array;
}

export function createGroupedScratch(rank: number, nGroups: number): GroupedScratch {
  const square = () => new Float64Array(rank * rank);
  const line = () => new Float64Array(rank);
  return { d: line(), weights: new Float64Array(nGroups), a: square(), y: square(), s: square(), effect: line() };
}

/** sse_g of the full model into `out` f64 [G]; rounding counts as 0. p f64 [G][r]; squares f64 [G]: |P e|_g^2; d f64 [r] is filled. */
export function groupResiduals(
  moments: GroupMoments,
  r: number,
  p: Float64Array,
  squares: Float64Array,
  d: Float64Array,
  out: Float64Array,
): void {
  const { sizes, gram } = moments;
  for (let j = 0; j < r; j++) {
    d[j] = 0;
    for (let g = 0; g < sizes.length; g++) d[j]! += p[g * r + j]!;
  }
  for (let g = 0; g < sizes.length; g++) {
    let cross = 0;
    let fitted = 0;
    for (let a = 0; a < r; a++) {
      cross += d[a]! * p[g * r + a]!;
      let row = 0;
      for (let b = 0; b < r; b++) row += gram[(g * r + a) * r + b]! * d[b]!;
      fitted += d[a]! * row;
    }
    const sse = squares[g]! - 2 * cross + fitted;
    out[g] = sse > SSE_ROUNDING * (squares[g]! + fitted) ? sse : 0;
  }
}

export function groupedStatistic(
  design: ElementDesign,
  hypothesis: TestedDirections,
  p: Float64Array,
  squares: Float64Array,
  scratch: GroupedScratch,
): Statistic {
  const { rank: r, groups } = design;
  groupResiduals(groups!, r, p, squares, scratch.d, scratch.weights);
  const { weights } = scratch;
  for (let g = 0; g < weights.length; g++) {
    const weight = groups!.rnn[g]! / weights[g]!;
    weights[g] = Number.isFinite(weight) ? weight : 0;
  }
  const numerator = waldNumerator(groups!, r, hypothesis, scratch);
  return weightedStatistic(groups!, hypothesis, numerator, scratch);
}

/** (T d)' [T A^-1 T']^-1 (T d) by two Cholesky factorisations; NaN where A is singular. Leaves T d in scratch.effect. */
function waldNumerator(
  { gram }: GroupMoments,
  r: number,
  { tested, rank: s }: TestedDirections,
  { d, weights, a, y, s: schur, effect }: GroupedScratch,
): number {
  for (let i = 0; i < r * r; i++) {
    let sum = 0;
    for (let g = 0; g < weights.length; g++) sum += weights[g]! * gram[g * r * r + i]!;
    a[i] = sum;
  }
  factoriseInPlace(a, r);
  for (let q = 0; q < s; q++) {
    // column q of L^-1 T', stored as a row
    for (let i = 0; i < r; i++) {
      let sum = tested[q * r + i]!;
      for (let j = 0; j < i; j++) sum -= a[i * r + j]! * y[q * r + j]!;
      y[q * r + i] = sum / a[i * r + i]!;
    }
    effect[q] = 0;
    for (let j = 0; j < r; j++) effect[q]! += tested[q * r + j]! * d[j]!;
  }
  for (let q = 0; q < s; q++) {
    for (let t = 0; t <= q; t++) {
      let sum = 0;
      for (let i = 0; i < r; i++) sum += y[q * r + i]! * y[t * r + i]!;
      schur[q * s + t] = sum;
    }
  }
  factoriseInPlace(schur, s);
  let numerator = 0;
  for (let q = 0; q < s; q++) {
    let sum = effect[q]!;
    for (let t = 0; t < q; t++) sum -= schur[q * s + t]! * y[t]!;
    y[q] = sum / schur[q * s + q]!;
    numerator += y[q]! * y[q]!;
  }
  return numerator;
}

/** Lower Cholesky factor of the lower triangle, in place; NaN where the matrix is not positive definite. */
function factoriseInPlace(m: Float64Array, size: number): void {
  for (let j = 0; j < size; j++) {
    let diagonal = m[j * size + j]!;
    for (let l = 0; l < j; l++) diagonal -= m[j * size + l]! * m[j * size + l]!;
    diagonal = diagonal > 0 ? Math.sqrt(diagonal) : Number.NaN;
    m[j * size + j] = diagonal;
    for (let i = j + 1; i < size; i++) {
      let sum = m[i * size + j]!;
      for (let l = 0; l < j; l++) sum -= m[i * size + l]! * m[j * size + l]!;
      m[i * size + j] = sum / diagonal;
    }
  }
}

function weightedStatistic(
  { sizes, rnn }: GroupMoments,
  { rank: s, kind }: TestedDirections,
  numerator: number,
  { weights, effect }: GroupedScratch,
): Statistic {
  if (s > 1) {
    let all = 0;
    for (let g = 0; g < weights.length; g++) all += weights[g]! * sizes[g]!;
    let spread = 0;
    for (let g = 0; g < weights.length; g++) spread += (1 - (weights[g]! * sizes[g]!) / all) ** 2 / rnn[g]!;
    const gamma = 1 + ((2 * (s - 1)) / (s * (s + 2))) * spread;
    return { statistic: numerator / (gamma * s), dof: (2 * (s - 1)) / (3 * (gamma - 1)) };
  }
  let sum = 0;
  let squares = 0;
  for (let g = 0; g < weights.length; g++) {
    const part = 1 / weights[g]! / (sizes[g]! - 1);
    sum += part;
    squares += (part * part) / (sizes[g]! - 1);
  }
  const dof = (sum * sum) / squares;
  return { statistic: kind === "t" ? Math.sign(effect[0]!) * Math.sqrt(numerator) : numerator, dof };
}
