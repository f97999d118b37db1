// What the uncertainty of the smoothing parameters adds to the degrees of freedom by way of the covariance (Wood, Pya & Saefken 2016, J. Am. Stat. Assoc. 111:1548-1563,
// section 4).
import { invertUpper } from "../design/column-factors.js";
import type { SmoothBlock } from "./additive-design.js";
import { cholesky, multiply, multiplyTransposed } from "./square-matrices.js";

/**
 * `upper`: R [p][p] of the weighted columns. What is made: by the smoothing parameters [penalised smooths], products [s][s] of the changes with each rho of R G^-1/2,
 * G = X'X + sum of lambda S, its root that of Cholesky.
 */
export function createRootChange(
  upper: Float64Array,
  p: number,
  smooths: readonly SmoothBlock[],
): (lambdas: ArrayLike<number>) => Float64Array {
  const gram = multiplyTransposed(upper, upper, p);
  const stiff = smooths.flatMap(({ first, count, penalty }) => {
    if (penalty === undefined) return [];
    const whole = new Float64Array(p * p);
    for (let i = 0; i < count; i++)
      for (let j = 0; j < count; j++) whole[(first + i) * p + first + j] = penalty[i * count + j]!;
    return [whole];
  });
  return (lambdas) => {
    const whole = gram.map((value, at) => stiff.reduce((sum, one, k) => sum + lambdas[k]! * one[at]!, value));
    const inverse = invertUpper(cholesky(whole, p), p);
    const rotated = multiply(upper, inverse, p);
    const changes = stiff.map((one, k) => {
      const turned = multiplyTransposed(inverse, multiply(one, inverse, p), p);
      // the upper triangle, half of the diagonal
      for (let i = 0; i < p; i++)
        for (let j = 0; j < p; j++) turned[i * p + j]! *= i < j ? lambdas[k]! : i === j ? lambdas[k]! / 2 : 0;
      return multiply(rotated, turned, p);
    });
    return Float64Array.from(changes.flatMap((a) => changes.map((b) => a.reduce((sum, v, at) => sum + v * b[at]!, 0))));
  };
}
