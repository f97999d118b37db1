// The smoothing parameter of one penalised smooth, by restricted maximum likelihood (Wood 2011, J. R. Statist. Soc. B 73:3-36) or generalised cross-validation, in the
// logarithm rho of it. Both are sums over the penalised directions: a value costs a few operations.

export interface SmoothingProblem {
  /** f64 [p]: stiffness of each direction; 0: not penalised. */
  readonly d: Float64Array;
  /** f64 [p]: the values along it. */
  readonly z: Float64Array;
  /** What no direction has. */
  readonly rss0: number;
  readonly n: number;
  /** Directions without a penalty. */
  readonly nFree: number;
  /** What the restricted likelihood has beside what depends on rho. */
  readonly offset: number;
}

/** Steps of rho that are looked at, around where half of each direction is kept. */
const REACH = 18;
const STEP = 1.5;
const MOST_ROUNDS = 100;
/**
 * Of the criterion's slope where nothing more is gained, relative to its size and that of the scale's logarithm: 1e-5 degrees of freedom from the straight line at most. mgcv
 * ends between 1.9e-7 and 5.5e-7 on its way there, where every step of Newton's is 1, unless it is told to go on.
 */
export const FLAT = 1e-9;

/** rho. Where the smooth wants to be straight, it ends where the criterion is flat. */
export function chooseSmoothing(problem: SmoothingProblem, method: "REML" | "GCV.Cp"): number {
  const evaluate = method === "REML" ? reml : gcv;
  const { d } = problem;
  let [sum, count] = [0, 0];
  for (let i = 0; i < d.length; i++) {
    if (d[i] === 0) continue;
    sum += Math.log(d[i]!);
    count++;
  }
  const middle = -sum / count;
  let best = Number.POSITIVE_INFINITY;
  let rho = middle;
  for (let step = -REACH; step <= REACH; step += STEP) {
    const { score } = evaluate(problem, middle + step);
    if (!(score < best)) continue;
    best = score;
    rho = middle + step;
  }
  let [low, high] = [rho - STEP, rho + STEP];
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const { score, slope, curvature } = evaluate(problem, rho);
    if (Math.abs(slope) <= 1e-12 * (1 + Math.abs(score))) break;
    if (slope > 0) high = rho;
    else low = rho;
    const newton = curvature > 0 ? rho - slope / curvature : Number.NaN;
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    if (Math.abs(next - rho) < 1e-13 * (1 + Math.abs(rho))) break;
    rho = next;
  }
  // towards the straight line the criterion only levels out
  const flat = (at: number) => {
    const { slope, size } = evaluate(problem, at);
    return slope <= 0 && -slope <= FLAT * size;
  };
  if (flat(rho) && evaluate(problem, rho + 2).score <= best + 1e-9 * Math.abs(best)) {
    let [from, to] = [middle, rho];
    for (let round = 0; round < 40; round++) {
      const half = (from + to) / 2;
      if (flat(half)) to = half;
      else from = half;
    }
    return to;
  }
  return rho;
}

interface Value {
  readonly score: number;
  /** That a slope is small beside. */
  readonly size: number;
  readonly slope: number;
  readonly curvature: number;
}

/** Profiled over the scale, without what does not depend on rho. */
function reml({ d, z, rss0, n, nFree, offset }: SmoothingProblem, rho: number): Value {
  const lambda = Math.exp(rho);
  let [P, P1, P2, logs, slope, curvature] = [rss0, 0, 0, 0, 0, 0];
  for (let i = 0; i < d.length; i++) {
    if (d[i] === 0) continue;
    const a = lambda * d[i]!;
    const s = 1 / (1 + a);
    const square = z[i]! * z[i]!;
    P += square * a * s;
    P1 += square * a * s * s;
    P2 += square * a * (1 - a) * s * s * s;
    // log |X'X + lambda S| - log |lambda S|, as far as it depends on rho
    logs += Math.log1p(1 / a);
    slope -= s;
    curvature += a * s * s;
  }
  const half = (n - nFree) / 2;
  const score = half * Math.log(P) + logs / 2;
  return {
    score,
    size: Math.abs(score + offset) + Math.abs(Math.log(P / (2 * half))),
    slope: (half * P1) / P + slope / 2,
    curvature: half * (P2 / P - (P1 / P) ** 2) + curvature / 2,
  };
}

function gcv({ d, z, rss0, n, nFree }: SmoothingProblem, rho: number): Value {
  const lambda = Math.exp(rho);
  let [rss, rss1, rss2, df, df1, df2] = [rss0, 0, 0, nFree, 0, 0];
  for (let i = 0; i < d.length; i++) {
    if (d[i] === 0) continue;
    const a = lambda * d[i]!;
    const s = 1 / (1 + a);
    const lost = a * s;
    const square = z[i]! * z[i]!;
    rss += square * lost * lost;
    rss1 += 2 * square * lost * lost * s;
    rss2 += 2 * square * lost * lost * s * (2 * s - lost);
    df += s;
    df1 -= lost * s;
    df2 -= lost * s * (s - lost);
  }
  // ln of it: a minimum at the same place
  const left = n - df;
  return {
    score: Math.log(rss) - 2 * Math.log(left),
    size: 1,
    slope: rss1 / rss + (2 * df1) / left,
    curvature: rss2 / rss - (rss1 / rss) ** 2 + (2 * df2) / left + 2 * (df1 / left) ** 2,
  };
}

/**
 * Variance of the estimated rho beside the estimated logarithm of the scale: the inverse of the criterion's curvature; and the same with a prior variance of 10 of
 * each, as mgcv has it.
 */
export function remlVariance(
  { d, z, n, nFree }: SmoothingProblem,
  rho: number,
  scale: number,
): { readonly plain: number; readonly withPrior: number } {
  const lambda = Math.exp(rho);
  let [P1, P2, own] = [0, 0, 0];
  for (let i = 0; i < d.length; i++) {
    if (d[i] === 0) continue;
    const a = lambda * d[i]!;
    const s = 1 / (1 + a);
    const square = z[i]! * z[i]!;
    P1 += square * a * s * s;
    P2 += square * a * (1 - a) * s * s * s;
    own += a * s * s;
  }
  const both = -P1 / (2 * scale);
  const inverse = (prior: number) => {
    const [of, ofScale] = [(P2 / scale + own) / 2 + prior, (n - nFree) / 2 + prior];
    const determinant = of * ofScale - both * both;
    return determinant > 0 ? ofScale / determinant : 0;
  };
  return { plain: inverse(0), withPrior: inverse(0.1) };
}
