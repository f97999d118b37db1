// Deterministic numbers for the bench's inputs: mulberry32; normals are sums of four 16-bit uniforms (nearly normal, and fast).

const HALF = 65536;
const SCALE = Math.sqrt(3) / HALF;

export function createRandom(seed) {
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;

  function bits() {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** [0, 1) */
  const uniform = () => bits() / 2 ** 32;

  /** Mean 0, variance 1, within +-3.5. */
  function normal() {
    const a = bits();
    const b = bits();
    return ((a & 0xffff) + (a >>> 16) + (b & 0xffff) + (b >>> 16) - 2 * HALF + 2) * SCALE;
  }

  /** Shuffles `values` in place. */
  function shuffle(values) {
    for (let i = values.length - 1; i > 0; i--) {
      const j = Math.floor(uniform() * (i + 1));
      const kept = values[i];
      values[i] = values[j];
      values[j] = kept;
    }
  }
  return { uniform, normal, shuffle };
}
