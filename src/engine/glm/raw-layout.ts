// Where the raw values of a block lie once they are read.

/** Columns of the store. */
export interface ColumnRange {
  readonly firstColumn: number;
  readonly nColumns: number;
}

/**
 * Store column c has slot c - origin, and lies at [floor(slot / stride)][observation][slot % stride]. Of one block of the store, or part of it, the stride is its
 * columns; several keep their own, one after the other: rows of a few KiB would fall into one set of the cache.
 */
export interface RawLayout {
  readonly origin: number;
  readonly stride: number;
}

/** `storeWidth`: elements of a block of the store. */
export function layoutOf({ firstColumn, nColumns }: ColumnRange, storeWidth: number): RawLayout {
  const origin = firstColumn - (firstColumn % storeWidth);
  const isOne = firstColumn + nColumns <= origin + storeWidth;
  return isOne ? { origin: firstColumn, stride: nColumns } : { origin, stride: storeWidth };
}

/** Slots, a piece for each block of the store. */
export function piecesOf(
  { firstColumn, nColumns }: ColumnRange,
  { origin, stride }: RawLayout,
): { readonly first: number; readonly count: number }[] {
  const end = firstColumn + nColumns - origin;
  const pieces: { readonly first: number; readonly count: number }[] = [];
  for (let first = firstColumn - origin; first < end; ) {
    const pieceEnd = Math.min(end, first - (first % stride) + stride);
    pieces.push({ first, count: pieceEnd - first });
    first = pieceEnd;
  }
  return pieces;
}

/** Of a slot's first observation, in values; the others follow each `stride` further. `n`: observations. */
export const placeOfSlot = (slot: number, { stride }: Pick<RawLayout, "stride">, n: number): number =>
  Math.floor(slot / stride) * n * stride + (slot % stride);
