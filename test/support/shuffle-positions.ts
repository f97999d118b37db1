// Positions of the sources in shuffles, as kernels of masked shuffles take them.

/** With signs or without, and bytes of a position. */
export const SHUFFLE_FORMS = [
  [true, 4],
  [false, 4],
  [true, 2],
  [false, 2],
] as const;

/** Labels [shuffles][n] -> the row that takes each source, [shuffles][n]; `bytes` of each. */
export function positionsOf(labels: Int32Array, n: number, bytes: 2 | 4): Int32Array | Uint16Array {
  const positions = bytes === 2 ? new Uint16Array(labels.length) : new Int32Array(labels.length);
  for (const [i, source] of labels.entries()) positions[i - (i % n) + source] = i % n;
  return positions;
}
