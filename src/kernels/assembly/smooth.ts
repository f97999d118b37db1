// Smoothing of fixel data over a row of connections, lanes of subjects side by side. Contract: ../CONTRACTS.md.
//
//   values[m][L]: one row an element, L a multiple of 4      pairs (u32 element, f32 weight): the connections of a row that count
//   a lane's sum runs over its connections in their order, in float32, whatever L is: products are rounded before they are added.

import { expOfNegative } from "./exp";

export function f32SmoothingWeights(
  nRows: i32, firstRow: i32, nFixels: i32, rowStarts: usize, connected: usize, connectivity: usize, places: usize, inside: usize,
  scale: f32, decay: f32, least: f32, powers: usize, starts: usize, pairs: usize,
): i32 {
  let at = pairs;
  store<u32>(starts, 0);
  for (let i = 0; i < nRows; i++) {
    const row = <usize>(firstRow + i);
    const own = places + (row << 4);
    const x = load<f32>(own);
    const y = load<f32>(own, 4);
    const z = load<f32>(own, 8);
    const isInside = inside == 0 || load<u8>(inside + row) != 0;
    const end = load<u32>(rowStarts + (<usize>i << 2), 4);
    for (let p = load<u32>(rowStarts + (<usize>i << 2)); p < end; p++) {
      const j = load<u32>(connected + (<usize>p << 2));
      const c = load<f32>(connectivity + (<usize>p << 2));
      if (j >= <u32>nFixels || !(c >= 0 && c < Infinity)) return p;
      const most: f32 = c * scale;
      // the other factor is at most 1, and rounding keeps the order
      if (!isInside || !(most >= least)) continue;
      if (inside != 0 && load<u8>(inside + j) == 0) continue;
      const other = places + (<usize>j << 4);
      const dx = load<f32>(other) - x;
      const dy = load<f32>(other, 4) - y;
      const dz = load<f32>(other, 8) - z;
      const weight: f32 = most * expOfNegative(decay * (dx * dx + (dy * dy + dz * dz)), powers);
      if (!(weight >= least)) continue;
      store<u32>(at, j);
      store<f32>(at, weight, 4);
      at += 8;
    }
    store<u32>(starts + (<usize>i << 2), <u32>((at - pairs) >> 3), 4);
  }
  return -1;
}

export function f32SmoothRows(
  nRows: i32, firstRow: i32, nLanes: i32, starts: usize, pairs: usize, complete: usize, values: usize, smoothed: usize,
): void {
  const stride = <usize>nLanes << 2;
  for (let i = 0; i < nRows; i++) {
    const first = pairs + (<usize>load<u32>(starts + (<usize>i << 2)) << 3);
    const end = pairs + (<usize>load<u32>(starts + (<usize>i << 2), 4) << 3);
    const row = smoothed + <usize>(firstRow + i) * stride;
    let sum: f64 = 0;
    let whole: u32 = 1;
    for (let p = first; p < end; p += 8) {
      whole &= load<u8>(complete + <usize>load<u32>(p));
      sum += <f64>load<f32>(p, 4);
    }
    if (whole == 0) smoothPart(first, end, values, stride, row);
    else if (sum != 0) smoothWhole(first, end, values, stride, row, f32x4.splat(<f32>sum));
  }
}

// @ts-ignore: decorator
@inline
function term(at: usize, weight: v128): v128 {
  return f32x4.mul(weight, v128.load(at));
}

/** Every lane has a value at every connection: they share the sum of the weights. */
function smoothWhole(first: usize, end: usize, values: usize, stride: usize, row: usize, total: v128): void {
  let done: usize = 0;
  for (; done + 128 <= stride; done += 128) {
    let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0;
    for (let p = first; p < end; p += 8) {
      const at = values + done + <usize>load<u32>(p) * stride;
      const w = v128.load32_splat(p, 4);
      a0 = f32x4.add(a0, term(at, w));
      a1 = f32x4.add(a1, term(at + 16, w));
      a2 = f32x4.add(a2, term(at + 32, w));
      a3 = f32x4.add(a3, term(at + 48, w));
      a4 = f32x4.add(a4, term(at + 64, w));
      a5 = f32x4.add(a5, term(at + 80, w));
      a6 = f32x4.add(a6, term(at + 96, w));
      a7 = f32x4.add(a7, term(at + 112, w));
    }
    const to = row + done;
    v128.store(to, f32x4.div(a0, total));
    v128.store(to + 16, f32x4.div(a1, total));
    v128.store(to + 32, f32x4.div(a2, total));
    v128.store(to + 48, f32x4.div(a3, total));
    v128.store(to + 64, f32x4.div(a4, total));
    v128.store(to + 80, f32x4.div(a5, total));
    v128.store(to + 96, f32x4.div(a6, total));
    v128.store(to + 112, f32x4.div(a7, total));
  }
  for (; done + 32 <= stride; done += 32) {
    let a0 = f32x4.splat(0), a1 = a0;
    for (let p = first; p < end; p += 8) {
      const at = values + done + <usize>load<u32>(p) * stride;
      const w = v128.load32_splat(p, 4);
      a0 = f32x4.add(a0, term(at, w));
      a1 = f32x4.add(a1, term(at + 16, w));
    }
    v128.store(row + done, f32x4.div(a0, total));
    v128.store(row + done + 16, f32x4.div(a1, total));
  }
  if (done == stride) return;
  let sum = f32x4.splat(0);
  for (let p = first; p < end; p += 8) {
    sum = f32x4.add(sum, term(values + done + <usize>load<u32>(p) * stride, v128.load32_splat(p, 4)));
  }
  v128.store(row + done, f32x4.div(sum, total));
}

/** Some lane has NaN at some connection, and leaves it out of both sums. 0 added to a sum that began at +0 changes nothing. */
function smoothPart(first: usize, end: usize, values: usize, stride: usize, row: usize): void {
  for (let done: usize = 0; done < stride; done += 16) {
    let sum = f32x4.splat(0);
    let low = f64x2.splat(0), high = low;
    for (let p = first; p < end; p += 8) {
      const v = v128.load(values + done + <usize>load<u32>(p) * stride);
      const has = f32x4.eq(v, v);
      const w = v128.load32_splat(p, 4);
      sum = f32x4.add(sum, v128.and(has, f32x4.mul(w, v)));
      const weight = v128.and(has, w);
      low = f64x2.add(low, f64x2.promote_low_f32x4(weight));
      high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<f32>(weight, weight, 2, 3, 2, 3)));
    }
    const total = v128.shuffle<f32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
    const none = f32x4.eq(total, f32x4.splat(0));
    v128.store(row + done, v128.bitselect(v128.load(row + done), f32x4.div(sum, total), none));
  }
}
