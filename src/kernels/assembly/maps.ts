// What is kept of one enhanced map. Contract: ../CONTRACTS.md.

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
