// Numbers as the unevaluated sum of two doubles, about 32 digits: designs are small, and a t must not depend on how far from zero their columns lie.
// Dekker 1971 (Numerische Mathematik 18:224-242) for products, Knuth's sum; no fused multiply-add is needed. Operands between 1e-140 and 1e140.

/** high + low, |low| at most half a unit in the last place of high. */
export interface Pair {
  readonly high: number;
  readonly low: number;
}

/** Pairs side by side. */
export interface Doubled {
  readonly high: Float64Array;
  readonly low: Float64Array;
}

const SPLITTER = 2 ** 27 + 1;

export const doubled = (length: number): Doubled => ({
  high: new Float64Array(length),
  low: new Float64Array(length),
});

export const pairAt = ({ high, low }: Doubled, i: number): Pair => ({ high: high[i]!, low: low[i]! });

export function putPair({ high, low }: Doubled, i: number, value: Pair): void {
  high[i] = value.high;
  low[i] = value.low;
}

export const pair = (high: number): Pair => ({ high, low: 0 });
export const negative = ({ high, low }: Pair): Pair => ({ high: -high, low: -low });

/** |low| at most a few units in the last place of high. */
function normalised(high: number, low: number): Pair {
  const sum = high + low;
  return { high: sum, low: low - (sum - high) };
}

export function addPairs(a: Pair, b: Pair): Pair {
  const sum = a.high + b.high;
  const part = sum - a.high;
  return normalised(sum, a.high - (sum - part) + (b.high - part) + (a.low + b.low));
}

/** x y - product, exactly. */
function productError(x: number, y: number, product: number): number {
  const tx = SPLITTER * x;
  const ty = SPLITTER * y;
  const xh = tx - (tx - x);
  const yh = ty - (ty - y);
  const xl = x - xh;
  const yl = y - yh;
  return xl * yl - (product - xh * yh - xl * yh - xh * yl);
}

export function multiplyPairs(a: Pair, b: Pair): Pair {
  const product = a.high * b.high;
  return normalised(product, productError(a.high, b.high, product) + (a.high * b.low + a.low * b.high));
}

export function dividePairs(a: Pair, b: Pair): Pair {
  const first = a.high / b.high;
  const rest = addPairs(a, multiplyPairs(b, pair(-first)));
  return normalised(first, rest.high / b.high);
}

export function rootOf(a: Pair): Pair {
  if (!(a.high > 0)) return pair(0);
  const root = Math.sqrt(a.high);
  const rest = addPairs(a, multiplyPairs(pair(root), pair(-root)));
  return normalised(root, rest.high / (2 * root));
}

/** Sum of products of n pairs, the first at a[ai] and b[bi]. */
export function dotPairs(a: Doubled, ai: number, b: Doubled, bi: number, n: number): Pair {
  let high = 0;
  let low = 0;
  for (let i = 0; i < n; i++) {
    const x = a.high[ai + i]!;
    const y = b.high[bi + i]!;
    const product = x * y;
    const sum = high + product;
    const part = sum - high;
    const error = productError(x, y, product) + (x * b.low[bi + i]! + a.low[ai + i]! * y);
    low += high - (sum - part) + (product - part) + error;
    high = sum;
  }
  return normalised(high, low);
}

/** n pairs: target += factor source. */
export function addScaledPairs(
  target: Doubled,
  ti: number,
  factor: Pair,
  source: Doubled,
  si: number,
  n: number,
): void {
  for (let i = 0; i < n; i++) {
    const y = source.high[si + i]!;
    const product = factor.high * y;
    const x = target.high[ti + i]!;
    const sum = x + product;
    const part = sum - x;
    const error = productError(factor.high, y, product) + (factor.high * source.low[si + i]! + factor.low * y);
    const low = x - (sum - part) + (product - part) + (error + target.low[ti + i]!);
    const high = sum + low;
    target.high[ti + i] = high;
    target.low[ti + i] = low - (high - sum);
  }
}

/** n pairs: target *= factor. */
export function scalePairs(target: Doubled, ti: number, factor: Pair, n: number): void {
  for (let i = 0; i < n; i++) putPair(target, ti + i, multiplyPairs(pairAt(target, ti + i), factor));
}
