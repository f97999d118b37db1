// product = gathered * packed. Micro-kernel 4 rows x 2 vectors: 8 accumulators is what V8 keeps in registers; larger tiles spill.
//
//   gathered [R/4][n][4]      packed [W/NR][n][NR], NR = 2 vectors      product [R][stride]
//
// The subjects are cut into slices of KC so that one packed panel and one gathered panel stay in the first-level cache; the accumulators
// are reloaded from the product between slices, so each sum still runs over i = 0..n-1 in one accumulator: same bits for any KC.

/** Subjects a slice. 4 columns x 8 B x 512 = 16 KiB a panel (f64), two panels live. */
const KC: i32 = 512;

export function f64Gemm(nOut: i32, nRows: i32, width: i32, gathered: usize, packed: usize, product: usize, stride: i32): void {
  const rowBytes = <usize>stride << 3;
  for (let i0 = 0; i0 < nRows; i0 += KC) {
    const count = min(KC, nRows - i0);
    for (let w = 0; w < width; w += 4) {
      const panel = packed + (<usize>w * <usize>nRows + (<usize>i0 << 2)) * 8;
      for (let r = 0; r < nOut; r += 4) {
        const rows = gathered + (<usize>r * <usize>nRows + (<usize>i0 << 2)) * 8;
        f64Tile(count, i0 > 0, rows, panel, product + (<usize>r * <usize>stride + <usize>w) * 8, rowBytes);
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function f64Tile(count: i32, resume: bool, gathered: usize, packed: usize, product: usize, rowBytes: usize): void {
  let c00 = f64x2.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  const p1 = product + rowBytes, p2 = p1 + rowBytes, p3 = p2 + rowBytes;
  if (resume) {
    c00 = v128.load(product); c01 = v128.load(product, 16);
    c10 = v128.load(p1); c11 = v128.load(p1, 16);
    c20 = v128.load(p2); c21 = v128.load(p2, 16);
    c30 = v128.load(p3); c31 = v128.load(p3, 16);
  }
  for (let i = 0; i < count; i++) {
    const y0 = v128.load(packed), y1 = v128.load(packed, 16);
    let a = v128.load64_splat(gathered);
    c00 = f64x2.add(c00, f64x2.mul(a, y0)); c01 = f64x2.add(c01, f64x2.mul(a, y1));
    a = v128.load64_splat(gathered, 8);
    c10 = f64x2.add(c10, f64x2.mul(a, y0)); c11 = f64x2.add(c11, f64x2.mul(a, y1));
    a = v128.load64_splat(gathered, 16);
    c20 = f64x2.add(c20, f64x2.mul(a, y0)); c21 = f64x2.add(c21, f64x2.mul(a, y1));
    a = v128.load64_splat(gathered, 24);
    c30 = f64x2.add(c30, f64x2.mul(a, y0)); c31 = f64x2.add(c31, f64x2.mul(a, y1));
    gathered += 32; packed += 32;
  }
  v128.store(product, c00); v128.store(product, c01, 16);
  v128.store(p1, c10); v128.store(p1, c11, 16);
  v128.store(p2, c20); v128.store(p2, c21, 16);
  v128.store(p3, c30); v128.store(p3, c31, 16);
}

export function f32Gemm(nOut: i32, nRows: i32, width: i32, gathered: usize, packed: usize, product: usize, stride: i32): void {
  const rowBytes = <usize>stride << 2;
  for (let i0 = 0; i0 < nRows; i0 += KC) {
    const count = min(KC, nRows - i0);
    for (let w = 0; w < width; w += 8) {
      const panel = packed + (<usize>w * <usize>nRows + (<usize>i0 << 3)) * 4;
      for (let r = 0; r < nOut; r += 4) {
        const rows = gathered + (<usize>r * <usize>nRows + (<usize>i0 << 2)) * 4;
        f32Tile(count, i0 > 0, rows, panel, product + (<usize>r * <usize>stride + <usize>w) * 4, rowBytes);
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function f32Tile(count: i32, resume: bool, gathered: usize, packed: usize, product: usize, rowBytes: usize): void {
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  const p1 = product + rowBytes, p2 = p1 + rowBytes, p3 = p2 + rowBytes;
  if (resume) {
    c00 = v128.load(product); c01 = v128.load(product, 16);
    c10 = v128.load(p1); c11 = v128.load(p1, 16);
    c20 = v128.load(p2); c21 = v128.load(p2, 16);
    c30 = v128.load(p3); c31 = v128.load(p3, 16);
  }
  for (let i = 0; i < count; i++) {
    const y0 = v128.load(packed), y1 = v128.load(packed, 16);
    let a = v128.load32_splat(gathered);
    c00 = f32x4.add(c00, f32x4.mul(a, y0)); c01 = f32x4.add(c01, f32x4.mul(a, y1));
    a = v128.load32_splat(gathered, 4);
    c10 = f32x4.add(c10, f32x4.mul(a, y0)); c11 = f32x4.add(c11, f32x4.mul(a, y1));
    a = v128.load32_splat(gathered, 8);
    c20 = f32x4.add(c20, f32x4.mul(a, y0)); c21 = f32x4.add(c21, f32x4.mul(a, y1));
    a = v128.load32_splat(gathered, 12);
    c30 = f32x4.add(c30, f32x4.mul(a, y0)); c31 = f32x4.add(c31, f32x4.mul(a, y1));
    gathered += 16; packed += 32;
  }
  v128.store(product, c00); v128.store(product, c01, 16);
  v128.store(p1, c10); v128.store(p1, c11, 16);
  v128.store(p2, c20); v128.store(p2, c21, 16);
  v128.store(p3, c30); v128.store(p3, c31, 16);
}
