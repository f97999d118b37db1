// Connectivity-based fixel enhancement of 16 shuffles at once (Raffelt et al. 2015, NeuroImage 117:40-55, eq. 3). Contract: ../CONTRACTS.md.
//
//   bins[m][16]: one vector an element (u8), two (u16)      histogram f32 [16 lanes][nBins]
//   one connection: min with the own bins, then a scattered addition a lane: no two touch the same word.

// Math.pow of the host: AssemblyScript's own keeps tables in linear memory, where every new instance writes them over whatever lies there.
// @ts-ignore: decorator
@external("env", "pow")
declare function pow(base: f64, exponent: f64): f64;

/** Bytes of one lane's histogram of 256 entries: a literal, so that the lanes are fixed offsets of one address. */
const NARROW: usize = 1024;
/** Bytes of connections: 16 of them. Bins come from the third-level cache, some 200 cycles away; a connection takes about 20. */
const AHEAD: usize = 128;

// @ts-ignore: decorator
@inline
function bump(lane: usize, bin: u32, weight: f32): void {
  const at = lane + (<usize>bin << 2);
  store<f32>(at, load<f32>(at) + weight);
}

/** Additions of one connection in `count` lanes, taken four bins a word. A literal `count` leaves no comparison in the code. */
// @ts-ignore: decorator
@inline
function bumpNarrow(histogram: usize, b: v128, weight: f32, count: i32): void {
  bump4(histogram, i32x4.extract_lane(b, 0), weight, count);
  if (count > 4) bump4(histogram + 4 * NARROW, i32x4.extract_lane(b, 1), weight, count - 4);
  if (count > 8) bump4(histogram + 8 * NARROW, i32x4.extract_lane(b, 2), weight, count - 8);
  if (count > 12) bump4(histogram + 12 * NARROW, i32x4.extract_lane(b, 3), weight, count - 12);
}

// @ts-ignore: decorator
@inline
function bump4(histogram: usize, four: u32, weight: f32, count: i32): void {
  bump(histogram, four & 255, weight);
  bump(histogram + NARROW, (four >> 8) & 255, weight);
  if (count > 2) bump(histogram + 2 * NARROW, (four >> 16) & 255, weight);
  if (count > 3) bump(histogram + 3 * NARROW, four >> 24, weight);
}

// @ts-ignore: decorator
@inline
function passNarrow(first: usize, end: usize, bins: usize, histogram: usize, lanes: v128, own: v128, count: i32): void {
  const last = end - 8;
  for (let p = first; p < end; p += 8) {
    // fetches the line that a later connection needs; the value is not used
    const ahead = p + AHEAD < last ? p + AHEAD : last;
    load<u8>(bins + (<usize>load<u32>(ahead) << 4));
    const b = i8x16.swizzle(v128.load(bins + (<usize>load<u32>(p) << 4)), lanes);
    bumpNarrow(histogram, i8x16.min_u(b, own), load<f32>(p, 4), count);
  }
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

export function f32EnhanceRows(
  nRows: i32, firstElement: i32, binBytes: i32, nBins: i32, extentPower: f64,
  rowStarts: usize, connections: usize, norms: usize, heightPowers: usize, bins: usize, enhanced: usize, histogram: usize,
): void {
  for (let i = 0; i < nRows; i++, enhanced += 64) {
    const first = connections + (<usize>load<u32>(rowStarts + (<usize>i << 2)) << 3);
    const end = connections + (<usize>load<u32>(rowStarts + (<usize>i << 2), 4) << 3);
    const norm = load<f32>(norms + (<usize>i << 2));
    if (binBytes == 1) {
      const own = bins + (<usize>(firstElement + i) << 4);
      enhanceNarrow(own, first, end, bins, histogram, extentPower, heightPowers, norm, enhanced);
    } else {
      const own = bins + (<usize>(firstElement + i) << 5);
      enhanceWide(own, first, end, bins, histogram, <usize>nBins << 2, extentPower, heightPowers, norm, enhanced);
    }
  }
}

/** A lane whose own bin is 0 stays 0 whatever its connections: only the others are packed to the front and added. */
// @ts-ignore: decorator
@inline
function enhanceNarrow(
  own: usize, first: usize, end: usize, bins: usize, histogram: usize, extentPower: f64, heightPowers: usize, norm: f32, enhanced: usize,
): void {
  const own16 = v128.load(own);
  const active = i8x16.bitmask(i8x16.ne(own16, i8x16.splat(0)));
  // the row's result serves as scratch for the lanes' numbers: 255 makes a swizzled byte 0
  v128.store(enhanced, i8x16.splat(-1));
  let count = 0;
  for (let mask = active; mask; mask &= mask - 1, count++) {
    const lane = ctz(mask);
    store<u8>(enhanced + count, lane);
    clearNarrow(histogram + <usize>count * NARROW, load<u8>(own + lane));
  }
  const lanes = v128.load(enhanced);
  for (let group: usize = 0; group < 64; group += 16) v128.store(enhanced + group, i32x4.splat(0));
  const packed = i8x16.swizzle(own16, lanes);
  // a case for each count gained nothing over one for two; an early `return` here would make asc keep one loop with 14 tests in it
  switch ((count + 1) >> 1) {
    case 0: break;
    case 1: passNarrow(first, end, bins, histogram, lanes, packed, 2); break;
    case 2: passNarrow(first, end, bins, histogram, lanes, packed, 4); break;
    case 3: passNarrow(first, end, bins, histogram, lanes, packed, 6); break;
    case 4: passNarrow(first, end, bins, histogram, lanes, packed, 8); break;
    case 5: passNarrow(first, end, bins, histogram, lanes, packed, 10); break;
    case 6: passNarrow(first, end, bins, histogram, lanes, packed, 12); break;
    case 7: passNarrow(first, end, bins, histogram, lanes, packed, 14); break;
    default: passNarrow(first, end, bins, histogram, lanes, packed, 16); break;
  }
  for (let mask = active; mask; mask &= mask - 1, histogram += NARROW) {
    const lane = ctz(mask);
    store<f32>(enhanced + (lane << 2), integrate(histogram, load<u8>(own + lane), extentPower, heightPowers) * norm);
  }
}

/** Entries 0..bin, and up to three more: a lane has room for 256. */
// @ts-ignore: decorator
@inline
export function clearNarrow(lane: usize, bin: u32): void {
  for (const last = lane + (<usize>bin << 2); lane <= last; lane += 16) v128.store(lane, i32x4.splat(0));
}

// @ts-ignore: decorator
@inline
function enhanceWide(
  own: usize, first: usize, end: usize, bins: usize, histogram: usize, stride: usize, extentPower: f64, heightPowers: usize, norm: f32, enhanced: usize,
): void {
  const own0 = v128.load(own), own1 = v128.load(own, 16);
  if (!v128.any_true(v128.or(own0, own1))) { memory.fill(enhanced, 0, 64); return; }
  for (let l: usize = 0; l < 16; l++) memory.fill(histogram + l * stride, 0, (<usize>load<u16>(own + (l << 1)) + 1) << 2);
  for (let p = first; p < end; p += 8) {
    const c = bins + (<usize>load<u32>(p) << 5);
    const weight = load<f32>(p, 4);
    bump8wide(histogram, stride, i16x8.min_u(v128.load(c), own0), weight);
    bump8wide(histogram + 8 * stride, stride, i16x8.min_u(v128.load(c, 16), own1), weight);
  }
  for (let l: usize = 0; l < 16; l++, histogram += stride) {
    store<f32>(enhanced + (l << 2), integrate(histogram, load<u16>(own + (l << 1)), extentPower, heightPowers) * norm);
  }
}

/** sum over h = bin..1 of (weights of bins >= h)^E heightPowers[h] */
// @ts-ignore: decorator
@inline
export function integrate(lane: usize, bin: u32, extentPower: f64, heightPowers: usize): f32 {
  let extent: f32 = 0, sum: f32 = 0;
  if (extentPower == 2) {
    for (let h = <usize>bin << 2; h > 0; h -= 4) {
      extent += load<f32>(lane + h);
      sum += extent * extent * load<f32>(heightPowers + h);
    }
  } else {
    for (let h = <usize>bin << 2; h > 0; h -= 4) {
      extent += load<f32>(lane + h);
      sum += <f32>pow(<f64>extent, extentPower) * load<f32>(heightPowers + h);
    }
  }
  return sum;
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
    if (below && counters) {
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
