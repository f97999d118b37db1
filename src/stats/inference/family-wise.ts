// From null distributions to p-values. mathematics M14, semantics S8. All values are 1 - p.

/** Values of a null distribution, ascending. */
export function sortNull(values: Float64Array): Float64Array {
  return Float64Array.from(values).sort();
}

/** (number of null values <= statistic) / S for statistic > 0, else 0. `sorted` ascending, [S]. */
export function familyWise(statistic: number, sorted: Float64Array): number {
  if (!(statistic > 0)) return 0;
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! <= statistic) low = middle + 1;
    else high = middle;
  }
  return low / sorted.length;
}

/** One distribution over all hypotheses (-strong): per shuffle the largest value and the hypothesis it came from (the first of equals). */
export function combineHypotheses(maxima: readonly Float64Array[]): { maxima: Float64Array; hypotheses: Uint32Array } {
  const combined = Float64Array.from(maxima[0]!);
  const hypotheses = new Uint32Array(combined.length);
  for (const [h, values] of maxima.entries()) {
    for (const [i, value] of values.entries()) {
      if (value <= combined[i]!) continue;
      combined[i] = value;
      hypotheses[i] = h;
    }
  }
  return { maxima: combined, hypotheses };
}
