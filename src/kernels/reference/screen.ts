// Reference of what is done with statistics that are known nearly, and of the exact products of those that have to be told. Contract: ../CONTRACTS.md.

export interface ScreenInputs {
  readonly nShuffles: number;
  readonly nColumns: number;
  /** f64 [nShuffles][scoreStride]. */
  readonly scores: Float64Array;
  readonly scoreStride: number;
  /** What is not above may be anything below `highest`. */
  readonly near: number;
  /** f64 [nColumns]: what is below the one is surely below, what reaches the other surely not. */
  readonly lowest: Float64Array;
  readonly highest: Float64Array;
}

/** Number of entries in `open`. */
export function screenScores(
  { nShuffles, nColumns, scores, scoreStride, near, lowest, highest }: ScreenInputs,
  counters: Uint32Array,
  largest: Float64Array,
  open: Uint32Array,
): number {
  let nOpen = 0;
  for (let b = 0; b < nShuffles; b++) {
    let best = Number.NEGATIVE_INFINITY;
    for (let w = 0; w < nColumns; w++) {
      const x = scores[b * scoreStride + w]!;
      const [low, high] = [lowest[w]!, highest[w]!];
      if (x > best) best = x;
      if (x < low && x > near) counters[w]!++;
      else if (!(x >= high) && high !== Number.NEGATIVE_INFINITY) open[nOpen++] = b * 65536 + w;
    }
    largest[b] = best;
  }
  return nOpen;
}

/** Number of entries in `open`. */
export function largestProducts(
  inputs: Pick<ProductScreenInputs, "nColumns" | "product" | "shifts" | "direction" | "top" | "highest"> & {
    readonly b: number;
    readonly moved: number;
    readonly margin: number;
    readonly known: number;
  },
  open: Uint32Array,
): number {
  const { b, nColumns, product, shifts, moved, direction, top, highest, margin, known } = inputs;
  const values = Array.from({ length: nColumns }, (_, w) => {
    const found = shifts === undefined ? product[w]! : Math.fround(product[w]! + Math.fround(moved * shifts[w]!));
    const says = Math.abs(found) < Math.fround(top) && Number.isFinite(highest[w]!);
    return !says ? Number.NEGATIVE_INFINITY : direction === 0 ? Math.abs(found) : direction * found;
  });
  const best = values.reduce((most, x) => Math.max(most, x), Number.NEGATIVE_INFINITY);
  const least = Math.fround(Math.max(known, best - margin) - margin);
  let nOpen = 0;
  for (const [w, x] of values.entries()) {
    if (x >= least && x > Number.NEGATIVE_INFINITY) open[nOpen++] = b * 65536 + w;
  }
  return nOpen;
}

export interface EntryInputs {
  readonly nRows: number;
  readonly rank: number;
  /** u32: shuffle * 65536 + column. */
  readonly open: Uint32Array;
  /** i32 [nRows], of shuffle * nRows on. */
  labelsAt(at: number): Int32Array;
  /** Of shuffle * nRows + row. */
  signAt(at: number): number;
  readonly basis: Float64Array;
  /** Of panels of four columns. */
  valueAt(at: number): number;
  readonly stride: number;
}

export function productsOf({ nRows, rank, open, ...given }: EntryInputs, product: Float64Array): void {
  for (const [k, entry] of open.entries()) {
    const [b, w] = [Math.floor(entry / 65536), entry % 65536];
    const labels = given.labelsAt(b * nRows);
    const row = new Float64Array(nRows);
    for (let j = 0; j < rank; j++) {
      for (let i = 0; i < nRows; i++) row[labels[i]!] = given.signAt(b * nRows + i) * given.basis[j * nRows + i]!;
      let sum = 0;
      for (let i = 0; i < nRows; i++) sum += row[i]! * given.valueAt(((w >> 2) * nRows + i) * 4 + (w & 3));
      product[j * given.stride + k] = sum;
    }
  }
}

export interface ProductScreenInputs {
  readonly nShuffles: number;
  readonly nColumns: number;
  /** f32 [nShuffles][stride]. */
  readonly product: Float32Array;
  readonly stride: number;
  /** f32 [nColumns], times column `firstShift` of the product; undefined: none. */
  readonly shifts: Float32Array | undefined;
  readonly firstShift: number;
  /** 0: the size counts; 1, -1: the value, or the opposite one. */
  readonly direction: number;
  readonly near: number;
  /** What reaches it is always open. */
  readonly top: number;
  /** f32 [nColumns]. */
  readonly lowest: Float32Array;
  readonly highest: Float32Array;
}

/** Number of entries in `open`. */
export function screenProducts(
  inputs: ProductScreenInputs,
  counters: Uint32Array,
  largest: Float32Array,
  open: Uint32Array,
): number {
  const { nShuffles, nColumns, product, stride, shifts, firstShift, direction, near, top, lowest, highest } = inputs;
  let nOpen = 0;
  const least = direction === 0 ? near : Number.NEGATIVE_INFINITY;
  for (let b = 0; b < nShuffles; b++) {
    let best = Number.NEGATIVE_INFINITY;
    for (let w = 0; w < nColumns; w++) {
      let found = product[b * stride + w]!;
      if (shifts !== undefined) {
        found = Math.fround(found + Math.fround(product[b * stride + firstShift]! * shifts[w]!));
      }
      const x = direction === 0 ? Math.abs(found) : direction * found;
      const isInside = Math.abs(found) < Math.fround(top);
      if (x > best) best = x;
      if (isInside && x < lowest[w]! && x > Math.fround(least)) counters[w]!++;
      else if (!(isInside && x >= highest[w]!)) open[nOpen++] = b * 65536 + w;
    }
    largest[b] = best;
  }
  return nOpen;
}

export interface MaskedEntryInputs {
  readonly nRows: number;
  readonly rank: number;
  /** u32: shuffle * 65536 + column. */
  readonly open: Uint32Array;
  /** f64 [rank][nRows]: the rows of a shuffle. */
  gatheredOf(b: number): Float64Array;
  /** Of panels of four columns. */
  valueAt(at: number): number;
  readonly firstShared: number;
  readonly stride: number;
}

export function maskedProducts(
  { nRows, rank, open, gatheredOf, valueAt, firstShared, stride }: MaskedEntryInputs,
  product: Float64Array,
): void {
  for (const [k, entry] of open.entries()) {
    const rows = gatheredOf(entry >>> 16);
    const sumOf = (j: number, w: number) => {
      let sum = 0;
      for (let i = 0; i < nRows; i++) sum += rows[j * nRows + i]! * valueAt(((w >> 2) * nRows + i) * 4 + (w & 3));
      return sum;
    };
    for (let j = 0; j < rank; j++) {
      product[j * stride + k] = sumOf(j, entry & 0xffff);
      for (let l = 0; l < rank; l++) product[(rank + j * rank + l) * stride + k] = sumOf(j, firstShared + l);
    }
  }
}
