// Connectivity-based fixel enhancement of 16 shuffles at once (Raffelt et al. 2015, NeuroImage 117:40-55, eq. 3). Contract: ../CONTRACTS.md.
//
//   bins[m][16]: one vector an element (u8), two (u16)      histogram f32 [16 lanes][nBins]
//   one connection: min with the own bins, then 16 scattered additions, one a lane: no two touch the same word.

// Math.pow of the host: AssemblyScript's own keeps tables in linear memory, where every new instance writes them over whatever lies there.
// @ts-ignore: decorator
@external("env", "pow")
declare function pow(base: f64, exponent: f64): f64;

// @ts-ignore: decorator
@inline
function bump(lane: usize, bin: u32, weight: f32): void {
  const at = lane + (<usize>bin << 2);
  store<f32>(at, load<f32>(at) + weight);
}

// @ts-ignore: decorator
@inline
function bump16(h: usize, s: usize, b: v128, weight: f32): void {
  bump(h, i8x16.extract_lane_u(b, 0), weight); h += s;
  bump(h, i8x16.extract_lane_u(b, 1), weight); h += s;
  bump(h, i8x16.extract_lane_u(b, 2), weight); h += s;
  bump(h, i8x16.extract_lane_u(b, 3), weight); h += s;
  bump(h, i8x16.extract_lane_u(b, 4), weight); h += s;
  bump(h, i8x16.extract_lane_u(b, 5), weight); h += s;
  bump(h, i8x16.extract_lane_u(b, 6), weight); h += s;
  bump(h, i8x16.extract_lane_u(b, 7), weight); h += s;
  bump(h, i8x16.extract_lane_u(b, 8), weight); h += s;
  bump(h, i8x16.extract_lane_u(b, 9), weight); h += s;
  bump(h, i8x16.extract_lane_u(b, 10), weight); h += s;
  bump(h, i8x16.extract_lane_u(b, 11), weight); h += s;
  bump(h, i8x16.extract_lane_u(b, 12), weight); h += s;
  bump(h, i8x16.extract_lane_u(b, 13), weight); h += s;
  bump(h, i8x16.extract_lane_u(b, 14), weight); h += s;
  bump(h, i8x16.extract_lane_u(b, 15), weight);
}

// @ts-ignore: decorator
@inline
function bump8wide(h: usize, s: usize, b: v128, weight: f32): void {
  bump(h, i16x8.extract_lane_u(b, 0), weight); h += s;
  bump(h, i16x8.extract_lane_u(b, 1), weight); h += s;
  bump(h, i16x8.extract_lane_u(b, 2), weight); h += s;
  bump(h, i16x8.extract_lane_u(b, 3), weight); h += s;
  bump(h, i16x8.extract_lane_u(b, 4), weight); h += s;
  bump(h, i16x8.extract_lane_u(b, 5), weight); h += s;
  bump(h, i16x8.extract_lane_u(b, 6), weight); h += s;
  bump(h, i16x8.extract_lane_u(b, 7), weight);
}

// The usual 256-entry histogram: strides are literals, so the 16 lanes are fixed offsets of one address.
const NARROW: usize = 1024;

export function f32EnhanceRows(
  nRows: i32, firstElement: i32, binBytes: i32, nBins: i32, extentPower: f64,
  rowStarts: usize, connections: usize, norms: usize, heightPowers: usize, bins: usize, enhanced: usize, histogram: usize,
): void {
  const wide = binBytes == 2;
  const shift = <usize>(wide ? 5 : 4);
  const stride = wide ? <usize>nBins << 2 : NARROW;
  for (let i = 0; i < nRows; i++, enhanced += 64) {
    const own = bins + (<usize>(firstElement + i) << shift);
    const own0 = v128.load(own);
    const own1 = wide ? v128.load(own, 16) : own0;
    if (!v128.any_true(v128.or(own0, own1))) { memory.fill(enhanced, 0, 64); continue; }
    for (let l: usize = 0; l < 16; l++) memory.fill(histogram + l * stride, 0, <usize>(binAt(own, l, wide) + 1) << 2);
    const first = connections + (<usize>load<u32>(rowStarts + (<usize>i << 2)) << 3);
    const end = connections + (<usize>load<u32>(rowStarts + (<usize>i << 2), 4) << 3);
    if (wide) {
      for (let p = first; p < end; p += 8) {
        const c = bins + (<usize>load<u32>(p) << 5);
        const weight = load<f32>(p, 4);
        bump8wide(histogram, stride, i16x8.min_u(v128.load(c), own0), weight);
        bump8wide(histogram + 8 * stride, stride, i16x8.min_u(v128.load(c, 16), own1), weight);
      }
    } else {
      for (let p = first; p < end; p += 8) {
        bump16(histogram, NARROW, i8x16.min_u(v128.load(bins + (<usize>load<u32>(p) << 4)), own0), load<f32>(p, 4));
      }
    }
    const norm = load<f32>(norms + (<usize>i << 2));
    for (let l: usize = 0; l < 16; l++) {
      const lane = histogram + l * stride;
      let extent: f32 = 0, sum: f32 = 0;
      if (extentPower == 2) {
        for (let h = binAt(own, l, wide); h >= 1; h--) {
          extent += load<f32>(lane + (<usize>h << 2));
          sum += extent * extent * load<f32>(heightPowers + (<usize>h << 2));
        }
      } else {
        for (let h = binAt(own, l, wide); h >= 1; h--) {
          extent += load<f32>(lane + (<usize>h << 2));
          sum += <f32>pow(<f64>extent, extentPower) * load<f32>(heightPowers + (<usize>h << 2));
        }
      }
      store<f32>(enhanced + (l << 2), sum * norm);
    }
  }
}

// @ts-ignore: decorator
@inline
function binAt(own: usize, lane: usize, wide: bool): i32 {
  return wide ? <i32>load<u16>(own + (lane << 1)) : <i32>load<u8>(own + lane);
}

export function f32KeepDefault(nRows: i32, firstElement: i32, enhanced: usize, defaults: usize): void {
  for (let i = 0; i < nRows; i++) store<f32>(defaults + (<usize>(firstElement + i) << 2), load<f32>(enhanced + (<usize>i << 6)));
}

export function f32ReduceEnhanced(
  nRows: i32, firstElement: i32, firstLane: i32, endLane: i32, enhanced: usize, defaults: usize, eligible: usize, counters: usize, maxima: usize, maximaElements: usize,
): void {
  const counted: u32 = ((1 << endLane) - 1) & ~((1 << firstLane) - 1);
  for (let i = 0; i < nRows; i++, enhanced += 64) {
    const element = <usize>(firstElement + i);
    const own = v128.load32_splat(defaults + (element << 2));
    let below: u32 = 0, contender: u32 = 0;
    for (let g: usize = 0; g < 4; g++) {
      const value = v128.load(enhanced + (g << 4));
      below |= <u32>i32x4.bitmask(f32x4.lt(value, own)) << (<u32>g << 2);
      contender |= <u32>i32x4.bitmask(f32x4.ge(value, v128.load(maxima + (g << 4)))) << (<u32>g << 2);
    }
    below &= counted;
    if (below) {
      const at = counters + (element << 2);
      store<u32>(at, load<u32>(at) + popcnt(below));
    }
    contender &= counted;
    if (contender == 0 || (eligible != 0 && load<u8>(eligible + element) == 0)) continue;
    // ge with a maximum of 0 lets zeros through: they must not name an element
    for (let lane: usize = 0; lane < 16; lane++) {
      if (!((contender >> <u32>lane) & 1)) continue;
      const value = load<f32>(enhanced + (lane << 2)), best = load<f32>(maxima + (lane << 2));
      if (value > best || (value > 0 && value == best && <u32>element < load<u32>(maximaElements + (lane << 2)))) {
        store<f32>(maxima + (lane << 2), value);
        store<u32>(maximaElements + (lane << 2), <u32>element);
      }
    }
  }
}
