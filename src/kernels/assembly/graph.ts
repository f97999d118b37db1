// Threshold-free enhancement over a graph (Smith & Nichols 2009, NeuroImage 44:83-98), one shuffle at a time. Contract: ../CONTRACTS.md.
//
// One pass instead of one a height: elements in descending order of their bins, joined with neighbours that came before (union-find). What is joined at each
// height is a tree of components (max-tree; Najman & Couprie 2006, IEEE TIP 15:3531-3539): a component keeps its extent from its own height down to that of
// the one it becomes part of, so all heights between are one product. Summed from the root: nothing is ever subtracted from what an element has.

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

export function f32EnhanceGraph(
  m: i32, binBytes: i32, nBins: i32, bins: usize, starts: usize, neighbours: usize, extentPowers: usize, heightSums: usize, enhanced: usize, scratch: usize,
): void {
  const words = <usize>m << 2;
  const values = scratch, order = values + 2 * words, roots = order + words, parents = roots + words, extents = parents + words;
  const counts = extents + words, levels = counts + (<usize>(nBins + 1) << 2);
  memory.fill(enhanced, 0, words);
  const active = <usize>sortByBin(m, binBytes, nBins, bins, levels, counts, order);
  if (active == 0) return;

  for (let i: usize = 0; i < active; i++) {
    const e = load<u32>(order + (i << 2));
    const own = <usize>e << 2;
    const level = <u32>load<u16>(levels + (<usize>e << 1));
    let extent: u32 = 1;
    store<u32>(roots + own, e);
    store<u32>(parents + own, e);
    const end = neighbours + (<usize>load<u32>(starts + own, 4) << 2);
    for (let p = neighbours + (<usize>load<u32>(starts + own) << 2); p < end; p += 4) {
      const other = load<u32>(p);
      const height = <u32>load<u16>(levels + (<usize>other << 1));
      // those that came before: higher ones, and of the same height those with a lower index
      if (height < level || (height == level && other > e)) continue;
      const root = find(roots, other);
      if (root == e) continue;
      const at = <usize>root << 2;
      store<u32>(roots + at, e);
      store<u32>(parents + at, e);
      extent += load<u32>(extents + at);
    }
    store<u32>(extents + own, extent);
  }

  for (let i = active; i > 0; i--) {
    const e = <usize>load<u32>(order + ((i - 1) << 2));
    const parent = <usize>load<u32>(parents + (e << 2));
    const level = <usize>load<u16>(levels + (e << 1));
    const below: usize = parent == e ? 0 : <usize>load<u16>(levels + (parent << 1));
    let value: f64 = parent == e ? 0 : load<f64>(values + (parent << 3));
    if (below != level) {
      const power = load<f64>(extentPowers + (<usize>load<u32>(extents + (e << 2)) << 3));
      value += power * (load<f64>(heightSums + (level << 3)) - load<f64>(heightSums + (below << 3)));
    }
    store<f64>(values + (e << 3), value);
    store<f32>(enhanced + (e << 2), <f32>value);
  }

  const off = load<f64>(extentPowers);
  if (off == 0) return;
  // 0^0: every height adds its power wherever it is not passed, one past the largest too
  const top = <usize>load<u16>(levels + (<usize>load<u32>(order) << 1)) + 1;
  const all = load<f64>(heightSums + (top << 3));
  for (let e: usize = 0; e < <usize>m; e++) {
    const level = <usize>load<u16>(levels + (e << 1));
    const value = level == 0 ? 0 : load<f64>(values + (e << 3));
    store<f32>(enhanced + (e << 2), <f32>(value + off * (all - load<f64>(heightSums + (level << 3)))));
  }
}

export function f32ReduceMap(
  m: i32, enhanced: usize, defaults: usize, eligible: usize, counters: usize, maximum: usize, maximumElement: usize,
): void {
  const end = <usize>m;
  let e: usize = 0;
  for (; e + 4 <= end; e += 4) {
    const at = e << 2;
    const smaller = f32x4.lt(v128.load(enhanced + at), v128.load(defaults + at));
    v128.store(counters + at, i32x4.sub(v128.load(counters + at), smaller));
  }
  for (; e < end; e++) {
    const at = e << 2;
    if (load<f32>(enhanced + at) < load<f32>(defaults + at)) store<u32>(counters + at, load<u32>(counters + at) + 1);
  }
  let best = load<f32>(maximum);
  let winner = load<u32>(maximumElement);
  for (e = 0; e < end; e++) {
    const value = load<f32>(enhanced + (e << 2));
    if (!(value >= best && value > 0)) continue;
    if (eligible != 0 && load<u8>(eligible + e) == 0) continue;
    if (value == best && <u32>e >= winner) continue;
    best = value;
    winner = <u32>e;
  }
  store<f32>(maximum, best);
  store<u32>(maximumElement, winner);
}
