// Threshold-free enhancement over the cells of a grid (Smith & Nichols 2009, NeuroImage 44:83-98), one shuffle at a time. Contract: ../CONTRACTS.md.
//
// One pass instead of one a height: elements in descending order of their bins, joined with neighbours that came before (union-find). What is joined at each
// height is a tree of components (max-tree; Najman & Couprie 2006, IEEE TIP 15:3531-3539): a component keeps its extent from its own height down to that of
// the one it becomes part of, so all heights between are one product. Summed from the root: nothing is ever subtracted from what an element has.
//
// Components are numbered in the order in which they begin: those of the height under way are the last, and a component becomes part of a later one alone.
// Neighbours that came before are a word of bits, 4 a row and 16 a plane. Those that touch each other there are of one component already: only one is asked.
import { COUNT_BYTES, heightOf, integralOf, sortHeights } from "./heights";
import { find } from "./network";

/** Three bits a row, three rows a plane, three planes. */
const INSIDE: u64 = 0x077707770777;
const CENTRE: u64 = 0x000000200000;
/** Cells that share a face with that in the middle. */
const FACES: u64 = 0x002002520020;

// @ts-ignore: decorator
@inline
function levelAt(at: usize, isWide: bool): u32 {
  return isWide ? <u32>load<u16>(at) : <u32>load<u8>(at);
}

/** Cells of the elements, in descending order of their bins and as they come within one; those in bin 0 are the last. `levels` u16 [m]. */
// @ts-ignore: decorator
@inline
function sortCells(m: usize, isWide: bool, nBins: usize, bins: usize, cells: usize, levels: usize, counts: usize, order: usize): void {
  memory.fill(counts, 0, (nBins + 1) << 2);
  const step: usize = isWide ? 32 : 16;
  for (let e: usize = 0, at = bins; e < m; e++, at += step) {
    const bin = levelAt(at, isWide);
    store<u16>(levels + (e << 1), <u16>bin);
    const count = counts + (<usize>bin << 2);
    store<u32>(count, load<u32>(count) + 1);
  }
  let first: u32 = 0;
  for (let bin = <i32>nBins - 1; bin >= 0; bin--) {
    const count = counts + (<usize>bin << 2);
    const n = load<u32>(count);
    store<u32>(count, first);
    first += n;
  }
  for (let e: usize = 0; e < m; e++) {
    const count = counts + (<usize>load<u16>(levels + (e << 1)) << 2);
    const place = load<u32>(count);
    store<u32>(count, place + 1);
    store<u32>(order + (<usize>place << 2), load<u32>(cells + (e << 2)));
  }
}

/** Bits of the 27 cells around one that came before, itself among them. */
// @ts-ignore: decorator
@inline
function planeOf(at: usize, row: usize): u64 {
  let rows = v128.load32_zero(at);
  rows = v128.load32_lane(at + row, rows, 1);
  rows = v128.load32_lane(at + 2 * row, rows, 2);
  return <u64>i8x16.bitmask(rows);
}

/** What touches any of `bits`, themselves among them. */
// @ts-ignore: decorator
@inline
function touching(bits: u64, byFaces: bool): u64 {
  const x = bits | (bits << 1) | (bits >> 1);
  if (byFaces) return (x | (bits << 4) | (bits >> 4) | (bits << 16) | (bits >> 16)) & INSIDE;
  const inside = x & INSIDE;
  const y = (inside | (inside << 4) | (inside >> 4)) & INSIDE;
  return (y | (y << 16) | (y >> 16)) & INSIDE;
}

// @ts-ignore: decorator
@inline
function begin(own: u32, roots: usize, parents: usize): u32 {
  store<u32>(roots + (<usize>own << 2), own);
  store<u32>(parents + (<usize>own << 2), own);
  return own;
}

/**
 * Joins the element in `cell` with what came before, and returns its component: `next`, a new one, where it begins one or is the first to join what is higher.
 * `ofHeight`: the first component of its height.
 */
// @ts-ignore: decorator
@inline
function join(
  cell: usize, byFaces: bool, ofHeight: u32, next: u32, row: usize, plane: usize,
  seen: usize, componentOf: usize, roots: usize, parents: usize, extents: usize,
): u32 {
  const corner: usize = 1 + row + plane;
  const here = seen + cell - corner;
  let before = (planeOf(here, row) | (planeOf(here + plane, row) << 16) | (planeOf(here + 2 * plane, row) << 32)) & (INSIDE ^ CENTRE);
  store<u8>(seen + cell, 0xff);
  let own: u32 = 0, extent: u32 = 1;
  while (true) {
    const faces = before & FACES;
    if (faces == 0 && (byFaces || before == 0)) break;
    const bit = ctz(faces != 0 ? faces : before);
    before &= ~touching(touching(<u64>1 << bit, byFaces) & before, byFaces);
    const x = <usize>(bit & 3), y = <usize>(bit >> 2) & 3, z = <usize>(bit >> 4);
    const other = find(roots, load<u32>(componentOf + ((cell - corner + x + y * row + z * plane) << 2)));
    if (other == own) continue;
    extent += load<u32>(extents + (<usize>other << 2));
    if (own == 0 && other >= ofHeight) {
      own = other;
      continue;
    }
    const earlier = own == 0 ? other : min(own, other);
    own = own == 0 ? begin(next, roots, parents) : max(own, other);
    store<u32>(roots + (<usize>earlier << 2), own);
    store<u32>(parents + (<usize>earlier << 2), own);
  }
  if (own == 0) own = begin(next, roots, parents);
  store<u32>(extents + (<usize>own << 2), extent);
  store<u32>(componentOf + (cell << 2), own);
  return own;
}

/** Joins the elements of one height, `at` .. `last` their cells. Returns how many components there are then. */
// @ts-ignore: decorator
@inline
function joinHeight(
  at: usize, last: usize, height: u32, byFaces: bool, ofHeight: u32, row: usize, plane: usize,
  seen: usize, componentOf: usize, roots: usize, parents: usize, extents: usize, heights: usize,
): u32 {
  let n = ofHeight;
  for (; at < last; at += 4) {
    if (join(load<u32>(at), byFaces, ofHeight, n, row, plane, seen, componentOf, roots, parents, extents) != n) continue;
    store<u16>(heights + (<usize>n << 1), <u16>height);
    n++;
  }
  return n;
}

/** The same of elements of all heights, in words as heights.ts sorts them. */
// @ts-ignore: decorator
@inline
function joinHeights(
  at: usize, last: usize, power: f64, byFaces: bool, row: usize, plane: usize,
  seen: usize, componentOf: usize, roots: usize, parents: usize, extents: usize, integrals: usize,
): u32 {
  let n: u32 = 1, ofHeight: u32 = 1, height: f32 = 0;
  for (; at < last; at += 8) {
    const word = load<u64>(at);
    if (heightOf(word) != height) {
      height = heightOf(word);
      ofHeight = n;
    }
    if (join(<usize>(<u32>word), byFaces, ofHeight, n, row, plane, seen, componentOf, roots, parents, extents) != n) continue;
    store<f64>(integrals + (<usize>n << 3), integralOf(height, power));
    n++;
  }
  return n;
}

export function f32EnhanceGrid(
  m: i32, nCells: i32, row: i32, plane: i32, connectivity: i32, binBytes: i32, nBins: i32, bins: usize, cells: usize,
  extentPowers: usize, heightSums: usize, enhanced: usize, scratch: usize,
): void {
  const count = <usize>m, room = (count + 2) & ~1;
  const values = scratch, order = values + (room << 3), roots = order + (room << 2), parents = roots + (room << 2), extents = parents + (room << 2);
  const componentOf = extents + (room << 2), counts = componentOf + (<usize>nCells << 2), heights = counts + (<usize>(nBins + 1) << 2);
  const levels = heights + (room << 1), seen = levels + (room << 1);
  if (binBytes == 1) sortCells(count, false, <usize>nBins, bins, cells, levels, counts, order);
  else sortCells(count, true, <usize>nBins, bins, cells, levels, counts, order);

  memory.fill(seen, 0, <usize>nCells + 4);
  // 0 is the component of those that are in none
  let n: u32 = 1;
  store<f64>(values, 0);
  let at = order, top: usize = 0;
  for (let bin = <usize>nBins - 1; bin >= 1; bin--) {
    // sorting has left where the next lower begins
    const end = order + (<usize>load<u32>(counts + (bin << 2)) << 2);
    if (end == at) continue;
    if (top == 0) top = bin;
    if (connectivity == 6) n = joinHeight(at, end, <u32>bin, true, n, <usize>row, <usize>plane, seen, componentOf, roots, parents, extents, heights);
    else n = joinHeight(at, end, <u32>bin, false, n, <usize>row, <usize>plane, seen, componentOf, roots, parents, extents, heights);
    at = end;
  }

  for (let i = <usize>n - 1; i >= 1; i--) {
    const parent = <usize>load<u32>(parents + (i << 2));
    const height = <usize>load<u16>(heights + (i << 1));
    let value: f64 = 0, below: usize = 0;
    if (parent != i) {
      value = load<f64>(values + (parent << 3));
      below = <usize>load<u16>(heights + (parent << 1));
    }
    if (below != height) {
      const power = load<f64>(extentPowers + (<usize>load<u32>(extents + (i << 2)) << 3));
      value += power * (load<f64>(heightSums + (height << 3)) - load<f64>(heightSums + (below << 3)));
    }
    store<f64>(values + (i << 3), value);
  }

  // 0^0: every height adds its power wherever it is not passed, one past the largest too
  const off = top == 0 ? 0 : load<f64>(extentPowers);
  const all = off == 0 ? 0 : load<f64>(heightSums + ((top + 1) << 3));
  for (let e: usize = 0; e < count; e++) {
    const height = <usize>load<u16>(levels + (e << 1));
    const component = load<u32>(componentOf + (<usize>load<u32>(cells + (e << 2)) << 2));
    let value = load<f64>(values + (<usize>select<u32>(component, 0, height != 0) << 3));
    if (off != 0) value += off * (all - load<f64>(heightSums + (height << 3)));
    store<f32>(enhanced + (e << 2), <f32>value);
  }
}

export function f32EnhanceGridExact(
  m: i32, nCells: i32, row: i32, plane: i32, connectivity: i32, z: usize, cells: usize,
  extentPowers: usize, power: f64, enhanced: usize, scratch: usize,
): void {
  const count = <usize>m, room = (count + 2) & ~1;
  const values = scratch, words = values + (room << 3), integrals = words + (room << 3);
  const roots = integrals + (room << 3), parents = roots + (room << 2), extents = parents + (room << 2);
  const componentOf = extents + (room << 2), counts = componentOf + (<usize>nCells << 2), seen = counts + COUNT_BYTES;
  const end = words + (sortHeights(count, z, cells, words, values, counts) << 3);
  memory.fill(seen, 0, <usize>nCells + 4);
  const n = connectivity == 6
    ? joinHeights(words, end, power, true, <usize>row, <usize>plane, seen, componentOf, roots, parents, extents, integrals)
    : joinHeights(words, end, power, false, <usize>row, <usize>plane, seen, componentOf, roots, parents, extents, integrals);

  store<f64>(values, 0);
  for (let i = <usize>n - 1; i >= 1; i--) {
    const parent = <usize>load<u32>(parents + (i << 2));
    const whole: usize = parent == i ? 0 : parent << 3;
    const below = parent == i ? 0 : load<f64>(integrals + whole);
    const span = load<f64>(integrals + (i << 3)) - below;
    store<f64>(values + (i << 3), load<f64>(values + whole) + load<f64>(extentPowers + (<usize>load<u32>(extents + (i << 2)) << 3)) * span);
  }
  for (let e: usize = 0; e < count; e++) {
    const component = load<u32>(componentOf + (<usize>load<u32>(cells + (e << 2)) << 2));
    const isIn = load<f32>(z + (e << 2)) > 0;
    store<f32>(enhanced + (e << 2), <f32>load<f64>(values + (<usize>select<u32>(component, 0, isIn) << 3)));
  }
}
