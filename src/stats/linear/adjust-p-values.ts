// Corrections of p-values over elements, as R's p.adjust: values that are not finite numbers are left out of the count. Holm 1979; Hochberg 1988; Hommel 1988;
// Benjamini & Hochberg 1995; Benjamini & Yekutieli 2001.

export const CORRECTIONS = ["fdr", "bonferroni", "holm", "hochberg", "hommel", "BY", "BH", "none"] as const;
export type Correction = (typeof CORRECTIONS)[number];

/** Elements that Hommel's correction takes at most: it compares all with all. */
export const MOST_HOMMEL = 50_000;

/** f64 [m] of `values` corrected; NaN where a value is NaN. */
export function adjustPValues(values: Float64Array, correction: Correction): Float64Array {
  const present = values.filter((value) => !Number.isNaN(value)).sort();
  const corrected = present.slice();
  if (correction === "hommel") hommel(corrected);
  else STEPS[correction](corrected);
  // equal ones are corrected alike, so that a value's place among the sorted says all: a sort of places by values takes ten times as long
  return values.map((value) => (Number.isNaN(value) ? value : corrected[placeOf(value, present)]!));
}

/** The first of `sorted` that is not below `value`, which is among them. */
function placeOf(value: number, sorted: Float64Array): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Ascending p-values become corrected ones in place. */
const STEPS: Readonly<Record<Exclude<Correction, "hommel">, (p: Float64Array) => void>> = {
  none: () => {},
  bonferroni(p) {
    for (let i = 0; i < p.length; i++) p[i] = Math.min(1, p.length * p[i]!);
  },
  holm(p) {
    let most = 0;
    for (let i = 0; i < p.length; i++) p[i] = most = Math.max(most, Math.min(1, (p.length - i) * p[i]!));
  },
  hochberg: (p) => stepUp(p, (rank) => p.length - rank + 1),
  fdr: (p) => stepUp(p, (rank) => p.length / rank),
  BH: (p) => stepUp(p, (rank) => p.length / rank),
  BY(p) {
    let harmonic = 0;
    for (let i = 1; i <= p.length; i++) harmonic += 1 / i;
    stepUp(p, (rank) => (harmonic * p.length) / rank);
  },
};

function stepUp(p: Float64Array, factor: (rank: number) => number): void {
  let least = 1;
  for (let i = p.length - 1; i >= 0; i--) p[i] = least = Math.min(least, factor(i + 1) * p[i]!);
}

/** A p-value becomes the largest of Simes' tests of all subsets it is in, by their sizes (Wright 1992, appendix). */
function hommel(p: Float64Array): void {
  const n = p.length;
  if (n < 2) return;
  let whole = Number.POSITIVE_INFINITY;
  for (let i = 0; i < n; i++) whole = Math.min(whole, (n * p[i]!) / (i + 1));
  const largest = new Float64Array(n).fill(whole);
  for (let size = n - 1; size >= 2; size--) {
    // of the size - 1 largest, beside one that is smaller
    let least = Number.POSITIVE_INFINITY;
    const first = n - size + 1;
    for (let i = first; i < n; i++) least = Math.min(least, (size * p[i]!) / (i - first + 2));
    for (let i = 0; i < first; i++) largest[i] = Math.max(largest[i]!, Math.min(size * p[i]!, least));
    const last = Math.min(size * p[first - 1]!, least);
    for (let i = first; i < n; i++) largest[i] = Math.max(largest[i]!, last);
  }
  for (let i = 0; i < n; i++) p[i] = Math.min(1, Math.max(largest[i]!, p[i]!));
}
