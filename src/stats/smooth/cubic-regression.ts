// The cubic regression spline: coefficients are the function's values at k knots, the ends straight. Wood 2017, "Generalized Additive Models", 2nd ed., 5.3.1.
import { type Basis, uniqueValues } from "./basis.js";

export const LEAST_CUBIC = 3;

/** Knots at the quantiles of the different values of `x`, evenly. `x`: f64 [n], finite, at least k different values; k >= LEAST_CUBIC. */
export function cubicRegressionBasis(x: Float64Array, k: number): Basis {
  const knots = quantileKnots(uniqueValues(x), k);
  const gaps = Float64Array.from({ length: k - 1 }, (_, j) => knots[j + 1]! - knots[j]!);
  const differences = secondDifferences(gaps, k);
  const curvatures = solveTridiagonal(gaps, differences, k);
  const columns = Array.from({ length: k }, () => new Float64Array(x.length));
  for (const [i, value] of x.entries()) {
    let j = 0;
    while (j < k - 2 && value > knots[j + 1]!) j++;
    const h = gaps[j]!;
    const [left, right] = [knots[j + 1]! - value, value - knots[j]!];
    columns[j]![i]! += left / h;
    columns[j + 1]![i]! += right / h;
    const [below, above] = [((left * left) / h - h) * (left / 6), ((right * right) / h - h) * (right / 6)];
    for (let c = 0; c < k; c++)
      columns[c]![i]! += below * curvatures[j * k + c]! + above * curvatures[(j + 1) * k + c]!;
  }
  // D' B^-1 D
  const penalty = new Float64Array(k * k);
  for (let i = 0; i < k; i++)
    for (let j = 0; j < k; j++)
      for (let r = 0; r < k - 2; r++) penalty[i * k + j]! += differences[r * k + i]! * curvatures[(r + 1) * k + j]!;
  return { columns, penalty, nullDimension: 2 };
}

function quantileKnots(values: Float64Array, k: number): Float64Array {
  return Float64Array.from({ length: k }, (_, j) => {
    const at = ((values.length - 1) * j) / (k - 1);
    const below = Math.floor(at);
    const share = at - below;
    return share === 0 ? values[below]! : (1 - share) * values[below]! + share * values[below + 1]!;
  });
}

/** D [k - 2][k]. */
function secondDifferences(gaps: Float64Array, k: number): Float64Array {
  const d = new Float64Array((k - 2) * k);
  for (let i = 0; i < k - 2; i++) {
    const [before, after] = [1 / gaps[i]!, 1 / gaps[i + 1]!];
    d[i * k + i] = before;
    d[i * k + i + 1] = -before - after;
    d[i * k + i + 2] = after;
  }
  return d;
}

/** Second derivatives at the knots by the values there: [k][k], the first and the last row 0, between them B^-1 D. */
function solveTridiagonal(gaps: Float64Array, differences: Float64Array, k: number): Float64Array {
  const m = k - 2;
  const out = new Float64Array(k * k);
  out.set(differences, k);
  const diagonal = Float64Array.from({ length: m }, (_, i) => (gaps[i]! + gaps[i + 1]!) / 3);
  const row = (i: number) => (i + 1) * k;
  for (let i = 1; i < m; i++) {
    const factor = gaps[i]! / 6 / diagonal[i - 1]!;
    diagonal[i]! -= (factor * gaps[i]!) / 6;
    for (let c = 0; c < k; c++) out[row(i) + c]! -= factor * out[row(i - 1) + c]!;
  }
  for (let i = m - 1; i >= 0; i--) {
    for (let c = 0; c < k; c++) {
      if (i < m - 1) out[row(i) + c]! -= (gaps[i + 1]! / 6) * out[row(i + 1) + c]!;
      out[row(i) + c]! /= diagonal[i]!;
    }
  }
  return out;
}
