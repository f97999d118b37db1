// Statistics of one tile without enhancement: product -> scores, scores -> maxima and counters. Contract: ../CONTRACTS.md.
import * as tile from "./statistic";

/** Veltkamp's splitting: x C - (x C - x) keeps the upper 53 - 13 bits of x. */
const SPLIT: f64 = 8193;

// Of the call in progress: an instance of the module belongs to one thread.
let least: f64 = 0, untestable: f64 = 0, scores: usize = 0, scoreBytes: usize = 0;

export function f64ScoreStatistics(
  nShuffles: i32, nColumns: i32, rank: i32, contrastRank: i32, nCorrections: i32,
  product: usize, productBytes: i32, productStride: i32, contrastBasis: usize, correctionRows: usize, correctionColumns: usize, columnStride: i32,
  sumSquares: usize, dof: f64, signed: i32, least_: f64, untestable_: f64, scores_: usize, scoreStride: i32,
): void {
  tile.begin(
    nShuffles, nColumns, rank, contrastRank, nCorrections, product, productBytes, productStride, contrastBasis, correctionRows, correctionColumns, columnStride, sumSquares, dof, signed,
  );
  least = least_; untestable = untestable_; scores = scores_; scoreBytes = <usize>scoreStride << 3;
  if (productBytes == 4) f32Score(); else f64Score();
}

function f64Score(): void {
  const rank = tile.rank, contrastRank = tile.contrastRank, nCorrections = tile.nCorrections;
  if (contrastRank == 1) {
    if (nCorrections == 0) return rank == 1 ? f64ScoreRow() : f64Score1();
    return nCorrections == 1 ? f64Score1Corrected1() : nCorrections == 2 ? f64Score1Corrected2() : nCorrections == 3 ? f64Score1Corrected3() : f64Score1Corrected();
  }
  if (contrastRank == 2) return nCorrections == 0 ? f64Score2() : nCorrections == 1 ? f64Score2Corrected1() : f64Score2Corrected();
  if (contrastRank == 3) return nCorrections == 0 ? f64Score3() : nCorrections == 1 ? f64Score3Corrected1() : f64Score3Corrected();
  if (contrastRank == 4) return nCorrections == 0 ? f64Score4() : f64Score4Corrected();
  return nCorrections > 0 ? f64ScoreAnyCorrected() : f64ScoreAny();
}

function f32Score(): void {
  const rank = tile.rank, contrastRank = tile.contrastRank, nCorrections = tile.nCorrections;
  if (contrastRank == 1) {
    if (nCorrections == 0) return rank == 1 ? f32ScoreRow() : f32Score1();
    return nCorrections == 1 ? f32Score1Corrected1() : nCorrections == 2 ? f32Score1Corrected2() : nCorrections == 3 ? f32Score1Corrected3() : f32Score1Corrected();
  }
  if (contrastRank == 2) return nCorrections == 0 ? f32Score2() : nCorrections == 1 ? f32Score2Corrected1() : f32Score2Corrected();
  if (contrastRank == 3) return nCorrections == 0 ? f32Score3() : nCorrections == 1 ? f32Score3Corrected1() : f32Score3Corrected();
  if (contrastRank == 4) return nCorrections == 0 ? f32Score4() : f32Score4Corrected();
  return nCorrections > 0 ? f32ScoreAnyCorrected() : f32ScoreAny();
}

export function f64ScoreRow(): void { scoreTile(false, 0, 1, 1); }
export function f64Score1(): void { scoreTile(false, 0, 1, 0); }
export function f64Score1Corrected1(): void { scoreTile(false, 1, 1, 0); }
export function f64Score1Corrected2(): void { scoreTile(false, 2, 1, 0); }
export function f64Score1Corrected3(): void { scoreTile(false, 3, 1, 0); }
export function f64Score1Corrected(): void { scoreTile(false, 4, 1, 0); }
export function f64Score2(): void { scoreTile(false, 0, 2, 0); }
export function f64Score2Corrected1(): void { scoreTile(false, 1, 2, 0); }
export function f64Score2Corrected(): void { scoreTile(false, 4, 2, 0); }
export function f64Score3(): void { scoreTile(false, 0, 3, 0); }
export function f64Score3Corrected1(): void { scoreTile(false, 1, 3, 0); }
export function f64Score3Corrected(): void { scoreTile(false, 4, 3, 0); }
export function f64Score4(): void { scoreTile(false, 0, 4, 0); }
export function f64Score4Corrected(): void { scoreTile(false, 4, 4, 0); }
export function f64ScoreAny(): void { scoreTile(false, 0, 0, 0); }
export function f64ScoreAnyCorrected(): void { scoreTile(false, 4, 0, 0); }
export function f32ScoreRow(): void { scoreTile(true, 0, 1, 1); }
export function f32Score1(): void { scoreTile(true, 0, 1, 0); }
export function f32Score1Corrected1(): void { scoreTile(true, 1, 1, 0); }
export function f32Score1Corrected2(): void { scoreTile(true, 2, 1, 0); }
export function f32Score1Corrected3(): void { scoreTile(true, 3, 1, 0); }
export function f32Score1Corrected(): void { scoreTile(true, 4, 1, 0); }
export function f32Score2(): void { scoreTile(true, 0, 2, 0); }
export function f32Score2Corrected1(): void { scoreTile(true, 1, 2, 0); }
export function f32Score2Corrected(): void { scoreTile(true, 4, 2, 0); }
export function f32Score3(): void { scoreTile(true, 0, 3, 0); }
export function f32Score3Corrected1(): void { scoreTile(true, 1, 3, 0); }
export function f32Score3Corrected(): void { scoreTile(true, 4, 3, 0); }
export function f32Score4(): void { scoreTile(true, 0, 4, 0); }
export function f32Score4Corrected(): void { scoreTile(true, 4, 4, 0); }
export function f32ScoreAny(): void { scoreTile(true, 0, 0, 0); }
export function f32ScoreAnyCorrected(): void { scoreTile(true, 4, 0, 0); }

/** |x| of a square, rounded to 40 bits, with the sign of its root. */
// @ts-ignore: decorator
@inline
function scoreOf(isSigned: bool, square: v128, split: v128, largest: v128, fallback: v128, signBit: v128): v128 {
  const x = f64x2.sqrt(isSigned ? f64x2.abs(square) : square), spread = f64x2.mul(x, split), kept = f64x2.sub(spread, f64x2.sub(spread, x));
  const isScore = v128.and(f64x2.gt(kept, f64x2.splat(0)), f64x2.le(kept, largest));
  return v128.bitselect(isSigned ? v128.or(kept, v128.and(square, signBit)) : kept, fallback, isScore);
}

// @ts-ignore: decorator
@inline
function scoreTile(isSingle: bool, nCorrected: i32, s: i32, r: i32): void {
  const rows = r == 1 ? 1 : tile.rank, rowBytes = tile.rowBytes, basis = tile.contrastBasis;
  const factor = f64x2.splat(tile.scale), signBit = i64x2.splat(tile.sign), none = f64x2.splat(NaN);
  const split = f64x2.splat(SPLIT), fallback = f64x2.splat(untestable), largest = f64x2.splat(f64.MAX_VALUE), share = f64x2.splat(least);
  let row = tile.product, corrections = tile.correctionRows, out = scores;
  // of the four columns before: their roots are drawn while the next divisions run
  let x = none, y = none, count = 0, to = out;
  for (let b = 0; b < tile.nShuffles; b++) {
    let left = tile.nColumns, at = row, next = out, sums = tile.sumSquares, column = tile.correctionColumns;
    do {
      const nextX = tile.squaresOfRows(isSingle, r == 1, nCorrected, s, rows, at, rowBytes, basis, corrections, column, sums, share, factor, signBit, none), nextY = tile.second;
      storeScores(s == 1, x, y, count, split, largest, fallback, signBit, to);
      x = nextX; y = nextY; to = next; count = left;
      next += 32; at += isSingle ? 16 : 32; sums += 32; column += 32; left -= 4;
    } while (left > 0);
    row += <usize>rows * rowBytes; corrections += <usize>(rows * tile.nCorrections) << 3; out += scoreBytes;
  }
  storeScores(s == 1, x, y, count, split, largest, fallback, signBit, to);
}

// @ts-ignore: decorator
@inline
function storeScores(isSigned: bool, x: v128, y: v128, count: i32, split: v128, largest: v128, fallback: v128, signBit: v128, to: usize): void {
  const first = scoreOf(isSigned, x, split, largest, fallback, signBit), second = scoreOf(isSigned, y, split, largest, fallback, signBit);
  if (count > 0) v128.store(to, first);
  if (count > 2) v128.store(to, second, 16);
}

export function f64ReduceScores(
  nShuffles: i32, nColumns: i32, scores: usize, scoreStride: i32, firstElement: i32, keepDefault: i32,
  defaults: usize, counters: usize, maxima: usize, maximaElements: usize,
): void {
  if (keepDefault && nShuffles > 0) memory.copy(defaults, scores, <usize>nColumns << 3);
  const whole = nColumns & ~3;
  for (let b = 0; b < nShuffles; b++) {
    const row = scores + (<usize>(b * scoreStride) << 3);
    // four running maxima, one for every fourth column, each with its column as a number
    let best0 = f64x2.splat(-Infinity), best1 = best0, at0 = f64x2.splat(-1), at1 = at0;
    let column0 = f64x2(0, 1), column1 = f64x2(2, 3);
    const four = f64x2.splat(4);
    for (let w = 0; w < whole; w += 4) {
      const x0 = v128.load(row + (<usize>w << 3)), x1 = v128.load(row + (<usize>w << 3), 16);
      const larger0 = f64x2.gt(x0, best0), larger1 = f64x2.gt(x1, best1);
      best0 = v128.bitselect(x0, best0, larger0); best1 = v128.bitselect(x1, best1, larger1);
      at0 = v128.bitselect(column0, at0, larger0); at1 = v128.bitselect(column1, at1, larger1);
      column0 = f64x2.add(column0, four); column1 = f64x2.add(column1, four);
      const below0 = f64x2.lt(x0, v128.load(defaults + (<usize>w << 3)));
      const below1 = f64x2.lt(x1, v128.load(defaults + (<usize>w << 3), 16));
      const below = v128.shuffle<i32>(below0, below1, 0, 2, 4, 6);
      const counter = counters + (<usize>w << 2);
      v128.store(counter, i32x4.sub(v128.load(counter), below));
    }
    let value = f64x2.extract_lane(best0, 0), column = f64x2.extract_lane(at0, 0);
    for (let lane = 1; lane < 4; lane++) {
      const x = lane == 1 ? f64x2.extract_lane(best0, 1) : lane == 2 ? f64x2.extract_lane(best1, 0) : f64x2.extract_lane(best1, 1);
      const at = lane == 1 ? f64x2.extract_lane(at0, 1) : lane == 2 ? f64x2.extract_lane(at1, 0) : f64x2.extract_lane(at1, 1);
      if (x > value || (x == value && at >= 0 && at < column)) { value = x; column = at; }
    }
    for (let w = whole; w < nColumns; w++) {
      const x = load<f64>(row + (<usize>w << 3));
      if (x > value) { value = x; column = <f64>w; }
      const counter = counters + (<usize>w << 2);
      if (x < load<f64>(defaults + (<usize>w << 3))) store<u32>(counter, load<u32>(counter) + 1);
    }
    if (column < 0) continue;
    const element = <u32>firstElement + <u32>column;
    const maximum = maxima + (<usize>b << 3), maximumElement = maximaElements + (<usize>b << 2);
    const known = load<f64>(maximum);
    if (value > known || (value == known && element < load<u32>(maximumElement))) {
      store<f64>(maximum, value);
      store<u32>(maximumElement, element);
    }
  }
}

export function f64ReduceMembers(
  nShuffles: i32, nMembers: i32, statistics: usize, stride: i32, members: usize, none: f64, keepDefault: i32,
  defaults: usize, counters: usize, eligible: usize, largest: usize, winners: usize,
): void {
  const split = f64x2.splat(SPLIT), fallback = f64x2.splat(none), most = f64x2.splat(f64.MAX_VALUE), signBit = i64x2.splat(i64.MIN_VALUE), zero = f64x2.splat(0), four = f64x2.splat(4);
  const whole = eligible == 0 ? nMembers & ~3 : 0;
  // neighbours: as those of a pattern that comes in runs
  const first = load<u32>(members), areNeighbours = load<u32>(members + (<usize>(nMembers - 1) << 2)) - first == <u32>(nMembers - 1);
  for (let b = 0; b < nShuffles; b++, statistics += <usize>stride << 3) {
    const keeps = keepDefault && b == 0;
    let best0 = f64x2.splat(-Infinity), best1 = best0, at0 = f64x2.splat(-1), at1 = at0, column0 = f64x2(0, 1), column1 = f64x2(2, 3);
    for (let w = 0; w < whole; w += 4) {
      const found0 = v128.load(statistics + (<usize>w << 3)), found1 = v128.load(statistics + (<usize>w << 3), 16);
      const x0 = f64x2.abs(found0), x1 = f64x2.abs(found1), spread0 = f64x2.mul(x0, split), spread1 = f64x2.mul(x1, split);
      const kept0 = f64x2.sub(spread0, f64x2.sub(spread0, x0)), kept1 = f64x2.sub(spread1, f64x2.sub(spread1, x1));
      const is0 = v128.and(f64x2.gt(kept0, zero), f64x2.le(kept0, most)), is1 = v128.and(f64x2.gt(kept1, zero), f64x2.le(kept1, most));
      const score0 = v128.bitselect(v128.or(kept0, v128.and(found0, signBit)), fallback, is0);
      const score1 = v128.bitselect(v128.or(kept1, v128.and(found1, signBit)), fallback, is1);
      const larger0 = f64x2.gt(score0, best0), larger1 = f64x2.gt(score1, best1);
      best0 = v128.bitselect(score0, best0, larger0); best1 = v128.bitselect(score1, best1, larger1);
      at0 = v128.bitselect(column0, at0, larger0); at1 = v128.bitselect(column1, at1, larger1);
      column0 = f64x2.add(column0, four); column1 = f64x2.add(column1, four);
      const member = members + (<usize>w << 2);
      if (areNeighbours) {
        const known = defaults + (<usize>(first + w) << 3), counter = counters + (<usize>(first + w) << 2);
        if (keeps) { v128.store(known, score0); v128.store(known, score1, 16); continue; }
        const below = v128.shuffle<i32>(f64x2.lt(score0, v128.load(known)), f64x2.lt(score1, v128.load(known, 16)), 0, 2, 4, 6);
        v128.store(counter, i32x4.sub(v128.load(counter), below));
        continue;
      }
      const m0 = <usize>load<u32>(member), m1 = <usize>load<u32>(member, 4), m2 = <usize>load<u32>(member, 8), m3 = <usize>load<u32>(member, 12);
      const a = defaults + (m0 << 3), c = defaults + (m1 << 3), d = defaults + (m2 << 3), e = defaults + (m3 << 3);
      if (keeps) {
        v128.store_lane<u64>(a, score0, 0); v128.store_lane<u64>(c, score0, 1); v128.store_lane<u64>(d, score1, 0); v128.store_lane<u64>(e, score1, 1);
        continue;
      }
      const known0 = v128.load_lane<u64>(c, v128.load64_zero(a), 1), known1 = v128.load_lane<u64>(e, v128.load64_zero(d), 1);
      const below = v128.shuffle<i32>(f64x2.lt(score0, known0), f64x2.lt(score1, known1), 0, 2, 4, 6);
      addBelow(counters + (m0 << 2), i32x4.extract_lane(below, 0)); addBelow(counters + (m1 << 2), i32x4.extract_lane(below, 1));
      addBelow(counters + (m2 << 2), i32x4.extract_lane(below, 2)); addBelow(counters + (m3 << 2), i32x4.extract_lane(below, 3));
    }
    let best = f64x2.extract_lane(best0, 0), column = f64x2.extract_lane(at0, 0);
    for (let lane = 1; lane < 4; lane++) {
      const x = lane == 1 ? f64x2.extract_lane(best0, 1) : lane == 2 ? f64x2.extract_lane(best1, 0) : f64x2.extract_lane(best1, 1);
      const at = lane == 1 ? f64x2.extract_lane(at0, 1) : lane == 2 ? f64x2.extract_lane(at1, 0) : f64x2.extract_lane(at1, 1);
      if (x > best || (x == best && at >= 0 && at < column)) { best = x; column = at; }
    }
    // what is no whole four; and where not all may be the largest, every one
    for (let w = whole; w < nMembers; w++) {
      const found = load<f64>(statistics + (<usize>w << 3)), x = Math.abs(found), spread = x * SPLIT, kept = spread - (spread - x);
      const value = kept > 0 && kept <= f64.MAX_VALUE ? copysign<f64>(kept, found) : none;
      const member = load<u32>(members + (<usize>w << 2));
      const known = defaults + (<usize>member << 3), counter = counters + (<usize>member << 2);
      if (keeps) store<f64>(known, value);
      else store<u32>(counter, load<u32>(counter) + <u32>(value < load<f64>(known)));
      if (value > best && (eligible == 0 || load<u8>(eligible + member))) { best = value; column = <f64>w; }
    }
    store<f64>(largest + (<usize>b << 3), best);
    store<u32>(winners + (<usize>b << 2), load<u32>(members + (<usize>max(column, 0) << 2)));
  }
}

/** `below`: 0, or -1. */
// @ts-ignore: decorator
@inline
function addBelow(counter: usize, below: i32): void { store<u32>(counter, load<u32>(counter) - <u32>below); }
