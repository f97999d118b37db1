// Effects and exact statistics of the unshuffled data, element by element, float64. semantics S5. Peer: core/math/stats/glm.cpp.
import type { HypothesisPartition } from "../design/partition.js";
import { fToZ, tToZ } from "./z-transform.js";

/** What one element yields under one hypothesis. NaN-free: what is not finite is 0. */
export interface ObservedStatistic {
  /** t, or F. */
  statistic: number;
  z: number;
  /** C beta; t-tests only. */
  effect: number;
  /** effect / std_dev; t-tests only. */
  standardisedEffect: number;
  /** False: the statistic is 0 because there is none. */
  isTested: boolean;
}

/** Why elements whose design can be tested have no statistic. values f64 [n]; keep u8 [n]: 1 where an observation counts. */
export function verdictOfData(values: ArrayLike<number>, keep?: Uint8Array): "constant-data" | "no-variance" {
  let first: number | undefined;
  for (let i = 0; i < values.length; i++) {
    if (keep?.[i] === 0) continue;
    first ??= values[i]!;
    if (values[i] !== first) return "no-variance";
  }
  return "constant-data";
}

const finite = (value: number): number => (Number.isFinite(value) ? value : 0);

/** sqrt(SSE / dof). */
export function standardDeviation(sse: number, { dof }: { readonly dof: number }): number {
  return finite(Math.sqrt(sse / dof));
}

/**
 * u = A_h'Q y f64 [s]: what the hypothesis tests of the element (mathematics M5); sse: |residual|^2 of the full model. A residual of rounding size only (sse = 0)
 * has no finite statistic and gives 0.
 */
export function observeHypothesis(
  dof: number,
  { hypothesis, toEffect }: Pick<HypothesisPartition, "hypothesis" | "toEffect">,
  u: Float64Array,
  sse: number,
): ObservedStatistic {
  const { rank, kind } = hypothesis;
  const variance = sse / dof;
  const isTested = variance > 0;
  if (kind === "t") {
    // T = |T| A'
    const effect = u[0]! * Math.hypot(...toEffect.values);
    const statistic = finite(u[0]! / Math.sqrt(variance));
    const standardisedEffect = finite(effect / Math.sqrt(variance));
    return { statistic, z: tToZ(statistic, dof), effect: finite(effect), standardisedEffect, isTested };
  }
  const squared = u.reduce((sum, part) => sum + part * part, 0);
  const statistic = finite(squared / rank / variance);
  return { statistic, z: isTested ? fToZ(statistic, rank, dof) : 0, effect: 0, standardisedEffect: 0, isTested };
}
