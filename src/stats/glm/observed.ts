// Effects and exact statistics of the unshuffled data, element by element, float64. semantics S5. Peer: core/math/stats/glm.cpp.
import type { DesignPartition, HypothesisPartition } from "../design/partition.js";
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
}

const finite = (value: number): number => (Number.isFinite(value) ? value : 0);

/** sqrt(SSE / dof). */
export function standardDeviation(sse: number, partition: DesignPartition): number {
  return finite(Math.sqrt(sse / partition.dof));
}

/**
 * beta f64 [k]; sse: |residual|^2 of the full model. A residual of rounding size only (sse = 0) has no finite statistic and gives 0.
 */
export function observeHypothesis(
  partition: DesignPartition,
  { hypothesis, effectPrecision }: HypothesisPartition,
  beta: Float64Array,
  sse: number,
): ObservedStatistic {
  const { contrast, rank, kind } = hypothesis;
  const { nColumns } = contrast;
  const effects = new Float64Array(contrast.nRows);
  for (let i = 0; i < contrast.nRows; i++) {
    for (let j = 0; j < nColumns; j++) effects[i]! += contrast.values[i * nColumns + j]! * beta[j]!;
  }
  const variance = sse / partition.dof;
  if (kind === "t") {
    const effect = effects[0]!;
    const statistic = finite((effect * Math.sqrt(effectPrecision.values[0]!)) / Math.sqrt(variance));
    const standardisedEffect = finite(effect / Math.sqrt(variance));
    return { statistic, z: tToZ(statistic, partition.dof), effect: finite(effect), standardisedEffect };
  }
  let numerator = 0;
  for (let i = 0; i < rank; i++) {
    for (let j = 0; j < rank; j++) numerator += effects[i]! * effectPrecision.values[i * rank + j]! * effects[j]!;
  }
  const statistic = finite(numerator / rank / variance);
  return { statistic, z: variance > 0 ? fToZ(statistic, rank, partition.dof) : 0, effect: 0, standardisedEffect: 0 };
}
