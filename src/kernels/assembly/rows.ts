// Operands of a product that takes rows instead of panels (../native/). Contracts: ../CONTRACTS.md.

export function f64RowsFromPanels(nRows: i32, width: i32, packed: usize, stride: i32, factors: usize, rows: usize): void {
  if (factors == 0) rowsFromPanels(false, false, nRows, width, packed, stride, factors, rows);
  else rowsFromPanels(false, true, nRows, width, packed, stride, factors, rows);
}

export function f32RowsFromPanels(nRows: i32, width: i32, packed: usize, stride: i32, factors: usize, rows: usize): void {
  if (factors == 0) rowsFromPanels(true, false, nRows, width, packed, stride, factors, rows);
  else rowsFromPanels(true, true, nRows, width, packed, stride, factors, rows);
}

// Eight columns at a time: a line of the cache a row. Rows are often a multiple of 4 KiB apart, so a line must be whole when it is left.
// @ts-ignore: decorator
@inline
function rowsFromPanels(isSingle: bool, isScaled: bool, nRows: i32, width: i32, packed: usize, stride: i32, factors: usize, rows: usize): void {
  const rowBytes = <usize>stride << (isSingle ? 2 : 3), panelBytes = <usize>nRows << 5, zero = f64x2.splat(0), next: usize = isSingle ? 16 : 32;
  for (let w = 0; w < stride; w += 8, rows += 2 * next) {
    let to = rows;
    const first = packed + <usize>(w >> 2) * panelBytes, factor = factors + (<usize>w << 3);
    if (w + 8 <= width) {
      let low = first, high = first + panelBytes;
      for (let i = 0; i < nRows; i++, low += 32, high += 32, to += rowBytes) {
        storeFour(isSingle, isScaled, low, factor, to);
        storeFour(isSingle, isScaled, high, factor + 32, to + next);
      }
      continue;
    }
    const isHalf = w < width;
    let low = isHalf ? first : packed;
    for (let i = 0; i < nRows; i++, low += 32, to += rowBytes) {
      if (isHalf) storeFour(isSingle, isScaled, low, factor, to);
      else storeZeros(isSingle, zero, to);
      storeZeros(isSingle, zero, to + next);
    }
  }
}

// @ts-ignore: decorator
@inline
function storeFour(isSingle: bool, isScaled: bool, from: usize, factor: usize, to: usize): void {
  const low = isScaled ? f64x2.mul(v128.load(from), v128.load(factor)) : v128.load(from);
  const high = isScaled ? f64x2.mul(v128.load(from, 16), v128.load(factor, 16)) : v128.load(from, 16);
  if (isSingle) v128.store(to, v128.shuffle<i32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5));
  else { v128.store(to, low); v128.store(to, high, 16); }
}

// @ts-ignore: decorator
@inline
function storeZeros(isSingle: bool, zero: v128, to: usize): void {
  v128.store(to, zero);
  if (!isSingle) v128.store(to, zero, 16);
}

export function f64GatherRows(nRows: i32, rank: i32, nShuffles: i32, labels: usize, signs: usize, basis: usize, gathered: usize): void {
  for (let b = 0; b < nShuffles; b++) {
    const label = labels + (<usize>b * <usize>nRows << 2), sign = signs + <usize>b * <usize>nRows;
    for (let j = 0; j < rank; j++, gathered += <usize>nRows << 3) {
      const q = basis + (<usize>j * <usize>nRows << 3);
      for (let i = 0; i < nRows; i++) {
        const value = <f64>load<i8>(sign + <usize>i) * load<f64>(q + (<usize>i << 3));
        store<f64>(gathered + (<usize>load<i32>(label + (<usize>i << 2)) << 3), value);
      }
    }
  }
}

export function f32GatherRows(nRows: i32, rank: i32, nShuffles: i32, labels: usize, signs: usize, basis: usize, gathered: usize): void {
  for (let b = 0; b < nShuffles; b++) {
    const label = labels + (<usize>b * <usize>nRows << 2), sign = signs + <usize>b * <usize>nRows;
    for (let j = 0; j < rank; j++, gathered += <usize>nRows << 2) {
      const q = basis + (<usize>j * <usize>nRows << 3);
      for (let i = 0; i < nRows; i++) {
        const value = <f32>(<f64>load<i8>(sign + <usize>i) * load<f64>(q + (<usize>i << 3)));
        store<f32>(gathered + (<usize>load<i32>(label + (<usize>i << 2)) << 2), value);
      }
    }
  }
}
