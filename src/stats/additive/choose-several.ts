// The smoothing parameters of several penalised smooths by Newton's method in their logarithms rho (Wood 2011, J. R. Statist. Soc. B 73:3-36): restricted maximum likelihood,
// or generalised cross-validation. Each smooth has a penalty of its own that is diagonal, a = lambda d, over the directions that are penalised:
//
//   G = C + diag(a)     gamma = G^-1 r     h = a gamma     w_j = G^-1 h_j     d gamma / d rho_j = -w_j     d G^-1 / d rho_j = -G^-1 diag(a_j) G^-1
import { symmetricEigen } from "../smooth/symmetric-eigen.js";
import type { SmoothingMethod } from "./additive-design.js";
import { FLAT } from "./choose-smoothing.js";

export interface SeveralProblem {
  /** f64 [q][q]: R of the penalised directions beside what is not penalised, and R'R. */
  readonly upper: Float64Array;
  readonly gram: Float64Array;
  /** f64 [q]: stiffness of each direction, > 0, and its smooth. */
  readonly d: Float64Array;
  readonly owner: Int32Array;
  readonly nSmooths: number;
  /** f64 [q]: values along R's rows, and R' times them. */
  readonly target: Float64Array;
  readonly right: Float64Array;
  /** What no column has. */
  rss0: number;
  readonly n: number;
  /** Directions without a penalty. */
  readonly nFree: number;
  /** What the restricted likelihood has beside what depends on rho. */
  readonly offset: number;
}

/** Of one rho; used again for the next. */
export interface SeveralState {
  /** f64 [s]. */
  readonly rho: Float64Array;
  /** f64 [q]. */
  readonly a: Float64Array;
  readonly gamma: Float64Array;
  /** f64 [q][q], row-major: lower triangle of Cholesky of G by the roots of its diagonal, and after `differentiate` G^-1. */
  readonly root: Float64Array;
  readonly inverse: Float64Array;
  /** f64 [s][q]: w_j. */
  readonly moves: Float64Array;
  readonly slope: Float64Array;
  /** f64 [s][s]. */
  readonly curvature: Float64Array;
  logDeterminant: number;
  rss: number;
  penalised: number;
  score: number;
  /** That a slope is small beside. */
  size: number;
}

export function createSeveralState(q: number, s: number): SeveralState {
  return {
    ...{ rho: new Float64Array(s), a: new Float64Array(q), gamma: new Float64Array(q) },
    ...{ root: new Float64Array(q * q), inverse: new Float64Array(q * q), moves: new Float64Array(s * q) },
    ...{ slope: new Float64Array(s), curvature: new Float64Array(s * s) },
    ...{ logDeterminant: 0, rss: 0, penalised: 0, score: 0, size: 0 },
  };
}

/** Score and coefficients at `state.rho`. */
function evaluate(problem: SeveralProblem, method: SmoothingMethod, state: SeveralState): number {
  const { gram, d, owner, upper, target, right, n, nFree, offset } = problem;
  const { rho, a, gamma, root } = state;
  const q = d.length;
  for (let i = 0; i < q; i++) a[i] = Math.exp(rho[owner[i]!]!) * d[i]!;
  // a diagonal of ones: what is stiff beside what is not loses no digits
  let logs = 0;
  for (let i = 0; i < q; i++) {
    const own = gram[i * q + i]! + a[i]!;
    logs += Math.log(own);
    for (let j = 0; j <= i; j++) {
      let sum = i === j ? 1 : gram[i * q + j]! / Math.sqrt(own * (gram[j * q + j]! + a[j]!));
      for (let k = 0; k < j; k++) sum -= root[i * q + k]! * root[j * q + k]!;
      root[i * q + j] = i === j ? Math.sqrt(Math.max(sum, Number.MIN_VALUE)) : sum / root[j * q + j]!;
    }
    logs += 2 * Math.log(root[i * q + i]!);
  }
  state.logDeterminant = logs;
  for (let i = 0; i < q; i++) {
    let sum = right[i]! / Math.sqrt(gram[i * q + i]! + a[i]!);
    for (let k = 0; k < i; k++) sum -= root[i * q + k]! * gamma[k]!;
    gamma[i] = sum / root[i * q + i]!;
  }
  for (let i = q - 1; i >= 0; i--) {
    let sum = gamma[i]!;
    for (let k = i + 1; k < q; k++) sum -= root[k * q + i]! * gamma[k]!;
    gamma[i] = sum / root[i * q + i]!;
  }
  for (let i = 0; i < q; i++) gamma[i]! /= Math.sqrt(gram[i * q + i]! + a[i]!);
  let rss = problem.rss0;
  let penalty = 0;
  for (let i = 0; i < q; i++) {
    let rest = target[i]!;
    for (let j = i; j < q; j++) rest -= upper[i * q + j]! * gamma[j]!;
    rss += rest * rest;
    penalty += a[i]! * gamma[i]! * gamma[i]!;
  }
  state.rss = rss;
  state.penalised = rss + penalty;
  if (method === "REML") {
    const half = (n - nFree) / 2;
    for (let i = 0; i < q; i++) logs -= rho[owner[i]!]!;
    state.score = half * Math.log(state.penalised) + logs / 2;
    state.size = Math.abs(state.score + offset) + Math.abs(Math.log(state.penalised / (2 * half)));
  } else {
    invert(state, problem);
    let df = nFree + q;
    for (let i = 0; i < q; i++) df -= a[i]! * state.inverse[i * q + i]!;
    // ln of it: a minimum at the same place
    state.score = Math.log(rss) - 2 * Math.log(n - df);
    state.size = 1;
  }
  return state.score;
}

/** G^-1 of the root. */
function invert({ root, inverse, a }: SeveralState, { gram, d }: SeveralProblem): void {
  const q = d.length;
  // the root's inverse in the upper triangle, column by column
  for (let j = 0; j < q; j++) {
    inverse[j * q + j] = 1 / root[j * q + j]!;
    for (let i = j + 1; i < q; i++) {
      let sum = 0;
      for (let k = j; k < i; k++) sum += root[i * q + k]! * inverse[j * q + k]!;
      inverse[j * q + i] = -sum / root[i * q + i]!;
    }
  }
  for (let i = 0; i < q; i++)
    for (let j = i; j < q; j++) {
      let sum = 0;
      for (let k = j; k < q; k++) sum += inverse[i * q + k]! * inverse[j * q + k]!;
      // of row i what stands from j on is needed once more: by no other pair
      inverse[i * q + j] = sum / Math.sqrt((gram[i * q + i]! + a[i]!) * (gram[j * q + j]! + a[j]!));
    }
  for (let i = 0; i < q; i++) for (let j = 0; j < i; j++) inverse[i * q + j] = inverse[j * q + i]!;
}

/** Slope and curvature where `evaluate` was last. */
function differentiate(problem: SeveralProblem, method: SmoothingMethod, state: SeveralState): void {
  const { d, owner, nSmooths: s, n, nFree } = problem;
  const { a, gamma, inverse, moves, slope, curvature, penalised: P } = state;
  const q = d.length;
  if (method === "REML") invert(state, problem);
  moves.fill(0);
  for (let i = 0; i < q; i++) {
    const h = a[i]! * gamma[i]!;
    const row = owner[i]! * q;
    for (let l = 0; l < q; l++) moves[row + l]! += inverse[i * q + l]! * h;
  }
  if (method === "GCV.Cp") {
    differentiateGcv(problem, state);
    return;
  }
  const half = (n - nFree) / 2;
  const own = new Float64Array(s);
  const traces = new Float64Array(s);
  slope.fill(0);
  curvature.fill(0);
  for (let i = 0; i < q; i++) {
    const j = owner[i]!;
    own[j]! += a[i]! * gamma[i]! * gamma[i]!;
    traces[j]! += a[i]! * inverse[i * q + i]!;
    slope[j]! += (a[i]! * inverse[i * q + i]! - 1) / 2;
    for (let k = 0; k < s; k++) curvature[j * s + k]! -= (2 * half * a[i]! * gamma[i]! * moves[k * q + i]!) / P;
    for (let l = 0; l < q; l++) curvature[j * s + owner[l]!]! -= (a[i]! * a[l]! * inverse[i * q + l]! ** 2) / 2;
  }
  for (let j = 0; j < s; j++) {
    slope[j]! += (half * own[j]!) / P;
    curvature[j * s + j]! += (half * own[j]!) / P + traces[j]! / 2;
    for (let k = 0; k < s; k++) curvature[j * s + k]! -= (half * own[j]! * own[k]!) / (P * P);
  }
}

function differentiateGcv({ d, owner, nSmooths: s, n, nFree, gram }: SeveralProblem, state: SeveralState): void {
  const { a, gamma, inverse, moves, slope, curvature, rss } = state;
  const q = d.length;
  // H = G^-1 C G^-1 = G^-1 - G^-1 diag(a) G^-1
  const h = new Float64Array(q * q);
  for (let i = 0; i < q; i++)
    for (let l = 0; l < q; l++) {
      let sum = inverse[i * q + l]!;
      for (let k = 0; k < q; k++) sum -= inverse[i * q + k]! * a[k]! * inverse[k * q + l]!;
      h[i * q + l] = sum;
    }
  const v = Float64Array.from({ length: q }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < s; j++) sum += moves[j * q + i]!;
    return sum;
  });
  let df = nFree + q;
  const [rss1, df1] = [new Float64Array(s), new Float64Array(s)];
  const [rss2, df2] = [new Float64Array(s * s), new Float64Array(s * s)];
  for (let i = 0; i < q; i++) {
    const j = owner[i]!;
    df -= a[i]! * inverse[i * q + i]!;
    df1[j]! -= a[i]! * h[i * q + i]!;
    df2[j * s + j]! -= a[i]! * h[i * q + i]!;
    const own = a[i]! * gamma[i]!;
    rss2[j * s + j]! += 2 * v[i]! * own;
    for (let k = 0; k < s; k++) {
      rss1[k]! += 2 * own * moves[k * q + i]!;
      const cross = 2 * v[i]! * a[i]! * moves[k * q + i]!;
      rss2[j * s + k]! -= cross;
      rss2[k * s + j]! -= cross;
    }
    for (let l = 0; l < q; l++) {
      df2[j * s + owner[l]!]! += 2 * a[i]! * a[l]! * inverse[i * q + l]! * h[i * q + l]!;
      for (let k = 0; k < s; k++)
        for (let m = 0; m < s; m++) rss2[k * s + m]! += 2 * moves[k * q + i]! * gram[i * q + l]! * moves[m * q + l]!;
    }
  }
  const left = n - df;
  for (let j = 0; j < s; j++) {
    slope[j] = rss1[j]! / rss + (2 * df1[j]!) / left;
    for (let k = 0; k < s; k++)
      curvature[j * s + k] =
        rss2[j * s + k]! / rss -
        (rss1[j]! * rss1[k]!) / (rss * rss) +
        (2 * df2[j * s + k]!) / left +
        (2 * df1[j]! * df1[k]!) / (left * left);
  }
}

/** Of rho, around where half of each direction is kept. */
const [LOWEST, HIGHEST] = [-18, 30];
/** Of each rho, by the number of smooths: of 2, 3 and 4; of more, one rho after the other. */
const GRIDS = [
  [-12, -9, -6, -4, -2, 0, 2, 4, 6, 9, 12, 16],
  [-6, -2, 2, 6, 13],
  [-4, 3, 12],
] as const;
/** Minima of the grid that are followed. */
const MOST_STARTS = 3;
const MOST_ROUNDS = 200;
const LONGEST = 4;

/**
 * Leaves `state` at the rho that is best, with G^-1 and the curvature there. It follows the lowest minima of a grid: of several minima the lowest is wanted. A smooth that
 * wants to be straight ends where the criterion is flat along its rho.
 */
export function chooseSeveral(problem: SeveralProblem, method: SmoothingMethod, state: SeveralState): void {
  const { d, owner, nSmooths: s } = problem;
  const { rho, curvature } = state;
  const middle = new Float64Array(s);
  const counts = new Float64Array(s);
  for (let i = 0; i < d.length; i++) {
    middle[owner[i]!]! -= Math.log(d[i]!);
    counts[owner[i]!]!++;
  }
  for (let j = 0; j < s; j++) middle[j]! /= counts[j]!;
  const bounds = { low: middle.map((value) => value + LOWEST), high: middle.map((value) => value + HIGHEST) };
  const scoreAt = (offsets: readonly number[]) => {
    for (let j = 0; j < s; j++) rho[j] = middle[j]! + offsets[j]!;
    return evaluate(problem, method, state);
  };
  const grid = GRIDS[s - 2];
  const starts = grid === undefined ? [minimumByTurns(s, scoreAt)] : minimaOfGrid(grid, s, scoreAt);
  let best = Number.POSITIVE_INFINITY;
  let found: Float64Array | undefined;
  for (const start of starts) {
    scoreAt(start);
    settle(problem, method, state, bounds);
    const score = evaluate(problem, method, state);
    if (score < best - 1e-9 * Math.abs(best) || found === undefined) [best, found] = [score, rho.slice()];
  }
  rho.set(found ?? middle);
  evaluate(problem, method, state);
  differentiate(problem, method, state);
  if (!curvature.every(Number.isFinite)) curvature.fill(0);
}

/** Points of the grid that no neighbour is lower than, the lowest first. */
function minimaOfGrid(
  grid: readonly number[],
  s: number,
  scoreAt: (offsets: readonly number[]) => number,
): readonly number[][] {
  const n = grid.length;
  const scores = new Float64Array(n ** s);
  const offsetsOf = (at: number) => Array.from({ length: s }, (_, j) => grid[Math.floor(at / n ** j) % n]!);
  for (let at = 0; at < scores.length; at++) scores[at] = scoreAt(offsetsOf(at));
  const minima: number[] = [];
  for (let at = 0; at < scores.length; at++) {
    let isMinimum = true;
    for (let j = 0, step = 1; j < s; j++, step *= n) {
      const place = Math.floor(at / step) % n;
      if (place > 0 && scores[at - step]! < scores[at]!) isMinimum = false;
      if (place < n - 1 && scores[at + step]! < scores[at]!) isMinimum = false;
    }
    if (isMinimum) minima.push(at);
  }
  return minima
    .sort((a, b) => scores[a]! - scores[b]!)
    .slice(0, MOST_STARTS)
    .map(offsetsOf);
}

function minimumByTurns(s: number, scoreAt: (offsets: readonly number[]) => number): readonly number[] {
  const at = new Array<number>(s).fill(0);
  let best = scoreAt(at);
  for (let pass = 0; pass < 2; pass++)
    for (let j = 0; j < s; j++)
      for (const offset of GRIDS[0]) {
        const other = at.with(j, offset);
        const score = scoreAt(other);
        if (!(score < best)) continue;
        best = score;
        at[j] = offset;
      }
  return at;
}

/** From `state.rho` to the minimum it is next to. */
function settle(
  problem: SeveralProblem,
  method: SmoothingMethod,
  state: SeveralState,
  bounds: { readonly low: Float64Array; readonly high: Float64Array },
): void {
  const { nSmooths: s } = problem;
  const { rho, slope } = state;
  const held = new Uint8Array(s);
  for (let turn = 0; turn < 8; turn++) {
    descend(problem, method, state, bounds, held);
    let moved = 0;
    for (let j = 0; j < s; j++) {
      if (!isFlat(state, j, s)) continue;
      held[j] = 1;
      // its slope falls as 1 / lambda
      const step = Math.max(-LONGEST, Math.log(-slope[j]! / (FLAT * state.size)));
      if (!Number.isFinite(step)) continue;
      rho[j]! += step;
      moved = Math.max(moved, Math.abs(step));
    }
    if (moved < 1e-6) return;
  }
}

const isFlat = ({ slope, curvature, size }: SeveralState, j: number, s: number) =>
  slope[j]! < 0 && -slope[j]! <= 1.01 * FLAT * size && Math.abs(curvature[j * s + j]!) <= 10 * FLAT * size;

/** Newton's method over what is not held. */
function descend(
  problem: SeveralProblem,
  method: SmoothingMethod,
  state: SeveralState,
  { low, high }: { readonly low: Float64Array; readonly high: Float64Array },
  held: Uint8Array,
): void {
  const s = problem.nSmooths;
  const { rho, slope, curvature } = state;
  let score = evaluate(problem, method, state);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    differentiate(problem, method, state);
    const free = Array.from(rho.keys()).filter(
      (j) =>
        held[j] === 0 &&
        !isFlat(state, j, s) &&
        !(rho[j]! <= low[j]! && slope[j]! > 0) &&
        !(rho[j]! >= high[j]! && slope[j]! < 0),
    );
    const steepest = free.reduce((most, j) => Math.max(most, Math.abs(slope[j]!)), 0);
    if (!(steepest > 1e-11 * (1 + Math.abs(score)))) return;
    const { values, vectors } = symmetricEigen(
      Float64Array.from(free.flatMap((j) => free.map((k) => curvature[j * s + k]!))),
      free.length,
    );
    const step = new Float64Array(s);
    for (const [e, vector] of vectors.entries()) {
      const along = free.reduce((sum, j, at) => sum + slope[j]! * vector[at]!, 0);
      const length = along / Math.max(Math.abs(values[e]!), 1e-12);
      for (const [at, j] of free.entries()) step[j]! -= length * vector[at]!;
    }
    // towards the straight line slope and curvature fall alike, as 1 / lambda, and Newton's step is 1
    for (const j of free) {
      const share = -curvature[j * s + j]! / slope[j]!;
      if (slope[j]! < 0 && share > 0.8 && share < 1.25)
        step[j] = Math.max(step[j]!, Math.log(-slope[j]! / (FLAT * state.size)));
    }
    const longest = step.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    if (!(longest > 1e-12)) return;
    let share = Math.min(1, LONGEST / longest);
    const from = rho.slice();
    let isBetter = false;
    for (let half = 0; half < 30 && !isBetter; half++, share /= 2) {
      for (const j of free) rho[j] = Math.min(high[j]!, Math.max(low[j]!, from[j]! + share * step[j]!));
      const next = evaluate(problem, method, state);
      // the last digits of the score say nothing
      isBetter = next <= score + 4e-15 * Math.abs(score);
      if (isBetter) score = next;
    }
    if (isBetter) continue;
    rho.set(from);
    evaluate(problem, method, state);
    differentiate(problem, method, state);
    return;
  }
}
