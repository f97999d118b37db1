// Order statistics of many values without sorting them all: half a million values a picture, several pictures a page.

/** The value that would stand at `n`, from 0, were `values` sorted; they are left in another order. None may be NaN. Expected time linear. */
export function nthSmallest(values: Float64Array | Float32Array, n: number): number {
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const pivot = middleOf(values[low]!, values[(low + high) >>> 1]!, values[high]!);
    let [i, j] = [low, high];
    while (i <= j) {
      while (values[i]! < pivot) i++;
      while (values[j]! > pivot) j--;
      if (i > j) break;
      const kept = values[i]!;
      values[i++] = values[j]!;
      values[j--] = kept;
    }
    // what is between j and i equals the pivot
    if (n <= j) high = j;
    else if (n >= i) low = i;
    else break;
  }
  return values[n]!;
}

const middleOf = (a: number, b: number, c: number): number => Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));

/** `share` 0 to 1 of the way from the least to the largest; NaN: there are none. As nthSmallest. */
export const quantileOf = (values: Float64Array | Float32Array, share: number): number =>
  values.length === 0 ? Number.NaN : nthSmallest(values, Math.floor(share * (values.length - 1)));
