// A slow, plain general linear model in float64: one element and one shuffle at a time, by the textbook formulas (pseudo-inverse, Wald
// statistics), with its own decomposition and its own distributions. It imports nothing of src/, so that agreement proves something.
// Checked against stored results of MRtrix3 in test/stats/oracle.test.ts.
//
// M design [n x k], C contrast [s x k], Z = M null(C) nuisance, P shuffle, Qz orthonormal basis of span(Z)
// Freedman-Lane: e = (I - Qz Qz') y is shuffled, P e, and the full model M is fitted to it.

/** Rows of equal length. */
export type Rows = readonly (readonly number[])[];

/** `(P y)[i] = sign[i] * y[perm[i]]` */
export interface Shuffle {
  perm: readonly number[];
  sign?: readonly number[] | undefined;
}

/** t, F, v or G of one element, and the Z it corresponds to. Zero where the model cannot be tested. */
export interface OracleStatistic {
  statistic: number;
  z: number;
}

export interface OracleEffects {
  /** [k], minimum norm */
  beta: number[];
  /** C beta, [s] */
  absEffect: number[];
  /** One value, or one per variance group: NaN (as the peer) where a group has no observation left. */
  stdDev: number[];
  /** absEffect / stdDev, [s]; empty with variance groups. */
  stdEffect: number[];
}

// ---------------------------------------------------------------------------------------------------------------- small dense algebra

const RANK_TOLERANCE = 1e-10;

const transpose = (a: Rows): number[][] => (a[0] ?? []).map((_, j) => a.map((row) => row[j]!));
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
const times = (a: Rows, x: readonly number[]): number[] => a.map((row) => dot(row, x));
const product = (a: Rows, b: Rows): number[][] => {
  const columns = transpose(b);
  return a.map((row) => columns.map((column) => dot(row, column)));
};

/** One-sided Jacobi: A V = U diag(sigma). Columns are returned: `u` and `v` are lists of columns; sigma is not sorted. */
export function singularValues(a: Rows): { sigma: number[]; u: number[][]; v: number[][] } {
  const columns = transpose(a);
  const k = columns.length;
  const v = columns.map((_, i) => columns.map((__, j) => (i === j ? 1 : 0)));
  for (let sweep = 0; sweep < 60; sweep++) {
    let rotated = false;
    for (let p = 0; p < k - 1; p++) {
      for (let q = p + 1; q < k; q++) {
        const alpha = dot(columns[p]!, columns[p]!);
        const beta = dot(columns[q]!, columns[q]!);
        const gamma = dot(columns[p]!, columns[q]!);
        if (gamma === 0 || Math.abs(gamma) <= 1e-17 * Math.sqrt(alpha * beta)) continue;
        rotated = true;
        const zeta = (beta - alpha) / (2 * gamma);
        const t = (zeta >= 0 ? 1 : -1) / (Math.abs(zeta) + Math.hypot(1, zeta));
        const c = 1 / Math.hypot(1, t);
        for (const list of [columns, v]) {
          const x = list[p]!;
          const y = list[q]!;
          for (let i = 0; i < x.length; i++) {
            const kept = x[i]!;
            x[i] = c * kept - c * t * y[i]!;
            y[i] = c * t * kept + c * y[i]!;
          }
        }
      }
    }
    if (!rotated) break;
  }
  const sigma = columns.map((column) => Math.sqrt(dot(column, column)));
  const u = columns.map((column, i) => column.map((value) => (sigma[i]! > 0 ? value / sigma[i]! : 0)));
  return { sigma, u, v };
}

const isKept = (sigma: readonly number[]): boolean[] => {
  const largest = Math.max(0, ...sigma);
  return sigma.map((s) => s > RANK_TOLERANCE * largest && s > 0);
};

export function rankOf(a: Rows): number {
  return isKept(singularValues(a).sigma).filter(Boolean).length;
}

/** Largest over smallest singular value; infinite when columns are dependent. */
export function conditionNumber(a: Rows): number {
  const { sigma } = singularValues(a);
  return Math.max(...sigma) / Math.min(...sigma);
}

/** Moore-Penrose inverse, [k x n] of [n x k]. */
export function pseudoInverse(a: Rows): number[][] {
  const { sigma, u, v } = singularValues(a);
  const kept = isKept(sigma);
  const n = a.length;
  return sigma.map((_, row) =>
    Array.from({ length: n }, (__, i) => {
      let sum = 0;
      for (let j = 0; j < sigma.length; j++) if (kept[j]) sum += (v[j]![row]! / sigma[j]!) * u[j]![i]!;
      return sum;
    }),
  );
}

/** Columns that span what C maps to zero. */
function nullSpace(c: Rows): number[][] {
  const { sigma, v } = singularValues(c);
  const kept = isKept(sigma);
  return v.filter((_, j) => !kept[j]);
}

/** The part of y outside the span of the columns (rows of `basis` are orthonormal columns); twice, for the last digits. */
function residualOn(basis: Rows, y: readonly number[]): number[] {
  let e = [...y];
  for (let pass = 0; pass < 2; pass++) {
    for (const q of basis) {
      const along = dot(q, e);
      e = e.map((value, i) => value - along * q[i]!);
    }
  }
  return e;
}

// ------------------------------------------------------------------------------------------------------------------------ distributions

function logGamma(x: number): number {
  // Lanczos, g = 7, 9 terms
  const terms = [
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
    12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
  ];
  if (x < 0.5) return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * x))) - logGamma(1 - x);
  let sum = terms[0]!;
  for (let i = 1; i < 9; i++) sum += terms[i]! / (x - 1 + i);
  const t = x + 6.5;
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

/** log of the regularised incomplete beta function I_x(a, b), given x and 1 - x; continued fraction by Lentz. */
function logBetaTail(x: number, oneMinusX: number, a: number, b: number): number {
  if (x <= 0) return Number.NEGATIVE_INFINITY;
  if (oneMinusX <= 0) return 0;
  if (x > (a + 1) / (a + b + 2)) return Math.log1p(-Math.exp(logBetaTail(oneMinusX, x, b, a)));
  const front = logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(oneMinusX) - Math.log(a);
  const tiny = 1e-300;
  const nonZero = (value: number): number => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1));
  let h = d;
  for (let i = 1; i < 100_000; i++) {
    const even = (i * (b - i) * x) / ((a + 2 * i - 1) * (a + 2 * i));
    d = 1 / nonZero(1 + even * d);
    c = nonZero(1 + even / c);
    h *= d * c;
    const odd = (-(a + i) * (a + b + i) * x) / ((a + 2 * i) * (a + 2 * i + 1));
    d = 1 / nonZero(1 + odd * d);
    c = nonZero(1 + odd / c);
    h *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return front + Math.log(h);
}

/** log of the upper tail of the standard normal, z >= 0. */
function logNormalTail(z: number): number {
  if (z < 3) {
    // Phi(z) - 1/2 = phi(z) (z + z^3/3 + z^5/(3 5) + ..)
    let term = z;
    let sum = z;
    for (let i = 1; i < 200 && term > 1e-18 * sum; i++) {
      term *= (z * z) / (2 * i + 1);
      sum += term;
    }
    return Math.log(0.5 - (sum * Math.exp(-0.5 * z * z)) / Math.sqrt(2 * Math.PI));
  }
  // Laplace's continued fraction, from the inside out
  let fraction = 0;
  for (let i = 200; i >= 1; i--) fraction = i / (z + fraction);
  return -0.5 * z * z - 0.5 * Math.log(2 * Math.PI) - Math.log(z + fraction);
}

/** z >= 0 whose upper tail has this logarithm (at most log 1/2), by bisection. */
function normalFromLogTail(logTail: number): number {
  let low = 0;
  let high = 1;
  while (logNormalTail(high) > logTail) high *= 2;
  for (let i = 0; i < 80 && high - low > 1e-15 * high; i++) {
    const middle = 0.5 * (low + high);
    if (logNormalTail(middle) > logTail) low = middle;
    else high = middle;
  }
  return 0.5 * (low + high);
}

/** The Z with the same tail probability as t. */
export function zFromT(t: number, dof: number): number {
  if (t === 0 || !Number.isFinite(t) || !(dof > 0)) return 0;
  const whole = dof + t * t;
  const bothTails = logBetaTail(dof / whole, (t * t) / whole, dof / 2, 0.5);
  return Math.sign(t) * normalFromLogTail(bothTails - Math.LN2);
}

/** The Z with the same tail probability as F: negative where F is below its median. */
export function zFromF(f: number, rank: number, dof: number): number {
  if (!Number.isFinite(f) || !(f > 0) || !(dof > 0)) return 0;
  const whole = dof + rank * f;
  const upper = logBetaTail(dof / whole, (rank * f) / whole, dof / 2, rank / 2);
  if (upper <= -Math.LN2) return normalFromLogTail(upper);
  return -normalFromLogTail(logBetaTail((rank * f) / whole, dof / whole, rank / 2, dof / 2));
}

// ------------------------------------------------------------------------------------------------------------------------------- models

const ZERO: OracleStatistic = { statistic: 0, z: 0 };
const zeroUnlessFinite = (s: OracleStatistic): OracleStatistic =>
  Number.isFinite(s.statistic) ? { statistic: s.statistic, z: Number.isFinite(s.z) ? s.z : 0 } : ZERO;

/** One design and one hypothesis, for any number of elements and shuffles. A single contrast row is a t-test unless `isF`. */
export interface OracleModel {
  test(y: readonly number[], shuffle: Shuffle): OracleStatistic;
  effects(y: readonly number[]): OracleEffects;
}

export interface OracleOptions {
  /** [n], from 0: variance groups, then v and G in place of t and F. */
  groups?: readonly number[] | undefined;
  /** When some of the last groups have no observation. */
  nGroups?: number | undefined;
  /** An F-test although the contrast has one row. */
  isF?: boolean | undefined;
  /** As MRtrix3 3.0.x has it by accident: the second degrees of freedom of G (rank above 1) as an integer. */
  truncateDofOfG?: boolean | undefined;
}

export function createOracleModel(design: Rows, contrast: Rows, options: OracleOptions = {}): OracleModel {
  const n = design.length;
  const { groups } = options;
  const isT = contrast.length === 1 && !options.isF;
  const pinv = pseudoInverse(design);
  const rank = rankOf(design);
  const s = rankOf(contrast);
  const nuisance = product(design, transpose(nullSpace(contrast)));
  const ofNuisance = singularValues(nuisance);
  const keptNuisance = isKept(ofNuisance.sigma);
  const basis = ofNuisance.u.filter((_, j) => keptNuisance[j]);
  const residualsOf = (y: readonly number[], beta: readonly number[]): number[] => {
    const fitted = times(design, beta);
    return y.map((value, i) => value - fitted[i]!);
  };
  const shuffled = (y: readonly number[], { perm, sign }: Shuffle): number[] => {
    const e = residualOn(basis, y);
    return perm.map((from, i) => (sign ? sign[i]! : 1) * e[from]!);
  };
  const wald = (effect: readonly number[], covariance: Rows): number =>
    dot(effect, times(pseudoInverse(covariance), effect));
  // (M'M)^+ = M^+ M^+'
  const contrastTimesPinv = product(contrast, pinv);
  const covariance = product(contrastTimesPinv, transpose(contrastTimesPinv));

  function pooled(y: readonly number[], shuffle: Shuffle): OracleStatistic {
    const e = shuffled(y, shuffle);
    const beta = times(pinv, e);
    const residuals = residualsOf(e, beta);
    const dof = n - rank;
    if (dof < 1) return ZERO;
    const variance = dot(residuals, residuals) / dof;
    const effect = times(contrast, beta);
    if (isT) {
      const t = effect[0]! / Math.sqrt(variance * covariance[0]![0]!);
      return zeroUnlessFinite({ statistic: t, z: zFromT(t, dof) });
    }
    const f = wald(effect, covariance) / s / variance;
    return zeroUnlessFinite({ statistic: f, z: zFromF(f, s, dof) });
  }

  const nGroups = options.nGroups ?? (groups ? Math.max(...groups) + 1 : 0);
  /** Sums over each variance group; 0 for a group without observations. */
  function groupSums(values: readonly number[]): number[] {
    const sums = new Array<number>(nGroups).fill(0);
    groups!.forEach((g, i) => {
      sums[g] = sums[g]! + values[i]!;
    });
    return sums;
  }
  // Sizes, and sums of the diagonal of the residual-forming matrix 1 - M M^+
  const sizes = groups ? groupSums(design.map(() => 1)) : [];
  const hat = product(design, pinv);
  const rnn = groups ? groupSums(hat.map((row, i) => 1 - row[i]!)) : [];

  function grouped(y: readonly number[], shuffle: Shuffle): OracleStatistic {
    const e = shuffled(y, shuffle);
    const beta = times(pinv, e);
    const sse = groupSums(residualsOf(e, beta).map((r) => r * r));
    const weights = sse.map((value, g) => (Number.isFinite(rnn[g]! / value) ? rnn[g]! / value : 0));
    const weighted = design.map((row, i) => row.map((v) => v * weights[groups![i]!]!));
    const inverse = pseudoInverse(product(transpose(design), weighted));
    const effect = times(contrast, beta);
    const numerator = wald(effect, product(product(contrast, inverse), transpose(contrast)));
    const total = dot(weights, sizes);
    const spread = rnn.reduce((sum, r, g) => sum + (1 - (weights[g]! * sizes[g]!) / total) ** 2 / r, 0);
    const gamma = 1 + ((2 * (s - 1)) / (s * (s + 2))) * spread;
    const g = numerator / (gamma * s);
    if (s > 1) {
      const dofOfG = (2 * (s - 1)) / (3 * (gamma - 1));
      return zeroUnlessFinite({ statistic: g, z: zFromF(g, s, options.truncateDofOfG ? Math.trunc(dofOfG) : dofOfG) });
    }
    const parts = weights.map((w, k) => 1 / w / (sizes[k]! - 1));
    const dof = parts.reduce((a, b) => a + b, 0) ** 2 / parts.reduce((sum, a, k) => sum + a ** 2 / (sizes[k]! - 1), 0);
    if (!isT) return zeroUnlessFinite({ statistic: g, z: zFromF(g, 1, dof) });
    const v = Math.sign(effect[0]!) * Math.sqrt(g);
    return zeroUnlessFinite({ statistic: v, z: zFromT(v, dof) });
  }

  return {
    test: groups ? grouped : pooled,
    effects(y) {
      const beta = times(pinv, y);
      const residuals = residualsOf(y, beta);
      const absEffect = times(contrast, beta);
      if (groups) {
        const sse = groupSums(residuals.map((r) => r * r));
        return { beta, absEffect, stdDev: sse.map((value, g) => Math.sqrt(value / rnn[g]!)), stdEffect: [] };
      }
      const stdDev = Math.sqrt(dot(residuals, residuals) / (n - rank));
      return { beta, absEffect, stdDev: [stdDev], stdEffect: absEffect.map((effect) => effect / stdDev) };
    },
  };
}

/**
 * The shuffle of the observations that are left: target rows whose source is missing are dropped; the remaining sources, in order of
 * target row, pair with the remaining observations in order.
 */
export function maskShuffle(shuffle: Shuffle, keep: readonly boolean[]): Shuffle {
  const position: number[] = [];
  let count = 0;
  for (const isKeptRow of keep) position.push(isKeptRow ? count++ : -1);
  const targets = shuffle.perm.map((_, i) => i).filter((i) => keep[shuffle.perm[i]!]);
  return {
    perm: targets.map((i) => position[shuffle.perm[i]!]!),
    sign: shuffle.sign ? targets.map((i) => shuffle.sign![i]!) : undefined,
  };
}

/** An element of a variable design: missing data (not finite) and/or columns of its own. `cond` is the reduced design's condition number. */
export interface OracleVariableResult extends OracleStatistic {
  cond: number;
  effects: OracleEffects;
}

export function testVariable(
  y: readonly number[],
  design: Rows,
  contrast: Rows,
  shuffle: Shuffle,
  options: OracleOptions = {},
): OracleVariableResult {
  const n = y.length;
  const k = design[0]!.length;
  const keep = y.map((value, i) => Number.isFinite(value) && design[i]!.every(Number.isFinite));
  const rows = design.filter((_, i) => keep[i]);
  const values = y.filter((_, i) => keep[i]);
  const groups = options.groups?.filter((_, i) => keep[i]);
  const nGroups = options.groups ? Math.max(...options.groups) + 1 : 1;
  const zeros = (length: number): number[] => new Array<number>(length).fill(0);
  const nothing: OracleEffects = {
    beta: zeros(k),
    absEffect: zeros(contrast.length),
    stdDev: zeros(nGroups),
    stdEffect: options.groups ? [] : zeros(contrast.length),
  };
  if (rows.length < k) return { ...ZERO, cond: 0, effects: nothing };
  const cond = conditionNumber(rows);
  if (!Number.isFinite(cond) || cond > 1e5) return { ...ZERO, cond, effects: nothing };
  const model = createOracleModel(rows, contrast, {
    ...options,
    groups,
    nGroups: options.groups ? nGroups : undefined,
  });
  const effects = model.effects(values);
  const isGroupTooSmall =
    groups !== undefined &&
    Array.from({ length: nGroups }, (_, g) => g).some((g) => groups.filter((v) => v === g).length <= 1);
  if (rows.length < Math.min(n, 2 * k) || isGroupTooSmall) return { ...ZERO, cond, effects };
  return { ...model.test(values, maskShuffle(shuffle, keep)), cond, effects };
}
