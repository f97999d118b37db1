// Positions of the sources in shuffles, as kernels of masked shuffles take them.

/** Labels [shuffles][n] -> the row that takes each source, i32 [shuffles / 4][n][4]; of the shuffles that are padding what nobody may read. */
export function positionsSideBySide(labels: Int32Array, n: number): Int32Array {
  const nShuffles = labels.length / n;
  const positions = new Int32Array(Math.ceil(nShuffles / 4) * 4 * n).fill(2 ** 28);
  for (const [i, source] of labels.entries()) {
    const b = Math.floor(i / n);
    positions[(Math.floor(b / 4) * n + source) * 4 + (b % 4)] = i % n;
  }
  return positions;
}
