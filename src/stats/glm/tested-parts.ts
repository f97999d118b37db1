// What hypotheses test of many elements, side by side: testedPart of element-test.ts for a panel of them at once.
import { CONSTANT_COLUMN } from "./element-test.js";

export interface TestedParts {
  /** A'A w of each element, f64 [r][width]: the coordinates of what a hypothesis adds to the residual of the full model. */
  readonly shifts: Float64Array;
  /** |e_h|^2 f64 [width]. Both are exactly 0 where they are rounding of a constant element. */
  readonly totals: Float64Array;
}

/**
 * `tested`: A f64 [s][r] of each element; undefined: zeros. fitted f64 [r][at least as many columns]: w = Q y. sse, sumSquares: of the residual of the full
 * model, and of the data. width: columns of what is returned.
 */
export function testedParts(
  tested: readonly (Float64Array | undefined)[],
  {
    r,
    fitted,
    sse,
    sumSquares,
  }: {
    readonly r: number;
    readonly fitted: ArrayLike<number>;
    readonly sse: ArrayLike<number>;
    readonly sumSquares: ArrayLike<number>;
  },
  width: number,
): TestedParts {
  const shifts = new Float64Array(r * width);
  const totals = new Float64Array(width);
  const stride = fitted.length / r;
  let parts = new Float64Array(1);
  for (let e = 0; e < tested.length; e++) {
    const directions = tested[e];
    if (directions === undefined) continue;
    const s = directions.length / r;
    if (parts.length < s) parts = new Float64Array(s);
    let total = sse[e]!;
    for (let q = 0; q < s; q++) {
      let part = 0;
      for (let j = 0; j < r; j++) part += directions[q * r + j]! * fitted[j * stride + e]!;
      parts[q] = part;
      total += part * part;
    }
    if (!(total > CONSTANT_COLUMN * sumSquares[e]!)) continue;
    totals[e] = total;
    for (let q = 0; q < s; q++) {
      for (let j = 0; j < r; j++) shifts[j * width + e]! += directions[q * r + j]! * parts[q]!;
    }
  }
  return { shifts, totals };
}
