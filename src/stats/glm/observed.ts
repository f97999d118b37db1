// Effects and exact statistics of the unshuffled data, float64. semantics S5. Peer: core/math/stats/glm.cpp.
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

/** The same of many elements side by side, f64 [at least as many]. */
export type ObservedColumns = Readonly<Record<Exclude<keyof ObservedStatistic, "isTested">, Float64Array>>;

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
 * u = A_h'Q y f64 [s][count]: what the hypothesis tests of each element (mathematics M5); sse f64 [count]: |residual|^2 of the full model. A residual of rounding
 * size only (sse = 0) has no finite statistic and gives 0.
 */
export function observeColumns(
  dof: number,
  { hypothesis, toEffect }: Pick<HypothesisPartition, "hypothesis" | "toEffect">,
  u: Float64Array,
  sse: Float64Array,
  { statistic, z, effect, standardisedEffect }: ObservedColumns,
): void {
  const { rank, kind } = hypothesis;
  const count = sse.length;
  if (kind === "t") {
    // T = |T| A'
    const length = Math.hypot(...toEffect.values);
    for (let c = 0; c < count; c++) {
      const deviation = Math.sqrt(sse[c]! / dof);
      const size = u[c]! * length;
      statistic[c] = finite(u[c]! / deviation);
      effect[c] = finite(size);
      standardisedEffect[c] = finite(size / deviation);
      z[c] = tToZ(statistic[c]!, dof);
    }
    return;
  }
  for (let c = 0; c < count; c++) {
    let squared = 0;
    for (let q = 0; q < u.length / count; q++) squared += u[q * count + c]! * u[q * count + c]!;
    const variance = sse[c]! / dof;
    statistic[c] = finite(squared / rank / variance);
    effect[c] = 0;
    standardisedEffect[c] = 0;
    z[c] = variance > 0 ? fToZ(statistic[c]!, rank, dof) : 0;
  }
}
