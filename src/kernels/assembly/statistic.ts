// What bins and scores begin with: t^2 or F of two columns at once, with the sign of u where the test has one. Contract: ../CONTRACTS.md, f64BinStatistics.
//
// Loops have literals for the shape (product f64 or f32, rank of the contrast, corrections or none), and each such loop is an exported function: what is not
// exported the compiler makes one again, with a test in every turn. They are `do`, because only what every turn does is taken out of a loop.

/** A residual sum of squares below this share of the total is rounding. */
export const SSE_ROUNDING: f64 = 1e-14;

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

/** `none` where sse is at most the share `least` of the total. `signBit`: of a signed test, else 0. `isSigned` false: u does not matter. */
// @ts-ignore: decorator
@inline
export function squareOf(isSigned: bool, squares: v128, uu: v128, u: v128, total: v128, least: v128, factor: v128, signBit: v128, none: v128): v128 {
  const sse = f64x2.sub(total, squares);
  let square = f64x2.div(f64x2.mul(uu, factor), sse);
  if (isSigned) square = v128.or(square, v128.and(f64x2.lt(u, f64x2.splat(0)), signBit));
  return v128.bitselect(square, none, f64x2.gt(sse, f64x2.mul(least, total)));
}

// @ts-ignore: decorator
@inline
export function loadPair(isSingle: bool, at: usize): v128 {
  return isSingle ? f64x2.promote_low_f32x4(v128.load64_zero(at)) : v128.load(at);
}

/** Of four columns at once: what squaresOfRows has made of the second pair. */
export let second: v128 = f64x2.splat(0);

/** d less `share` times a moment. */
// @ts-ignore: decorator
@inline
function less(d: v128, share: v128, moment: v128): v128 { return f64x2.sub(d, f64x2.mul(share, moment)); }

/** a plus the product of b and c. */
// @ts-ignore: decorator
@inline
function plus(a: v128, b: v128, c: v128): v128 { return f64x2.add(a, f64x2.mul(b, c)); }

/**
 * The same of the `r` rows that begin at `at`, of four columns side by side: returns the first pair, leaves the `second`. `s`: rank of the contrast where it is
 * 1 to 4, 0: any, three of its rows in a pass. `corrections`: 0, so many (1 to 3), or 4 where there are any number; `correction` is that of the first row,
 * `column` of what they are multiplied with. `isRow`: r is 1.
 */
// @ts-ignore: decorator
@inline
export function squaresOfRows(
  isSingle: bool, isRow: bool, corrections: i32, s: i32, r: i32, at: usize, rowStep: usize, basis: usize, correction: usize, column: usize,
  sums: usize, least: v128, factor: v128, signBit: v128, none: v128,
): v128 {
  const next: usize = isSingle ? 8 : 16;
  if (s == 4) {
    // the sums of two pairs do not fit the registers
    second = squareOfPair(isSingle, corrections, r, at + next, rowStep, basis, correction, column + 16, sums + 16, least, factor, none);
    return squareOfPair(isSingle, corrections, r, at, rowStep, basis, correction, column, sums, least, factor, none);
  }
  const zero = f64x2.splat(0), moments1 = column + columnBytes, moments2 = moments1 + columnBytes;
  // of so few corrections that the registers hold what they are multiplied with
  let moment = zero, other = zero, moment1 = zero, other1 = zero, moment2 = zero, other2 = zero;
  if (corrections > 0 && corrections < 4) { moment = v128.load(column); other = v128.load(column, 16); }
  if (corrections > 1 && corrections < 4) { moment1 = v128.load(moments1); other1 = v128.load(moments1, 16); }
  if (corrections == 3) { moment2 = v128.load(moments2); other2 = v128.load(moments2, 16); }
  const weightBytes = <usize>(s == 0 ? contrastRank : s) << 3;
  let left = zero, right = zero, u = zero, v = zero, uu = zero, vv = zero, q = 0;
  do {
    let u1 = zero, v1 = zero, u2 = zero, v2 = zero, row = at, weights = basis + (<usize>q << 3), from = correction, j = r;
    u = zero; v = zero;
    do {
      let d = loadPair(isSingle, row), e = loadPair(isSingle, row + next);
      if (corrections > 0 && corrections < 4) {
        const share = v128.load64_splat(from);
        d = less(d, share, moment); e = less(e, share, other);
        if (corrections > 1) {
          const share1 = v128.load64_splat(from, 8);
          d = less(d, share1, moment1); e = less(e, share1, other1);
        }
        if (corrections > 2) {
          const share2 = v128.load64_splat(from, 16);
          d = less(d, share2, moment2); e = less(e, share2, other2);
        }
        from += <usize>corrections << 3;
      } else if (corrections == 4) {
        let moments = column, k = nCorrections >> 1;
        if (nCorrections & 1) {
          const share = v128.load64_splat(from);
          d = less(d, share, v128.load(moments)); e = less(e, share, v128.load(moments, 16));
          from += 8; moments += columnBytes;
        }
        if (k > 0) do {
          const share = v128.load64_splat(from), share1 = v128.load64_splat(from, 8), after = moments + columnBytes;
          d = less(d, share, v128.load(moments)); e = less(e, share, v128.load(moments, 16));
          d = less(d, share1, v128.load(after)); e = less(e, share1, v128.load(after, 16));
          from += 16; moments = after + columnBytes;
        } while (--k);
      }
      if (s != 0 || q == 0) { left = plus(left, d, d); right = plus(right, e, e); }
      const weight = v128.load64_splat(weights);
      u = plus(u, weight, d); v = plus(v, weight, e);
      if (s != 1) {
        const weight1 = v128.load64_splat(weights, 8);
        u1 = plus(u1, weight1, d); v1 = plus(v1, weight1, e);
      }
      if (s == 0 || s == 3) {
        const weight2 = v128.load64_splat(weights, 16);
        u2 = plus(u2, weight2, d); v2 = plus(v2, weight2, e);
      }
      weights += weightBytes; row += rowStep;
    } while (!isRow && --j);
    uu = s == 0 ? plus(uu, u, u) : f64x2.mul(u, u); vv = s == 0 ? plus(vv, v, v) : f64x2.mul(v, v);
    // of any rank: what lies beyond its last row counts for nothing
    if (s == 0 ? q + 1 < contrastRank : s > 1) { uu = plus(uu, u1, u1); vv = plus(vv, v1, v1); }
    if (s == 0 ? q + 2 < contrastRank : s > 2) { uu = plus(uu, u2, u2); vv = plus(vv, v2, v2); }
    q += 3;
  } while (s == 0 && q < contrastRank);
  second = squareOf(s == 1, right, vv, v, v128.load(sums, 16), least, factor, signBit, none);
  return squareOf(s == 1, left, uu, u, v128.load(sums), least, factor, signBit, none);
}

/** Of two columns and an F of rank 4: `corrections` 0, or any number. */
// @ts-ignore: decorator
@inline
function squareOfPair(
  isSingle: bool, corrections: i32, r: i32, at: usize, rowStep: usize, basis: usize, correction: usize, column: usize, sums: usize, least: v128, factor: v128, none: v128,
): v128 {
  const zero = f64x2.splat(0);
  let squares = zero, u = zero, u1 = zero, u2 = zero, u3 = zero, row = at, weights = basis, from = correction, j = r;
  if (corrections == 0) {
    // the first row, without an addition; there are others, as many as the contrast has at least
    const d = loadPair(isSingle, row);
    squares = f64x2.mul(d, d);
    u = f64x2.mul(v128.load64_splat(weights), d);
    u1 = f64x2.mul(v128.load64_splat(weights, 8), d);
    u2 = f64x2.mul(v128.load64_splat(weights, 16), d);
    u3 = f64x2.mul(v128.load64_splat(weights, 24), d);
    weights += 32; row += rowStep; j--;
  }
  do {
    let d = loadPair(isSingle, row);
    if (corrections != 0) {
      let moments = column, k = nCorrections;
      do {
        d = less(d, v128.load64_splat(from), v128.load(moments));
        from += 8; moments += columnBytes;
      } while (--k);
    }
    squares = plus(squares, d, d);
    u = plus(u, v128.load64_splat(weights), d);
    u1 = plus(u1, v128.load64_splat(weights, 8), d);
    u2 = plus(u2, v128.load64_splat(weights, 16), d);
    u3 = plus(u3, v128.load64_splat(weights, 24), d);
    weights += 32; row += rowStep;
  } while (--j);
  const uu = plus(plus(plus(f64x2.mul(u, u), u1, u1), u2, u2), u3, u3);
  return squareOf(false, squares, uu, zero, v128.load(sums), least, factor, zero, none);
}
