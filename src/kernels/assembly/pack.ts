// Moving a block of columns into panels, and the linear algebra done once a block. Contracts: ../CONTRACTS.md.

// @ts-ignore: decorator
@inline
function loadValue(at: usize, bytes: i32): f64 { return bytes == 4 ? <f64>load<f32>(at) : load<f64>(at); }

function packPanel(nRows: i32, source: usize, columns: usize, sourceBytes: i32, rowBytes: usize, to: usize, nonFinite: usize): void {
  const zero = f64x2.splat(0);
  const first = load<u32>(columns), second = load<u32>(columns, 4), third = load<u32>(columns, 8), fourth = load<u32>(columns, 12);
  const areNeighbours = second == first + 1 && third == first + 2 && fourth == first + 3;
  let a = source + <usize>first * <usize>sourceBytes, b = source + <usize>second * <usize>sourceBytes;
  let c = source + <usize>third * <usize>sourceBytes, d = source + <usize>fourth * <usize>sourceBytes;
  let low = zero, high = zero, check0 = zero, check1 = zero;
  for (let i = 0; i < nRows; i++, a += rowBytes, b += rowBytes, c += rowBytes, d += rowBytes, to += 32) {
    if (sourceBytes == 4) {
      let values: v128;
      if (areNeighbours) values = v128.load(a);
      else values = v128.load_lane<u32>(d, v128.load_lane<u32>(c, v128.load_lane<u32>(b, v128.load32_zero(a), 1), 2), 3);
      low = f64x2.promote_low_f32x4(values);
      high = f64x2.promote_low_f32x4(v128.shuffle<i64>(values, values, 1, 1));
    } else {
      low = v128.load_lane<u64>(b, v128.load64_zero(a), 1);
      high = v128.load_lane<u64>(d, v128.load64_zero(c), 1);
    }
    check0 = f64x2.add(check0, f64x2.mul(low, zero));
    check1 = f64x2.add(check1, f64x2.mul(high, zero));
    v128.store(to, low);
    v128.store(to, high, 16);
  }
  // NaN: a value times zero is not zero only when it is not finite
  if (f64x2.extract_lane(check0, 0) != 0) store<u8>(nonFinite, 1);
  if (f64x2.extract_lane(check0, 1) != 0) store<u8>(nonFinite, 1, 1);
  if (f64x2.extract_lane(check1, 0) != 0) store<u8>(nonFinite, 1, 2);
  if (f64x2.extract_lane(check1, 1) != 0) store<u8>(nonFinite, 1, 3);
}

export function f64PackColumns(nRows: i32, nColumns: i32, source: usize, sourceBytes: i32, sourceStride: i32, columns: usize, packed: usize, nonFinite: usize): void {
  const padded = (nColumns + 7) & ~7;
  memory.fill(nonFinite, 0, <usize>padded);
  const rowBytes = <usize>sourceStride * <usize>sourceBytes;
  for (let w = 0; w < padded; w += 4) {
    const panel = packed + (<usize>w * <usize>nRows << 3);
    // four columns a row: rows of 4 KiB have their lines in one set of the cache, and must not be walked column by column
    if (w + 4 <= nColumns) {
      packPanel(nRows, source, columns + (<usize>w << 2), sourceBytes, rowBytes, panel, nonFinite + <usize>w);
      continue;
    }
    for (let l = 0; l < 4; l++) {
      const c = w + l;
      let to = panel + (<usize>l << 3);
      if (c >= nColumns) {
        for (let i = 0; i < nRows; i++, to += 32) store<f64>(to, 0);
        continue;
      }
      let from = source + <usize>load<u32>(columns + (<usize>c << 2)) * <usize>sourceBytes;
      let check: f64 = 0;
      for (let i = 0; i < nRows; i++, to += 32, from += rowBytes) {
        const value = loadValue(from, sourceBytes);
        check += value * 0;
        store<f64>(to, value);
      }
      if (check != 0) store<u8>(nonFinite + <usize>c, 1); // NaN: a value times zero is not zero only when it is not finite
    }
  }
}

/** Sets bit i of the column's words and clears the value where it is not finite. */
// @ts-ignore: decorator
@inline
function markColumns(first: i32, end: i32, row: usize, valueBytes: i32, bit: i32, word: usize, nWords: i32, missing: usize): void {
  for (let c = first; c < end; c++) {
    const at = row + <usize>c * <usize>valueBytes, value = loadValue(at, valueBytes);
    if (value - value == 0) continue;
    if (valueBytes == 4) store<f32>(at, 0); else store<f64>(at, 0);
    const to = missing + ((<usize>c * <usize>nWords + word) << 2);
    store<u32>(to, load<u32>(to) | (<u32>1 << bit));
  }
}

export function f64MarkMissing(
  nRows: i32, nColumns: i32, values: usize, valueBytes: i32, stride: i32, nWords: i32, missing: usize, to: usize, toStride: i32,
): void {
  if (to == values) markMissing(false, nRows, nColumns, values, valueBytes, stride, nWords, missing, to, toStride);
  else markMissing(true, nRows, nColumns, values, valueBytes, stride, nWords, missing, to, toStride);
}

// @ts-ignore: decorator
@inline
function markMissing(
  isMoved: bool, nRows: i32, nColumns: i32, values: usize, valueBytes: i32, stride: i32, nWords: i32, missing: usize, to: usize, toStride: i32,
): void {
  const rowBytes = <usize>stride * <usize>valueBytes, toBytes = isMoved ? <usize>toStride * <usize>valueBytes : rowBytes, zero = f32x4.splat(0), zeros = f64x2.splat(0);
  // 64 bytes at a time: almost all are finite
  const lanes = 64 / valueBytes, whole = nColumns - nColumns % lanes;
  for (let i = 0; i < nRows; i++, values += rowBytes, to += toBytes) {
    let from = values, at = to;
    for (let c = 0; c < whole; c += lanes, from += 64, at += 64) {
      const a = v128.load(from), b = v128.load(from, 16), d = v128.load(from, 32), e = v128.load(from, 48);
      if (isMoved) {
        v128.store(at, a);
        v128.store(at, b, 16);
        v128.store(at, d, 32);
        v128.store(at, e, 48);
      }
      // x - x is 0 or NaN
      const rest = valueBytes == 4
        ? f32x4.ne(f32x4.add(f32x4.add(f32x4.sub(a, a), f32x4.sub(b, b)), f32x4.add(f32x4.sub(d, d), f32x4.sub(e, e))), zero)
        : f64x2.ne(f64x2.add(f64x2.add(f64x2.sub(a, a), f64x2.sub(b, b)), f64x2.add(f64x2.sub(d, d), f64x2.sub(e, e))), zeros);
      if (v128.any_true(rest)) markColumns(c, c + lanes, to, valueBytes, i & 31, <usize>(i >> 5), nWords, missing);
    }
    if (isMoved) {
      for (let c = whole; c < nColumns; c++, from += <usize>valueBytes, at += <usize>valueBytes) {
        if (valueBytes == 4) store<u32>(at, load<u32>(from)); else store<u64>(at, load<u64>(from));
      }
    }
    markColumns(whole, nColumns, to, valueBytes, i & 31, <usize>(i >> 5), nWords, missing);
  }
}

// One panel's sums are two chains of additions, of which each waits for the one before; two panels side by side fill the time. `second` is `first` for a panel
// that has no other beside it: then both write the same. `along` 0: what is taken out is not asked for.
// @ts-ignore: decorator
@inline
function projectPanels(nRows: i32, q: usize, first: usize, second: usize, along: usize, isAdded: bool): void {
  let d0 = f64x2.splat(0), d1 = d0, d2 = d0, d3 = d0;
  for (let at: usize = 0, end = <usize>nRows << 5; at < end; at += 32) {
    const b = v128.load64_splat(q + (at >> 2));
    d0 = f64x2.add(d0, f64x2.mul(b, v128.load(first + at)));
    d1 = f64x2.add(d1, f64x2.mul(b, v128.load(first + at, 16)));
    d2 = f64x2.add(d2, f64x2.mul(b, v128.load(second + at)));
    d3 = f64x2.add(d3, f64x2.mul(b, v128.load(second + at, 16)));
  }
  if (along != 0) {
    v128.store(along, isAdded ? f64x2.add(v128.load(along), d0) : d0);
    v128.store(along, isAdded ? f64x2.add(v128.load(along, 16), d1) : d1, 16);
    if (second != first) {
      v128.store(along, isAdded ? f64x2.add(v128.load(along, 32), d2) : d2, 32);
      v128.store(along, isAdded ? f64x2.add(v128.load(along, 48), d3) : d3, 48);
    }
  }
  for (let at: usize = 0, end = <usize>nRows << 5; at < end; at += 32) {
    const b = v128.load64_splat(q + (at >> 2));
    const y0 = f64x2.sub(v128.load(first + at), f64x2.mul(d0, b)), y1 = f64x2.sub(v128.load(first + at, 16), f64x2.mul(d1, b));
    const y2 = f64x2.sub(v128.load(second + at), f64x2.mul(d2, b)), y3 = f64x2.sub(v128.load(second + at, 16), f64x2.mul(d3, b));
    v128.store(first + at, y0);
    v128.store(first + at, y1, 16);
    v128.store(second + at, y2);
    v128.store(second + at, y3, 16);
  }
}

export function f64ProjectOut(nRows: i32, width: i32, nBasis: i32, basis: usize, packed: usize, along: usize): void {
  const panelBytes = <usize>nRows << 5, rowBytes = <usize>nRows << 3;
  for (let w = 0; w < width; w += 8, packed += 2 * panelBytes) {
    const second = w + 4 < width ? packed + panelBytes : packed;
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < nBasis; j++) {
        const to = along == 0 ? <usize>0 : along + (<usize>j * <usize>width + <usize>w << 3);
        projectPanels(nRows, basis + <usize>j * rowBytes, packed, second, to, pass == 1);
      }
    }
  }
}

export function f64SumSquares(nRows: i32, width: i32, packed: usize, sums: usize): void {
  const panelBytes = <usize>nRows << 5;
  for (let w = 0; w < width; w += 8, packed += 2 * panelBytes, sums += 64) {
    const second = w + 4 < width ? packed + panelBytes : packed;
    let s0 = f64x2.splat(0), s1 = s0, s2 = s0, s3 = s0;
    for (let at: usize = 0; at < panelBytes; at += 32) {
      const y0 = v128.load(packed + at), y1 = v128.load(packed + at, 16), y2 = v128.load(second + at), y3 = v128.load(second + at, 16);
      s0 = f64x2.add(s0, f64x2.mul(y0, y0));
      s1 = f64x2.add(s1, f64x2.mul(y1, y1));
      s2 = f64x2.add(s2, f64x2.mul(y2, y2));
      s3 = f64x2.add(s3, f64x2.mul(y3, y3));
    }
    v128.store(sums, s0);
    v128.store(sums, s1, 16);
    if (second == packed) return;
    v128.store(sums, s2, 32);
    v128.store(sums, s3, 48);
  }
}

export function f64ScaleColumns(nRows: i32, width: i32, factors: usize, packed: usize): void {
  const panelBytes = <usize>nRows << 5, ones = f64x2.splat(1), zeros = f64x2.splat(0);
  for (let w = 0; w < width; w += 4, packed += panelBytes, factors += 32) {
    let f0 = v128.load(factors), f1 = v128.load(factors, 16);
    const left = width - w;
    if (left < 4) f1 = left == 3 ? f64x2.replace_lane(f1, 1, 1) : ones;
    if (left < 2) f0 = f64x2.replace_lane(f0, 1, 1);
    if (!v128.any_true(v128.or(f64x2.ne(f0, ones), f64x2.ne(f1, ones)))) continue;
    // a factor of 0 clears what is no number, too
    const keep0 = f64x2.ne(f0, zeros), keep1 = f64x2.ne(f1, zeros);
    for (let at: usize = packed; at < packed + panelBytes; at += 32) {
      v128.store(at, v128.and(f64x2.mul(v128.load(at), f0), keep0));
      v128.store(at, v128.and(f64x2.mul(v128.load(at, 16), f1), keep1), 16);
    }
  }
}

export function f64AddScaled(nRows: i32, width: i32, factors: usize, direction: usize, byColumn: i32, packed: usize): void {
  for (let w = 0; w < width; w += 4, factors += 32) {
    const f0 = v128.load(factors), f1 = v128.load(factors, 16);
    if (byColumn) {
      for (let i = 0; i < nRows; i++, packed += 32, direction += 32) {
        v128.store(packed, f64x2.add(v128.load(packed), f64x2.mul(f0, v128.load(direction))));
        v128.store(packed, f64x2.add(v128.load(packed, 16), f64x2.mul(f1, v128.load(direction, 16))), 16);
      }
      continue;
    }
    for (let i = 0; i < nRows; i++, packed += 32) {
      const value = v128.load64_splat(direction + (<usize>i << 3));
      v128.store(packed, f64x2.add(v128.load(packed), f64x2.mul(f0, value)));
      v128.store(packed, f64x2.add(v128.load(packed, 16), f64x2.mul(f1, value)), 16);
    }
  }
}

export function f64GatherBasis(nRows: i32, rank: i32, nShuffles: i32, labels: usize, signs: usize, basis: usize, gathered: usize): void {
  const nOut = (nShuffles * rank + 3) & ~3;
  memory.fill(gathered, 0, <usize>nOut * <usize>nRows << 3);
  for (let b = 0; b < nShuffles; b++) {
    for (let j = 0; j < rank; j++) {
      const row = b * rank + j;
      const base = gathered + ((<usize>(row & ~3) * <usize>nRows + <usize>(row & 3)) << 3);
      const q = basis + (<usize>j * <usize>nRows << 3);
      const label = labels + (<usize>b * <usize>nRows << 2), sign = signs + <usize>b * <usize>nRows;
      for (let i = 0; i < nRows; i++) {
        const value = <f64>load<i8>(sign + <usize>i) * load<f64>(q + (<usize>i << 3));
        store<f64>(base + (<usize>load<i32>(label + (<usize>i << 2)) << 5), value);
      }
    }
  }
}

export function f32GatherBasis(nRows: i32, rank: i32, nShuffles: i32, labels: usize, signs: usize, basis: usize, gathered: usize): void {
  const nOut = (nShuffles * rank + 3) & ~3;
  memory.fill(gathered, 0, <usize>nOut * <usize>nRows << 2);
  for (let b = 0; b < nShuffles; b++) {
    for (let j = 0; j < rank; j++) {
      const row = b * rank + j;
      const base = gathered + ((<usize>(row & ~3) * <usize>nRows + <usize>(row & 3)) << 2);
      const q = basis + (<usize>j * <usize>nRows << 3);
      const label = labels + (<usize>b * <usize>nRows << 2), sign = signs + <usize>b * <usize>nRows;
      for (let i = 0; i < nRows; i++) {
        const value = <f32>(<f64>load<i8>(sign + <usize>i) * load<f64>(q + (<usize>i << 3)));
        store<f32>(base + (<usize>load<i32>(label + (<usize>i << 2)) << 4), value);
      }
    }
  }
}

export function f32FromF64Panels(nRows: i32, width: i32, packed64: usize, factors: usize, packed32: usize): void {
  if (factors == 0) repack(false, nRows, width, packed64, factors, packed32);
  else repack(true, nRows, width, packed64, factors, packed32);
}

// @ts-ignore: decorator
@inline
function repack(isScaled: bool, nRows: i32, width: i32, packed64: usize, factors: usize, packed32: usize): void {
  const panelBytes = <usize>nRows << 5; // of a panel of 4 f64, and of 8 f32
  for (let w = 0; w < width; w += 8, factors += 64) {
    let low = packed64, high = packed64 + panelBytes;
    packed64 += 2 * panelBytes;
    for (let i = 0; i < nRows; i++, low += 32, high += 32, packed32 += 32) {
      v128.store(packed32, roundFour(isScaled, low, factors));
      v128.store(packed32, roundFour(isScaled, high, factors + 32), 16);
    }
  }
}

/** Four float64, times their factors, as float32. */
// @ts-ignore: decorator
@inline
function roundFour(isScaled: bool, from: usize, factor: usize): v128 {
  const low = isScaled ? f64x2.mul(v128.load(from), v128.load(factor)) : v128.load(from);
  const high = isScaled ? f64x2.mul(v128.load(from, 16), v128.load(factor, 16)) : v128.load(from, 16);
  return v128.shuffle<i32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
}

/** A row at a time through `scratch`: rows are read and written in runs, and only there are they picked from. */
export function sortColumns(
  nRows: i32, first: i32, nColumns: i32, values: usize, valueBytes: i32, stride: i32, order: usize, scratch: usize,
): void {
  const rowBytes = <usize>stride * <usize>valueBytes, pieceBytes = <usize>nRows * rowBytes;
  const end = first + nColumns;
  for (let i = 0; i < nRows; i++) {
    const row = values + <usize>i * rowBytes;
    let to = scratch;
    for (let slot = first; slot < end; ) {
      const column = slot % stride, count = min(stride - column, end - slot), bytes = <usize>count * <usize>valueBytes;
      memory.copy(to, row + <usize>(slot / stride) * pieceBytes + <usize>column * <usize>valueBytes, bytes);
      to += bytes;
      slot += count;
    }
    let from = order;
    for (let slot = first; slot < end; ) {
      const column = slot % stride, count = min(stride - column, end - slot);
      to = row + <usize>(slot / stride) * pieceBytes + <usize>column * <usize>valueBytes;
      const pieceEnd = to + <usize>count * <usize>valueBytes;
      if (valueBytes == 4) for (; to < pieceEnd; to += 4, from += 4) store<f32>(to, load<f32>(scratch + (<usize>load<u32>(from) << 2)));
      else for (; to < pieceEnd; to += 8, from += 4) store<f64>(to, load<f64>(scratch + (<usize>load<u32>(from) << 3)));
      slot += count;
    }
  }
}
