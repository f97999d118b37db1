// p-values adjusted for the number of tests, as R's p.adjust..
//   Bonferroni   n p                                 Holm 1979 (Scand J Stat 6:65-70)   max over j <= i of (n - j + 1) p_(j)
//   Benjamini & Hochberg 1995 (JRSS B 57:289-300)   min over j >= i of n p_(j) / j
//   Benjamini & Yekutieli 2001 (Ann Stat 29:1165-1188)   the same times the sum of 1/j: under any dependence
import { sortNull } from "./family-wise.js";

export const ADJUSTMENTS = ["bh", "by", "holm", "bonferroni"] as const;
export type Adjustment = (typeof ADJUSTMENTS)[number];

/** Whether the rate of false discoveries is controlled, or the chance of any error. */
export const controlsDiscoveries = (method: Adjustment): boolean => method === "bh" || method === "by";

/** Elements looked up together: some tens of milliseconds. */
const STEP_ELEMENTS = 2 ** 17;

/** f64 [m]: NaN stays NaN and is no test. In steps: millions take seconds. */
export function* adjustP(p: Float64Array, method: Adjustment): Generator<undefined, Float64Array> {
  const sorted = yield* sortNull(p.filter((value) => !Number.isNaN(value)));
  const adjusted = adjustSorted(sorted, method);
  yield;
  const out = new Float64Array(p.length).fill(Number.NaN);
  for (let i = 0; i < p.length; i++) {
    if (i % STEP_ELEMENTS === STEP_ELEMENTS - 1) yield;
    // of equals all have the same, wherever they stand
    if (!Number.isNaN(p[i]!)) out[i] = adjusted[firstNotBelow(sorted, p[i]!)]!;
  }
  return out;
}

/** `sorted` ascending, [n]. */
function adjustSorted(sorted: Float64Array, method: Adjustment): Float64Array {
  const n = sorted.length;
  const out = new Float64Array(n);
  if (method === "bonferroni") return sorted.map((p) => Math.min(1, n * p));
  if (method === "holm") {
    let most = 0;
    for (let i = 0; i < n; i++) {
      most = Math.max(most, (n - i) * sorted[i]!);
      out[i] = Math.min(1, most);
    }
    return out;
  }
  let factor = 1;
  if (method === "by") {
    factor = 0;
    for (let j = 1; j <= n; j++) factor += 1 / j;
  }
  let least = 1;
  for (let i = n - 1; i >= 0; i--) {
    least = Math.min(least, ((factor * n) / (i + 1)) * sorted[i]!);
    out[i] = least;
  }
  return out;
}

function firstNotBelow(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
