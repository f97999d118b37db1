// Masked shuffles of one row times few columns, without gathered rows. Contract: ../CONTRACTS.md.
import { positionsOf, sortPositions } from "./varying";

/** The row by target: those whose source is missing are left out of the count, and zero. */
function spreadRow(nRows: i32, ends: usize, row: usize, sign: usize, spread: usize): void {
  for (let i = 0; ; i++, spread += 8, ends += 4) {
    const end = load<i32>(ends);
    if (sign == 0) {
      for (; i + 1 < end; i += 2, spread += 16, row += 16) v128.store(spread, v128.load(row));
      if (i < end) { store<f64>(spread, load<f64>(row)); i++; spread += 8; row += 8; }
    } else {
      for (; i < end; i++, spread += 8, row += 8) store<f64>(spread, <f64>load<i8>(sign + <usize>i) * load<f64>(row));
    }
    if (i == nRows) return;
    store<f64>(spread, 0);
  }
}

export function f64MaskedProduct(
  nRows: i32, nShuffles: i32, signs: usize, nMissing: i32, missing: usize, positions: usize,
  row: usize, columns: usize, columnStride: i32, product: usize, scratch: usize, spread: usize,
): void {
  const bitmap = scratch + (<usize>nMissing + 1 << 2), spreadBytes = <usize>nRows << 3, columnBytes = <usize>columnStride << 3;
  for (let first = 0; first < nShuffles; first += 4) {
    const count = min(4, nShuffles - first);
    for (let b = 0; b < count; b++) {
      sortPositions(nRows, nMissing, missing, positionsOf(positions, first + b, nRows), bitmap, scratch);
      spreadRow(nRows, scratch, row, signs == 0 ? 0 : signs + <usize>(first + b) * <usize>nRows, spread + <usize>b * spreadBytes);
    }
    const position = positionsOf(positions, first, nRows), to = product + (<usize>first << 4);
    if (count == 4) fourShuffles(nRows, position, spread, columns, columnBytes, to);
    else for (let b: usize = 0; b < <usize>count; b++) oneShuffle(nRows, position + (b << 2), spread + b * spreadBytes, columns, columnBytes, to + (b << 4));
  }
}

function fourShuffles(nRows: i32, position: usize, spread: usize, columns: usize, columnBytes: usize, to: usize): void {
  const spreadBytes = <usize>nRows << 3, end = columns + <usize>nRows * columnBytes;
  const spread1 = spread + spreadBytes, spread2 = spread1 + spreadBytes, spread3 = spread2 + spreadBytes;
  let a = f64x2.splat(0), b = a, c = a, d = a;
  for (; columns < end; columns += columnBytes, position += 16) {
    const y = v128.load(columns);
    a = f64x2.add(a, f64x2.mul(v128.load64_splat(spread + (<usize>load<i32>(position) << 3)), y));
    b = f64x2.add(b, f64x2.mul(v128.load64_splat(spread1 + (<usize>load<i32>(position, 4) << 3)), y));
    c = f64x2.add(c, f64x2.mul(v128.load64_splat(spread2 + (<usize>load<i32>(position, 8) << 3)), y));
    d = f64x2.add(d, f64x2.mul(v128.load64_splat(spread3 + (<usize>load<i32>(position, 12) << 3)), y));
  }
  v128.store(to, a); v128.store(to, b, 16); v128.store(to, c, 32); v128.store(to, d, 48);
}

function oneShuffle(nRows: i32, position: usize, spread: usize, columns: usize, columnBytes: usize, to: usize): void {
  let a = f64x2.splat(0);
  for (let i = 0; i < nRows; i++, position += 16, columns += columnBytes) {
    a = f64x2.add(a, f64x2.mul(v128.load64_splat(spread + (<usize>load<i32>(position) << 3)), v128.load(columns)));
  }
  v128.store(to, a);
}
