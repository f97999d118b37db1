// B-splines, and natural cubic splines as combinations of them.
// C. de Boor: A Practical Guide to Splines, 2001, chapters IX and X. Which knots, and which columns of the natural basis: as R's splines package.

export interface SplineOptions {
  readonly df: number | undefined;
  /** Inner knots; undefined: quantiles of x, as many as df asks for. */
  readonly knots: readonly number[] | undefined;
  readonly intercept: boolean;
  /** Undefined: the range of x. */
  readonly boundary: readonly [number, number] | undefined;
}

/** What makes no basis, as `expected .., got ..`; values are missing nowhere. */
export class SplineProblem extends Error {}

const CUBIC = 4;

/** Columns of bs(x, ..) of a degree. Throws SplineProblem: x beyond the boundary knots, too few degrees of freedom. */
export function bSplineBasis(x: Float64Array, degree: number, options: SplineOptions): Float64Array[] {
  const order = degree + 1;
  const boundary = options.boundary ?? rangeOf(x);
  const outside = x.findIndex((value) => value < boundary[0] || value > boundary[1]);
  if (outside >= 0) {
    throw new SplineProblem(`expected values between its boundary knots ${boundary.join(" and ")}, got ${x[outside]}`);
  }
  const least = degree + (options.intercept ? 1 : 0);
  if (options.df !== undefined && options.df < least)
    throw new SplineProblem(`expected df from ${least}, got ${options.df}`);
  const inner = options.knots ?? quantileKnots(x, (options.df ?? least) - least);
  const basis = designOf(x, withBoundary(inner, boundary, order), order);
  return options.intercept ? basis : basis.slice(1);
}

/** Columns of ns(x, ..): cubic between the boundary knots, straight beyond them. Throws SplineProblem. */
export function naturalSplineBasis(x: Float64Array, options: SplineOptions): Float64Array[] {
  const boundary = options.boundary ?? rangeOf(x);
  const [low, high] = boundary;
  const least = 1 + (options.intercept ? 1 : 0);
  if (options.df !== undefined && options.df < least)
    throw new SplineProblem(`expected df from ${least}, got ${options.df}`);
  const within = x.filter((value) => value >= low && value <= high);
  const inner = options.knots ?? quantileKnots(within, (options.df ?? least) - least);
  const knots = withBoundary(inner, boundary, CUBIC);
  const full = designOf(
    x.map((value) => Math.min(high, Math.max(low, value))),
    knots,
    CUBIC,
  );
  for (const [end, beyond] of [
    [low, (value: number) => value < low],
    [high, (value: number) => value > high],
  ] as const) {
    if (!x.some(beyond)) continue;
    const slopes = derivativesAt(end, knots, CUBIC, 1);
    x.forEach((value, i) => {
      if (beyond(value)) for (let j = 0; j < full.length; j++) full[j]![i]! += (value - end) * slopes[j]!;
    });
  }
  const curvatures = [derivativesAt(low, knots, CUBIC, 2), derivativesAt(high, knots, CUBIC, 2)];
  const skip = options.intercept ? 0 : 1;
  return withoutCurvature(
    full.slice(skip),
    curvatures.map((row) => row.slice(skip)),
  );
}

/** The basis turned by the reflections that bring both curvatures into its first two columns, which are then left out. */
function withoutCurvature(basis: readonly Float64Array[], curvatures: readonly Float64Array[]): Float64Array[] {
  const vectors = curvatures.map((row) => row.slice());
  const turned = basis.map((column) => column.slice());
  const nRows = basis[0]!.length;
  vectors.forEach((v, k) => {
    // Householder's, scaled so that its own k-th value is what divides: LINPACK's dqrdc
    let norm = Math.sqrt(v.subarray(k).reduce((sum, value) => sum + value * value, 0));
    if (v[k]! < 0) norm = -norm;
    for (let j = k; j < v.length; j++) v[j]! /= norm;
    v[k]! += 1;
    const reflect = (get: (j: number) => number, set: (j: number, value: number) => void) => {
      let along = 0;
      for (let j = k; j < v.length; j++) along -= v[j]! * get(j);
      along /= v[k]!;
      for (let j = k; j < v.length; j++) set(j, get(j) + along * v[j]!);
    };
    for (const later of vectors.slice(k + 1))
      reflect(
        (j) => later[j]!,
        (j, value) => {
          later[j] = value;
        },
      );
    for (let i = 0; i < nRows; i++)
      reflect(
        (j) => turned[j]![i]!,
        (j, value) => {
          turned[j]![i] = value;
        },
      );
  });
  return turned.slice(2);
}

const rangeOf = (x: Float64Array): [number, number] => [
  x.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY),
  x.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY),
];

function withBoundary(inner: readonly number[], [low, high]: readonly [number, number], order: number): Float64Array {
  const ends = Array.from({ length: order }, () => [low, high]).flat();
  return Float64Array.from([...ends, ...inner]).sort();
}

/** Between the ends, at equal steps of probability: R. J. Hyndman, Y. Fan, The American Statistician 1996, 50:361, definition 7. */
function quantileKnots(x: Float64Array, n: number): number[] {
  const sorted = x.slice().sort();
  return Array.from({ length: n }, (_, i) => {
    const at = ((i + 1) / (n + 1)) * (sorted.length - 1);
    const below = Math.floor(at + 4 * Number.EPSILON);
    const rest = at - below;
    const low = sorted[below]!;
    if (Math.abs(rest) < 1e-12) return low;
    return (1 - rest) * low + rest * (sorted[below + 1] ?? low);
  });
}

/** Values of all B-splines of an order at x within the knots, a column each. */
function designOf(x: Float64Array, knots: Float64Array, order: number): Float64Array[] {
  const n = knots.length - order;
  const columns = Array.from({ length: n }, () => new Float64Array(x.length));
  x.forEach((value, i) => {
    const span = spanOf(value, knots, order);
    valuesAt(value, knots, order, span).forEach((part, j) => {
      columns[span - order + 1 + j]![i] = part;
    });
  });
  return columns;
}

/** The last interval of the knots that is not empty and begins at or before x. */
function spanOf(x: number, knots: Float64Array, order: number): number {
  const last = knots.length - order - 1;
  let span = order - 1;
  while (span < last && knots[span + 1]! <= x) span++;
  while (span > order - 1 && knots[span] === knots[span + 1]) span--;
  return span;
}

/** de Boor's recurrence: the `order` splines that are not zero between knots `span` and `span + 1`. */
function valuesAt(x: number, knots: Float64Array, order: number, span: number): Float64Array {
  const values = new Float64Array(order);
  values[0] = 1;
  for (let k = 1; k < order; k++) {
    let saved = 0;
    for (let r = 0; r < k; r++) {
      const right = knots[span + r + 1]! - x;
      const left = x - knots[span + 1 - k + r]!;
      const width = right + left;
      const term = width === 0 ? 0 : values[r]! / width;
      values[r] = saved + right * term;
      saved = left * term;
    }
    values[k] = saved;
  }
  return values;
}

/** Derivatives of all B-splines at a point: differences of those of lower order. */
function derivativesAt(x: number, knots: Float64Array, order: number, times: number): Float64Array {
  const n = knots.length - order;
  const span = spanOf(x, knots, order);
  // all splines of the lowest order needed, then up again
  let low = order - times;
  let current = new Float64Array(knots.length - low);
  valuesAt(x, knots, low, span).forEach((part, j) => {
    current[span - low + 1 + j] = part;
  });
  while (low < order) {
    low += 1;
    const next = new Float64Array(knots.length - low);
    const divided = (i: number) => {
      const width = knots[i + low - 1]! - knots[i]!;
      return width === 0 ? 0 : ((low - 1) * current[i]!) / width;
    };
    for (let i = 0; i < next.length; i++) next[i] = divided(i) - divided(i + 1);
    current = next;
  }
  return current.slice(0, n);
}
