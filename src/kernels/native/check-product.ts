// Whether a product is right, whether the bits of an element depend on its place in the tile, and how fast it is: pure, of any provider.
// Known faults: a library older than the processor that is slow, or wrong; one of 64-bit integers under the usual names.
import type { RowProductKernel } from "../kernel-set.js";
import type { Precision } from "./native-product.js";

/** Half a unit in the last place of float32. */
const SINGLE_UNIT = 2 ** -24;

/**
 * Of the largest difference of a sum of n products from the exact one, relative to the sum of |a b|. In float32 no more than what any order of summation keeps:
 * screened scores rely on it (stats/glm/screening.ts), and arithmetic of fewer bits does not.
 */
export const mostErrorOf = (precision: Precision, n: number): number =>
  precision === "double" ? 1e-12 : Math.min(1e-5, (n + 1) * SINGLE_UNIT);

export interface Operands {
  readonly kernel: RowProductKernel;
  readonly buffer: ArrayBufferLike;
  readonly precision: Precision;
  /** Where a product of `most` values an operand and result has room: bytes. */
  readonly gathered: number;
  readonly columns: number;
  readonly product: number;
}

export interface TileSize {
  readonly rows: number;
  readonly n: number;
  readonly width: number;
}

/** Entries of a product that is compared whole. */
const FEW = 1000;
/** Multiples of columns that tiles are padded to: the smallest that keeps bits is taken. */
const COLUMN_STEPS = [8, 16, 32, 64] as const;

type Values = Float64Array | Float32Array;

const viewsOf = ({ buffer, precision, ...at }: Operands, { rows, n, width }: TileSize) => {
  const Values = precision === "double" ? Float64Array : Float32Array;
  // types of Node know no view of shared memory that either constructor makes
  const view = (pointer: number, count: number) => new Values(buffer as ArrayBuffer, pointer, count);
  return { a: view(at.gathered, rows * n), b: view(at.columns, n * width), c: view(at.product, rows * width) };
};

const run = (operands: Operands, { rows, n, width }: TileSize) =>
  operands.kernel(rows, n, width, operands.gathered, operands.columns, operands.product);

/** Largest error of a product of numbers in -1..1; Infinity where one is no number. */
export function errorOfProduct(operands: Operands, size: TileSize): number {
  const { a, b, c } = viewsOf(operands, size);
  const { n, width } = size;
  fill(a, 1);
  fill(b, 2);
  c.fill(Number.NaN);
  run(operands, size);
  let worst = 0;
  for (const [row, w] of sampled(size)) {
    const error = errorOfSum(c[row * width + w]!, a.subarray(row * n, (row + 1) * n), b.subarray(w), width);
    if (Number.isNaN(error)) return Number.POSITIVE_INFINITY;
    worst = Math.max(worst, error);
  }
  return c.every(Number.isFinite) ? worst : Number.POSITIVE_INFINITY;
}

/** A function of its own: V8 compiles it after a few calls, and the loops around it after most of a trial. */
function errorOfSum(got: number, row: Values, columns: Values, width: number): number {
  let sum = 0;
  let absolute = 0;
  for (let i = 0; i < row.length; i++) {
    const term = row[i]! * columns[i * width]!;
    sum += term;
    absolute += Math.abs(term);
  }
  return Math.abs(got - sum) / absolute;
}

/** Entries to compare: every row and every column of a large product twice, along and against each other. */
function* sampled({ rows, width }: TileSize): Generator<readonly [row: number, w: number]> {
  if (rows * width <= FEW) {
    for (let row = 0; row < rows; row++) for (let w = 0; w < width; w++) yield [row, w];
    return;
  }
  for (let k = 0; k < Math.max(rows, width); k++) {
    yield [k % rows, k % width];
    yield [k % rows, width - 1 - (k % width)];
  }
}

/** The least multiple of columns for which an element has the same bits anywhere in tiles of any width; undefined: none tried. */
export function columnsForSameBits(operands: Operands, { rows, n, width }: TileSize): number | undefined {
  const bits = bitsOfTile(operands, { rows, n, width });
  if (bits === undefined) return undefined;
  return COLUMN_STEPS.find((step) => {
    const widths = [1, 2, 3, 5, 7].map((count) => count * step).filter((columns) => columns < width);
    return widths.every((columns) => {
      const found = bitsOfTile(operands, { rows, n, width: columns });
      return found?.every((value, i) => Number.isNaN(value) || Object.is(value, bits[i])) ?? false;
    });
  });
}

/** Subjects of a slice; what is left of them makes shorter ones. */
const SLICES = [2, 3, 17, 100, 128, 256] as const;
/** Subjects that `sumsSlices` has of each row and column. */
export const MOST_SLICED = 2 * Math.max(...SLICES);
/** Three eighths of a unit in the last place of 1: lost where it is added to 1, but not where two of them are. */
const TERM = 0.75 * SINGLE_UNIT;

/**
 * Whether the kernel, of float32, sums the terms of a slice before it adds them to those of the slice before, as the bound of screened scores has it (mathematics
 * M20). Libraries may as well go on from the sum that is there: then its terms are rounded once more for each that follows. Room for MOST_SLICED subjects.
 */
export function sumsSlices(operands: Operands, { rows, width }: Pick<TileSize, "rows" | "width">): boolean {
  return SLICES.every((slice) =>
    [8, width].every((columns) => {
      const n = 2 * slice;
      const { a, b, c } = viewsOf(operands, { rows, n, width: columns });
      // 1 in the first slice; in the second two terms, the first and any other
      a.fill(0);
      b.fill(1);
      for (let row = 0; row < rows; row++) {
        a[row * n] = 1;
        a[row * n + slice] = TERM;
        a[row * n + slice + 1 + (row % (slice - 1))] = TERM;
      }
      operands.kernel(rows, n, columns, operands.gathered, operands.columns, operands.product, slice);
      return c.every((sum) => sum === 1 + 2 * SINGLE_UNIT);
    }),
  );
}

/** Different rows and columns that a tile repeats, in steps that fall together with no library's: two orders of summation often round alike, 35 times hardly. */
const [ROWS, COLUMNS] = [5, 7];

/** Sum of row r and column w at r * COLUMNS + w, NaN where the tile is too narrow for it; undefined where one has other bits in another place. */
function bitsOfTile(operands: Operands, size: TileSize): Float64Array | undefined {
  const { a, b, c } = viewsOf(operands, size);
  const { rows, n, width } = size;
  const kinds = new Float64Array((ROWS + COLUMNS) * n);
  fill(kinds, 3);
  for (let row = 0; row < rows; row++) a.set(kinds.subarray((row % ROWS) * n, ((row % ROWS) + 1) * n), row * n);
  for (let i = 0; i < n; i++) for (let w = 0; w < width; w++) b[i * width + w] = kinds[(ROWS + (w % COLUMNS)) * n + i]!;
  run(operands, size);
  const bits = new Float64Array(ROWS * COLUMNS).fill(Number.NaN);
  for (let row = 0, at = 0; row < rows; row++) {
    for (let w = 0; w < width; w++, at++) {
      const kind = (row % ROWS) * COLUMNS + (w % COLUMNS);
      if (Number.isNaN(bits[kind]!)) bits[kind] = c[at]!;
      else if (c[at] !== bits[kind]) return undefined;
    }
  }
  return bits;
}

/** Numbers of -1..1 that no library is tuned for, always the same. */
export function fill(values: Values, seed: number): void {
  let state = (seed * 2654435761) >>> 0;
  for (let i = 0; i < values.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    values[i] = state / 2 ** 31 - 1;
  }
}
