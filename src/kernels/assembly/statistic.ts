// What bins and scores begin with: t^2 or F of two columns at once, with the sign of u where the test has one. Contract: ../CONTRACTS.md, f64BinStatistics.
//
// Loops have literals for the shape (product f64 or f32, rank of the contrast, corrections or none), and each such loop is an exported function: what is not
// exported the compiler makes one again, with a test in every turn. They are `do`, because only what every turn does is taken out of a loop.

/** A residual sum of squares below this share of the total is rounding. */
const SSE_ROUNDING: f64 = 1e-14;

// Of the call in progress: an instance of the module belongs to one thread.
export let nShuffles: i32 = 0, nColumns: i32 = 0, rank: i32 = 0, contrastRank: i32 = 0, nCorrections: i32 = 0;
export let product: usize = 0, rowBytes: usize = 0, contrastBasis: usize = 0, correctionRows: usize = 0, correctionColumns: usize = 0, columnBytes: usize = 0;
export let sumSquares: usize = 0, scale: f64 = 0, sign: i64 = 0;

// @ts-ignore: decorator
@inline
export function begin(
  shuffles: i32, columns: i32, r: i32, s: i32, corrections: i32, values: usize, valueBytes: i32, stride: i32, basis: usize, rows: usize, moments: usize, momentStride: i32,
  sums: usize, dof: f64, signed: i32,
): void {
  nShuffles = columns > 0 ? shuffles : 0; nColumns = columns; rank = r; contrastRank = s; nCorrections = corrections;
  product = values; rowBytes = <usize>(stride * valueBytes); contrastBasis = basis; correctionRows = rows; correctionColumns = moments; columnBytes = <usize>momentStride << 3;
  sumSquares = sums; scale = dof / <f64>s; sign = signed ? i64.MIN_VALUE : 0;
}

/** `none` where sse is rounding. `signBit`: of a signed test, else 0. */
// @ts-ignore: decorator
@inline
export function squareOf(squares: v128, uu: v128, u: v128, total: v128, factor: v128, signBit: v128, none: v128): v128 {
  const sse = f64x2.sub(total, squares);
  const square = v128.or(f64x2.div(f64x2.mul(uu, factor), sse), v128.and(f64x2.lt(u, f64x2.splat(0)), signBit));
  return v128.bitselect(square, none, f64x2.gt(sse, f64x2.mul(f64x2.splat(SSE_ROUNDING), total)));
}

// @ts-ignore: decorator
@inline
export function loadPair(isSingle: bool, at: usize): v128 {
  return isSingle ? f64x2.promote_low_f32x4(v128.load64_zero(at)) : v128.load(at);
}

/**
 * The same of the `r` rows that begin at `at`, of `corrections` (those of the first row) and of `column` of what they are multiplied with. `s`: rank of the
 * contrast where it is 1 to 3, 0: any.
 */
// @ts-ignore: decorator
@inline
export function squareOfRows(
  isSingle: bool, isCorrected: bool, s: i32, r: i32, at: usize, rowStep: usize, basis: usize, corrections: usize, column: usize,
  total: v128, factor: v128, signBit: v128, none: v128,
): v128 {
  let squares = f64x2.splat(0), uu = squares, u = squares, u1 = squares, u2 = squares;
  if (r == 1 && s == 1 && !isCorrected) {
    const d = loadPair(isSingle, at);
    squares = f64x2.mul(d, d);
    u = f64x2.mul(v128.load64_splat(basis), d);
    uu = f64x2.mul(u, u);
  } else {
    let q = 0;
    do {
      let row = at, weights = basis + (<usize>q << 3), correction = corrections;
      if (s == 0) u = f64x2.splat(0);
      let j = 0;
      do {
        let d = loadPair(isSingle, row);
        if (isCorrected) {
          let moments = column;
          for (let k = 0; k < nCorrections; k++, correction += 8, moments += columnBytes) {
            d = f64x2.sub(d, f64x2.mul(v128.load64_splat(correction), v128.load(moments)));
          }
        }
        if (s != 0 || q == 0) squares = f64x2.add(squares, f64x2.mul(d, d));
        u = f64x2.add(u, f64x2.mul(v128.load64_splat(weights), d));
        if (s > 1) u1 = f64x2.add(u1, f64x2.mul(v128.load64_splat(weights, 8), d));
        if (s > 2) u2 = f64x2.add(u2, f64x2.mul(v128.load64_splat(weights, 16), d));
        weights += <usize>(s == 0 ? contrastRank : s) << 3;
        row += rowStep;
      } while (++j < r);
      uu = s == 0 ? f64x2.add(uu, f64x2.mul(u, u)) : f64x2.mul(u, u);
    } while (++q < (s == 0 ? contrastRank : 1));
    if (s > 1) uu = f64x2.add(uu, f64x2.mul(u1, u1));
    if (s > 2) uu = f64x2.add(uu, f64x2.mul(u2, u2));
  }
  return squareOf(squares, uu, u, total, factor, signBit, none);
}

/** Of two pairs at once: what squaresOfRows has made of the second. */
export let second: v128 = f64x2.splat(0);

/**
 * squareOfRows of two pairs of columns side by side, which share the loads of weights and the turns of the loop: returns the first, leaves the `second`. s: rank
 * of the contrast where it is 1 to 3, 0: any, three of its rows at a time. `corrections`: 0, 1, or 2 where there are any number.
 */
// @ts-ignore: decorator
@inline
export function squaresOfRows(
  isSingle: bool, corrections: i32, s: i32, r: i32, at: usize, rowStep: usize, basis: usize, correction: usize, column: usize,
  sums: usize, factor: v128, signBit: v128, none: v128,
): v128 {
  const next: usize = isSingle ? 8 : 16, zero = f64x2.splat(0), weightBytes = <usize>(s == 0 ? contrastRank : s) << 3;
  const moment = corrections == 1 ? v128.load(column) : zero, nextMoment = corrections == 1 ? v128.load(column, 16) : zero;
  let left = zero, right = zero, u = zero, v = zero, uu = zero, vv = zero, q = 0;
  do {
    let u1 = zero, v1 = zero, u2 = zero, v2 = zero, row = at, weights = basis + (<usize>q << 3), from = correction, j = 0;
    u = zero; v = zero;
    do {
      let d = loadPair(isSingle, row), e = loadPair(isSingle, row + next);
      if (corrections == 1) {
        const share = v128.load64_splat(from);
        d = f64x2.sub(d, f64x2.mul(share, moment));
        e = f64x2.sub(e, f64x2.mul(share, nextMoment));
        from += 8;
      } else if (corrections == 2) {
        let moments = column, k = 0;
        do {
          const share = v128.load64_splat(from);
          d = f64x2.sub(d, f64x2.mul(share, v128.load(moments)));
          e = f64x2.sub(e, f64x2.mul(share, v128.load(moments, 16)));
          from += 8; moments += columnBytes;
        } while (++k < nCorrections);
      }
      if (s != 0 || q == 0) {
        left = f64x2.add(left, f64x2.mul(d, d));
        right = f64x2.add(right, f64x2.mul(e, e));
      }
      let weight = v128.load64_splat(weights);
      u = f64x2.add(u, f64x2.mul(weight, d));
      v = f64x2.add(v, f64x2.mul(weight, e));
      if (s != 1) {
        weight = v128.load64_splat(weights, 8);
        u1 = f64x2.add(u1, f64x2.mul(weight, d));
        v1 = f64x2.add(v1, f64x2.mul(weight, e));
      }
      if (s == 0 || s == 3) {
        weight = v128.load64_splat(weights, 16);
        u2 = f64x2.add(u2, f64x2.mul(weight, d));
        v2 = f64x2.add(v2, f64x2.mul(weight, e));
      }
      weights += weightBytes;
      row += rowStep;
    } while (++j < r);
    uu = s == 0 ? f64x2.add(uu, f64x2.mul(u, u)) : f64x2.mul(u, u);
    vv = s == 0 ? f64x2.add(vv, f64x2.mul(v, v)) : f64x2.mul(v, v);
    // of any rank: what lies beyond its last row counts for nothing
    if (s == 0 ? q + 1 < contrastRank : s > 1) { uu = f64x2.add(uu, f64x2.mul(u1, u1)); vv = f64x2.add(vv, f64x2.mul(v1, v1)); }
    if (s == 0 ? q + 2 < contrastRank : s > 2) { uu = f64x2.add(uu, f64x2.mul(u2, u2)); vv = f64x2.add(vv, f64x2.mul(v2, v2)); }
    q += 3;
  } while (s == 0 && q < contrastRank);
  second = squareOf(right, vv, v, v128.load(sums, 16), factor, signBit, none);
  return squareOf(left, uu, u, v128.load(sums), factor, signBit, none);
}
