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
  if (productBytes == 4) {
    if (contrastRank == 1) return nCorrections > 1 ? f32BinCorrected() : nCorrections == 1 ? f32BinCorrected1() : rank == 1 ? f32BinRow() : f32Bin1();
    if (nCorrections > 0) return nCorrections == 1 ? f32BinAnyCorrected1() : f32BinAnyCorrected();
    return contrastRank > 3 ? f32BinAny() : contrastRank == 2 ? f32Bin2() : f32Bin3();
  }
  if (contrastRank == 1) return nCorrections > 1 ? f64BinCorrected() : nCorrections == 1 ? f64BinCorrected1() : rank == 1 ? f64BinRow() : f64Bin1();
  if (nCorrections > 0) return nCorrections == 1 ? f64BinAnyCorrected1() : f64BinAnyCorrected();
  return contrastRank > 3 ? f64BinAny() : contrastRank == 2 ? f64Bin2() : f64Bin3();
}

export function f64BinRow(): i32 { return binTile(false, 0, 1, 1); }
export function f64Bin1(): i32 { return binTile(false, 0, 1, 0); }
export function f64Bin2(): i32 { return binTile(false, 0, 2, 0); }
export function f64Bin3(): i32 { return binTile(false, 0, 3, 0); }
export function f64BinCorrected1(): i32 { return binTile(false, 1, 1, 0); }
export function f64BinCorrected(): i32 { return binTile(false, 2, 1, 0); }
export function f64BinAny(): i32 { return binTile(false, 0, 0, 0); }
export function f64BinAnyCorrected1(): i32 { return binTile(false, 1, 0, 0); }
export function f64BinAnyCorrected(): i32 { return binTile(false, 2, 0, 0); }
export function f32BinRow(): i32 { return binTile(true, 0, 1, 1); }
export function f32Bin1(): i32 { return binTile(true, 0, 1, 0); }
export function f32Bin2(): i32 { return binTile(true, 0, 2, 0); }
export function f32Bin3(): i32 { return binTile(true, 0, 3, 0); }
export function f32BinCorrected1(): i32 { return binTile(true, 1, 1, 0); }
export function f32BinCorrected(): i32 { return binTile(true, 2, 1, 0); }
export function f32BinAny(): i32 { return binTile(true, 0, 0, 0); }
export function f32BinAnyCorrected1(): i32 { return binTile(true, 1, 0, 0); }
export function f32BinAnyCorrected(): i32 { return binTile(true, 2, 0, 0); }

// @ts-ignore: decorator
@inline
function binTile(isSingle: bool, nCorrected: i32, s: i32, r: i32): i32 {
  const rows = r == 1 ? 1 : tile.rank, rowBytes = tile.rowBytes, basis = tile.contrastBasis, last = tile.nColumns - 1;
  const factor = f64x2.splat(tile.scale), signBit = i64x2.splat(tile.sign), zero = f64x2.splat(0);
  const low = doubleOf(firstCell), high = doubleOf(firstCell + nCells), bits = shift + 32;
  const origin = cells - (<usize>firstCell << 1), edges = thresholds, isWide = binBytes == 2, step = <usize>(binBytes << 5);
  let largest = zero, row = tile.product, corrections = tile.correctionRows, target = bins;
  for (let b = 0; b < tile.nShuffles; b++) {
    let w = 0, at = row, to = target, sums = tile.sumSquares, column = tile.correctionColumns;
    if (r != 1 && last > 1) {
      do {
        const x = tile.squaresOfRows(isSingle, nCorrected, s, rows, at, rowBytes, basis, corrections, column, sums, factor, signBit, zero);
        let y = tile.second;
        if (w + 2 == last) y = v128.and(y, i64x2(-1, 0));
        largest = f64x2.pmax(largest, storeBins(x, true, low, high, bits, origin, edges, isWide, to, to + (step >> 1)));
        largest = f64x2.pmax(largest, storeBins(y, w + 2 < last, low, high, bits, origin, edges, isWide, to + step, to + step + (step >> 1)));
        w += 4; to += 2 * step; at += isSingle ? 16 : 32; sums += 32; column += 32;
      } while (w + 2 <= last);
    }
    if (w <= last) do {
      let x = tile.squareOfRows(isSingle, nCorrected != 0, s, rows, at, rowBytes, basis, corrections, column, v128.load(sums), factor, signBit, zero);
      if (w == last) x = v128.and(x, i64x2(-1, 0));
      largest = f64x2.pmax(largest, storeBins(x, w < last, low, high, bits, origin, edges, isWide, to, to + (step >> 1)));
      w += 2; to += step; at += isSingle ? 8 : 16; sums += 16; column += 16;
    } while (w <= last);
    row += <usize>rows * rowBytes; corrections += <usize>(rows * tile.nCorrections) << 3; target += binBytes;
  }
  return max(farthest, binOf(max(f64x2.extract_lane(largest, 0), f64x2.extract_lane(largest, 1))));
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
