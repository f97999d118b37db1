// Reference epilogue without enhancement: product tile -> scores -> maxima and counters. Contract: ../CONTRACTS.md.
import { type StatisticInputs, sumsOfStatistic } from "./bins.js";

export interface ScoreInputs extends StatisticInputs {
  /** Share of the sum of squares that a residual has to have. */
  readonly least: number;
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
  if (!(sse > inputs.least * total)) return inputs.untestable;
  const x = rounded(Math.sqrt((uu * (inputs.dof / inputs.contrastRank)) / sse));
  if (Number.isNaN(x)) return inputs.untestable;
  return inputs.signed && lastU < 0 ? -x : x;
}

/** x >= 0 to 40 bits; NaN where it is 0 or not finite. */
function rounded(x: number): number {
  const spread = x * SPLIT;
  const kept = spread - (spread - x);
  return kept > 0 && kept < Number.POSITIVE_INFINITY ? kept : Number.NaN;
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

export interface ReduceMemberInputs {
  readonly nShuffles: number;
  /** f64 [nShuffles][stride]. */
  readonly statistics: Float64Array;
  readonly stride: number;
  readonly members: Uint32Array;
  /** The score of what is 0 or not finite. */
  readonly none: number;
  readonly keepDefault: boolean;
  /** f64 and u32, by member. */
  readonly defaults: Float64Array;
  readonly counters: Uint32Array;
  /** By member: 1 where it may be the largest; undefined: all. */
  readonly eligible: Uint8Array | undefined;
}

export function reduceMembers(inputs: ReduceMemberInputs, largest: Float64Array, winners: Uint32Array): void {
  const { nShuffles, statistics, stride, members, none, defaults, counters, eligible } = inputs;
  for (let b = 0; b < nShuffles; b++) {
    largest[b] = Number.NEGATIVE_INFINITY;
    winners[b] = members[0]!;
    for (const [w, member] of members.entries()) {
      const found = statistics[b * stride + w]!;
      const size = rounded(Math.abs(found));
      const x = Number.isNaN(size) ? none : Math.sign(found) * size;
      if (inputs.keepDefault && b === 0) defaults[member] = x;
      else if (x < defaults[member]!) counters[member]!++;
      if (!(x > largest[b]!) || eligible?.[member] === 0) continue;
      largest[b] = x;
      winners[b] = member;
    }
  }
}
