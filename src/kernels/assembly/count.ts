// How many streamlines of each row run through every other fixel, normalised and kept from a threshold on. Contract: ../CONTRACTS.md.
//
// A row is counted in a table of all columns, of the smallest numbers that hold as many streamlines as it has: then the table is looked through, 64 bytes at a
// time, and cleared on the way. Asking which columns were touched would cost more: a store more for each of them.

/** Bytes looked through together. */
const LINE: usize = 64;

// of the row in progress: an instance belongs to one thread
let table: usize = 0;
let packing: usize = 0;
let scale: f32 = 0;
let columnsAt: usize = 0;
let valuesAt: usize = 0;
let nKept: i32 = 0;
/** Bytes of the table that the row touched. */
let touched: usize = 0;
let touchedEnd: usize = 0;

export function countRows(
  nRows: i32, words: usize, rowStarts: usize, entries: usize, scales: usize, threshold: f32, counters: usize, packed: usize,
  capacity: i32, columns: usize, values: usize, counts: usize, extents: usize,
): i32 {
  table = counters;
  packing = packed;
  columnsAt = columns;
  valuesAt = values;
  nKept = 0;
  for (let row = 0; row < nRows; row++) {
    const at = <usize>row << 2;
    const begin = load<u32>(rowStarts + at);
    const end = load<u32>(rowStarts + at, 4);
    const before = nKept;
    const first = entries + (<usize>begin << 2);
    const last = entries + (<usize>end << 2);
    const nLines = end - begin;
    scale = load<f32>(scales + at);
    const fits = nLines == 0 || (nLines < 0x100 ? count<u8>(words, first, last, threshold, capacity)
      : nLines < 0x10000 ? count<u16>(words, first, last, threshold, capacity)
      : count<u32>(words, first, last, threshold, capacity));
    if (!fits) return row;
    store<i32>(counts + at, nKept - before);
    if (extents != 0) store<f32>(extents + at, sumOf(before, nKept));
  }
  return nRows;
}

function sumOf(from: i32, to: i32): f32 {
  let sum: f32 = 0;
  for (let i = from; i < to; i++) sum += load<f32>(valuesAt + (<usize>i << 2));
  return sum;
}

/** False: more are kept than there is room for. The table is clear again. */
function count<T>(words: usize, first: usize, last: usize, threshold: f32, capacity: i32): bool {
  addAll<T>(words, first, last);
  const least = leastCount(threshold);
  const most = <u32>((last - first) >> 2);
  if (least > most) {
    memory.fill(table + touched, 0, touchedEnd - touched);
    return true;
  }
  return take<T>(least, capacity);
}

// @ts-ignore: decorator
@inline
function addOne<T>(to: usize): void {
  store<T>(to, <T>(load<T>(to) + 1));
}

function addAll<T>(words: usize, first: usize, last: usize): void {
  const shift: usize = alignof<T>();
  let least: u32 = u32.MAX_VALUE;
  let most: u32 = 0;
  for (let entry = first; entry < last; entry += 4) {
    let p = words + (<usize>load<u32>(entry) << 2);
    const end = p + 4 + (<usize>load<u32>(p) << 2);
    p += 4;
    least = min(least, load<u32>(p));
    most = max(most, load<u32>(end - 4));
    // a streamline has a column once: the four do not wait for each other
    for (; p + 16 <= end; p += 16) {
      const a = table + (<usize>load<u32>(p) << shift);
      const b = table + (<usize>load<u32>(p, 4) << shift);
      const c = table + (<usize>load<u32>(p, 8) << shift);
      const d = table + (<usize>load<u32>(p, 12) << shift);
      addOne<T>(a);
      addOne<T>(b);
      addOne<T>(c);
      addOne<T>(d);
    }
    for (; p < end; p += 4) addOne<T>(table + (<usize>load<u32>(p) << shift));
  }
  touched = (<usize>least << shift) & ~(LINE - 1);
  touchedEnd = ((<usize>most << shift) & ~(LINE - 1)) + LINE;
}

/** The least count whose value reaches the threshold: values rise with counts. */
function leastCount(threshold: f32): u32 {
  const near = floor<f64>(<f64>threshold / <f64>scale) - 1;
  if (near > 4294967000) return u32.MAX_VALUE;
  let least = near < 1 ? <u32>1 : <u32>near;
  while (!(scale * <f32>least >= threshold)) least++;
  return least;
}

function take<T>(least: u32, capacity: i32): bool {
  for (let at = touched; at < touchedEnd; at += LINE) {
    const from = table + at;
    const a = v128.load(from);
    const b = v128.load(from, 16);
    const c = v128.load(from, 32);
    const d = v128.load(from, 48);
    if (!v128.any_true(v128.or(v128.or(a, b), v128.or(c, d)))) continue;
    const none = i32x4.splat(0);
    v128.store(from, none);
    v128.store(from, none, 16);
    v128.store(from, none, 32);
    v128.store(from, none, 48);
    const column = <u32>(at >> <usize>alignof<T>());
    const each = <u32>(16 / sizeof<T>());
    takeVector<T>(a, column, least);
    takeVector<T>(b, column + each, least);
    takeVector<T>(c, column + 2 * each, least);
    takeVector<T>(d, column + 3 * each, least);
    if (nKept > capacity) {
      memory.fill(from, 0, touchedEnd - at);
      return false;
    }
  }
  return true;
}

// @ts-ignore: decorator
@inline
function takeVector<T>(counts: v128, column: u32, least: u32): void {
  if (sizeof<T>() == 1) {
    const bits = i8x16.bitmask(i8x16.ge_u(counts, i8x16.splat(<i8>least)));
    if (bits == 0) return;
    const low = i16x8.extend_low_i8x16_u(counts);
    const high = i16x8.extend_high_i8x16_u(counts);
    takeFour(i32x4.extend_low_i16x8_u(low), column, bits & 15);
    takeFour(i32x4.extend_high_i16x8_u(low), column + 4, bits >> 4 & 15);
    takeFour(i32x4.extend_low_i16x8_u(high), column + 8, bits >> 8 & 15);
    takeFour(i32x4.extend_high_i16x8_u(high), column + 12, bits >> 12 & 15);
  } else if (sizeof<T>() == 2) {
    const bits = i16x8.bitmask(i16x8.ge_u(counts, i16x8.splat(<i16>least)));
    if (bits == 0) return;
    takeFour(i32x4.extend_low_i16x8_u(counts), column, bits & 15);
    takeFour(i32x4.extend_high_i16x8_u(counts), column + 4, bits >> 4);
  } else {
    const bits = i32x4.bitmask(i32x4.ge_u(counts, i32x4.splat(<i32>least)));
    if (bits != 0) takeFour(counts, column, bits);
  }
}

/** Of four columns those whose bit is set, packed to the front; what is written behind them is written over. */
function takeFour(counts: v128, column: u32, bits: i32): void {
  const order = v128.load(packing + (<usize>bits << 4));
  const to = <usize>nKept << 2;
  const value = f32x4.mul(f32x4.splat(scale), f32x4.convert_i32x4_u(counts));
  v128.store(valuesAt + to, i8x16.swizzle(value, order));
  v128.store(columnsAt + to, i8x16.swizzle(i32x4.add(i32x4.splat(<i32>column), i32x4(0, 1, 2, 3)), order));
  nKept += popcnt(bits);
}
