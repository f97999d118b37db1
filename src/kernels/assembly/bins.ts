// Epilogue of the product: statistic -> bin, two columns at a time. Contract: ../CONTRACTS.md.

const SSE_ROUNDING: f64 = 1e-14;

export function f64BinStatistics(
  nShuffles: i32, nColumns: i32, rank: i32, contrastRank: i32, nCorrections: i32,
  product: usize, productStride: i32, contrastBasis: usize, correctionRows: usize, correctionColumns: usize, columnStride: i32,
  sumSquares: usize, dof: f64, signed: i32, nCells: i32, cellsPerUnit: f64, cells: usize, thresholds: usize, binBytes: i32, bins: usize,
): i32 {
  let largest = 0;
  const rowBytes = <usize>productStride << 3;
  const scale = f64x2.splat(dof / <f64>contrastRank), zero = f64x2.splat(0), rounding = f64x2.splat(SSE_ROUNDING);
  const infinity = f64x2.splat(Infinity), perUnit = f64x2.splat(cellsPerUnit), lastCell = f64x2.splat(<f64>(nCells - 1));
  for (let b = 0; b < nShuffles; b++) {
    const shuffleRows = product + <usize>(b * rank) * rowBytes;
    const corrections = correctionRows + (<usize>(b * rank * nCorrections) << 3);
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
      let x = f64x2.sqrt(f64x2.div(f64x2.mul(uu, scale), sse));
      x = v128.and(x, f64x2.gt(sse, f64x2.mul(rounding, total)));
      if (signed) x = v128.and(x, f64x2.gt(u, zero));
      // 0 where it is not above 0 or not finite: half of all t, so no branch may hang on it
      x = v128.and(x, v128.and(f64x2.gt(x, zero), f64x2.lt(x, infinity)));
      const cell = i32x4.trunc_sat_f64x2_s_zero(f64x2.pmin(f64x2.mul(x, perUnit), lastCell));
      const at = bins + (<usize>((w << 4) + b) << (binBytes >> 1));
      const bin0 = advance(f64x2.extract_lane(x, 0), cells + (<usize>i32x4.extract_lane(cell, 0) << 1), thresholds);
      if (bin0 > largest) largest = bin0;
      if (binBytes == 1) store<u8>(at, <u8>bin0); else store<u16>(at, <u16>bin0);
      if (w + 1 < nColumns) {
        const bin1 = advance(f64x2.extract_lane(x, 1), cells + (<usize>i32x4.extract_lane(cell, 1) << 1), thresholds);
        if (bin1 > largest) largest = bin1;
        if (binBytes == 1) store<u8>(at, <u8>bin1, 16); else store<u16>(at, <u16>bin1, 32);
      }
    }
  }
  return largest;
}

// @ts-ignore: decorator
@inline
export function lookUp(x: f64, nCells: i32, cellsPerUnit: f64, cells: usize, thresholds: usize): i32 {
  if (!(x > 0 && x < Infinity)) return 0;
  const position = x * cellsPerUnit;
  const cell = position < <f64>(nCells - 1) ? <i32>position : nCells - 1;
  return advance(x, cells + (<usize>cell << 1), thresholds);
}

// @ts-ignore: decorator
@inline
function advance(x: f64, cell: usize, thresholds: usize): i32 {
  let bin = <i32>load<u16>(cell);
  // the first step without a branch: a second one is rare
  bin += i32(x >= load<f64>(thresholds + (<usize>bin << 3), 8));
  while (x >= load<f64>(thresholds + (<usize>bin << 3), 8)) bin++;
  return bin;
}
