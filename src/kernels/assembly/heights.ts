// Elements in descending order of their own heights, for integrals over all of them. Contract: ../CONTRACTS.md, f32EnhanceGridExact.
//
// Positive float32 are in the order of their bits: three passes of a radix sort, 11 bits each, the least first. A word is the height and what stands for its element.

// Math.pow of the host: AssemblyScript's own keeps tables in linear memory, where every new instance writes them over whatever lies there.
// @ts-ignore: decorator
@external("env", "pow")
declare function pow(base: f64, exponent: f64): f64;

/** Words of counts: three of 2048. */
export const COUNT_BYTES: usize = 3 * 2048 * 4;

// @ts-ignore: decorator
@inline
export function heightOf(word: u64): f32 {
  return reinterpret<f32>(<u32>(word >> 32));
}

/** Integral of h^(power - 1) from 0. */
// @ts-ignore: decorator
@inline
export function integralOf(height: f32, power: f64): f64 {
  const h = <f64>height;
  if (power == 3) return (h * h * h) / 3;
  if (power == 4) return (h * h * (h * h)) / 4;
  return pow(h, power) / power;
}

function sortPass(n: usize, from: usize, to: usize, counts: usize, shift: u64): void {
  let first: u32 = 0;
  // the largest first
  for (let digit: i32 = 2047; digit >= 0; digit--) {
    const count = counts + (<usize>digit << 2);
    const nOf = load<u32>(count);
    store<u32>(count, first);
    first += nOf;
  }
  for (let i: usize = 0; i < n; i++) {
    const word = load<u64>(from + (i << 3));
    const count = counts + ((<usize>(word >> shift) & 2047) << 2);
    const place = load<u32>(count);
    store<u32>(count, place + 1);
    store<u64>(to + (<usize>place << 3), word);
  }
}

/** Words of elements above 0, the highest first, as they come where heights are equal. `names`: u32, or 0: elements stand for themselves. Returns how many. */
export function sortHeights(m: usize, z: usize, names: usize, words: usize, spare: usize, counts: usize): usize {
  memory.fill(counts, 0, COUNT_BYTES);
  const counts1 = counts + 2048 * 4, counts2 = counts1 + 2048 * 4;
  let n: usize = 0;
  for (let e: usize = 0; e < m; e++) {
    const height = load<f32>(z + (e << 2));
    if (!(height > 0)) continue;
    const bits = reinterpret<u32>(height);
    const name = names == 0 ? <u32>e : load<u32>(names + (e << 2));
    store<u64>(spare + (n++ << 3), (<u64>bits << 32) | <u64>name);
    const c0 = counts + ((bits & 2047) << 2), c1 = counts1 + (((bits >> 11) & 2047) << 2), c2 = counts2 + ((bits >> 22) << 2);
    store<u32>(c0, load<u32>(c0) + 1);
    store<u32>(c1, load<u32>(c1) + 1);
    store<u32>(c2, load<u32>(c2) + 1);
  }
  sortPass(n, spare, words, counts, 32);
  sortPass(n, words, spare, counts1, 43);
  sortPass(n, spare, words, counts2, 54);
  return n;
}
