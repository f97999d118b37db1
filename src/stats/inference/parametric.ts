// p-values of single elements by the distributions of t, F, v and G: what they are worth where residuals are normal, without a shuffle.
import { logNormalUpper } from "../functions/normal.js";

export interface ObservedTest {
  readonly kind: "t" | "F";
  /** [m] t, F, v or G. */
  readonly statistic: ArrayLike<number>;
  /** [m] of the same upper tail probability (z-transform.ts). */
  readonly z: ArrayLike<number>;
  /** [m] each: standard deviations, one or one a variance group. */
  readonly deviations: readonly ArrayLike<number>[];
  /** u8 [m]: 1 where an element is tested; undefined: all are. */
  readonly eligible?: Uint8Array | undefined;
}

/** Elements together: some tens of milliseconds. */
const STEP_ELEMENTS = 2 ** 16;

/**
 * f64 [m]: P(T >= t), of the positive side as the permutation p-values are, or P(F' >= F). NaN where nothing is tested: not eligible, or without any variance.
 * As exact as z is: to 1e-13 of p in float64, to 6e-8 z^2 in float32.
 */
export function* parametricP(test: ObservedTest): Generator<undefined, Float64Array> {
  const { kind, statistic, z, deviations, eligible } = test;
  const p = new Float64Array(z.length).fill(Number.NaN);
  for (let i = 0; i < p.length; i++) {
    if (i % STEP_ELEMENTS === STEP_ELEMENTS - 1) yield;
    if (eligible?.[i] === 0 || Number.isNaN(z[i]!) || deviations.every((of) => !(of[i]! > 0))) continue;
    // an F of 0 has the Z of none
    p[i] = kind === "F" && statistic[i] === 0 ? 1 : Math.exp(logNormalUpper(z[i]!));
  }
  return p;
}
