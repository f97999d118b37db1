// Scores: what is compared where statistics are not enhanced. t, or sqrt(F); with one number of degrees of freedom Z grows with it.
import { fToZ, tToZ, zToF } from "./z-transform.js";

/** 40 bits (Veltkamp): shuffles that arrange the data alike differ by rounding only, and must tie. As f64ScoreStatistics. */
export function roundScore(x: number): number {
  const scaled = 8193 * x;
  return scaled - (scaled - x);
}

/** Z of t, v or sqrt(F), sqrt(G); 0 where there is no statistic. */
export function zOfStatistic(kind: "t" | "F", rank: number, x: number, dof: number): number {
  if (!Number.isFinite(x) || x === 0) return 0;
  return kind === "t" ? tToZ(x, dof) : fToZ(x * x, rank, dof);
}

/** The statistic of pooled variance that stands where there is none: its Z is 0. */
export const scoreOfNone = (kind: "t" | "F", rank: number, dof: number) =>
  kind === "t" || !(dof >= 1) ? 0 : Math.sqrt(zToF(0, rank, dof));

/** Z of a score of pooled variance, as it is kept. `none` may be given where it is known: it costs more than the Z. */
export function zOfScore(
  kind: "t" | "F",
  rank: number,
  x: number,
  dof: number,
  none: number = scoreOfNone(kind, rank, dof),
): number {
  return x === none ? 0 : zOfStatistic(kind, rank, x, dof);
}
