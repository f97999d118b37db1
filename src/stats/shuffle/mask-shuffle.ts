// The shuffle of the observations that are left, as the peer defines it (mathematics M7): target rows whose source is missing are dropped; the
// remaining sources, in order of target row, pair with the remaining rows in order. Missing rows take themselves, so that the result is a permutation of all rows.

/** `keep` u8 [n]. labels, signs of the whole data in; `outLabels` i32 [n], `outSigns` i8 [n] out (not the same arrays). */
export function maskShuffleInto(
  keep: Uint8Array,
  labels: Int32Array,
  signs: Int8Array,
  outLabels: Int32Array,
  outSigns: Int8Array,
): void {
  const n = keep.length;
  let row = 0;
  for (let i = 0; i < n; i++) {
    if (keep[i] === 0) {
      outLabels[i] = i;
      outSigns[i] = 1;
    }
    const source = labels[i]!;
    if (keep[source] === 0) continue;
    while (keep[row] === 0) row++;
    outLabels[row] = source;
    outSigns[row] = signs[i]!;
    row++;
  }
}
