// Kernels of designs that vary between elements. Contracts: ../CONTRACTS.md.
import { loadPair, squareOf } from "./statistic";

// Of the call in progress of f64PooledStatistics: an instance of the module belongs to one thread.
let shuffles: i32 = 0, last: i32 = 0, shared: i32 = 0, own: i32 = 0, tests: i32 = 0, rowBytes: usize = 0, rowWords: usize = 0, across: usize = 0, addends: usize = 0, weights: usize = 0;
let least: f64 = 0, values: usize = 0, ownValues: usize = 0, totals: usize = 0, scale: f64 = 0, sign: i64 = 0, roots: bool = false, out: usize = 0;

export function f64PooledStatistics(
  nShuffles: i32, nColumns: i32, rank: i32, nOwn: i32, contrastRank: i32,
  product: usize, ownProduct: usize, productBytes: i32, stride: i32, firstShift: i32, shifts: usize, tested: usize, testedByColumn: i32,
  sumSquares: usize, dof: f64, signed: i32, least_: f64, squared: i32, statistics: usize,
): void {
  shuffles = nColumns > 0 ? nShuffles : 0; last = nColumns - 1; shared = rank; own = nOwn; tests = contrastRank; rowBytes = <usize>stride << 3;
  rowWords = <usize>(stride * productBytes); across = <usize>(max(firstShift, 0) * productBytes); addends = shifts; weights = tested; values = product; ownValues = ownProduct; totals = sumSquares;
  scale = dof / <f64>contrastRank; sign = signed ? i64.MIN_VALUE : 0; roots = !squared; out = statistics; least = least_;
  if (productBytes == 4) {
    if (testedByColumn) { if (firstShift >= 0) singleShiftedByColumn(); else if (contrastRank == 1) singleByColumn1(); else singleByColumn(); }
    else if (firstShift < 0) singlePlain();
    else if (contrastRank == 1) { if (nOwn == 0 && rank == 1) singleShiftedRow(); else singleShifted1(); } else singleShifted();
  } else if (testedByColumn) { if (firstShift >= 0) pooledShiftedByColumn(); else if (contrastRank == 1) pooledByColumn1(); else pooledByColumn(); }
  else if (firstShift < 0) pooledPlain();
  else if (contrastRank == 1) { if (nOwn == 0 && rank == 1) pooledShiftedRow(); else pooledShifted1(); } else pooledShifted();
}

// as in statistic.ts: exported, lest they become one again
export function pooledPlain(): void { pooledTile(false, false, false, 0); }
export function pooledShiftedRow(): void { shiftedRow(false); }
export function pooledShifted1(): void { pooledTile(false, true, false, 1); }
export function pooledShifted(): void { pooledTile(false, true, false, 0); }
export function pooledByColumn1(): void { pooledTile(false, false, true, 1); }
export function pooledByColumn(): void { pooledTile(false, false, true, 0); }
export function pooledShiftedByColumn(): void { pooledTile(false, true, true, 0); }
export function singlePlain(): void { pooledTile(true, false, false, 0); }
export function singleShiftedRow(): void { shiftedRow(true); }
export function singleShifted1(): void { pooledTile(true, true, false, 1); }
export function singleShifted(): void { pooledTile(true, true, false, 0); }
export function singleByColumn1(): void { pooledTile(true, false, true, 1); }
export function singleByColumn(): void { pooledTile(true, false, true, 0); }
export function singleShiftedByColumn(): void { pooledTile(true, true, true, 0); }

/** One row and one test, the commonest case: two groups and a pattern. Four columns a turn, and what a shuffle adds to all of them is loaded once. */
// @ts-ignore: decorator
@inline
function shiftedRow(isSingle: bool): void {
  const step = rowBytes, rowStep = isSingle ? rowWords : step, shifts = addends, sums = totals, hasRoots = roots, end = <usize>(last + 2 & ~1) << 3;
  const factor = f64x2.splat(scale), signBit = i64x2.splat(sign), none = f64x2.splat(NaN), zero = f64x2.splat(0), share = f64x2.splat(least), weight = v128.load64_splat(weights);
  let row = values, to = out;
  for (let b = 0; b < shuffles; b++) {
    const from = row + across, moved = isSingle ? f64x2.splat(<f64>load<f32>(from)) : v128.load64_splat(from);
    let column: usize = 0;
    for (; column + 32 <= end; column += 32) {
      const at = row + (isSingle ? column >> 1 : column);
      const d0 = f64x2.add(loadPair(isSingle, at), f64x2.mul(moved, v128.load(shifts + column)));
      const d1 = f64x2.add(loadPair(isSingle, at + (isSingle ? 8 : 16)), f64x2.mul(moved, v128.load(shifts + column, 16)));
      const u0 = f64x2.add(zero, f64x2.mul(weight, d0)), u1 = f64x2.add(zero, f64x2.mul(weight, d1));
      let x0 = squareOf(true, f64x2.mul(d0, d0), f64x2.mul(u0, u0), u0, v128.load(sums + column), share, factor, signBit, none);
      let x1 = squareOf(true, f64x2.mul(d1, d1), f64x2.mul(u1, u1), u1, v128.load(sums + column, 16), share, factor, signBit, none);
      if (hasRoots) {
        x0 = v128.or(f64x2.sqrt(f64x2.abs(x0)), v128.and(x0, signBit));
        x1 = v128.or(f64x2.sqrt(f64x2.abs(x1)), v128.and(x1, signBit));
      }
      v128.store(to + column, x0);
      v128.store(to + column, x1, 16);
    }
    if (column < end) {
      const d = f64x2.add(loadPair(isSingle, row + (isSingle ? column >> 1 : column)), f64x2.mul(moved, v128.load(shifts + column)));
      const u = f64x2.add(zero, f64x2.mul(weight, d));
      let x = squareOf(true, f64x2.mul(d, d), f64x2.mul(u, u), u, v128.load(sums + column), share, factor, signBit, none);
      if (hasRoots) x = v128.or(f64x2.sqrt(f64x2.abs(x)), v128.and(x, signBit));
      v128.store(to + column, x);
    }
    row += rowStep; to += step;
  }
}

// @ts-ignore: decorator
@inline
function pooledTile(isSingle: bool, isShifted: bool, isByColumn: bool, s: i32): void {
  const rank = shared, rows = shared + own, nTests = s == 1 ? 1 : tests, step = rowBytes, rowStep = isSingle ? rowWords : step, base = weights, shifts = addends, hasRoots = roots;
  const factor = f64x2.splat(scale), signBit = i64x2.splat(sign), none = f64x2.splat(NaN), zero = f64x2.splat(0), share = f64x2.splat(least);
  const weightBytes: usize = isByColumn ? step : 8;
  let row = values, ownRow = ownValues, to = out;
  for (let b = 0; b < shuffles; b++) {
    let w = 0;
    do {
      const column = <usize>w << 3, pair = isSingle ? <usize>w << 2 : column;
      let squares = zero, uu = zero, u = zero, weight = isByColumn ? base + column : base, q = 0;
      do {
        u = zero;
        let j = 0, at = row, ownAt = ownRow;
        while (j < rows) {
          let d: v128;
          if (j < rank) {
            d = loadPair(isSingle, at + pair);
            if (isShifted) {
              let l = 0, from = at + across, shift = shifts + column;
              while (l < rank) {
                d = f64x2.add(d, f64x2.mul(isSingle ? f64x2.splat(<f64>load<f32>(from)) : v128.load64_splat(from), v128.load(shift)));
                l++; from += isSingle ? 4 : 8; shift += step;
              }
            }
            at += rowStep;
          } else { d = loadPair(isSingle, ownAt + pair); ownAt += rowStep; }
          if (s == 1 || q == 0) squares = f64x2.add(squares, f64x2.mul(d, d));
          u = f64x2.add(u, f64x2.mul(isByColumn ? v128.load(weight) : v128.load64_splat(weight), d));
          weight += weightBytes;
          j++;
        }
        uu = f64x2.add(uu, f64x2.mul(u, u));
      } while (++q < nTests);
      let x = squareOf(true, squares, uu, u, v128.load(totals + column), share, factor, signBit, none);
      if (hasRoots) x = v128.or(f64x2.sqrt(f64x2.abs(x)), v128.and(x, signBit));
      v128.store(to + column, x);
      w += 2;
    } while (w <= last);
    row += <usize>shared * rowStep; ownRow += <usize>own * rowStep; to += step;
  }
}

/** Four shuffles share the loads of the element's own column. Without signs, the commonest case, where `signs` is 0. */
export function f64LaneProduct(
  nRows: i32, nPacked: i32, nShuffles: i32, width: i32, labels: usize, signs: usize, own: usize, packed: usize, product: usize, rowStep: i32, stride: i32,
): void {
  if (signs == 0) laneProduct(false, false, nRows, nPacked, nShuffles, width, labels, signs, own, packed, product, rowStep, stride);
  else laneProduct(false, true, nRows, nPacked, nShuffles, width, labels, signs, own, packed, product, rowStep, stride);
}

export function f32LaneProduct(
  nRows: i32, nPacked: i32, nShuffles: i32, width: i32, labels: usize, signs: usize, own: usize, packed: usize, product: usize, rowStep: i32, stride: i32,
): void {
  if (signs == 0) laneProduct(true, false, nRows, nPacked, nShuffles, width, labels, signs, own, packed, product, rowStep, stride);
  else laneProduct(true, true, nRows, nPacked, nShuffles, width, labels, signs, own, packed, product, rowStep, stride);
}

// @ts-ignore: decorator
@inline
function add(isSingle: bool, a: v128, b: v128): v128 { return isSingle ? f32x4.add(a, b) : f64x2.add(a, b); }

// @ts-ignore: decorator
@inline
function mul(isSingle: bool, a: v128, b: v128): v128 { return isSingle ? f32x4.mul(a, b) : f64x2.mul(a, b); }

// @ts-ignore: decorator
@inline
function signOf(isSingle: bool, isSigned: bool, sign: usize): v128 {
  return !isSigned ? f64x2.splat(1) : isSingle ? f32x4.splat(<f32>load<i8>(sign)) : f64x2.splat(<f64>load<i8>(sign));
}

// @ts-ignore: decorator
@inline
function signedBy(isSingle: bool, isSigned: bool, sign: v128, value: v128): v128 { return isSigned ? mul(isSingle, sign, value) : value; }

// @ts-ignore: decorator
@inline
function laneProduct(
  isSingle: bool, isSigned: bool,
  nRows: i32, nPacked: i32, nShuffles: i32, width: i32, labels: usize, signs: usize, own: usize, packed: usize, product: usize, rowStep: i32, stride: i32,
): void {
  const panelBytes = <usize>nPacked << 5, ownBytes = <usize>nRows << 5, stepBytes = (<usize>rowStep * <usize>stride) << (isSingle ? 2 : 3);
  const labelBytes = <usize>nRows << 2, signBytes = <usize>nRows;
  for (let w = 0; w < width; w += isSingle ? 8 : 4, own += ownBytes, packed += panelBytes, product += 32) {
    let b = 0;
    for (; b + 4 <= nShuffles; b += 4) {
      let a0 = f64x2.splat(0), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0;
      let label = labels + <usize>b * labelBytes, sign = signs + <usize>b * signBytes, z = own;
      for (let i = 0; i < nRows; i++, label += 4, sign++, z += 32) {
        const z0 = v128.load(z), z1 = v128.load(z, 16);
        let from = packed + (<usize>load<i32>(label) << 5), s = signOf(isSingle, isSigned, sign);
        a0 = add(isSingle, a0, signedBy(isSingle, isSigned, s, mul(isSingle, z0, v128.load(from))));
        a1 = add(isSingle, a1, signedBy(isSingle, isSigned, s, mul(isSingle, z1, v128.load(from, 16))));
        from = packed + (<usize>load<i32>(label + labelBytes) << 5); s = signOf(isSingle, isSigned, sign + signBytes);
        b0 = add(isSingle, b0, signedBy(isSingle, isSigned, s, mul(isSingle, z0, v128.load(from))));
        b1 = add(isSingle, b1, signedBy(isSingle, isSigned, s, mul(isSingle, z1, v128.load(from, 16))));
        from = packed + (<usize>load<i32>(label + 2 * labelBytes) << 5); s = signOf(isSingle, isSigned, sign + 2 * signBytes);
        c0 = add(isSingle, c0, signedBy(isSingle, isSigned, s, mul(isSingle, z0, v128.load(from))));
        c1 = add(isSingle, c1, signedBy(isSingle, isSigned, s, mul(isSingle, z1, v128.load(from, 16))));
        from = packed + (<usize>load<i32>(label + 3 * labelBytes) << 5); s = signOf(isSingle, isSigned, sign + 3 * signBytes);
        d0 = add(isSingle, d0, signedBy(isSingle, isSigned, s, mul(isSingle, z0, v128.load(from))));
        d1 = add(isSingle, d1, signedBy(isSingle, isSigned, s, mul(isSingle, z1, v128.load(from, 16))));
      }
      const to = product + <usize>b * stepBytes;
      v128.store(to, a0); v128.store(to, a1, 16);
      v128.store(to + stepBytes, b0); v128.store(to + stepBytes, b1, 16);
      v128.store(to + 2 * stepBytes, c0); v128.store(to + 2 * stepBytes, c1, 16);
      v128.store(to + 3 * stepBytes, d0); v128.store(to + 3 * stepBytes, d1, 16);
    }
    for (; b < nShuffles; b++) {
      let a0 = f64x2.splat(0), a1 = a0;
      let label = labels + <usize>b * labelBytes, sign = signs + <usize>b * signBytes, z = own;
      for (let i = 0; i < nRows; i++, label += 4, sign++, z += 32) {
        const from = packed + (<usize>load<i32>(label) << 5), s = signOf(isSingle, isSigned, sign);
        a0 = add(isSingle, a0, signedBy(isSingle, isSigned, s, mul(isSingle, v128.load(z), v128.load(from))));
        a1 = add(isSingle, a1, signedBy(isSingle, isSigned, s, mul(isSingle, v128.load(z, 16), v128.load(from, 16))));
      }
      const to = product + <usize>b * stepBytes;
      v128.store(to, a0); v128.store(to, a1, 16);
    }
  }
}

export function f64LaneSquares(
  nRows: i32, nPacked: i32, nShuffles: i32, width: i32, labels: usize, signs: usize, own: usize, packed: usize, product: usize, rowStep: i32,
  squares: usize, squareStep: i32, stride: i32,
): void {
  if (signs == 0) laneSquares(false, false, nRows, nPacked, nShuffles, width, labels, signs, own, packed, product, rowStep, squares, squareStep, stride);
  else laneSquares(false, true, nRows, nPacked, nShuffles, width, labels, signs, own, packed, product, rowStep, squares, squareStep, stride);
}

export function f32LaneSquares(
  nRows: i32, nPacked: i32, nShuffles: i32, width: i32, labels: usize, signs: usize, own: usize, packed: usize, product: usize, rowStep: i32,
  squares: usize, squareStep: i32, stride: i32,
): void {
  if (signs == 0) laneSquares(true, false, nRows, nPacked, nShuffles, width, labels, signs, own, packed, product, rowStep, squares, squareStep, stride);
  else laneSquares(true, true, nRows, nPacked, nShuffles, width, labels, signs, own, packed, product, rowStep, squares, squareStep, stride);
}

// Two shuffles at a time: their sums and squares are as many registers as there are.
// @ts-ignore: decorator
@inline
function laneSquares(
  isSingle: bool, isSigned: bool,
  nRows: i32, nPacked: i32, nShuffles: i32, width: i32, labels: usize, signs: usize, own: usize, packed: usize, product: usize, rowStep: i32,
  squares: usize, squareStep: i32, stride: i32,
): void {
  const panelBytes = <usize>nPacked << 5, ownBytes = <usize>nRows << 5, shift: usize = isSingle ? 2 : 3;
  const stepBytes = (<usize>rowStep * <usize>stride) << shift, squareBytes = (<usize>squareStep * <usize>stride) << shift;
  const labelBytes = <usize>nRows << 2, signBytes = <usize>nRows;
  for (let w = 0; w < width; w += isSingle ? 8 : 4, own += ownBytes, packed += panelBytes, product += 32, squares += 32) {
    let b = 0;
    for (; b + 2 <= nShuffles; b += 2) {
      let a0 = f64x2.splat(0), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0;
      let label = labels + <usize>b * labelBytes, sign = signs + <usize>b * signBytes, z = own;
      for (let i = 0; i < nRows; i++, label += 4, sign++, z += 32) {
        const z0 = v128.load(z), z1 = v128.load(z, 16);
        let from = packed + (<usize>load<i32>(label) << 5), s = signOf(isSingle, isSigned, sign), e = v128.load(from);
        a0 = add(isSingle, a0, signedBy(isSingle, isSigned, s, mul(isSingle, z0, e)));
        c0 = add(isSingle, c0, mul(isSingle, e, e));
        e = v128.load(from, 16);
        a1 = add(isSingle, a1, signedBy(isSingle, isSigned, s, mul(isSingle, z1, e)));
        c1 = add(isSingle, c1, mul(isSingle, e, e));
        from = packed + (<usize>load<i32>(label + labelBytes) << 5); s = signOf(isSingle, isSigned, sign + signBytes); e = v128.load(from);
        b0 = add(isSingle, b0, signedBy(isSingle, isSigned, s, mul(isSingle, z0, e)));
        d0 = add(isSingle, d0, mul(isSingle, e, e));
        e = v128.load(from, 16);
        b1 = add(isSingle, b1, signedBy(isSingle, isSigned, s, mul(isSingle, z1, e)));
        d1 = add(isSingle, d1, mul(isSingle, e, e));
      }
      const to = product + <usize>b * stepBytes, square = squares + <usize>b * squareBytes;
      v128.store(to, a0); v128.store(to, a1, 16);
      v128.store(to + stepBytes, b0); v128.store(to + stepBytes, b1, 16);
      v128.store(square, c0); v128.store(square, c1, 16);
      v128.store(square + squareBytes, d0); v128.store(square + squareBytes, d1, 16);
    }
    for (; b < nShuffles; b++) {
      let a0 = f64x2.splat(0), a1 = a0, c0 = a0, c1 = a0;
      let label = labels + <usize>b * labelBytes, sign = signs + <usize>b * signBytes, z = own;
      for (let i = 0; i < nRows; i++, label += 4, sign++, z += 32) {
        const from = packed + (<usize>load<i32>(label) << 5), s = signOf(isSingle, isSigned, sign), e0 = v128.load(from), e1 = v128.load(from, 16);
        a0 = add(isSingle, a0, signedBy(isSingle, isSigned, s, mul(isSingle, v128.load(z), e0)));
        a1 = add(isSingle, a1, signedBy(isSingle, isSigned, s, mul(isSingle, v128.load(z, 16), e1)));
        c0 = add(isSingle, c0, mul(isSingle, e0, e0));
        c1 = add(isSingle, c1, mul(isSingle, e1, e1));
      }
      const to = product + <usize>b * stepBytes, square = squares + <usize>b * squareBytes;
      v128.store(to, a0); v128.store(to, a1, 16);
      v128.store(square, c0); v128.store(square, c1, 16);
    }
  }
}
