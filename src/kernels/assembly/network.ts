// Threshold-free enhancement over the edges of a network, one shuffle at a time: edges are neighbours where they share a node (Zalesky et al. 2010, NeuroImage
// 53:1197-1207; Vinokur et al. 2015, ISMRM 23:2846). Contract: ../CONTRACTS.md.
//
// As grid.ts in one pass from the highest bin down, but what is joined are nodes: an edge's component is that of its nodes, so no list of the some m^1.5
// pairs of neighbouring edges is needed. Places in the descending order stand for components of the tree.
import { heightOf, integralOf, sortHeights } from "./heights";

const NONE: u32 = 0xffffffff;

/** Place of the root of the component; halves the way there. */
// @ts-ignore: decorator
@inline
export function find(roots: usize, element: u32): u32 {
  let e = element;
  while (true) {
    const at = roots + (<usize>e << 2);
    const up = load<u32>(at);
    if (up == e) return e;
    const next = load<u32>(roots + (<usize>up << 2));
    if (next == up) return up;
    store<u32>(at, next);
    e = next;
  }
}

/** Elements above bin 0 into `order`, descending by bin, ascending within one. Returns how many; `levels` u16 [m]. */
export function sortByBin(m: i32, binBytes: i32, nBins: i32, bins: usize, levels: usize, counts: usize, order: usize): i32 {
  memory.fill(counts, 0, <usize>(nBins + 1) << 2);
  const step: usize = binBytes == 1 ? 16 : 32;
  for (let e: usize = 0, at = bins; e < <usize>m; e++, at += step) {
    const bin = binBytes == 1 ? <u32>load<u8>(at) : <u32>load<u16>(at);
    store<u16>(levels + (e << 1), <u16>bin);
    const count = counts + (<usize>bin << 2);
    store<u32>(count, load<u32>(count) + 1);
  }
  let first: u32 = 0;
  for (let bin = nBins - 1; bin >= 1; bin--) {
    const count = counts + (<usize>bin << 2);
    const n = load<u32>(count);
    store<u32>(count, first);
    first += n;
  }
  for (let e: usize = 0; e < <usize>m; e++) {
    const bin = <usize>load<u16>(levels + (e << 1));
    if (bin == 0) continue;
    const count = counts + (bin << 2);
    const place = load<u32>(count);
    store<u32>(count, place + 1);
    store<u32>(order + (<usize>place << 2), <u32>e);
  }
  return <i32>first;
}

function clearNodes(nNodes: usize, roots: usize, tops: usize): void {
  for (let node: usize = 0; node < nNodes; node++) {
    store<u32>(roots + (node << 2), <u32>node);
    store<u32>(tops + (node << 2), NONE);
  }
}

/** Joins the two nodes of the edge in `place` of the order. */
// @ts-ignore: decorator
@inline
function join(place: usize, pair: u32, roots: usize, tops: usize, parents: usize, extents: usize): void {
  const own = place << 2;
  const a = <usize>find(roots, pair & 0xffff) << 2;
  const b = <usize>find(roots, pair >> 16) << 2;
  let extent: u32 = 1;
  const above = load<u32>(tops + a);
  if (above != NONE) {
    store<u32>(parents + (<usize>above << 2), <u32>place);
    extent += load<u32>(extents + (<usize>above << 2));
  }
  if (a != b) {
    const other = load<u32>(tops + b);
    if (other != NONE) {
      store<u32>(parents + (<usize>other << 2), <u32>place);
      extent += load<u32>(extents + (<usize>other << 2));
    }
    store<u32>(roots + b, <u32>(a >> 2));
  }
  store<u32>(tops + a, <u32>place);
  store<u32>(parents + own, <u32>place);
  store<u32>(extents + own, extent);
}

export function f32EnhanceNetwork(
  m: i32, nNodes: i32, binBytes: i32, nBins: i32, bins: usize, ends: usize, extentPowers: usize, heightSums: usize, enhanced: usize, scratch: usize,
): void {
  const words = <usize>m << 2;
  const nodes = <usize>nNodes << 2;
  const values = scratch, order = values + 2 * words, parents = order + words, extents = parents + words;
  const roots = extents + words, tops = roots + nodes, counts = tops + nodes, levels = counts + (<usize>(nBins + 1) << 2);
  memory.fill(enhanced, 0, words);
  const active = <usize>sortByBin(m, binBytes, nBins, bins, levels, counts, order);
  if (active == 0) return;

  clearNodes(<usize>nNodes, roots, tops);
  for (let place: usize = 0; place < active; place++) {
    join(place, load<u32>(ends + (<usize>load<u32>(order + (place << 2)) << 2)), roots, tops, parents, extents);
  }

  // 0^0: every height adds its power wherever it is not passed, one past the largest too
  const off = load<f64>(extentPowers);
  const top = <usize>load<u16>(levels + (<usize>load<u32>(order) << 1)) + 1;
  const all = off == 0 ? 0 : load<f64>(heightSums + (top << 3));
  if (off != 0) for (let at: usize = 0; at < words; at += 4) store<f32>(enhanced + at, <f32>(off * all));
  for (let place = active; place > 0; place--) {
    const i = place - 1;
    const e = <usize>load<u32>(order + (i << 2));
    const parent = <usize>load<u32>(parents + (i << 2));
    const level = <usize>load<u16>(levels + (e << 1));
    let below: usize = 0;
    let value: f64 = 0;
    if (parent != i) {
      below = <usize>load<u16>(levels + (<usize>load<u32>(order + (parent << 2)) << 1));
      value = load<f64>(values + (parent << 3));
    }
    if (below != level) {
      const power = load<f64>(extentPowers + (<usize>load<u32>(extents + (i << 2)) << 3));
      value += power * (load<f64>(heightSums + (level << 3)) - load<f64>(heightSums + (below << 3)));
    }
    store<f64>(values + (i << 3), value);
    if (off != 0) value += off * (all - load<f64>(heightSums + (level << 3)));
    store<f32>(enhanced + (e << 2), <f32>value);
  }
}

export function f32EnhanceNetworkExact(
  m: i32, nNodes: i32, z: usize, ends: usize, extentPowers: usize, power: f64, enhanced: usize, scratch: usize,
): void {
  const count = <usize>m, nodes = <usize>nNodes << 2;
  const values = scratch, words = values + (count << 3), integrals = words + (count << 3);
  const parents = integrals + (count << 3), extents = parents + (count << 2), roots = extents + (count << 2), tops = roots + nodes, counts = tops + nodes;
  memory.fill(enhanced, 0, count << 2);
  const active = sortHeights(count, z, 0, words, values, counts);
  clearNodes(<usize>nNodes, roots, tops);
  for (let place: usize = 0; place < active; place++) {
    const word = load<u64>(words + (place << 3));
    store<f64>(integrals + (place << 3), integralOf(heightOf(word), power));
    join(place, load<u32>(ends + (<usize>(<u32>word) << 2)), roots, tops, parents, extents);
  }
  for (let place = active; place > 0; place--) {
    const i = place - 1;
    const parent = <usize>load<u32>(parents + (i << 2));
    let value: f64 = 0, below: f64 = 0;
    if (parent != i) {
      value = load<f64>(values + (parent << 3));
      below = load<f64>(integrals + (parent << 3));
    }
    value += load<f64>(extentPowers + (<usize>load<u32>(extents + (i << 2)) << 3)) * (load<f64>(integrals + (i << 3)) - below);
    store<f64>(values + (i << 3), value);
    store<f32>(enhanced + (<usize>(<u32>load<u64>(words + (i << 3))) << 2), <f32>value);
  }
}
