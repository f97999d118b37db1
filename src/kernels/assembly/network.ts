// Threshold-free enhancement over the edges of a network, one shuffle at a time: edges are neighbours where they share a node (Zalesky et al. 2010, NeuroImage
// 53:1197-1207; Vinokur et al. 2015, ISMRM 23:2846). Contract: ../CONTRACTS.md.
//
// As graph.ts in one pass from the highest bin down, but what is joined are nodes: an edge's component is that of its nodes, so no list of the some m^1.5
// pairs of neighbouring edges is needed. Places in the descending order stand for components of the tree.
import { find, sortByBin } from "./graph";

const NONE: u32 = 0xffffffff;

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

  for (let node: usize = 0; node < <usize>nNodes; node++) {
    store<u32>(roots + (node << 2), <u32>node);
    store<u32>(tops + (node << 2), NONE);
  }
  for (let place: usize = 0; place < active; place++) {
    const own = place << 2;
    const pair = load<u32>(ends + (<usize>load<u32>(order + own) << 2));
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
