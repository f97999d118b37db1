// v and G of variance groups, two columns at a time. Contract: ../CONTRACTS.md, f64GroupedStatistics.
import { loadPair } from "./statistic";

const SSE_ROUNDING: f64 = 1e-14;
/** The same where the products are float32. */
const SINGLE_ROUNDING: f64 = 1e-5;

// @ts-ignore: decorator
@inline
function sub(a: v128, b: v128, c: v128): v128 { return f64x2.sub(a, f64x2.mul(b, c)); }

/** Lower Cholesky factor in place, v128 [size][size]; NaN where not positive definite. */
function factorise(m: usize, size: i32): void {
  const rowBytes = <usize>size << 4;
  const zero = f64x2.splat(0), none = f64x2.splat(NaN);
  for (let j = 0; j < size; j++) {
    const row = m + <usize>j * rowBytes;
    const at = row + (<usize>j << 4);
    let diagonal = v128.load(at);
    for (let l = 0; l < j; l++) { const a = v128.load(row + (<usize>l << 4)); diagonal = sub(diagonal, a, a); }
    diagonal = f64x2.sqrt(v128.bitselect(diagonal, none, f64x2.gt(diagonal, zero)));
    v128.store(at, diagonal);
    for (let i = j + 1; i < size; i++) {
      const other = m + <usize>i * rowBytes;
      let sum = v128.load(other + (<usize>j << 4));
      for (let l = 0; l < j; l++) sum = sub(sum, v128.load(other + (<usize>l << 4)), v128.load(row + (<usize>l << 4)));
      v128.store(other + (<usize>j << 4), f64x2.div(sum, diagonal));
    }
  }
}

// @ts-ignore: decorator
@inline
function valueAt(isByColumn: bool, from: usize, i: i32, rowBytes: usize): v128 {
  return isByColumn ? v128.load(from + <usize>i * rowBytes) : v128.load64_splat(from + (<usize>i << 3));
}

/** z [rho] of a pair of columns, the dropped one from the others. */
// @ts-ignore: decorator
@inline
function loadCoordinates(isSingle: bool, row: usize, rowStep: usize, nAll: i32, dropped: i32, recovery: usize, z: usize): void {
  let recovered = f64x2.splat(0);
  for (let l = 0; l < nAll; l++) {
    if (l == dropped) continue;
    const value = loadPair(isSingle, row);
    row += rowStep;
    v128.store(z + (<usize>l << 4), value);
    if (dropped >= 0) recovered = f64x2.add(recovered, f64x2.mul(v128.load64_splat(recovery + (<usize>l << 3)), value));
  }
  if (dropped >= 0) v128.store(z + (<usize>dropped << 4), recovered);
}

/** W of a group: 0 where it is not finite. */
// @ts-ignore: decorator
@inline
function weightOf(rounding: v128, sse: v128, size: v128, rnn: v128): v128 {
  sse = v128.and(sse, f64x2.gt(sse, f64x2.mul(rounding, size)));
  const weight = f64x2.div(rnn, sse);
  return v128.and(weight, f64x2.lt(weight, f64x2.splat(Infinity))); // NaN is not less either
}

/** From d, W and A to the statistic and its degrees of freedom. `isByColumn`: `rnn` and `toEffect` differ between columns, and point to those of this pair. */
// @ts-ignore: decorator
@inline
function conclude(
  isByColumn: bool, rank: i32, nGroups: i32, contrastRank: i32, rowBytes: usize, sizes: usize, rnn: usize, toEffect: usize, signed: i32,
  d: usize, weights: usize, a: usize, y: usize, schur: usize, effect: usize, statistic: usize, dofAt: usize,
): void {
  const zero = f64x2.splat(0), one = f64x2.splat(1), none = f64x2.splat(NaN);
  factorise(a, rank);
  for (let q = 0; q < contrastRank; q++) {
    let sum = zero;
    for (let i = 0; i < rank; i++) {
      const t = valueAt(isByColumn, toEffect, q * rank + i, rowBytes);
      let entry = t;
      for (let j = 0; j < i; j++) entry = sub(entry, v128.load(a + (<usize>(i * rank + j) << 4)), v128.load(y + (<usize>(q * rank + j) << 4)));
      v128.store(y + (<usize>(q * rank + i) << 4), f64x2.div(entry, v128.load(a + (<usize>(i * rank + i) << 4))));
      sum = f64x2.add(sum, f64x2.mul(t, v128.load(d + (<usize>i << 4))));
    }
    v128.store(effect + (<usize>q << 4), sum);
  }
  for (let q = 0; q < contrastRank; q++) {
    for (let t = 0; t <= q; t++) {
      let sum = zero;
      for (let i = 0; i < rank; i++) sum = f64x2.add(sum, f64x2.mul(v128.load(y + (<usize>(q * rank + i) << 4)), v128.load(y + (<usize>(t * rank + i) << 4))));
      v128.store(schur + (<usize>(q * contrastRank + t) << 4), sum);
    }
  }
  factorise(schur, contrastRank);
  let numerator = zero;
  for (let q = 0; q < contrastRank; q++) {
    let sum = v128.load(effect + (<usize>q << 4));
    for (let t = 0; t < q; t++) sum = sub(sum, v128.load(schur + (<usize>(q * contrastRank + t) << 4)), v128.load(y + (<usize>t << 4)));
    sum = f64x2.div(sum, v128.load(schur + (<usize>(q * contrastRank + q) << 4)));
    v128.store(y + (<usize>q << 4), sum);
    numerator = f64x2.add(numerator, f64x2.mul(sum, sum));
  }
  let x = numerator, dof = none;
  if (contrastRank > 1) {
    const s = <f64>contrastRank;
    let all = zero, spread = zero;
    for (let g = 0; g < nGroups; g++) all = f64x2.add(all, f64x2.mul(v128.load(weights + (<usize>g << 4)), v128.load64_splat(sizes + (<usize>g << 3))));
    for (let g = 0; g < nGroups; g++) {
      const share = f64x2.sub(one, f64x2.div(f64x2.mul(v128.load(weights + (<usize>g << 4)), v128.load64_splat(sizes + (<usize>g << 3))), all));
      spread = f64x2.add(spread, f64x2.div(f64x2.mul(share, share), valueAt(isByColumn, rnn, g, rowBytes)));
    }
    const excess = f64x2.mul(f64x2.splat((2 * (s - 1)) / (s * (s + 2))), spread); // gamma - 1
    const gamma = f64x2.add(one, excess);
    x = f64x2.div(numerator, f64x2.mul(gamma, f64x2.splat(s)));
    dof = isByColumn
      ? f64x2.div(f64x2.splat(2 * (s - 1)), f64x2.mul(f64x2.splat(3), f64x2.sub(gamma, one)))
      : f64x2.div(f64x2.splat(2 * (s - 1) / 3), excess);
  } else {
    let sum = zero, sumSquares = zero;
    for (let g = 0; g < nGroups; g++) {
      const left = f64x2.splat(load<f64>(sizes + (<usize>g << 3)) - 1);
      const part = f64x2.div(f64x2.div(one, v128.load(weights + (<usize>g << 4))), left);
      sum = f64x2.add(sum, part);
      sumSquares = f64x2.add(sumSquares, f64x2.div(f64x2.mul(part, part), left));
    }
    dof = f64x2.div(f64x2.mul(sum, sum), sumSquares);
  }
  x = f64x2.sqrt(x);
  if (signed) x = v128.or(x, v128.and(f64x2.lt(v128.load(effect), zero), i64x2.splat(i64.MIN_VALUE)));
  v128.store(statistic, x);
  v128.store(dofAt, dof);
}

export function f64GroupedStatistics(
  nShuffles: i32, nColumns: i32, rank: i32, nGroups: i32, contrastRank: i32, product: usize, squares: usize, productBytes: i32, stride: i32,
  starts: usize, directions: usize, dropped: i32, recovery: usize, gram: usize, sizes: usize, rnn: usize, toEffect: usize, signed: i32, statistics: usize, dofs: usize, scratch: usize,
): void {
  const isSingle = productBytes == 4;
  const rowBytes = <usize>stride << 3, rowStep = <usize>(stride * productBytes), rounding = f64x2.splat(isSingle ? SINGLE_ROUNDING : SSE_ROUNDING);
  const zero = f64x2.splat(0);
  const nAll = load<i32>(starts + (<usize>nGroups << 2)), nRows = dropped < 0 ? nAll : nAll - 1;
  // v128: d [r], W [G], A [r][r], Y [s][r], S [s][s], T d [s], z [rho]
  const d = scratch, weights = d + (<usize>rank << 4), a = weights + (<usize>nGroups << 4);
  const y = a + (<usize>(rank * rank) << 4), schur = y + (<usize>(contrastRank * rank) << 4), effect = schur + (<usize>(contrastRank * contrastRank) << 4);
  const z = effect + (<usize>contrastRank << 4);
  for (let b = 0; b < nShuffles; b++) {
    const rows = product + <usize>(b * nRows) * rowStep, squareRows = squares + <usize>(b * nGroups) * rowStep;
    for (let w = 0; w < nColumns; w += 2) {
      const column = <usize>w << 3, pair = <usize>(w * productBytes);
      loadCoordinates(isSingle, rows + pair, rowStep, nAll, dropped, recovery, z);
      for (let j = 0; j < rank; j++) {
        let sum = zero;
        for (let l = 0; l < nAll; l++) {
          sum = f64x2.add(sum, f64x2.mul(v128.load64_splat(directions + (<usize>(j * nAll + l) << 3)), v128.load(z + (<usize>l << 4))));
        }
        v128.store(d + (<usize>j << 4), sum);
      }
      for (let i = 0; i < rank * rank; i++) v128.store(a + (<usize>i << 4), zero);
      for (let g = 0; g < nGroups; g++) {
        let cross = zero, fitted = zero;
        const k = gram + (<usize>(g * rank * rank) << 3), end = load<i32>(starts + (<usize>g << 2), 4);
        for (let l = load<i32>(starts + (<usize>g << 2)); l < end; l++) {
          let fit = zero;
          for (let j = 0; j < rank; j++) {
            fit = f64x2.add(fit, f64x2.mul(v128.load64_splat(directions + (<usize>(j * nAll + l) << 3)), v128.load(d + (<usize>j << 4))));
          }
          cross = f64x2.add(cross, f64x2.mul(fit, v128.load(z + (<usize>l << 4))));
          fitted = f64x2.add(fitted, f64x2.mul(fit, fit));
        }
        const total = loadPair(isSingle, squareRows + <usize>g * rowStep + pair);
        const sse = f64x2.add(f64x2.sub(total, f64x2.add(cross, cross)), fitted);
        const weight = weightOf(rounding, sse, f64x2.add(total, fitted), v128.load64_splat(rnn + (<usize>g << 3)));
        v128.store(weights + (<usize>g << 4), weight);
        for (let i = 0; i < rank * rank; i++) {
          const at = a + (<usize>i << 4);
          v128.store(at, f64x2.add(v128.load(at), f64x2.mul(weight, v128.load64_splat(k + (<usize>i << 3)))));
        }
      }
      const to = <usize>b * rowBytes + column;
      conclude(false, rank, nGroups, contrastRank, rowBytes, sizes, rnn, toEffect, signed, d, weights, a, y, schur, effect, statistics + to, dofs + to);
    }
  }
}

/** Every column has a design of its own. */
export function f64GroupedByColumn(
  nShuffles: i32, nColumns: i32, sharedRank: i32, nOwn: i32, nGroups: i32, contrastRank: i32, product: usize, ownProduct: usize, squares: usize, productBytes: i32, stride: i32,
  starts: usize, directions: usize, dropped: i32, recovery: usize, gram: usize, sizes: usize, rnn: usize, tested: usize, signed: i32, statistics: usize, dofs: usize, scratch: usize,
): void {
  const isSingle = productBytes == 4;
  const rowBytes = <usize>stride << 3, rowStep = <usize>(stride * productBytes), rounding = f64x2.splat(isSingle ? SINGLE_ROUNDING : SSE_ROUNDING), zero = f64x2.splat(0);
  const rank = sharedRank + nOwn, entries = rank * rank;
  const nAll = load<i32>(starts + (<usize>nGroups << 2)), nRows = dropped < 0 ? nAll : nAll - 1;
  // v128: d [r], W [G], A [r][r], Y [s][r], S [s][s], T d [s], p [G][r], z [rho]
  const d = scratch, weights = d + (<usize>rank << 4), a = weights + (<usize>nGroups << 4);
  const y = a + (<usize>entries << 4), schur = y + (<usize>(contrastRank * rank) << 4), effect = schur + (<usize>(contrastRank * contrastRank) << 4);
  const p = effect + (<usize>contrastRank << 4), z = p + (<usize>(nGroups * rank) << 4);
  for (let b = 0; b < nShuffles; b++) {
    const rows = product + <usize>(b * nRows) * rowStep, ownRows = ownProduct + <usize>(b * nGroups * nOwn) * rowStep;
    const squareRows = squares + <usize>(b * nGroups) * rowStep;
    for (let w = 0; w < nColumns; w += 2) {
      const column = <usize>w << 3, pair = <usize>(w * productBytes);
      loadCoordinates(isSingle, rows + pair, rowStep, nAll, dropped, recovery, z);
      let ownRow = ownRows + pair, to = p;
      for (let g = 0; g < nGroups; g++) {
        const start = load<i32>(starts + (<usize>g << 2)), end = load<i32>(starts + (<usize>g << 2), 4);
        for (let j = 0; j < sharedRank; j++, to += 16) {
          let sum = zero;
          for (let l = start; l < end; l++) {
            sum = f64x2.add(sum, f64x2.mul(v128.load64_splat(directions + (<usize>(j * nAll + l) << 3)), v128.load(z + (<usize>l << 4))));
          }
          v128.store(to, sum);
        }
        for (let j = 0; j < nOwn; j++, ownRow += rowStep, to += 16) v128.store(to, loadPair(isSingle, ownRow));
      }
      for (let j = 0; j < rank; j++) {
        let sum = zero;
        for (let g = 0; g < nGroups; g++) sum = f64x2.add(sum, v128.load(p + (<usize>(g * rank + j) << 4)));
        v128.store(d + (<usize>j << 4), sum);
      }
      for (let i = 0; i < entries; i++) v128.store(a + (<usize>i << 4), zero);
      let entry = gram + column;
      for (let g = 0; g < nGroups; g++) {
        let cross = zero, fitted = zero, at = entry;
        for (let i = 0; i < rank; i++) {
          const di = v128.load(d + (<usize>i << 4));
          cross = f64x2.add(cross, f64x2.mul(di, v128.load(p + (<usize>(g * rank + i) << 4))));
          let sum = zero;
          for (let j = 0; j < rank; j++, at += rowBytes) sum = f64x2.add(sum, f64x2.mul(v128.load(at), v128.load(d + (<usize>j << 4))));
          fitted = f64x2.add(fitted, f64x2.mul(di, sum));
        }
        const total = loadPair(isSingle, squareRows + <usize>g * rowStep + pair);
        const sse = f64x2.add(f64x2.sub(total, f64x2.add(cross, cross)), fitted);
        const weight = weightOf(rounding, sse, f64x2.add(total, fitted), v128.load(rnn + <usize>g * rowBytes + column));
        v128.store(weights + (<usize>g << 4), weight);
        for (let i = 0; i < entries; i++, entry += rowBytes) {
          const sum = a + (<usize>i << 4);
          v128.store(sum, f64x2.add(v128.load(sum), f64x2.mul(weight, v128.load(entry))));
        }
      }
      const out = <usize>b * rowBytes + column;
      conclude(true, rank, nGroups, contrastRank, rowBytes, sizes, rnn + column, tested + column, signed, d, weights, a, y, schur, effect, statistics + out, dofs + out);
    }
  }
}
