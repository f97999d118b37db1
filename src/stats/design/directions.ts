// t-tests in both directions (--two-tailed): directions are hypotheses of their own, so that each is enhanced on its own. What they share: inference/families.ts.
import type { Hypothesis } from "./hypothesis.js";
import { type Matrix, matrixOf } from "./matrix.js";

/** Each t-test becomes its two directions, the negative one behind the positive one; F-tests have none and stay. */
export function inBothDirections(hypotheses: readonly Hypothesis[]): Hypothesis[] {
  return hypotheses.flatMap((hypothesis) => {
    if (hypothesis.kind === "F") return [hypothesis];
    const { name, contrast } = hypothesis;
    return [
      { ...hypothesis, name: `${name}_positive`, test: name, direction: "positive" },
      { ...hypothesis, name: `${name}_negative`, test: name, direction: "negative", contrast: negated(contrast) },
    ];
  });
}

/** The same in every digit: statistics of both are each other's negatives. */
export const negated = ({ nRows, nColumns, values }: Matrix): Matrix =>
  matrixOf(nRows, nColumns, (i, j) => -values[i * nColumns + j]!);
