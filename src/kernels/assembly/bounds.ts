// The maximum of enhanced statistics by bounds: levels of bins, two bounds of a row, one exact value. Contract: ../CONTRACTS.md; mathematics M16.
//
//   levels[place][64]: a line of the cache a fixel, 64 shuffles side by side; index: places of a row's connections, 8 a group of one weight
import { clearNarrow, integrate } from "./cfe";

/** Largest level. */
const LEVELS: u32 = 31;
/** Bytes of a row: place, element, first group, groups, sum of weights, A, B, C. */
const ROW: usize = 32;
/** Where the tables of heights begin, in bytes. */
const GROWTH: usize = 0, OWN_HEIGHTS: usize = 1024, HEIGHTS: usize = 2048, UNIT: usize = 2176;
/** Bytes of the scratch: sums of 64 lanes, four histograms of 32 levels. */
const SUMS: usize = 128, HISTOGRAM: usize = 128;

export function u8LevelBins(
  first: i32, count: i32, order: usize, bins: usize, groupBytes: usize, nGroups: i32, cap: i32, table: usize, levels: usize,
): void {
  const low = v128.load(table), high = v128.load(table, 16), most = i8x16.splat(31), sixteen = i8x16.splat(16);
  for (let place = <usize>first, end = <usize>(first + count); place < end; place++) {
    const element = bins + (<usize>load<u32>(order + (place << 2)) << 4);
    const to = levels + (place << 6);
    for (let g: usize = 0; g < 4; g++) {
      const at = to + (g << 4);
      if (<i32>g >= nGroups) { v128.store(at, i8x16.splat(0)); continue; }
      const from = element + g * groupBytes;
      if (cap <= 31) {
        // a swizzle by 16 and more gives 0
        const b = i8x16.min_u(v128.load(from), most);
        v128.store(at, v128.or(i8x16.swizzle(low, b), i8x16.swizzle(high, i8x16.sub(b, sixteen))));
      } else {
        for (let l: usize = 0; l < 16; l++) store<u8>(at + l, load<u8>(table + load<u8>(from + l)));
      }
    }
  }
}

/** Eight levels at once, as bytes that begin at -128: between zeros they are 16-bit numbers times 256. */
// @ts-ignore: decorator
@inline
function flush(sums: usize, a: v128, weight: v128): void {
  const zero = i16x8.splat(0);
  const low = i8x16.shuffle(zero, a, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  const high = i8x16.shuffle(zero, a, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  v128.store(sums, i16x8.add(v128.load(sums), i16x8.q15mulr_sat_s(low, weight)));
  v128.store(sums, i16x8.add(v128.load(sums, 16), i16x8.q15mulr_sat_s(high, weight)), 16);
}

// @ts-ignore: decorator
@inline
function sumLevels(index: usize, weights: usize, nGroups: u32, weightSum: u32, levels: usize, own: usize, sums: usize): void {
  const o0 = v128.load(own), o1 = v128.load(own, 16), o2 = v128.load(own, 32), o3 = v128.load(own, 48);
  // undoes the -128
  const start = i16x8.splat(<i16>weightSum);
  for (let i: usize = 0; i < SUMS; i += 16) v128.store(sums + i, start);
  for (const end = weights + (<usize>nGroups << 1); weights < end; weights += 2) {
    let a0 = i8x16.splat(-128), a1 = a0, a2 = a0, a3 = a0;
    // not unrolled: the registers run out
    for (const last = index + 32; index < last; index += 4) {
      const p = levels + (<usize>load<u32>(index) << 6);
      a0 = i8x16.add(a0, i8x16.min_u(v128.load(p), o0));
      a1 = i8x16.add(a1, i8x16.min_u(v128.load(p, 16), o1));
      a2 = i8x16.add(a2, i8x16.min_u(v128.load(p, 32), o2));
      a3 = i8x16.add(a3, i8x16.min_u(v128.load(p, 48), o3));
    }
    const weight = i16x8.splat(load<i16>(weights));
    flush(sums, a0, weight);
    flush(sums + 32, a1, weight);
    flush(sums + 64, a2, weight);
    flush(sums + 96, a3, weight);
  }
}

export function boundRows(
  nRows: i32, rows: usize, indices: usize, weights: usize, levels: usize, bins: usize, groupBytes: usize, needs: usize, tables: usize,
  refine: i32, room: i32, candidates: usize, counts: usize, scratch: usize,
): i32 {
  let nFound = load<u32>(counts), nPast = load<u32>(counts, 4);
  let i = 0;
  for (; i < nRows && nFound + 64 <= <u32>room; i++, rows += ROW) {
    const own = levels + (<usize>load<u32>(rows) << 6);
    const ownBins = bins + (<usize>load<u32>(rows, 4) << 4);
    const firstGroup = <usize>load<u32>(rows, 8), nGroups = load<u32>(rows, 12);
    const index = indices + (firstGroup << 5), weight = weights + (firstGroup << 1);
    const a = load<f32>(rows, 20), b = load<f32>(rows, 24), c = load<f32>(rows, 28);
    sumLevels(index, weight, nGroups, load<u32>(rows, 16), levels, own, scratch);
    const a4 = f32x4.splat(a), b4 = f32x4.splat(b), c4 = f32x4.splat(c), top = i8x16.splat(<i8>LEVELS);
    let open: u64 = 0;
    for (let q: usize = 0; q < 8; q++) {
      const t = v128.load(scratch + (q << 4)), need = needs + (q << 5);
      const x = f32x4.add(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(t)), b4), y = f32x4.add(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(t)), b4);
      const low = i32x4.bitmask(f32x4.ge(f32x4.add(f32x4.mul(f32x4.mul(x, x), a4), c4), v128.load(need)));
      const high = i32x4.bitmask(f32x4.ge(f32x4.add(f32x4.mul(f32x4.mul(y, y), a4), c4), v128.load(need, 16)));
      open |= <u64>(low | (high << 4)) << (<u64>q << 3);
    }
    // above the cap the bound grows
    for (let g: usize = 0; g < 4; g++) open |= <u64>i8x16.bitmask(i8x16.eq(v128.load(own + (g << 4)), top)) << (<u64>g << 4);
    for (; open; open &= open - 1) {
      const lane = <usize>ctz(open);
      const need = load<f32>(needs + (lane << 2));
      const bin = <u32>load<u8>(ownBins + (lane >> 4) * groupBytes + (lane & 15));
      if (bin == 0) continue;
      const x = <f32>load<u16>(scratch + (lane << 1)) + b;
      const growth = load<f32>(tables + GROWTH + (<usize>bin << 2));
      let bound = x * x * a * growth + c;
      if (!(bound >= need)) continue;
      nPast++;
      const level = <u32>load<u8>(own + lane);
      if (refine && level) {
        const unit = load<f32>(tables, UNIT);
        // the norm, divided by the square of what a unit of weight is
        const scale = a / (unit * unit * 16384);
        const amplitude = boundOne(
          index, weight, nGroups, levels + lane, level, tables + HEIGHTS, load<f32>(tables + OWN_HEIGHTS + (<usize>bin << 2)),
          x * 128, unit * sqrt<f32>(growth), sqrt<f32>((need - c) / scale), scratch + HISTOGRAM,
        );
        bound = amplitude * amplitude * scale + c;
        if (!(bound >= need)) continue;
      }
      const at = candidates + <usize>nFound * 12;
      store<u32>(at, i);
      store<u32>(at, <u32>lane, 4);
      store<f32>(at, bound, 8);
      nFound++;
    }
  }
  store<u32>(counts, nFound);
  store<u32>(counts, nPast, 4);
  return i;
}

/** The second bound of one lane. It has what is needed, or stops part by part where it cannot any more. */
function boundOne(
  index: usize, weights: usize, nGroups: u32, levels: usize, own: u32, heights: usize, ownHeights: f32, total: f32, unit: f32, need: f32, histogram: usize,
): f32 {
  for (let h = histogram; h < histogram + 512; h += 16) v128.store(h, i32x4.splat(0));
  const part = (nGroups + 3) >> 2;
  let g: u32 = 0, end: u32 = 0;
  while (true) {
    end = min(end + part, nGroups);
    for (; g < end; g++, index += 32, weights += 2) {
      const w = <u32>load<u16>(weights);
      for (let j: usize = 0; j < 32; j += 16) {
        // four histograms: additions to one and the same level would wait for each other
        add(histogram, min(<u32>load<u8>(levels + (<usize>load<u32>(index + j) << 6)), own), w);
        add(histogram + 128, min(<u32>load<u8>(levels + (<usize>load<u32>(index + j, 4) << 6)), own), w);
        add(histogram + 256, min(<u32>load<u8>(levels + (<usize>load<u32>(index + j, 8) << 6)), own), w);
        add(histogram + 384, min(<u32>load<u8>(levels + (<usize>load<u32>(index + j, 12) << 6)), own), w);
      }
    }
    let extent: u32 = 0, read: u32 = 0, sum: f32 = 0;
    for (let level = own; level > 0; level--) {
      const h = histogram + (<usize>level << 2);
      extent += load<u32>(h) + load<u32>(h, 128) + load<u32>(h, 256) + load<u32>(h, 384);
      read += extent;
      const x = <f32>extent;
      sum += x * x * (level == own ? ownHeights : load<f32>(heights + (<usize>level << 2)));
    }
    let amplitude = sqrt<f32>(sum);
    if (end < nGroups) amplitude += max<f32>(total - <f32>read, 0) * unit;
    if (amplitude < need || end == nGroups) return amplitude;
  }
}

// @ts-ignore: decorator
@inline
function add(histogram: usize, level: u32, weight: u32): void {
  const at = histogram + (<usize>level << 2);
  store<u32>(at, load<u32>(at) + weight);
}

export function f32EnhanceOne(
  nConnections: i32, connections: usize, bins: usize, bin: i32, extentPower: f64, heightPowers: usize, norm: f32, histogram: usize,
): f32 {
  clearNarrow(histogram, bin);
  for (const end = connections + (<usize>nConnections << 3); connections < end; connections += 8) {
    const b = min(<u32>load<u8>(bins + (<usize>load<u32>(connections) << 4)), <u32>bin);
    const at = histogram + (<usize>b << 2);
    store<f32>(at, load<f32>(at) + load<f32>(connections, 4));
  }
  return integrate(histogram, bin, extentPower, heightPowers) * norm;
}
