// What a product in float32 says about a statistic in float64: a bound, so that almost all comparisons are decided by the fast one. mathematics M20.

/** Half a unit in the last place of float32. */
const UNIT = 2 ** -24;
/** Relative: float64 arithmetic beside the float32 product, and the rounding of scores to 40 bits. */
const SLACK = 1e-9;
/** Share of a sum of squares that its residual has to keep for the bound to be used: with 40 a t of 6 does. */
const SQUARED_T = 40;
const LEAST_SHARE = 0.25;
/** Relative error of the residual sum of squares above which nothing is decided. */
const MOST_RELATIVE = 0.1;

/**
 * |sum of a_i y_i as float32 products give it - exact| / |y| at most, whichever of the rows a is and in whatever order its entries stand, for any order of
 * summation, fused or not. `rows` f64 [count][n]; `slice`: so many terms are summed for themselves, and then those sums.
 *
 * A term that is rounded k times, in its operands, its product and the sums that it becomes a part of, is off by gamma_k = k u / (1 - k u) of itself at most
 * (N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., section 3.1). Not all terms of a sum can be in all of its additions: the sum of k |a y|
 * is at most the length of k a, largest with largest, times |y|. mathematics M20. No operand or product overflows, and what underflows is below SLACK.
 */
export function errorOfSingleProducts(rows: Float64Array, n: number, slice: number): number {
  const roundings = roundingsOfTerms(n, slice);
  let most = 0;
  for (let first = 0; first < rows.length; first += n) {
    const sizes = rows.slice(first, first + n);
    for (let i = 0; i < n; i++) sizes[i] = Math.abs(sizes[i]!);
    sizes.sort();
    let sum = 0;
    for (let i = 0; i < n; i++) sum += (roundings[i]! * sizes[i]!) ** 2;
    most = Math.max(most, sum);
  }
  return ((Math.sqrt(most) * UNIT) / (1 - roundings[n - 1]! * UNIT)) * (1 + 1e-3);
}

/**
 * How often the terms of a sum of n are rounded, ascending. Of m terms that are added two by two, in whatever order, the j that are in most additions are in no more,
 * all together, than where one term is added after the other: in m - 1, m - 1, m - 2, .. 1.
 */
function roundingsOfTerms(n: number, slice: number): Float64Array {
  const length = Math.min(slice, n);
  const nSlices = Math.ceil(n / length);
  // two operands and a product, and the sums of slices
  const ofAll = 3 + nSlices - 1;
  const roundings = new Float64Array(n);
  for (let first = 0; first < n; first += length) {
    const count = Math.min(length, n - first);
    for (let j = 0; j < count; j++) roundings[first + j] = ofAll + Math.min(j + 1, count - 1);
  }
  return roundings.sort();
}

/** Sums of squares beyond which squares are rounded as no others are, or none: of their columns the bound says nothing. */
const LEAST_SUM = 1e-280;
const LARGEST_SUM = 1e280;

/** What makes a column of that sum of squares a unit; 0: nothing is known of its products. */
export const unitFactor = (sum: number): number => (sum >= LEAST_SUM && sum <= LARGEST_SUM ? 1 / Math.sqrt(sum) : 0);

export interface ScreenedTest {
  /** Of products of columns of unit length: errorOfSingleProducts, or 0 where they are those that scores are made of. */
  readonly error: number;
  /** r of the product, s of the contrast. */
  readonly rank: number;
  readonly contrastRank: number;
  readonly dof: number;
  /** A f64 [r][s]. */
  readonly contrastBasis: ArrayLike<number>;
}

export interface Screen {
  /** Share of its sum of squares that a residual has to keep: else the bound says nothing. */
  readonly least: number;
  /**
   * What a score of an element may be away from the exact one: a + b |score|; undefined: anything. `total`: |e_h|^2 where |y| is 1; `parts`: by how many
   * times the error of a product an entry of d may be off.
   */
  marginOf(total: number, parts?: number): Margin | undefined;
}

export interface Margin {
  readonly a: number;
  readonly b: number;
}

/**
 * Of columns of unit length: d of a shuffle has r products, each off by E; u = A'd; x = |u| sqrt(dof / s / sse), sse = |e_h|^2 - |d|^2 (f64ScoreStatistics).
 * With e = |error of d| / |e_h| and sse at least the share R^2 of |e_h|^2, sse is off by (2 e + e^2) / R^2 of itself.
 */
export function createScreen({ error, rank, contrastRank, dof, contrastBasis }: ScreenedTest): Screen {
  const least = Math.max(LEAST_SHARE, dof / (dof + SQUARED_T));
  let mostDirections = 0;
  for (let q = 0; q < contrastRank; q++) {
    let sum = 0;
    for (let j = 0; j < rank; j++) sum += Math.abs(contrastBasis[j * contrastRank + q]!);
    mostDirections = Math.max(mostDirections, sum);
  }
  const ofU = Math.sqrt(contrastRank) * mostDirections;
  const perUnit = Math.sqrt(dof / contrastRank / least);
  return {
    least,
    marginOf(total, parts = 1) {
      const entry = (parts * error) / Math.sqrt(total);
      const whole = Math.sqrt(rank) * entry;
      const relative = (2 * whole + whole * whole) / least;
      if (!(relative <= MOST_RELATIVE)) return undefined;
      // (1 - x)^-1/2 - 1 <= 0.6 x up to 0.1
      const b = 0.6 * relative;
      return { a: ofU * entry * perUnit * (1 + b), b: b + SLACK };
    },
  };
}

/** Scores below `lowest` are surely below the exact score `of`, scores that reach `highest` surely not. */
export function limitsOf(of: number, margin: Margin | undefined): { lowest: number; highest: number } {
  if (margin === undefined) return { lowest: Number.NEGATIVE_INFINITY, highest: Number.POSITIVE_INFINITY };
  const a = margin.a + SLACK * Math.abs(of);
  const { b } = margin;
  const [low, high] = [of - a, of + a];
  return { lowest: low >= 0 ? low / (1 + b) : low / (1 - b), highest: high >= 0 ? high / (1 - b) : high / (1 + b) };
}

/** Limits [m] of m elements. An element that is constant is never open. */
export interface Limits<Values extends Float32Array | Float64Array> {
  readonly lowest: Values;
  readonly highest: Values;
}

/** Of scores: `observed` those of the unshuffled data, `marginOf` each element's own. Returns the widest margin of those that have one. */
export function setScoreLimits(
  { lowest, highest }: Limits<Float64Array>,
  observed: ArrayLike<number>,
  isConstant: (c: number) => boolean,
  marginOf: (c: number) => Margin | undefined,
): Margin {
  let [a, b] = [0, 0];
  for (let c = 0; c < lowest.length; c++) {
    if (isConstant(c)) {
      lowest[c] = highest[c] = Number.NEGATIVE_INFINITY;
      continue;
    }
    const margin = marginOf(c);
    const limits = limitsOf(observed[c]!, margin);
    lowest[c] = limits.lowest;
    highest[c] = limits.highest;
    a = Math.max(a, margin?.a ?? 0);
    b = Math.max(b, margin?.b ?? 0);
  }
  return { a, b };
}

/** What an exact score is at most where a near one is x. */
export const mostOf = (x: number, { a, b }: Margin): number => x + a + b * Math.abs(x);

export interface ProductScreen {
  /** What products may be away from those that scores stand for. */
  readonly margin: number;
  /** Products from here on, whatever their sign, say nothing: their residual is rounding. */
  readonly top: number;
  /** Of a score, what the product of a column of unit length is; it grows with it. -Infinity for -Infinity. */
  productOf(score: number): number;
  /** The score of a product; Infinity from the top on. */
  scoreOf(product: number): number;
}

/** Units in the last place of limits in float32, and the rounding of scores, beside which nothing of float64 counts. */
const PRODUCT_SLACK = 2e-7;
const TOP = 0.99;

/** A contrast of one row, without corrections: score^2 = dof (w y)^2 / (1 - y^2) of a product y, |A| = w. */
export function createProductScreen({
  error,
  dof,
  weight,
}: Pick<ScreenedTest, "error" | "dof"> & { readonly weight: number }): ProductScreen {
  const scale = dof * weight * weight;
  return {
    margin: error + PRODUCT_SLACK,
    top: TOP,
    scoreOf: (product) =>
      product < TOP
        ? (product * Math.sqrt(scale)) / Math.sqrt(1 - Math.min(product * product, TOP))
        : Number.POSITIVE_INFINITY,
    productOf: (score) => (score === Number.NEGATIVE_INFINITY ? score : score / Math.sqrt(scale + score * score)),
  };
}

/** Of products with a margin each: `units` 0 where nothing is known of an element's. Returns the number of elements whose products say something. */
export function setProductLimits(
  { lowest, highest }: Limits<Float32Array>,
  observed: ArrayLike<number>,
  isConstant: (c: number) => boolean,
  {
    productOf,
    marginOf,
    units,
  }: Pick<ProductScreen, "productOf"> & {
    readonly marginOf: (c: number) => number;
    readonly units: ArrayLike<number>;
  },
): number {
  let nKnown = 0;
  for (let c = 0; c < lowest.length; c++) {
    lowest[c] = Number.NEGATIVE_INFINITY;
    // never open, or always
    highest[c] = isConstant(c) ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
    if (units[c] === 0) continue;
    const product = productOf(observed[c]!);
    const margin = marginOf(c);
    lowest[c] = product - margin;
    highest[c] = product + margin;
    nKnown++;
  }
  return nKnown;
}
