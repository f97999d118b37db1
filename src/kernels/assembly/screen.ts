// Statistics that are known nearly: which of them are surely below what they are compared with, which may be, and the exact products of those. Contracts:
// ../CONTRACTS.md.
import { layOut, placeEntries, positionOf, targetAt } from "./gather";

export function f64ScreenScores(
  nShuffles: i32, nColumns: i32, scores: usize, scoreStride: i32, near: f64, lowest: usize, highest: usize, counters: usize, largest: usize, open: usize,
): i32 {
  const whole = nColumns & ~3, above = f64x2.splat(near);
  let to = open;
  for (let b = 0; b < nShuffles; b++) {
    const row = scores + (<usize>(b * scoreStride) << 3);
    let best0 = f64x2.splat(-Infinity), best1 = best0;
    for (let w = 0; w < whole; w += 4) {
      const at = <usize>w << 3, x0 = v128.load(row + at), x1 = v128.load(row + at, 16);
      const below0 = v128.and(f64x2.lt(x0, v128.load(lowest + at)), f64x2.gt(x0, above));
      const below1 = v128.and(f64x2.lt(x1, v128.load(lowest + at, 16)), f64x2.gt(x1, above));
      const below = v128.shuffle<i32>(below0, below1, 0, 2, 4, 6), counter = counters + (<usize>w << 2);
      v128.store(counter, i32x4.sub(v128.load(counter), below));
      // what is no number is not above
      const decided0 = v128.or(below0, f64x2.ge(x0, v128.load(highest + at))), decided1 = v128.or(below1, f64x2.ge(x1, v128.load(highest + at, 16)));
      const decided = v128.and(decided0, decided1);
      if (!i64x2.all_true(decided)) {
        for (let c = w; c < w + 4; c++) to = emit(b, c, row, near, lowest, highest, to);
      }
      best0 = f64x2.pmax(best0, x0);
      best1 = f64x2.pmax(best1, x1);
    }
    best0 = f64x2.pmax(best0, best1);
    let best = max<f64>(f64x2.extract_lane(best0, 0), f64x2.extract_lane(best0, 1));
    for (let w = whole; w < nColumns; w++) {
      const x = load<f64>(row + (<usize>w << 3)), counter = counters + (<usize>w << 2);
      if (x < load<f64>(lowest + (<usize>w << 3)) && x > near) store<u32>(counter, load<u32>(counter) + 1);
      if (x > best) best = x;
      to = emit(b, w, row, near, lowest, highest, to);
    }
    store<f64>(largest + (<usize>b << 3), best);
  }
  return <i32>(to - open >> 2);
}

/** A column whose limits are both -Infinity is never open. */
function emit(b: i32, w: i32, row: usize, near: f64, lowest: usize, highest: usize, to: usize): usize {
  const at = <usize>w << 3, x = load<f64>(row + at), high = load<f64>(highest + at);
  if (x < load<f64>(lowest + at) && x > near || x >= high || high == -Infinity) return to;
  store<u32>(to, <u32>b << 16 | <u32>w);
  return to + 4;
}

/** Four at a time: one sum is a chain of additions, of which each waits for the one before. */
export function f64ProductsOf(
  nRows: i32, rank: i32, count: i32, open: usize, labels: usize, signs: usize, basis: usize, packed: usize, product: usize, stride: i32, scratch: usize,
): void {
  const rowBytes = <usize>nRows << 3;
  for (let k = 0; k < count; k += 4) {
    const left = min(count - k, 4), at = open + (<usize>k << 2);
    const a = load<u32>(at), b = load<u32>(at + (<usize>min(1, left - 1) << 2)), c = load<u32>(at + (<usize>min(2, left - 1) << 2)), d = load<u32>(at + (<usize>(left - 1) << 2));
    for (let j = 0; j < rank; j++) {
      const q = basis + <usize>j * rowBytes, to = product + (<usize>(j * stride + k) << 3);
      gatherRow(nRows, a, labels, signs, q, scratch);
      gatherRow(nRows, b, labels, signs, q, scratch + rowBytes);
      gatherRow(nRows, c, labels, signs, q, scratch + 2 * rowBytes);
      gatherRow(nRows, d, labels, signs, q, scratch + 3 * rowBytes);
      let yA = columnOf(packed, a, nRows), yB = columnOf(packed, b, nRows), yC = columnOf(packed, c, nRows), yD = columnOf(packed, d, nRows);
      let sumA: f64 = 0, sumB: f64 = 0, sumC: f64 = 0, sumD: f64 = 0;
      for (let from = scratch, end = scratch + rowBytes; from < end; from += 8) {
        sumA += load<f64>(from) * load<f64>(yA);
        sumB += load<f64>(from + rowBytes) * load<f64>(yB);
        sumC += load<f64>(from + 2 * rowBytes) * load<f64>(yC);
        sumD += load<f64>(from + 3 * rowBytes) * load<f64>(yD);
        yA += 32; yB += 32; yC += 32; yD += 32;
      }
      store<f64>(to, sumA);
      if (left > 1) store<f64>(to, sumB, 8);
      if (left > 2) store<f64>(to, sumC, 16);
      if (left > 3) store<f64>(to, sumD, 24);
    }
  }
}

// @ts-ignore: decorator
@inline
function columnOf(packed: usize, entry: u32, nRows: i32): usize {
  const w = entry & 0xffff;
  return packed + ((<usize>(w & ~3) * <usize>nRows + <usize>(w & 3)) << 3);
}

function gatherRow(nRows: i32, entry: u32, labels: usize, signs: usize, q: usize, to: usize): void {
  const b = <usize>(entry >> 16), label = labels + (b * <usize>nRows << 2), sign = signs + b * <usize>nRows;
  if (signs == 0) {
    for (let i = 0; i < nRows; i++) store<f64>(to + (<usize>load<i32>(label + (<usize>i << 2)) << 3), load<f64>(q + (<usize>i << 3)));
    return;
  }
  for (let i = 0; i < nRows; i++) {
    const value = <f64>load<i8>(sign + <usize>i) * load<f64>(q + (<usize>i << 3));
    store<f64>(to + (<usize>load<i32>(label + (<usize>i << 2)) << 3), value);
  }
}

/** Two entries at a time: of each the own column's sum and that of a shared one, which wait for each other no more than four entries would. */
export function f64MaskedProducts(
  nRows: i32, rank: i32, count: i32, open: usize, positions: usize, positionBytes: i32, signs: usize, nMissing: i32, missing: usize, basis: usize,
  packed: usize, firstShared: i32, product: usize, stride: i32, scratch: usize,
): void {
  const padded = <usize>(nRows + 15 & ~15), rowBytes = padded << 3, flags = scratch, before = flags + padded, rows = before + padded, entries = rows + 2 * rowBytes;
  const isShort = positionBytes == 2, positionsBytes = <usize>nRows * <usize>positionBytes, step = <usize>stride << 3;
  placeEntries(false, nRows - nMissing, rank, basis, entries, rowBytes);
  memory.fill(flags, 0, padded);
  for (let k = 0; k < count; k += 2) {
    const at = open + (<usize>k << 2), a = load<u32>(at), b = k + 1 < count ? load<u32>(at, 4) : a;
    const shuffleA = <usize>(a >> 16), shuffleB = <usize>(b >> 16), positionA = positions + shuffleA * positionsBytes, positionB = positions + shuffleB * positionsBytes;
    const rowB = shuffleA == shuffleB ? rows : rows + rowBytes, ownA = columnOf(packed, a, nRows), ownB = columnOf(packed, b, nRows);
    for (let j = 0; j < rank; j++) {
      const from = entries + <usize>j * rowBytes;
      layRow(nRows, padded, positionA, positionBytes, signs == 0 ? 0 : signs + shuffleA * <usize>nRows, nMissing, missing, flags, before, from, rows);
      if (shuffleA != shuffleB) layRow(nRows, padded, positionB, positionBytes, signs == 0 ? 0 : signs + shuffleB * <usize>nRows, nMissing, missing, flags, before, from, rowB);
      const own = product + (<usize>(j * stride + k) << 3), shared = product + (<usize>((rank + j * rank) * stride + k) << 3);
      // columns two by two: the own one and the first, then the others; the last may have none beside it
      for (let l = 0; l <= rank; l += 2) {
        const z = columnOf(packed, firstShared + min(l, rank - 1), nRows), toX = l == 0 ? own : shared + <usize>(l - 1) * step, toZ = shared + <usize>min(l, rank - 1) * step;
        const x: usize = l == 0 ? 0 : columnOf(packed, firstShared + l - 1, nRows), xA = l == 0 ? ownA : x, xB = l == 0 ? ownB : x;
        if (isShort) sumPair(true, nRows, positionA, rows, positionB, rowB, xA, xB, z);
        else sumPair(false, nRows, positionA, rows, positionB, rowB, xA, xB, z);
        store<f64>(toX, xSumA);
        store<f64>(toZ, zSumA);
        if (k + 1 == count) continue;
        store<f64>(toX, xSumB, 8);
        store<f64>(toZ, zSumB, 8);
      }
    }
  }
}

/** With flags as they were before. */
function layRow(
  nRows: i32, padded: usize, position: usize, positionBytes: i32, signs: usize, nMissing: i32, missing: usize, flags: usize, before: usize, entries: usize, row: usize,
): void {
  for (let m = 0; m < nMissing; m++) store<u8>(flags + positionOf(position, positionBytes, missing, m), 1);
  layOut(false, nRows, nMissing > nRows >> 4, padded, position, positionBytes, signs, nMissing, missing, flags, before, entries, row);
  for (let m = 0; m < nMissing; m++) store<u8>(flags + positionOf(position, positionBytes, missing, m), 0);
}

/** What sumPair found: a module has a thread for itself. */
let xSumA: f64 = 0, zSumA: f64 = 0, xSumB: f64 = 0, zSumB: f64 = 0;

/** By source, ascending, one chain of additions each. */
// @ts-ignore: decorator
@inline
function sumPair(isShort: bool, nRows: i32, positionA: usize, rowA: usize, positionB: usize, rowB: usize, xA: usize, xB: usize, z: usize): void {
  const size: usize = isShort ? 2 : 4;
  let xOfA: f64 = 0, zOfA: f64 = 0, xOfB: f64 = 0, zOfB: f64 = 0;
  for (const end = positionA + <usize>(nRows & ~1) * size; positionA < end; positionA += 2 * size, positionB += 2 * size, xA += 64, xB += 64, z += 64) {
    const a = load<f64>(rowA + (targetAt(isShort, positionA) << 3)), b = load<f64>(rowB + (targetAt(isShort, positionB) << 3)), q = load<f64>(z);
    xOfA += a * load<f64>(xA);
    zOfA += a * q;
    xOfB += b * load<f64>(xB);
    zOfB += b * q;
    const c = load<f64>(rowA + (targetAt(isShort, positionA + size) << 3)), d = load<f64>(rowB + (targetAt(isShort, positionB + size) << 3)), p = load<f64>(z, 32);
    xOfA += c * load<f64>(xA, 32);
    zOfA += c * p;
    xOfB += d * load<f64>(xB, 32);
    zOfB += d * p;
  }
  if (nRows & 1) {
    const a = load<f64>(rowA + (targetAt(isShort, positionA) << 3)), b = load<f64>(rowB + (targetAt(isShort, positionB) << 3)), q = load<f64>(z);
    xOfA += a * load<f64>(xA);
    zOfA += a * q;
    xOfB += b * load<f64>(xB);
    zOfB += b * q;
  }
  xSumA = xOfA; zSumA = zOfA; xSumB = xOfB; zSumB = zOfB;
}

export function f32ScreenProducts(
  nShuffles: i32, nColumns: i32, product: usize, stride: i32, shifts: usize, firstShift: i32, direction: i32, near: f32, top: f32,
  lowest: usize, highest: usize, counters: usize, largest: usize, open: usize,
): i32 {
  const flip = direction < 0 ? i32.MIN_VALUE : 0;
  if (direction == 0) {
    if (shifts == 0) return screenProducts(true, false, 0, nShuffles, nColumns, product, stride, shifts, firstShift, near, top, lowest, highest, counters, largest, open);
    return screenProducts(true, true, 0, nShuffles, nColumns, product, stride, shifts, firstShift, near, top, lowest, highest, counters, largest, open);
  }
  if (shifts == 0) return screenProducts(false, false, flip, nShuffles, nColumns, product, stride, shifts, firstShift, near, top, lowest, highest, counters, largest, open);
  return screenProducts(false, true, flip, nShuffles, nColumns, product, stride, shifts, firstShift, near, top, lowest, highest, counters, largest, open);
}

// @ts-ignore: decorator
@inline
function screenProducts(
  isUnsigned: bool, isShifted: bool, flip: i32, nShuffles: i32, nColumns: i32, product: usize, stride: i32, shifts: usize, firstShift: i32, near: f32, top: f32,
  lowest: usize, highest: usize, counters: usize, largest: usize, open: usize,
): i32 {
  const whole = nColumns & ~3, above = f32x4.splat(near), limit = f32x4.splat(top), sign = i32x4.splat(flip);
  let to = open;
  for (let b = 0; b < nShuffles; b++) {
    const row = product + (<usize>(b * stride) << 2);
    const moved: f32 = isShifted ? load<f32>(row + (<usize>firstShift << 2)) : 0, move = f32x4.splat(moved);
    let best = f32x4.splat(-Infinity);
    for (let w = 0; w < whole; w += 4) {
      const at = <usize>w << 2, counter = counters + at;
      let found = v128.load(row + at);
      if (isShifted) found = f32x4.add(found, f32x4.mul(move, v128.load(shifts + at)));
      const size = f32x4.abs(found), x = isUnsigned ? size : v128.xor(found, sign);
      const lower = f32x4.lt(x, v128.load(lowest + at)), inside = f32x4.lt(size, limit);
      const below = v128.and(isUnsigned ? v128.and(lower, f32x4.gt(x, above)) : lower, inside);
      // what is no number is not above
      const decided = v128.or(below, v128.and(f32x4.ge(x, v128.load(highest + at)), inside));
      v128.store(counter, i32x4.sub(v128.load(counter), below));
      if (!i32x4.all_true(decided)) {
        let mask = i32x4.bitmask(decided) ^ 15;
        do {
          store<u32>(to, <u32>b << 16 | <u32>(w + <i32>ctz(mask)));
          to += 4;
          mask &= mask - 1;
        } while (mask != 0);
      }
      best = f32x4.pmax(best, x);
    }
    let most = max<f32>(max<f32>(f32x4.extract_lane(best, 0), f32x4.extract_lane(best, 1)), max<f32>(f32x4.extract_lane(best, 2), f32x4.extract_lane(best, 3)));
    for (let w = whole; w < nColumns; w++) {
      const at = <usize>w << 2;
      let found = load<f32>(row + at);
      if (isShifted) found += moved * load<f32>(shifts + at);
      const size = abs<f32>(found), x = isUnsigned ? size : flip != 0 ? -found : found;
      if (x > most) most = x;
      if (size < top && x < load<f32>(lowest + at) && (!isUnsigned || x > near)) store<u32>(counters + at, load<u32>(counters + at) + 1);
      else if (!(size < top && x >= load<f32>(highest + at))) {
        store<u32>(to, <u32>b << 16 | <u32>w);
        to += 4;
      }
    }
    store<f32>(largest + (<usize>b << 2), most);
  }
  return <i32>(to - open >> 2);
}

export function f32LargestProducts(
  b: i32, nColumns: i32, product: usize, stride: i32, shifts: usize, firstShift: i32, direction: i32, top: f32, highest: usize, margin: f64, known: f64, open: usize,
): i32 {
  const whole = nColumns & ~3, row = product + (<usize>b * <usize>stride << 2), moved: f32 = shifts != 0 ? load<f32>(row + (<usize>firstShift << 2)) : 0;
  let four = f32x4.splat(-Infinity);
  for (let w = 0; w < whole; w += 4) four = f32x4.pmax(four, fourOf(w, row, moved, shifts, direction, top, highest));
  let best = max<f32>(max<f32>(f32x4.extract_lane(four, 0), f32x4.extract_lane(four, 1)), max<f32>(f32x4.extract_lane(four, 2), f32x4.extract_lane(four, 3)));
  for (let w = whole; w < nColumns; w++) best = max<f32>(best, oneOf(w, row, moved, shifts, direction, top, highest));
  if (best == -Infinity) return 0;
  const least = <f32>(max<f64>(known, <f64>best - margin) - margin), leasts = f32x4.splat(least);
  let to = open;
  for (let w = 0; w < whole; w += 4) {
    let mask = i32x4.bitmask(f32x4.ge(fourOf(w, row, moved, shifts, direction, top, highest), leasts));
    for (; mask != 0; mask &= mask - 1, to += 4) store<u32>(to, <u32>b << 16 | <u32>(w + <i32>ctz(mask)));
  }
  for (let w = whole; w < nColumns; w++) {
    const x = oneOf(w, row, moved, shifts, direction, top, highest);
    if (x < least || x == -Infinity) continue;
    store<u32>(to, <u32>b << 16 | <u32>w);
    to += 4;
  }
  return <i32>(to - open >> 2);
}

/** -Infinity where a column says nothing. */
// @ts-ignore: decorator
@inline
function fourOf(w: i32, row: usize, moved: f32, shifts: usize, direction: i32, top: f32, highest: usize): v128 {
  const at = <usize>w << 2;
  let found = v128.load(row + at);
  if (shifts != 0) found = f32x4.add(found, f32x4.mul(f32x4.splat(moved), v128.load(shifts + at)));
  const size = f32x4.abs(found), x = direction == 0 ? size : direction < 0 ? f32x4.neg(found) : found;
  const says = v128.and(f32x4.lt(size, f32x4.splat(top)), f32x4.lt(f32x4.abs(v128.load(highest + at)), f32x4.splat(Infinity)));
  return v128.bitselect(x, f32x4.splat(-Infinity), says);
}

// @ts-ignore: decorator
@inline
function oneOf(w: i32, row: usize, moved: f32, shifts: usize, direction: i32, top: f32, highest: usize): f32 {
  const at = <usize>w << 2;
  let found = load<f32>(row + at);
  if (shifts != 0) found += moved * load<f32>(shifts + at);
  const size = abs<f32>(found), x = direction == 0 ? size : direction < 0 ? -found : found;
  return size < top && abs<f32>(load<f32>(highest + at)) < <f32>Infinity ? x : -Infinity;
}
