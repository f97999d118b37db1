// Two elements side by side that each have a pattern of missing observations of their own: designs, residuals and the masked shuffles of one row, without
// gathered rows. Lanes are elements, and every sum runs in the order of the kernels for many elements: the same bits. Contracts: ../CONTRACTS.md.
import { positionOf, targetAt } from "./gather";

/** Positions of the missing sources, ascending, then nRows. Few by their ranks, without a branch: loops over their bits were an eighth of f64MaskedPair. */
function sortPositions(nRows: i32, nMissing: i32, missing: usize, positions: usize, positionBytes: i32, bitmap: usize, sorted: usize): void {
  const nWords = (nRows + 63) >> 6, padded = (nMissing + 3) & ~3;
  if (nMissing == 0) { store<i32>(sorted, nRows); return; }
  if (padded <= min(FEW, nWords << 1)) { rankPositions(nRows, nMissing, padded, missing, positions, positionBytes, bitmap, sorted); return; }
  memory.fill(bitmap, 0, <usize>nWords << 3);
  for (let m = 0; m < nMissing; m++) {
    const position = <i32>positionOf(positions, positionBytes, missing, m);
    const at = bitmap + (<usize>(position >> 6) << 3);
    store<u64>(at, load<u64>(at) | (<u64>1 << <u64>(position & 63)));
  }
  for (let word = 0; word < nWords; word++) {
    for (let bits = load<u64>(bitmap + (<usize>word << 3)); bits != 0; bits &= bits - 1, sorted += 4) store<i32>(sorted, (word << 6) + <i32>ctz(bits));
  }
  store<i32>(sorted, nRows);
}

/** Whose ranks cost no more than a pass over the bits. */
const FEW: i32 = 32;

function rankPositions(nRows: i32, nMissing: i32, padded: i32, missing: usize, positions: usize, positionBytes: i32, keys: usize, sorted: usize): void {
  const end = keys + (<usize>nMissing << 2), last = keys + (<usize>padded << 2);
  for (let at = keys; at < end; at += 4, missing += 4) store<i32>(at, <i32>positionOf(positions, positionBytes, missing, 0));
  for (let at = end; at < last; at += 4) store<i32>(at, i32.MAX_VALUE);
  for (let at = keys; at < end; at += 4) {
    const key = load<i32>(at), all = i32x4.splat(key);
    let below = i32x4.splat(0);
    for (let other = keys; other < last; other += 16) below = i32x4.sub(below, i32x4.lt_s(v128.load(other), all));
    below = i32x4.add(below, v128.shuffle<i32>(below, below, 2, 3, 0, 1));
    store<i32>(sorted + (<usize>(i32x4.extract_lane(below, 0) + i32x4.extract_lane(below, 1)) << 2), key);
  }
  store<i32>(sorted + (<usize>nMissing << 2), nRows);
}

/** Rows by target, side by side: those whose source is missing are left out of the count, and zero. */
function spreadRows(nRows: i32, firstEnds: usize, secondEnds: usize, rows: usize, sign: usize, spread: usize): void {
  let firstRow = rows, secondRow = rows + (<usize>(nRows + 4) << 3), firstEnd = load<i32>(firstEnds), secondEnd = load<i32>(secondEnds);
  for (let i = 0; ; i++, spread += 16) {
    const end = min(firstEnd, secondEnd), stop = spread + (<usize>(end - i) << 4);
    if (sign == 0) {
      for (const whole = spread + (<usize>(end - i & ~3) << 4); spread < whole; spread += 64, firstRow += 32, secondRow += 32) {
        const a = v128.load(firstRow), b = v128.load(secondRow), c = v128.load(firstRow, 16), d = v128.load(secondRow, 16);
        v128.store(spread, v128.shuffle<i64>(a, b, 0, 2)); v128.store(spread, v128.shuffle<i64>(a, b, 1, 3), 16);
        v128.store(spread, v128.shuffle<i64>(c, d, 0, 2), 32); v128.store(spread, v128.shuffle<i64>(c, d, 1, 3), 48);
      }
      // three at most: what is written beyond them is written again
      if (spread < stop) {
        const a = v128.load(firstRow), b = v128.load(secondRow), c = v128.load(firstRow, 16), d = v128.load(secondRow, 16), bytes = stop - spread >> 1;
        v128.store(spread, v128.shuffle<i64>(a, b, 0, 2)); v128.store(spread, v128.shuffle<i64>(a, b, 1, 3), 16); v128.store(spread, v128.shuffle<i64>(c, d, 0, 2), 32);
        firstRow += bytes; secondRow += bytes; spread = stop;
      }
    } else {
      for (let at = sign + <usize>i; spread < stop; spread += 16, firstRow += 8, secondRow += 8, at++) {
        v128.store(spread, f64x2.mul(f64x2.splat(<f64>load<i8>(at)), v128.load_lane<u64>(secondRow, v128.load64_zero(firstRow), 1)));
      }
    }
    if (end == nRows) return;
    i = end;
    const factor: f64 = sign == 0 ? 1 : <f64>load<i8>(sign + <usize>end);
    if (firstEnd == end) { firstEnds += 4; firstEnd = load<i32>(firstEnds); store<f64>(spread, 0); } else { store<f64>(spread, factor * load<f64>(firstRow)); firstRow += 8; }
    if (secondEnd == end) { secondEnds += 4; secondEnd = load<i32>(secondEnds); store<f64>(spread, 0, 8); } else { store<f64>(spread, factor * load<f64>(secondRow), 8); secondRow += 8; }
  }
}

export function f64MaskedPair(
  nRows: i32, nShuffles: i32, signs: usize, nFirst: i32, first: usize, nSecond: i32, second: usize, positions: usize, positionBytes: i32,
  rows: usize, columns: usize, product: usize, scratch: usize, spread: usize,
): void {
  const secondEnds = scratch + (<usize>nFirst + 1 << 2), bitmap = secondEnds + (<usize>nSecond + 1 << 2), spreadBytes = (<usize>nRows << 4) + 64;
  const productBytes = <usize>nShuffles << 4, rowOfPositions = <usize>nRows * <usize>positionBytes;
  for (let from = 0; from < nShuffles; from += 4) {
    const count = min(4, nShuffles - from);
    for (let b = 0; b < count; b++) {
      const position = positions + <usize>(from + b) * rowOfPositions;
      sortPositions(nRows, nFirst, first, position, positionBytes, bitmap, scratch);
      sortPositions(nRows, nSecond, second, position, positionBytes, bitmap, secondEnds);
      spreadRows(nRows, scratch, secondEnds, rows, signs == 0 ? 0 : signs + <usize>(from + b) * <usize>nRows, spread + <usize>b * spreadBytes);
    }
    const position = positions + <usize>from * rowOfPositions, to = product + (<usize>from << 4);
    if (count == 4) { if (positionBytes == 2) fourShuffles(true, nRows, position, spread, spreadBytes, columns, to, productBytes); else fourShuffles(false, nRows, position, spread, spreadBytes, columns, to, productBytes); }
    else for (let b: usize = 0; b < <usize>count; b++) oneShuffle(nRows, position + b * rowOfPositions, positionBytes, spread + b * spreadBytes, columns, to + (b << 4), productBytes);
  }
}

// @ts-ignore: decorator
@inline
function fourShuffles(isShort: bool, nRows: i32, position: usize, spread: usize, spreadBytes: usize, columns: usize, to: usize, productBytes: usize): void {
  const end = columns + (<usize>nRows << 5), spread1 = spread + spreadBytes, spread2 = spread1 + spreadBytes, spread3 = spread2 + spreadBytes;
  let y0 = f64x2.splat(0), y1 = y0, y2 = y0, y3 = y0, x0 = y0, x1 = y0, x2 = y0, x3 = y0;
  const size: usize = isShort ? 2 : 4, next = <usize>nRows * size;
  for (; columns < end; columns += 32, position += size) {
    const y = v128.load(columns), x = v128.load(columns, 16);
    let row = v128.load(spread + (targetAt(isShort, position) << 4));
    y0 = f64x2.add(y0, f64x2.mul(row, y)); x0 = f64x2.add(x0, f64x2.mul(row, x));
    row = v128.load(spread1 + (targetAt(isShort, position + next) << 4));
    y1 = f64x2.add(y1, f64x2.mul(row, y)); x1 = f64x2.add(x1, f64x2.mul(row, x));
    row = v128.load(spread2 + (targetAt(isShort, position + 2 * next) << 4));
    y2 = f64x2.add(y2, f64x2.mul(row, y)); x2 = f64x2.add(x2, f64x2.mul(row, x));
    row = v128.load(spread3 + (targetAt(isShort, position + 3 * next) << 4));
    y3 = f64x2.add(y3, f64x2.mul(row, y)); x3 = f64x2.add(x3, f64x2.mul(row, x));
  }
  put(to, y0, x0, productBytes); put(to + 16, y1, x1, productBytes); put(to + 32, y2, x2, productBytes); put(to + 48, y3, x3, productBytes);
}

function oneShuffle(nRows: i32, position: usize, positionBytes: i32, spread: usize, columns: usize, to: usize, productBytes: usize): void {
  let ys = f64x2.splat(0), xs = ys;
  for (let i = 0; i < nRows; i++, position += <usize>positionBytes, columns += 32) {
    const row = v128.load(spread + (targetAt(positionBytes == 2, position) << 4));
    ys = f64x2.add(ys, f64x2.mul(row, v128.load(columns)));
    xs = f64x2.add(xs, f64x2.mul(row, v128.load(columns, 16)));
  }
  put(to, ys, xs, productBytes);
}

// @ts-ignore: decorator
@inline
function put(to: usize, y: v128, x: v128, productBytes: usize): void {
  v128.store(to, v128.shuffle<i64>(y, x, 0, 2));
  v128.store(to + productBytes, v128.shuffle<i64>(y, x, 1, 3));
}

/** What is left of a column below this share of it is no direction; lengths whose squares keep their digits: stats/design/column-factors.ts. */
const NO_DIRECTION: f64 = 1e-14, SHORTEST: f64 = 1e-140, LONGEST: f64 = 1e140;

// @ts-ignore: decorator
@inline
function lengthOf(at: usize, end: usize): v128 {
  let sum = f64x2.splat(0);
  for (; at < end; at += 16) { const x = v128.load(at); sum = f64x2.add(sum, f64x2.mul(x, x)); }
  return f64x2.sqrt(sum);
}

function clear(count: i32, missing: usize, lane: usize): void {
  for (const end = missing + (<usize>count << 2); missing < end; missing += 4) store<f64>(lane + (<usize>load<i32>(missing) << 4), 0);
}

export function f64FactorisePair(
  nRows: i32, nColumns: i32, basis: usize, nFirst: i32, first: usize, nSecond: i32, second: usize, q: usize, factors: usize,
): void {
  const rowBytes = <usize>nRows << 4, k = <usize>nColumns, shares = factors + (k * k << 4), sums = shares + (k << 4);
  memory.fill(factors, 0, k * (k + 2) << 4);
  for (let j: usize = 0; j < k; j++) {
    const own = q + j * rowBytes, end = own + rowBytes;
    for (let at = own; at < end; at += 16, basis += 8) v128.store(at, v128.load64_splat(basis));
    clear(nFirst, first, own);
    clear(nSecond, second, own + 8);
    const length = lengthOf(own, end);
    for (let pass = 0; pass < 2; pass++) {
      for (let l: usize = 0; l < j; l++) {
        const other = q + l * rowBytes, r = factors + (l * k + j << 4), toOther = other - own;
        let along = f64x2.splat(0);
        for (let at = own; at < end; at += 16) along = f64x2.add(along, f64x2.mul(v128.load(at + toOther), v128.load(at)));
        for (let at = own; at < end; at += 16) v128.store(at, f64x2.sub(v128.load(at), f64x2.mul(along, v128.load(at + toOther))));
        v128.store(r, f64x2.add(v128.load(r), along));
      }
    }
    const left = j == 0 ? length : lengthOf(own, end);
    v128.store(factors + (j * k + j << 4), left);
    const isLeft = f64x2.gt(left, f64x2.mul(f64x2.splat(NO_DIRECTION), length));
    let sum = f64x2.splat(0);
    for (let at = own; at < end; at += 16) {
      const x = v128.and(f64x2.div(v128.load(at), left), isLeft);
      v128.store(at, x);
      sum = f64x2.add(sum, x);
    }
    const isUsual = v128.and(f64x2.gt(length, f64x2.splat(SHORTEST)), f64x2.lt(length, f64x2.splat(LONGEST)));
    v128.store(shares + (j << 4), v128.bitselect(f64x2.div(left, length), f64x2.splat(NaN), isUsual));
    v128.store(sums + (j << 4), sum);
  }
}

/** The remaining rows of a lane, one after the other. */
function compact(nRows: i32, nMissing: i32, missing: usize, lane: usize, to: usize): void {
  let i = 0;
  for (let m = 0; m <= nMissing; m++, i++, lane += 32) {
    const end = m < nMissing ? load<i32>(missing + (<usize>m << 2)) : nRows;
    for (; i < end; i++, lane += 32, to += 8) store<f64>(to, load<f64>(lane));
  }
}

// @ts-ignore: decorator
@inline
function loadPair(bytes: i32, first: usize, second: usize): v128 {
  if (bytes == 4) return f64x2.promote_low_f32x4(v128.load_lane<u32>(second, v128.load32_zero(first), 1));
  return v128.load_lane<u64>(second, v128.load64_zero(first), 1);
}

export function f64PreparePair(
  nRows: i32, nColumns: i32, q: usize, weights: usize, firstSource: usize, secondSource: usize, sourceBytes: i32, sourceStride: i32,
  nFirst: i32, first: usize, nSecond: i32, second: usize, columns: usize, rows: usize, fit: usize,
): void {
  const rowBytes = <usize>nRows << 4, stepBytes = <usize>(sourceStride * sourceBytes), end = q + rowBytes, nSteps = 2 * nColumns;
  let fitted = f64x2.splat(0), raw = fitted, along = fitted, to = columns;
  for (let at = q; at < end; at += 16, to += 32, firstSource += stepBytes, secondSource += stepBytes) {
    const y = loadPair(sourceBytes, firstSource, secondSource);
    let x = f64x2.splat(0), from = at;
    for (let l = 0; l < nColumns; l++, from += rowBytes) x = f64x2.add(x, f64x2.mul(v128.load(weights + (<usize>l << 4)), v128.load(from)));
    v128.store(to, y);
    v128.store(to, x, 16);
    fitted = f64x2.add(fitted, f64x2.mul(x, y));
    raw = f64x2.add(raw, f64x2.mul(y, y));
    along = f64x2.add(along, f64x2.mul(v128.load(at), y));
  }
  // the rows of q out of y, twice; each step sums what the next one takes out, the last one what is left
  for (let step = 0; step < nSteps; step++) {
    const own = q + <usize>(step % nColumns) * rowBytes, isLast = step == nSteps - 1, toNext = q + <usize>((step + 1) % nColumns) * rowBytes - own;
    let next = f64x2.splat(0);
    to = columns;
    for (let at = own; at < own + rowBytes; at += 16, to += 32) {
      const y = f64x2.sub(v128.load(to), f64x2.mul(along, v128.load(at)));
      v128.store(to, y);
      next = f64x2.add(next, f64x2.mul(isLast ? y : v128.load(at + toNext), y));
    }
    along = next;
  }
  v128.store(fit, fitted); v128.store(fit, raw, 16); v128.store(fit, along, 32);
  compact(nRows, nFirst, first, columns + 16, rows);
  compact(nRows, nSecond, second, columns + 24, rows + (<usize>(nRows + 4) << 3));
}
