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
  for (const [e, directions] of tested.entries()) {
    if (directions === undefined) continue;
    const parts = Float64Array.from({ length: directions.length / r }, (_, q) => {
      let part = 0;
      for (let j = 0; j < r; j++) part += directions[q * r + j]! * fitted[j * stride + e]!;
      return part;
    });
    const total = parts.reduce((sum, part) => sum + part * part, sse[e]!);
    if (!(total > CONSTANT_COLUMN * sumSquares[e]!)) continue;
    totals[e] = total;
    for (const [q, part] of parts.entries()) {
      for (let j = 0; j < r; j++) shifts[j * width + e]! += directions[q * r + j]! * part;
    }
  }
  return { shifts, totals };
}
