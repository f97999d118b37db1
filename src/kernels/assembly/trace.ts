// Voxels that a streamline runs through, and the chord in each. Contract: ../CONTRACTS.md.
//
// The line is gone through in windows of `window` points of the upsampled line. Of a window
//   x, y, z     f32 [window + 8] each     position p holds point low + p - 1; 0 the one before, or what the line would go on to before its beginning
//   voxels      i32 [window + 8] three times
//   crossings   u32 [window]              positions of points in another voxel than the one before
// Four crossings are bisected side by side: each lies in a segment of its own, and begins at both of its ends. What comes after the first side of a voxel in one
// segment (walk) hangs on where that one ended, and is bisected alone.

const HALF_TENSION: f32 = <f32>0.5 * <f32>0.1;
const SLOPE: f32 = <f32>0.5 - HALF_TENSION;
const W1_CUBE: f32 = <f32>1.5 + HALF_TENSION;
const W1_SQUARE: f32 = <f32>2.5 + HALF_TENSION;
const W2_SQUARE: f32 = <f32>2 + <f32>2 * HALF_TENSION;

/** Farther voxels are not told apart. */
const FARTHEST: i32 = 1 << 30;
/** Up to here float32 tells a half from a whole number. */
const NEAR: f32 = 4194304;
/** Halvings after which float32 may no longer hold what is halved. */
const MOST_HALVINGS: i32 = 20;

// of the call in progress: an instance belongs to one thread
let toVoxel: usize = 0;
let accuracy: f32 = 0;
let x: usize = 0;
let y: usize = 0;
let z: usize = 0;
let voxelsX: usize = 0;
let voxelsY: usize = 0;
let voxelsZ: usize = 0;
/** Where four bisections leave their ends f32 [3][4], and mu f64 [4]. */
let ends: usize = 0;
let sizeX: i32 = 0;
let sizeY: i32 = 0;
let sizeZ: i32 = 0;
/** What comes out. */
let voxelsOut: usize = 0;
let chordsOut: usize = 0;
let nOut: i32 = 0;
/** Where the walk is: its voxel, the end of the chord before, and mu there. */
let ownX: i32 = 0;
let ownY: i32 = 0;
let ownZ: i32 = 0;
let entryX: f32 = 0;
let entryY: f32 = 0;
let entryZ: f32 = 0;
let mu: f64 = 0;
let nLeft: i32 = 0;

export function f32TraceVoxels(
  nPoints: i32, points: usize, ratio: i32, weights: usize, placement: usize, nX: i32, nY: i32, nZ: i32, nearness: f32, most: i32,
  window: i32, scratch: usize, voxels: usize, chords: usize,
): i32 {
  const stride = <usize>(window + 8) << 2;
  toVoxel = placement;
  accuracy = nearness;
  x = scratch;
  y = x + stride;
  z = y + stride;
  voxelsX = z + stride;
  voxelsY = voxelsX + stride;
  voxelsZ = voxelsY + stride;
  const crossings = voxelsZ + stride;
  ends = crossings + (<usize>window << 2);
  sizeX = nX;
  sizeY = nY;
  sizeZ = nZ;
  voxelsOut = voxels;
  chordsOut = chords;
  nOut = 0;
  nLeft = most;
  mu = 0;
  const n = (nPoints - 1) * ratio + 1;
  let low = 0; // index of position 1
  let first = 1; // position of the next point
  let isLast = false;
  do {
    const end = min(n, low + window); // of the points in the window
    const count = end - low;
    fill(nPoints, points, ratio, weights, low + first - 1, end, first);
    isLast = end == n;
    if (low == 0) goOn(0, 1, 2);
    // vectors reach beyond the last
    for (let p = count + 1; p < count + 5; p++) copy(p, count);
    const isFar = findVoxels(first, count);
    if (isLast) goOn(count + 1, count, count - 1);
    if (low == 0) {
      ownX = voxelOf(voxelsX, 1);
      ownY = voxelOf(voxelsY, 1);
      ownZ = voxelOf(voxelsZ, 1);
      entryX = at(x, 1);
      entryY = at(y, 1);
      entryZ = at(z, 1);
    }
    // the point behind a crossing must be there
    const lastCrossing = isLast ? count : count - 1;
    const nCrossings = findCrossings(lastCrossing, crossings);
    if (!walkAll(crossings, nCrossings, isFar)) return -1;
    if (isLast) {
      if (nLeft == 0) return -1;
      visit(at(x, count), at(y, count), at(z, count));
    } else {
      for (let p = 0; p < 3; p++) copy(p, count - 2 + p);
      low = end - 2;
      first = 3;
    }
  } while (!isLast);
  return nOut;
}

// @ts-ignore: decorator
@inline
function at(base: usize, position: i32): f32 {
  return load<f32>(base + (<usize>position << 2));
}

// @ts-ignore: decorator
@inline
function voxelOf(base: usize, position: i32): i32 {
  return load<i32>(base + (<usize>position << 2));
}

// @ts-ignore: decorator
@inline
function put(position: i32, px: f32, py: f32, pz: f32): void {
  const to = <usize>position << 2;
  store<f32>(x + to, px);
  store<f32>(y + to, py);
  store<f32>(z + to, pz);
}

/** Point and voxel. */
function copy(to: i32, from: i32): void {
  put(to, at(x, from), at(y, from), at(z, from));
  const target = <usize>to << 2;
  store<i32>(voxelsX + target, voxelOf(voxelsX, from));
  store<i32>(voxelsY + target, voxelOf(voxelsY, from));
  store<i32>(voxelsZ + target, voxelOf(voxelsZ, from));
}

/** The line through the two nearest points goes on beyond an end. */
function goOn(to: i32, near: i32, far: i32): void {
  const two: f32 = 2;
  put(to, two * at(x, near) - at(x, far), two * at(y, near) - at(y, far), two * at(z, near) - at(z, far));
}

/** Points `begin` to `end` of the upsampled line to positions from `position` on. */
function fill(nPoints: i32, points: usize, ratio: i32, weights: usize, begin: i32, end: i32, position: i32): void {
  let segment = begin / ratio;
  let k = begin - segment * ratio;
  for (let i = begin; i < end; i++) {
    const p = points + <usize>segment * 12;
    if (k == 0) {
      put(position, load<f32>(p), load<f32>(p, 4), load<f32>(p, 8));
    } else {
      const w = weights + (<usize>(k - 1) << 4);
      const p1 = v128.load(p);
      const p2 = v128.load(p, 12);
      const p0 = segment == 0 ? f32x4.add(p1, f32x4.sub(p1, p2)) : v128.load(p - 12);
      const p3 = segment == nPoints - 2 ? f32x4.add(p2, f32x4.sub(p2, p1)) : v128.load(p, 24);
      const sum = f32x4.add(
        f32x4.add(f32x4.add(f32x4.mul(v128.load32_splat(w), p0), f32x4.mul(v128.load32_splat(w, 4), p1)), f32x4.mul(v128.load32_splat(w, 8), p2)),
        f32x4.mul(v128.load32_splat(w, 12), p3),
      );
      put(position, f32x4.extract_lane(sum, 0), f32x4.extract_lane(sum, 1), f32x4.extract_lane(sum, 2));
    }
    position++;
    if (++k == ratio) {
      k = 0;
      segment++;
    }
  }
}

// @ts-ignore: decorator
@inline
function placeOf(row: usize, px: f32, py: f32, pz: f32): f32 {
  const m = toVoxel + row;
  return load<f32>(m) * px + load<f32>(m, 4) * py + load<f32>(m, 8) * pz + load<f32>(m, 12);
}

// @ts-ignore: decorator
@inline
function placesOf(row: usize, px: v128, py: v128, pz: v128): v128 {
  const m = toVoxel + row;
  return f32x4.add(
    f32x4.add(
      f32x4.add(f32x4.mul(v128.load32_splat(m), px), f32x4.mul(v128.load32_splat(m, 4), py)),
      f32x4.mul(v128.load32_splat(m, 8), pz),
    ),
    v128.load32_splat(m, 12),
  );
}

/** Halves away from 0; what is no number lies farthest below. */
function nearestVoxel(place: f32): i32 {
  const p = <f64>place;
  const whole: f64 = p < 0 ? -floor<f64>(0.5 - p) : floor<f64>(p + 0.5);
  if (!(whole > -(<f64>FARTHEST))) return -FARTHEST;
  return whole < <f64>FARTHEST ? <i32>whole : FARTHEST;
}

/** The same of places nearer than NEAR: what is cut off is exact. */
// @ts-ignore: decorator
@inline
function nearestVoxels(place: v128): v128 {
  const whole = f32x4.trunc(place);
  const rest = f32x4.sub(place, whole);
  const isHalf = f32x4.ge(f32x4.abs(rest), f32x4.splat(0.5));
  const sign = v128.and(place, i32x4.splat(0x80000000));
  const one = v128.and(isHalf, v128.or(sign, f32x4.splat(1)));
  return i32x4.trunc_sat_f32x4_s(f32x4.add(whole, one));
}

/** Of positions first..count. Whether any lies so far away that it must be looked at alone. */
function findVoxels(first: i32, count: i32): bool {
  let isFar = false;
  for (let p = first; p <= count; p += 4) {
    const to = <usize>p << 2;
    const px = v128.load(x + to);
    const py = v128.load(y + to);
    const pz = v128.load(z + to);
    const a = placesOf(0, px, py, pz);
    const b = placesOf(16, px, py, pz);
    const c = placesOf(32, px, py, pz);
    const near = f32x4.splat(NEAR);
    const isNear = v128.and(v128.and(f32x4.lt(f32x4.abs(a), near), f32x4.lt(f32x4.abs(b), near)), f32x4.lt(f32x4.abs(c), near));
    if (i32x4.all_true(isNear)) {
      v128.store(voxelsX + to, nearestVoxels(a));
      v128.store(voxelsY + to, nearestVoxels(b));
      v128.store(voxelsZ + to, nearestVoxels(c));
      continue;
    }
    isFar = true;
    for (let q = p; q < p + 4; q++) {
      const target = <usize>q << 2;
      store<i32>(voxelsX + target, nearestVoxel(placeOf(0, at(x, q), at(y, q), at(z, q))));
      store<i32>(voxelsY + target, nearestVoxel(placeOf(16, at(x, q), at(y, q), at(z, q))));
      store<i32>(voxelsZ + target, nearestVoxel(placeOf(32, at(x, q), at(y, q), at(z, q))));
    }
  }
  // of points before these nothing is known any more
  return isFar || first > 1 && (isFarAway(1) || isFarAway(2));
}

function isFarAway(position: i32): bool {
  const far = <i32>NEAR - 1;
  return abs(voxelOf(voxelsX, position)) >= far || abs(voxelOf(voxelsY, position)) >= far || abs(voxelOf(voxelsZ, position)) >= far;
}

// @ts-ignore: decorator
@inline
function differ(base: usize, p: usize): v128 {
  return i32x4.ne(v128.load(base + p), v128.load(base + p - 4));
}

/** Positions from 2 to `last`. */
function findCrossings(last: i32, crossings: usize): i32 {
  let to = crossings;
  for (let p = 2; p <= last; p += 4) {
    const from = <usize>p << 2;
    let bits = i32x4.bitmask(v128.or(v128.or(differ(voxelsX, from), differ(voxelsY, from)), differ(voxelsZ, from)));
    if (last - p < 3) bits &= (1 << (last - p + 1)) - 1;
    for (; bits != 0; bits &= bits - 1) {
      store<i32>(to, p + ctz(bits));
      to += 4;
    }
  }
  return <i32>((to - crossings) >> 2);
}

/** False: more voxels than there may be. */
function walkAll(crossings: usize, n: i32, isFar: bool): bool {
  if (isFar) {
    for (let i = 0; i < n; i++) {
      const p = load<i32>(crossings + (<usize>i << 2));
      // mu and the voxel are those of a new segment
      mu = 0;
      if (!walkAlone(p, at(x, p - 1), at(y, p - 1), at(z, p - 1))) return false;
    }
    return true;
  }
  for (let i = 0; i < n; i += 4) {
    const four = crossings + (<usize>i << 2);
    const m = min(4, n - i);
    for (let k = m; k < 4; k++) store<i32>(four + (<usize>k << 2), load<i32>(four + (<usize>(m - 1) << 2)));
    const unfinished = bisectFour(four);
    for (let k = 0; k < m; k++) {
      const p = load<i32>(four + (<usize>k << 2));
      if ((unfinished >> k & 1) != 0) {
        mu = 0;
        if (!walkAlone(p, at(x, p - 1), at(y, p - 1), at(z, p - 1))) return false;
        continue;
      }
      if (nLeft == 0) return false;
      const lane = ends + (<usize>k << 2);
      visit(load<f32>(lane), load<f32>(lane, 16), load<f32>(lane, 32));
      ownX = load<i32>(lane, 48);
      ownY = load<i32>(lane, 64);
      ownZ = load<i32>(lane, 80);
      if (ownX == voxelOf(voxelsX, p) && ownY == voxelOf(voxelsY, p) && ownZ == voxelOf(voxelsZ, p)) continue;
      mu = load<f32>(lane, 96);
      if (!walkAlone(p, entryX, entryY, entryZ)) return false;
    }
  }
  return true;
}

/** From the walk's voxel to that of the point at position p, from inside the bracket on. False: too many voxels. */
function walkAlone(p: i32, inX: f32, inY: f32, inZ: f32): bool {
  do {
    if (nLeft == 0) return false;
    bisect(p, inX, inY, inZ);
    inX = entryX;
    inY = entryY;
    inZ = entryZ;
  } while (ownX != voxelOf(voxelsX, p) || ownY != voxelOf(voxelsY, p) || ownZ != voxelOf(voxelsZ, p));
  return true;
}

/** A chord of the walk's voxel, from the end of the one before. */
function visit(toX: f32, toY: f32, toZ: f32): void {
  nLeft--;
  if (<u32>ownX < <u32>sizeX && <u32>ownY < <u32>sizeY && <u32>ownZ < <u32>sizeZ) {
    store<i32>(voxelsOut, ownX + sizeX * (ownY + sizeY * ownZ));
    store<f32>(chordsOut, toX - entryX);
    store<f32>(chordsOut, toY - entryY, 4);
    store<f32>(chordsOut, toZ - entryZ, 8);
    voxelsOut += 4;
    chordsOut += 12;
    nOut++;
  }
  entryX = toX;
  entryY = toY;
  entryZ = toZ;
}

/** Less than what lies between float32 numbers around a half, and not lost in float64 beside any half that float32 has. */
const BESIDE: f64 = 1 / <f64>(1 << 30);

function leastOf(voxel: i32): f64 {
  if (voxel <= -FARTHEST) return -Infinity;
  return voxel > 0 ? <f64>voxel - 0.5 : <f64>voxel - 0.5 + BESIDE;
}

function mostOf(voxel: i32): f64 {
  if (voxel >= FARTHEST) return Infinity;
  return voxel < 0 ? <f64>voxel + 0.5 : <f64>voxel + 0.5 - BESIDE;
}

/** One side of the walk's voxel, in the segment before position p, from `mu` on; the walk goes on behind it. */
function bisect(p: i32, inX: f32, inY: f32, inZ: f32): void {
  let low = mu;
  let high: f64 = 1;
  let outX = at(x, p);
  let outY = at(y, p);
  let outZ = at(z, p);
  const leastX = leastOf(ownX);
  const leastY = leastOf(ownY);
  const leastZ = leastOf(ownZ);
  const mostX = mostOf(ownX);
  const mostY = mostOf(ownY);
  const mostZ = mostOf(ownZ);
  for (;;) {
    const dx = inX - outX;
    const dy = inY - outY;
    const dz = inZ - outZ;
    if (!(dx * dx + dy * dy + dz * dz > accuracy)) break;
    mu = 0.5 * (low + high);
    // far from the origin float32 has no points so near each other
    if (mu == low || mu == high) break;
    const t = <f32>mu;
    const t2 = t * t;
    const t3 = t * t2;
    const w0: f32 = SLOPE * (t2 + t2 - t3 - t);
    const w1: f32 = <f32>1 + W1_CUBE * t3 - W1_SQUARE * t2;
    const w2: f32 = W2_SQUARE * t2 + SLOPE * t - W1_CUBE * t3;
    const w3: f32 = SLOPE * (t3 - t2);
    const cx = w0 * at(x, p - 2) + w1 * at(x, p - 1) + w2 * at(x, p) + w3 * at(x, p + 1);
    const cy = w0 * at(y, p - 2) + w1 * at(y, p - 1) + w2 * at(y, p) + w3 * at(y, p + 1);
    const cz = w0 * at(z, p - 2) + w1 * at(z, p - 1) + w2 * at(z, p) + w3 * at(z, p + 1);
    const a = <f64>placeOf(0, cx, cy, cz);
    const b = <f64>placeOf(16, cx, cy, cz);
    const c = <f64>placeOf(32, cx, cy, cz);
    if (a >= leastX && a <= mostX && b >= leastY && b <= mostY && c >= leastZ && c <= mostZ) {
      low = mu;
      inX = cx;
      inY = cy;
      inZ = cz;
    } else {
      high = mu;
      outX = cx;
      outY = cy;
      outZ = cz;
    }
  }
  visit(outX, outY, outZ);
  ownX = nearestVoxel(placeOf(0, outX, outY, outZ));
  ownY = nearestVoxel(placeOf(16, outX, outY, outZ));
  ownZ = nearestVoxel(placeOf(32, outX, outY, outZ));
}

// @ts-ignore: decorator
@inline
function voxelsBefore(base: usize, p0: usize, p1: usize, p2: usize, p3: usize): v128 {
  let v = v128.load32_zero(base + p0 - 4);
  v = v128.load32_lane(base + p1 - 4, v, 1);
  v = v128.load32_lane(base + p2 - 4, v, 2);
  return v128.load32_lane(base + p3 - 4, v, 3);
}

/** f32 sides of voxels near enough: the side that does not belong to the voxel moves to the float32 number inside. */
// @ts-ignore: decorator
@inline
function leastSides(voxel: v128): v128 {
  const side = f32x4.sub(f32x4.convert_i32x4_s(voxel), f32x4.splat(0.5));
  return i32x4.add(side, i32x4.le_s(voxel, i32x4.splat(0)));
}

// @ts-ignore: decorator
@inline
function mostSides(voxel: v128): v128 {
  const side = f32x4.add(f32x4.convert_i32x4_s(voxel), f32x4.splat(0.5));
  return i32x4.add(side, i32x4.ge_s(voxel, i32x4.splat(0)));
}

/** First sides of four segments, from positions in `four`. What comes of them lies at `ends`: places f32 [3][4], voxels i32 [3][4], mu f32 [4]. Bits of those that did not end. */
function bisectFour(four: usize): i32 {
  const p0 = <usize>load<u32>(four) << 2;
  const p1 = <usize>load<u32>(four, 4) << 2;
  const p2 = <usize>load<u32>(four, 8) << 2;
  const p3 = <usize>load<u32>(four, 12) << 2;

  let r0 = v128.load(x + p0 - 8), r1 = v128.load(x + p1 - 8), r2 = v128.load(x + p2 - 8), r3 = v128.load(x + p3 - 8);
  let t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), t1 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  let t2 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7), t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  const ax = v128.shuffle<f32>(t0, t1, 0, 1, 4, 5), bx = v128.shuffle<f32>(t0, t1, 2, 3, 6, 7);
  const cx = v128.shuffle<f32>(t2, t3, 0, 1, 4, 5), dx = v128.shuffle<f32>(t2, t3, 2, 3, 6, 7);

  r0 = v128.load(y + p0 - 8), r1 = v128.load(y + p1 - 8), r2 = v128.load(y + p2 - 8), r3 = v128.load(y + p3 - 8);
  t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), t1 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  t2 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7), t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  const ay = v128.shuffle<f32>(t0, t1, 0, 1, 4, 5), by = v128.shuffle<f32>(t0, t1, 2, 3, 6, 7);
  const cy = v128.shuffle<f32>(t2, t3, 0, 1, 4, 5), dy = v128.shuffle<f32>(t2, t3, 2, 3, 6, 7);

  r0 = v128.load(z + p0 - 8), r1 = v128.load(z + p1 - 8), r2 = v128.load(z + p2 - 8), r3 = v128.load(z + p3 - 8);
  t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), t1 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  t2 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7), t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  const az = v128.shuffle<f32>(t0, t1, 0, 1, 4, 5), bz = v128.shuffle<f32>(t0, t1, 2, 3, 6, 7);
  const cz = v128.shuffle<f32>(t2, t3, 0, 1, 4, 5), dz = v128.shuffle<f32>(t2, t3, 2, 3, 6, 7);

  const vx = voxelsBefore(voxelsX, p0, p1, p2, p3);
  const vy = voxelsBefore(voxelsY, p0, p1, p2, p3);
  const vz = voxelsBefore(voxelsZ, p0, p1, p2, p3);
  const leastX = leastSides(vx), mostX = mostSides(vx);
  const leastY = leastSides(vy), mostY = mostSides(vy);
  const leastZ = leastSides(vz), mostZ = mostSides(vz);
  let inX = bx, inY = by, inZ = bz;
  let outX = cx, outY = cy, outZ = cz;
  let low = f32x4.splat(0), high = f32x4.splat(1), last = low;
  let unfinished = 15;
  for (let halvings = 0; halvings <= MOST_HALVINGS; halvings++) {
    const ox = f32x4.sub(inX, outX);
    const oy = f32x4.sub(inY, outY);
    const oz = f32x4.sub(inZ, outZ);
    const square = f32x4.add(f32x4.add(f32x4.mul(ox, ox), f32x4.mul(oy, oy)), f32x4.mul(oz, oz));
    const goesOn = f32x4.gt(square, f32x4.splat(accuracy));
    unfinished = i32x4.bitmask(goesOn);
    if (unfinished == 0) break;
    const t = f32x4.mul(f32x4.splat(0.5), f32x4.add(low, high));
    const s2 = f32x4.mul(t, t);
    const s3 = f32x4.mul(t, s2);
    const w0 = f32x4.mul(f32x4.splat(SLOPE), f32x4.sub(f32x4.sub(f32x4.add(s2, s2), s3), t));
    const cube = f32x4.mul(f32x4.splat(W1_CUBE), s3);
    const w1 = f32x4.sub(f32x4.add(f32x4.splat(1), cube), f32x4.mul(f32x4.splat(W1_SQUARE), s2));
    const w2 = f32x4.sub(f32x4.add(f32x4.mul(f32x4.splat(W2_SQUARE), s2), f32x4.mul(f32x4.splat(SLOPE), t)), cube);
    const w3 = f32x4.mul(f32x4.splat(SLOPE), f32x4.sub(s3, s2));
    const px = f32x4.add(f32x4.add(f32x4.add(f32x4.mul(w0, ax), f32x4.mul(w1, bx)), f32x4.mul(w2, cx)), f32x4.mul(w3, dx));
    const py = f32x4.add(f32x4.add(f32x4.add(f32x4.mul(w0, ay), f32x4.mul(w1, by)), f32x4.mul(w2, cy)), f32x4.mul(w3, dy));
    const pz = f32x4.add(f32x4.add(f32x4.add(f32x4.mul(w0, az), f32x4.mul(w1, bz)), f32x4.mul(w2, cz)), f32x4.mul(w3, dz));
    const i = placesOf(0, px, py, pz);
    const j = placesOf(16, px, py, pz);
    const k = placesOf(32, px, py, pz);
    const between = v128.and(
      v128.and(v128.and(f32x4.ge(i, leastX), f32x4.le(i, mostX)), v128.and(f32x4.ge(j, leastY), f32x4.le(j, mostY))),
      v128.and(f32x4.ge(k, leastZ), f32x4.le(k, mostZ)),
    );
    const isIn = v128.and(goesOn, between);
    const isOut = v128.andnot(goesOn, between);
    low = v128.bitselect(t, low, isIn);
    inX = v128.bitselect(px, inX, isIn);
    inY = v128.bitselect(py, inY, isIn);
    inZ = v128.bitselect(pz, inZ, isIn);
    high = v128.bitselect(t, high, isOut);
    outX = v128.bitselect(px, outX, isOut);
    outY = v128.bitselect(py, outY, isOut);
    outZ = v128.bitselect(pz, outZ, isOut);
    last = v128.bitselect(t, last, goesOn);
  }
  v128.store(ends, outX);
  v128.store(ends, outY, 16);
  v128.store(ends, outZ, 32);
  v128.store(ends, nearestVoxels(placesOf(0, outX, outY, outZ)), 48);
  v128.store(ends, nearestVoxels(placesOf(16, outX, outY, outZ)), 64);
  v128.store(ends, nearestVoxels(placesOf(32, outX, outY, outZ)), 80);
  v128.store(ends, last, 96);
  return unfinished;
}
