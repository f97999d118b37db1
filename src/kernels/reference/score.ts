// Reference epilogue without enhancement: product tile -> scores -> maxima and counters. Contract: ../CONTRACTS.md.
import { SSE_ROUNDING, type StatisticInputs, sumsOfStatistic } from "./bins.js";

export interface ScoreInputs extends StatisticInputs {
  /** The score where there is no statistic. */
  readonly untestable: number;
  readonly scoreStride: number;
}

/** Veltkamp's splitting: x C - (x C - x) keeps the upper 40 bits of x. */
const SPLIT = 8193;

export function scoreStatistics(inputs: ScoreInputs, scores: Float64Array): void {
  for (let b = 0; b < inputs.nShuffles; b++) {
    for (let w = 0; w < inputs.nColumns; w++) scores[b * inputs.scoreStride + w] = scoreOf(inputs, b, w);
  }
}

function scoreOf(inputs: ScoreInputs, b: number, w: number): number {
  const { squares, uu, lastU } = sumsOfStatistic(inputs, b, w);
  const total = inputs.sumSquares[w]!;
  const sse = total - squares;
  if (!(sse > SSE_ROUNDING * total)) return inputs.untestable;
  const x = Math.sqrt((uu * (inputs.dof / inputs.contrastRank)) / sse);
  const spread = x * SPLIT;
  const kept = spread - (spread - x);
  if (!(kept > 0 && kept < Number.POSITIVE_INFINITY)) return inputs.untestable;
  return inputs.signed && lastU < 0 ? -kept : kept;
}

export interface ReduceScoreInputs {
  readonly nShuffles: number;
  readonly nColumns: number;
  /** f64 [nShuffles][scoreStride]. */
  readonly scores: Float64Array;
  readonly scoreStride: number;
  readonly firstElement: number;
  readonly keepDefault: boolean;
  /** f64 and u32 [nColumns]. */
  readonly defaults: Float64Array;
  readonly counters: Uint32Array;
}

export function reduceScores(inputs: ReduceScoreInputs, maxima: Float64Array, maximaElements: Uint32Array): void {
  const { nShuffles, nColumns, scores, scoreStride, firstElement, defaults, counters } = inputs;
  if (inputs.keepDefault && nShuffles > 0) defaults.set(scores.subarray(0, nColumns));
  for (let b = 0; b < nShuffles; b++) {
    for (let w = 0; w < nColumns; w++) {
      const x = scores[b * scoreStride + w]!;
      if (x < defaults[w]!) counters[w]!++;
      const element = firstElement + w;
      if (x > maxima[b]! || (x === maxima[b]! && element < maximaElements[b]!)) {
        maxima[b] = x;
        maximaElements[b] = element;
      }
    }
  }
}
