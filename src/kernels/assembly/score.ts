// Statistics of one tile without enhancement: product -> scores, scores -> maxima and counters. Contract: ../CONTRACTS.md.

const SSE_ROUNDING: f64 = 1e-14;
/** Veltkamp's splitting: x C - (x C - x) keeps the upper 53 - 13 bits of x. */
const SPLIT: f64 = 8193;

export function f64ScoreStatistics(
  nShuffles: i32, nColumns: i32, rank: i32, contrastRank: i32, nCorrections: i32,
  product: usize, productStride: i32, contrastBasis: usize, correctionRows: usize, correctionColumns: usize, columnStride: i32,
  sumSquares: usize, dof: f64, signed: i32, untestable: f64, scores: usize, scoreStride: i32,
): void {
  const rowBytes = <usize>productStride << 3;
  const zero = f64x2.splat(0), scale = f64x2.splat(dof / <f64>contrastRank), rounding = f64x2.splat(SSE_ROUNDING);
  const split = f64x2.splat(SPLIT), fallback = f64x2.splat(untestable), largest = f64x2.splat(f64.MAX_VALUE);
  const signBit = signed ? i64x2.splat(i64.MIN_VALUE) : zero;
  for (let b = 0; b < nShuffles; b++) {
    const shuffleRows = product + <usize>(b * rank) * rowBytes;
    const corrections = correctionRows + (<usize>(b * rank * nCorrections) << 3);
    const out = scores + (<usize>(b * scoreStride) << 3);
    for (let w = 0; w < nColumns; w += 2) {
      let squares = zero, uu = zero, u = zero;
      for (let q = 0; q < contrastRank; q++) {
        u = zero;
        let at = shuffleRows + (<usize>w << 3);
        for (let j = 0; j < rank; j++, at += rowBytes) {
          let d = v128.load(at);
          for (let k = 0; k < nCorrections; k++) {
            const g = v128.load64_splat(corrections + (<usize>(j * nCorrections + k) << 3));
            d = f64x2.sub(d, f64x2.mul(g, v128.load(correctionColumns + (<usize>(k * columnStride + w) << 3))));
          }
          if (q == 0) squares = f64x2.add(squares, f64x2.mul(d, d));
          u = f64x2.add(u, f64x2.mul(v128.load64_splat(contrastBasis + (<usize>(j * contrastRank + q) << 3)), d));
        }
        uu = f64x2.add(uu, f64x2.mul(u, u));
      }
      const total = v128.load(sumSquares + (<usize>w << 3));
      const sse = f64x2.sub(total, squares);
      const x = f64x2.sqrt(f64x2.div(f64x2.mul(uu, scale), sse));
      const spread = f64x2.mul(x, split);
      const kept = f64x2.sub(spread, f64x2.sub(spread, x));
      const tested = v128.and(
        f64x2.gt(sse, f64x2.mul(rounding, total)),
        v128.and(f64x2.gt(kept, zero), f64x2.le(kept, largest)),
      );
      v128.store(out + (<usize>w << 3), v128.bitselect(v128.or(kept, v128.and(u, signBit)), fallback, tested));
    }
  }
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
