// What one core can do at most with SIMD128 and no fused multiply-add: ten sums in registers, one changing operand, no memory.
// (A changing operand, so that no compiler moves the products out of the loop; more than ten sums spill in V8.)

/** 21 operations on two lanes a round. */
export function peakF64(rounds: i32, y: f64, change: f64): f64 {
  const y0 = f64x2.splat(y), y1 = f64x2.splat(y + y), flip = f64x2.splat(change);
  let s = f64x2.splat(y);
  let c0 = f64x2.splat(0), c1 = f64x2.splat(1), c2 = f64x2.splat(2), c3 = f64x2.splat(3), c4 = f64x2.splat(4);
  let c5 = f64x2.splat(5), c6 = f64x2.splat(6), c7 = f64x2.splat(7), c8 = f64x2.splat(8), c9 = f64x2.splat(9);
  for (let i = 0; i < rounds; i++) {
    s = f64x2.mul(s, flip);
    c0 = f64x2.add(c0, f64x2.mul(s, y0)); c1 = f64x2.add(c1, f64x2.mul(s, y1));
    c2 = f64x2.add(c2, f64x2.mul(s, y0)); c3 = f64x2.add(c3, f64x2.mul(s, y1));
    c4 = f64x2.add(c4, f64x2.mul(s, y0)); c5 = f64x2.add(c5, f64x2.mul(s, y1));
    c6 = f64x2.add(c6, f64x2.mul(s, y0)); c7 = f64x2.add(c7, f64x2.mul(s, y1));
    c8 = f64x2.add(c8, f64x2.mul(s, y0)); c9 = f64x2.add(c9, f64x2.mul(s, y1));
  }
  const low = f64x2.add(f64x2.add(f64x2.add(c0, c1), f64x2.add(c2, c3)), c4);
  const high = f64x2.add(f64x2.add(f64x2.add(c5, c6), f64x2.add(c7, c8)), c9);
  return f64x2.extract_lane(f64x2.add(low, high), 0);
}

/** 21 operations on four lanes a round. */
export function peakF32(rounds: i32, y: f32, change: f32): f32 {
  const y0 = f32x4.splat(y), y1 = f32x4.splat(y + y), flip = f32x4.splat(change);
  let s = f32x4.splat(y);
  let c0 = f32x4.splat(0), c1 = f32x4.splat(1), c2 = f32x4.splat(2), c3 = f32x4.splat(3), c4 = f32x4.splat(4);
  let c5 = f32x4.splat(5), c6 = f32x4.splat(6), c7 = f32x4.splat(7), c8 = f32x4.splat(8), c9 = f32x4.splat(9);
  for (let i = 0; i < rounds; i++) {
    s = f32x4.mul(s, flip);
    c0 = f32x4.add(c0, f32x4.mul(s, y0)); c1 = f32x4.add(c1, f32x4.mul(s, y1));
    c2 = f32x4.add(c2, f32x4.mul(s, y0)); c3 = f32x4.add(c3, f32x4.mul(s, y1));
    c4 = f32x4.add(c4, f32x4.mul(s, y0)); c5 = f32x4.add(c5, f32x4.mul(s, y1));
    c6 = f32x4.add(c6, f32x4.mul(s, y0)); c7 = f32x4.add(c7, f32x4.mul(s, y1));
    c8 = f32x4.add(c8, f32x4.mul(s, y0)); c9 = f32x4.add(c9, f32x4.mul(s, y1));
  }
  const low = f32x4.add(f32x4.add(f32x4.add(c0, c1), f32x4.add(c2, c3)), c4);
  const high = f32x4.add(f32x4.add(f32x4.add(c5, c6), f32x4.add(c7, c8)), c9);
  return f32x4.extract_lane(f32x4.add(low, high), 0);
}
