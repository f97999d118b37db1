// One variance for all observations: t, or F, from d = Q P e. mathematics M5. The same rule for rounding as f64BinStatistics.
import type { ElementDesign, TestedDirections } from "./element-design.js";

/** A residual sum of squares below this share of the total is rounding, not variance. */
export const SSE_ROUNDING = 1e-14;

export interface Statistic {
  /** t, F, v or G; NaN where it cannot be computed. */
  readonly statistic: number;
  /** Of the residuals; real with variance groups. */
  readonly dof: number;
}

/** d f64 [r]; total |P e|^2. */
export function pooledStatistic(
  design: ElementDesign,
  { tested, rank: s, kind }: TestedDirections,
  d: Float64Array,
  total: number,
): Statistic {
  const { rank: r, dof } = design;
  let squares = 0;
  for (let j = 0; j < r; j++) squares += d[j]! * d[j]!;
  const sse = total - squares;
  if (!(sse > SSE_ROUNDING * total)) return { statistic: Number.NaN, dof };
  let uu = 0;
  let u = 0;
  for (let i = 0; i < s; i++) {
    u = 0;
    for (let j = 0; j < r; j++) u += tested[i * r + j]! * d[j]!;
    uu += u * u;
  }
  if (kind === "t") return { statistic: u * Math.sqrt(dof / sse), dof };
  return { statistic: (uu * (dof / s)) / sse, dof };
}
