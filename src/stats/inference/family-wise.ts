// From null distributions to p-values. mathematics M14, semantics S8. All values are 1 - p.

/** Values sorted together: some tens of milliseconds. */
const SORTED_TOGETHER = 2 ** 18;

/** Values of a null distribution, ascending; of any number, in steps: ten million take seconds. */
export function* sortNull(values: Float64Array): Generator<undefined, Float64Array> {
  let runs: Float64Array[] = [];
  for (let first = 0; first < values.length; first += SORTED_TOGETHER) {
    runs.push(values.slice(first, first + SORTED_TOGETHER).sort());
    yield;
  }
  while (runs.length > 1) {
    const merged: Float64Array[] = [];
    for (let i = 0; i < runs.length; i += 2) {
      merged.push(i + 1 < runs.length ? yield* merge(runs[i]!, runs[i + 1]!) : runs[i]!);
    }
    runs = merged;
  }
  return runs[0] ?? new Float64Array(0);
}

function* merge(left: Float64Array, right: Float64Array): Generator<undefined, Float64Array> {
  const out = new Float64Array(left.length + right.length);
  let [i, j] = [0, 0];
  for (let at = 0; at < out.length; at++) {
    out[at] = j >= right.length || (i < left.length && left[i]! <= right[j]!) ? left[i++]! : right[j++]!;
    if (at % SORTED_TOGETHER === SORTED_TOGETHER - 1) yield;
  }
  return out;
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
    for (let i = 0; i < values.length; i++) {
      if (values[i]! <= combined[i]!) continue;
      combined[i] = values[i]!;
      hypotheses[i] = h;
    }
  }
  return { maxima: combined, hypotheses };
}
