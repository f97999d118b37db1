// The shapes of the prototypes (mathematics M5 and M11), written again: what the project's kernels are measured beside.

/** product = gathered * packed, one run over all subjects a tile: 4 rows x 2 vectors, nothing blocked. */
export function prototypeF64Gemm(nOut: i32, nRows: i32, width: i32, gathered: usize, packed: usize, product: usize): void {
  const rowBytes = <usize>width * 8;
  for (let w = 0; w < width; w += 4) {
    for (let r = 0; r < nOut; r += 4) {
      let a = gathered + <usize>(r * nRows) * 8, y = packed + <usize>(w * nRows) * 8;
      let c00 = f64x2.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
      for (let i = 0; i < nRows; i++, a += 32, y += 32) {
        const y0 = v128.load(y), y1 = v128.load(y, 16);
        let s = v128.load64_splat(a);
        c00 = f64x2.add(c00, f64x2.mul(s, y0)); c01 = f64x2.add(c01, f64x2.mul(s, y1));
        s = v128.load64_splat(a, 8);
        c10 = f64x2.add(c10, f64x2.mul(s, y0)); c11 = f64x2.add(c11, f64x2.mul(s, y1));
        s = v128.load64_splat(a, 16);
        c20 = f64x2.add(c20, f64x2.mul(s, y0)); c21 = f64x2.add(c21, f64x2.mul(s, y1));
        s = v128.load64_splat(a, 24);
        c30 = f64x2.add(c30, f64x2.mul(s, y0)); c31 = f64x2.add(c31, f64x2.mul(s, y1));
      }
      let to = product + <usize>(r * width + w) * 8;
      v128.store(to, c00); v128.store(to, c01, 16); to += rowBytes;
      v128.store(to, c10); v128.store(to, c11, 16); to += rowBytes;
      v128.store(to, c20); v128.store(to, c21, 16); to += rowBytes;
      v128.store(to, c30); v128.store(to, c31, 16);
    }
  }
}

/** product = gathered * packed, one run over all subjects a tile: 4 rows x 2 vectors, nothing blocked. */
export function prototypeF32Gemm(nOut: i32, nRows: i32, width: i32, gathered: usize, packed: usize, product: usize): void {
  const rowBytes = <usize>width * 4;
  for (let w = 0; w < width; w += 8) {
    for (let r = 0; r < nOut; r += 4) {
      let a = gathered + <usize>(r * nRows) * 4, y = packed + <usize>(w * nRows) * 4;
      let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
      for (let i = 0; i < nRows; i++, a += 16, y += 32) {
        const y0 = v128.load(y), y1 = v128.load(y, 16);
        let s = v128.load32_splat(a);
        c00 = f32x4.add(c00, f32x4.mul(s, y0)); c01 = f32x4.add(c01, f32x4.mul(s, y1));
        s = v128.load32_splat(a, 4);
        c10 = f32x4.add(c10, f32x4.mul(s, y0)); c11 = f32x4.add(c11, f32x4.mul(s, y1));
        s = v128.load32_splat(a, 8);
        c20 = f32x4.add(c20, f32x4.mul(s, y0)); c21 = f32x4.add(c21, f32x4.mul(s, y1));
        s = v128.load32_splat(a, 12);
        c30 = f32x4.add(c30, f32x4.mul(s, y0)); c31 = f32x4.add(c31, f32x4.mul(s, y1));
      }
      let to = product + <usize>(r * width + w) * 4;
      v128.store(to, c00); v128.store(to, c01, 16); to += rowBytes;
      v128.store(to, c10); v128.store(to, c11, 16); to += rowBytes;
      v128.store(to, c20); v128.store(to, c21, 16); to += rowBytes;
      v128.store(to, c30); v128.store(to, c31, 16);
    }
  }
}

// @ts-ignore: decorator
@inline
function bump(lane: usize, bin: i32, weight: f32): void {
  const at = lane + (<usize>bin << 2);
  store<f32>(at, load<f32>(at) + weight);
}

/** CFE with E = 2: all 16 lanes of every connection, histogram [lane][256], indices and weights in arrays of their own. */
export function prototypeEnhance(
  nRows: i32, rowStarts: usize, indices: usize, weights: usize, heightPowers: usize, bins: usize, enhanced: usize, histogram: usize,
): void {
  for (let f = 0; f < nRows; f++, enhanced += 64) {
    const own = bins + (<usize>f << 4);
    const own16 = v128.load(own);
    if (!v128.any_true(own16)) { memory.fill(enhanced, 0, 64); continue; }
    for (let l: usize = 0; l < 16; l++) memory.fill(histogram + (l << 10), 0, <usize>(<i32>load<u8>(own + l) + 1) << 2);
    const end = load<u32>(rowStarts + (<usize>f << 2), 4);
    for (let p = load<u32>(rowStarts + (<usize>f << 2)); p < end; p++) {
      const w = load<f32>(weights + (<usize>p << 2));
      const b = i8x16.min_u(v128.load(bins + (<usize>load<u32>(indices + (<usize>p << 2)) << 4)), own16);
      bump(histogram + 0, i8x16.extract_lane_u(b, 0), w);
      bump(histogram + 1024, i8x16.extract_lane_u(b, 1), w);
      bump(histogram + 2048, i8x16.extract_lane_u(b, 2), w);
      bump(histogram + 3072, i8x16.extract_lane_u(b, 3), w);
      bump(histogram + 4096, i8x16.extract_lane_u(b, 4), w);
      bump(histogram + 5120, i8x16.extract_lane_u(b, 5), w);
      bump(histogram + 6144, i8x16.extract_lane_u(b, 6), w);
      bump(histogram + 7168, i8x16.extract_lane_u(b, 7), w);
      bump(histogram + 8192, i8x16.extract_lane_u(b, 8), w);
      bump(histogram + 9216, i8x16.extract_lane_u(b, 9), w);
      bump(histogram + 10240, i8x16.extract_lane_u(b, 10), w);
      bump(histogram + 11264, i8x16.extract_lane_u(b, 11), w);
      bump(histogram + 12288, i8x16.extract_lane_u(b, 12), w);
      bump(histogram + 13312, i8x16.extract_lane_u(b, 13), w);
      bump(histogram + 14336, i8x16.extract_lane_u(b, 14), w);
      bump(histogram + 15360, i8x16.extract_lane_u(b, 15), w);
    }
    for (let l: usize = 0; l < 16; l++) {
      const lane = histogram + (l << 10);
      let extent: f32 = 0, sum: f32 = 0;
      for (let h = <i32>load<u8>(own + l); h >= 1; h--) {
        extent += load<f32>(lane + (<usize>h << 2));
        sum += extent * extent * load<f32>(heightPowers + (<usize>h << 2));
      }
      store<f32>(enhanced + (l << 2), sum);
    }
  }
}
