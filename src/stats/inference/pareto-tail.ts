// The upper tail of the null distribution as a generalised Pareto distribution: p-values below 0.1 from a few hundred shuffles (Winkler et al. 2016, NeuroImage
// 141:502-516, section 2.4; Knijnenburg et al. 2009, Bioinformatics 25:i161-i168)..
//   S(y) = (1 - k y / a)^(1/k), exp(-y / a) for k = 0, y = x - u: the share of the tail above x.

export interface ParetoTail {
  /** Shares of the null below it, from 0.751 on: the first whose tail fits. */
  readonly share: number;
  /** u. */
  readonly threshold: number;
  /** a. */
  readonly scale: number;
  /** k: above 0 the distribution ends at u + a / k. */
  readonly shape: number;
  /** Of Anderson & Darling. */
  readonly a2: number;
  /** Of the hypothesis that the tail is such a distribution: above 0.05. */
  readonly fitP: number;
  /** Null values in the tail. */
  readonly nTail: number;
}

/** Only smaller ones, of the empirical p-values, are taken from the fit. */
export const TAIL_BELOW = 0.1;
const LEAST_FIT_P = 0.05;

/** Rows of the table that are used: 0.5 and above, as published programs have it, or 0.5 and below, as the table is meant. */
export type ShapeRows = "at-least-half" | "at-most-half";

/** `sorted` ascending, [S]. Undefined: no tail fits, or it would have fewer than `leastTail` values. */
export function fitParetoTail(
  sorted: Float64Array,
  { rows = "at-least-half", leastTail = 2 }: { readonly rows?: ShapeRows; readonly leastTail?: number } = {},
): ParetoTail | undefined {
  const n = sorted.length;
  for (let thousandths = 751; thousandths < 972; thousandths += 10) {
    const share = thousandths / 1000;
    const first = firstOfTail(sorted, share);
    const nTail = n - first;
    if (nTail < Math.max(2, leastTail)) return undefined;
    const threshold =
      first === 0 ? sorted[0]! - (sorted[0]! + sorted[1]!) / 2 : (sorted[first - 1]! + sorted[first]!) / 2;
    const y = sorted.subarray(first).map((x) => x - threshold);
    const mean = y.reduce((sum, value) => sum + value, 0) / nTail;
    const variance = y.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (nTail - 1);
    const ratio = (mean * mean) / variance;
    const tail = { scale: (mean * (ratio + 1)) / 2, shape: (ratio - 1) / 2 };
    const { a2, fitP } = goodnessOfFit(y, tail, rows);
    if (fitP > LEAST_FIT_P) return { share, threshold, ...tail, a2, fitP, nTail };
  }
  return undefined;
}

/** The first value that at least this share of all is not above. */
function firstOfTail(sorted: Float64Array, share: number): number {
  const n = sorted.length;
  let first = 0;
  while (first < n) {
    let end = first + 1;
    while (end < n && sorted[end] === sorted[first]) end++;
    if (end / n >= share) break;
    first = end;
  }
  return first;
}

/** Share of the null above a statistic that is above the threshold. */
export const paretoP = (tail: ParetoTail, statistic: number, nShuffles: number): number =>
  (tail.nTail / nShuffles) * survival(statistic - tail.threshold, tail);

/** The statistic above which that share of the null is; undefined where that is below the tail. */
export function paretoQuantile({ threshold, scale, shape, nTail }: ParetoTail, p: number, nShuffles: number) {
  const left = (p * nShuffles) / nTail;
  if (left > 1) return undefined;
  return (
    threshold +
    (Math.abs(shape) < Number.EPSILON ? -scale * Math.log(left) : (scale / shape) * -Math.expm1(shape * Math.log(left)))
  );
}

function survival(y: number, { scale, shape }: Pick<ParetoTail, "scale" | "shape">): number {
  if (Math.abs(shape) < Number.EPSILON) return Math.exp(-y / scale);
  return Math.max(0, 1 - (shape * y) / scale) ** (1 / shape);
}

/** `y` ascending. */
function goodnessOfFit(
  y: Float64Array,
  tail: Pick<ParetoTail, "scale" | "shape">,
  rows: ShapeRows,
): { a2: number; fitP: number } {
  const n = y.length;
  const z = y.map((value) => survival(value, tail)).sort();
  let sum = 0;
  for (let j = 0; j < n; j++) sum += (2 * j + 1) * (Math.log(z[j]!) + Math.log(1 - z[n - 1 - j]!));
  const a2 = -n - sum / n;
  if (!Number.isFinite(a2)) return { a2, fitP: 0 };
  const shape = rows === "at-least-half" ? Math.max(0.5, tail.shape) : Math.min(0.5, tail.shape);
  const critical = LEVELS.map((_, column) =>
    linear(
      shape,
      SHAPES,
      CRITICAL.map((row) => row[column]!),
    ),
  );
  return { a2, fitP: Math.max(0, Math.min(1, linear(a2, critical, LEVELS))) };
}

/** Piecewise linear through (xs, ys), xs in either order; beyond its ends the outer pieces go on. */
function linear(x: number, xs: readonly number[], ys: readonly number[]): number {
  const points = xs.map((at, i) => [at, ys[i]!] as const).sort(([a], [b]) => a - b);
  let i = points.findIndex(([at]) => at >= x) - 1;
  if (i === -2) i = points.length - 2;
  const [[x0, y0], [x1, y1]] = points.slice(Math.max(0, i)) as [readonly [number, number], readonly [number, number]];
  return y0 + ((y1 - y0) * (x - x0)) / (x1 - x0);
}

/** Choulakian & Stephens 2001 (Technometrics 43:478-484), table 2: critical values of A2, both parameters unknown. Rows: k; columns: p. */
const SHAPES = [0.9, 0.5, 0.2, 0.1, 0, -0.1, -0.2, -0.3, -0.4, -0.5];
const LEVELS = [0.5, 0.25, 0.1, 0.05, 0.025, 0.01, 0.005, 0.001];
const CRITICAL = [
  [0.339, 0.471, 0.641, 0.771, 0.905, 1.086, 1.226, 1.559],
  [0.356, 0.499, 0.685, 0.83, 0.978, 1.18, 1.336, 1.707],
  [0.376, 0.534, 0.741, 0.903, 1.069, 1.296, 1.471, 1.893],
  [0.386, 0.55, 0.766, 0.935, 1.11, 1.348, 1.532, 1.966],
  [0.397, 0.569, 0.796, 0.974, 1.158, 1.409, 1.603, 2.064],
  [0.41, 0.591, 0.831, 1.02, 1.215, 1.481, 1.687, 2.176],
  [0.426, 0.617, 0.873, 1.074, 1.283, 1.567, 1.788, 2.314],
  [0.445, 0.649, 0.924, 1.14, 1.365, 1.672, 1.909, 2.475],
  [0.468, 0.688, 0.985, 1.221, 1.465, 1.799, 2.058, 2.674],
  [0.496, 0.735, 1.061, 1.321, 1.59, 1.958, 2.243, 2.922],
];
