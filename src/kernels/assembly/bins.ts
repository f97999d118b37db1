// Statistics become bins, two at a time. Contract: ../CONTRACTS.md, f64BinStatistics.
//
// Squares are compared with thresholds that are the least squares whose roots pass: no root is drawn. The upper bits of a square are its cell.
import * as tile from "./statistic";

// Of the call in progress: an instance of the module belongs to one thread.
let nCells: i32 = 0, firstCell: i32 = 0, shift: i32 = 0, cells: usize = 0, thresholds: usize = 0, binBytes: i32 = 0, bins: usize = 0;
/** Largest bin beyond the cells. */
let farthest: i32 = 0;

// @ts-ignore: decorator
@inline
function beginBins(nCells_: i32, firstCell_: i32, shift_: i32, cells_: usize, thresholds_: usize, binBytes_: i32, bins_: usize): void {
  nCells = nCells_; firstCell = firstCell_; shift = shift_; cells = cells_; thresholds = thresholds_; binBytes = binBytes_; bins = bins_; farthest = 0;
}

export function f64BinStatistics(
  nShuffles: i32, nColumns: i32, rank: i32, contrastRank: i32, nCorrections: i32,
  product: usize, productBytes: i32, productStride: i32, contrastBasis: usize, correctionRows: usize, correctionColumns: usize, columnStride: i32,
  sumSquares: usize, dof: f64, signed: i32, nCells: i32, firstCell: i32, shift: i32, cells: usize, thresholds: usize, binBytes: i32, bins: usize,
): i32 {
  tile.begin(
    nShuffles, nColumns, rank, contrastRank, nCorrections, product, productBytes, productStride, contrastBasis, correctionRows, correctionColumns, columnStride, sumSquares, dof, signed,
  );
  beginBins(nCells, firstCell, shift, cells, thresholds, binBytes, bins);
  return productBytes == 4 ? f32Bin() : f64Bin();
}

function f64Bin(): i32 {
  const rank = tile.rank, contrastRank = tile.contrastRank, nCorrections = tile.nCorrections;
  if (contrastRank == 1) {
    if (nCorrections == 0) return rank == 1 ? f64BinRow() : f64Bin1();
    return nCorrections == 1 ? f64Bin1Corrected1() : nCorrections == 2 ? f64Bin1Corrected2() : nCorrections == 3 ? f64Bin1Corrected3() : f64Bin1Corrected();
  }
  if (contrastRank == 2) return nCorrections == 0 ? f64Bin2() : nCorrections == 1 ? f64Bin2Corrected1() : f64Bin2Corrected();
  if (contrastRank == 3) return nCorrections == 0 ? f64Bin3() : nCorrections == 1 ? f64Bin3Corrected1() : f64Bin3Corrected();
  if (contrastRank == 4) return nCorrections == 0 ? f64Bin4() : f64Bin4Corrected();
  return nCorrections > 0 ? f64BinAnyCorrected() : f64BinAny();
}

function f32Bin(): i32 {
  const rank = tile.rank, contrastRank = tile.contrastRank, nCorrections = tile.nCorrections;
  if (contrastRank == 1) {
    if (nCorrections == 0) return rank == 1 ? f32BinRow() : f32Bin1();
    return nCorrections == 1 ? f32Bin1Corrected1() : nCorrections == 2 ? f32Bin1Corrected2() : nCorrections == 3 ? f32Bin1Corrected3() : f32Bin1Corrected();
  }
  if (contrastRank == 2) return nCorrections == 0 ? f32Bin2() : nCorrections == 1 ? f32Bin2Corrected1() : f32Bin2Corrected();
  if (contrastRank == 3) return nCorrections == 0 ? f32Bin3() : nCorrections == 1 ? f32Bin3Corrected1() : f32Bin3Corrected();
  if (contrastRank == 4) return nCorrections == 0 ? f32Bin4() : f32Bin4Corrected();
  return nCorrections > 0 ? f32BinAnyCorrected() : f32BinAny();
}

export function f64BinRow(): i32 { return binTile(false, 0, 1, 1); }
export function f64Bin1(): i32 { return binTile(false, 0, 1, 0); }
export function f64Bin1Corrected1(): i32 { return binTile(false, 1, 1, 0); }
export function f64Bin1Corrected2(): i32 { return binTile(false, 2, 1, 0); }
export function f64Bin1Corrected3(): i32 { return binTile(false, 3, 1, 0); }
export function f64Bin1Corrected(): i32 { return binTile(false, 4, 1, 0); }
export function f64Bin2(): i32 { return binTile(false, 0, 2, 0); }
export function f64Bin2Corrected1(): i32 { return binTile(false, 1, 2, 0); }
export function f64Bin2Corrected(): i32 { return binTile(false, 4, 2, 0); }
export function f64Bin3(): i32 { return binTile(false, 0, 3, 0); }
export function f64Bin3Corrected1(): i32 { return binTile(false, 1, 3, 0); }
export function f64Bin3Corrected(): i32 { return binTile(false, 4, 3, 0); }
export function f64Bin4(): i32 { return binTile(false, 0, 4, 0); }
export function f64Bin4Corrected(): i32 { return binTile(false, 4, 4, 0); }
export function f64BinAny(): i32 { return binTile(false, 0, 0, 0); }
export function f64BinAnyCorrected(): i32 { return binTile(false, 4, 0, 0); }
export function f32BinRow(): i32 { return binTile(true, 0, 1, 1); }
export function f32Bin1(): i32 { return binTile(true, 0, 1, 0); }
export function f32Bin1Corrected1(): i32 { return binTile(true, 1, 1, 0); }
export function f32Bin1Corrected2(): i32 { return binTile(true, 2, 1, 0); }
export function f32Bin1Corrected3(): i32 { return binTile(true, 3, 1, 0); }
export function f32Bin1Corrected(): i32 { return binTile(true, 4, 1, 0); }
export function f32Bin2(): i32 { return binTile(true, 0, 2, 0); }
export function f32Bin2Corrected1(): i32 { return binTile(true, 1, 2, 0); }
export function f32Bin2Corrected(): i32 { return binTile(true, 4, 2, 0); }
export function f32Bin3(): i32 { return binTile(true, 0, 3, 0); }
export function f32Bin3Corrected1(): i32 { return binTile(true, 1, 3, 0); }
export function f32Bin3Corrected(): i32 { return binTile(true, 4, 3, 0); }
export function f32Bin4(): i32 { return binTile(true, 0, 4, 0); }
export function f32Bin4Corrected(): i32 { return binTile(true, 4, 4, 0); }
export function f32BinAny(): i32 { return binTile(true, 0, 0, 0); }
export function f32BinAnyCorrected(): i32 { return binTile(true, 4, 0, 0); }

// @ts-ignore: decorator
@inline
function binTile(isSingle: bool, nCorrected: i32, s: i32, r: i32): i32 {
  const rows = r == 1 ? 1 : tile.rank, rowBytes = tile.rowBytes, basis = tile.contrastBasis, zero = f64x2.splat(0);
  const factor = f64x2.splat(tile.scale), signBit = i64x2.splat(tile.sign);
  const low = i32x4.splat(firstCell << shift), high = doubleOf(firstCell + nCells), bits = shift;
  const origin = cells - (<usize>firstCell << 1), edges = thresholds, isWide = binBytes == 2, step = <usize>(binBytes << 6);
  let largest = zero, row = tile.product, corrections = tile.correctionRows, target = bins;
  // of the four columns before: their bins are stored while the next divisions run
  let x = zero, y = zero, count = 0, to = target;
  for (let b = 0; b < tile.nShuffles; b++) {
    let left = tile.nColumns, at = row, next = target, sums = tile.sumSquares, column = tile.correctionColumns;
    do {
      const nextX = tile.squaresOfRows(isSingle, r == 1, nCorrected, s, rows, at, rowBytes, basis, corrections, column, sums, f64x2.splat(tile.SSE_ROUNDING), factor, signBit, zero), nextY = tile.second;
      largest = storeFour(x, y, count, largest, low, high, bits, origin, edges, isWide, to);
      x = nextX; y = nextY; to = next; count = left;
      next += step; at += isSingle ? 16 : 32; sums += 32; column += 32; left -= 4;
    } while (left > 0);
    row += <usize>rows * rowBytes; corrections += <usize>(rows * tile.nCorrections) << 3; target += binBytes;
  }
  storeSome(x, y, count, to);
  return max(farthest, binOf(max(f64x2.extract_lane(largest, 0), f64x2.extract_lane(largest, 1))));
}

/** Returns `largest` with those of them that lie in the cells; the bins of the others are in `farthest`. */
// @ts-ignore: decorator
@inline
function storeFour(x: v128, y: v128, count: i32, largest: v128, low: v128, high: v128, bits: i32, origin: usize, edges: usize, isWide: bool, to: usize): v128 {
  const most = f64x2.pmax(x, y);
  if (i32(count < 4) | i32(v128.any_true(f64x2.ge(most, high)))) {
    storeSome(x, y, count, to);
  } else {
    largest = f64x2.pmax(largest, most);
    const cell = i32x4.shr_u(i32x4.max_s(low, v128.shuffle<i32>(x, y, 1, 3, 5, 7)), bits);
    const c01 = i64x2.extract_lane(cell, 0), c23 = i64x2.extract_lane(cell, 1);
    let bin0 = <i32>load<u16>(origin + (<usize>c01 << 1)), bin1 = <i32>load<u16>(origin + (<usize>(c01 >>> 32) << 1));
    let bin2 = <i32>load<u16>(origin + (<usize>c23 << 1)), bin3 = <i32>load<u16>(origin + (<usize>(c23 >>> 32) << 1));
    bin0 += i32(f64x2.extract_lane(x, 0) >= load<f64>(edges + (<usize>bin0 << 3), 8));
    bin1 += i32(f64x2.extract_lane(x, 1) >= load<f64>(edges + (<usize>bin1 << 3), 8));
    bin2 += i32(f64x2.extract_lane(y, 0) >= load<f64>(edges + (<usize>bin2 << 3), 8));
    bin3 += i32(f64x2.extract_lane(y, 1) >= load<f64>(edges + (<usize>bin3 << 3), 8));
    if (isWide) {
      store<u16>(to, <u16>bin0); store<u16>(to, <u16>bin1, 32); store<u16>(to, <u16>bin2, 64); store<u16>(to, <u16>bin3, 96);
    } else {
      store<u8>(to, <u8>bin0); store<u8>(to, <u8>bin1, 16); store<u8>(to, <u8>bin2, 32); store<u8>(to, <u8>bin3, 48);
    }
  }
  return largest;
}

/** One by one: the first `count` of the four, or such as lie beyond the cells. */
function storeSome(x: v128, y: v128, count: i32, to: usize): void {
  const step = <usize>(binBytes << 4);
  if (count > 0) storeOne(f64x2.extract_lane(x, 0), to);
  if (count > 1) storeOne(f64x2.extract_lane(x, 1), to + step);
  if (count > 2) storeOne(f64x2.extract_lane(y, 0), to + 2 * step);
  if (count > 3) storeOne(f64x2.extract_lane(y, 1), to + 3 * step);
}

function storeOne(x: f64, to: usize): void {
  const bin = binOf(x);
  farthest = max(farthest, bin);
  if (binBytes == 2) store<u16>(to, <u16>bin); else store<u8>(to, <u8>bin);
}

/** Of squares that a kernel has left with the sign of their roots. */
export function f64BinScores(
  nShuffles: i32, nColumns: i32, squares: usize, stride: i32, columns: usize,
  nCells: i32, firstCell: i32, shift: i32, cells: usize, thresholds: usize, binBytes: i32, bins: usize,
): i32 {
  beginBins(nCells, firstCell, shift, cells, thresholds, binBytes, bins);
  return binScores(nColumns > 0 ? nShuffles : 0, nColumns, squares, stride, columns);
}

export function binScores(nShuffles: i32, nColumns: i32, squares: usize, stride: i32, columns: usize): i32 {
  const last = nColumns - 1;
  const low = doubleOf(firstCell), high = doubleOf(firstCell + nCells), bits = shift + 32;
  const origin = cells - (<usize>firstCell << 1), edges = thresholds, isWide = binBytes == 2, scale = <usize>(3 + binBytes);
  let largest = f64x2.splat(0), row = squares, target = bins;
  for (let b = 0; b < nShuffles; b++) {
    let w = 0, at = row, column = columns;
    do {
      let x = v128.load(at);
      // NaN is not above 0
      x = v128.and(x, f64x2.gt(x, f64x2.splat(0)));
      if (w == last) x = v128.and(x, i64x2(-1, 0));
      const isPair = w < last;
      const to0 = target + (<usize>load<u32>(column) << scale), to1 = target + (<usize>(isPair ? load<u32>(column, 4) : <u32>0) << scale);
      largest = f64x2.pmax(largest, storeBins(x, isPair, low, high, bits, origin, edges, isWide, to0, to1));
      w += 2; at += 16; column += 8;
    } while (w <= last);
    row += <usize>stride << 3; target += binBytes;
  }
  return max(farthest, binOf(max(f64x2.extract_lane(largest, 0), f64x2.extract_lane(largest, 1))));
}

/** Returns x where both lie in the cells, else 0: their bins are in `farthest`. */
// @ts-ignore: decorator
@inline
function storeBins(x: v128, isPair: bool, low: v128, high: v128, bits: i32, origin: usize, edges: usize, isWide: bool, to0: usize, to1: usize): v128 {
  const cell = i64x2.shr_u(f64x2.pmax(low, f64x2.pmin(high, x)), bits);
  let bin0 = <i32>load<u16>(origin + (<usize>i32x4.extract_lane(cell, 0) << 1)), bin1 = <i32>load<u16>(origin + (<usize>i32x4.extract_lane(cell, 2) << 1));
  bin0 += i32(f64x2.extract_lane(x, 0) >= load<f64>(edges + (<usize>bin0 << 3), 8));
  bin1 += i32(f64x2.extract_lane(x, 1) >= load<f64>(edges + (<usize>bin1 << 3), 8));
  let within = x;
  if (v128.any_true(f64x2.ge(x, high))) {
    bin0 = binOf(f64x2.extract_lane(x, 0));
    bin1 = binOf(f64x2.extract_lane(x, 1));
    farthest = max(farthest, max(bin0, bin1));
    within = f64x2.splat(0);
  }
  if (isWide) {
    store<u16>(to0, <u16>bin0);
    if (isPair) store<u16>(to1, <u16>bin1);
  } else {
    store<u8>(to0, <u8>bin0);
    if (isPair) store<u8>(to1, <u8>bin1);
  }
  return within;
}

/** Where a cell begins. */
// @ts-ignore: decorator
@inline
function doubleOf(cell: i32): v128 { return i64x2.splat(<i64>cell << <i64>(shift + 32)); }

/** Wherever x lies: beyond the cells thresholds are tried one by one. */
export function binOf(x: f64): i32 {
  if (!(x > 0 && x < Infinity)) return 0;
  const cell = min(max(<i32>(reinterpret<i64>(x) >> <i64>(shift + 32)), firstCell), firstCell + nCells) - firstCell;
  let bin = <i32>load<u16>(cells + (<usize>cell << 1));
  while (x >= load<f64>(thresholds + (<usize>bin << 3), 8)) bin++;
  return bin;
}
