// Numbers that look random and are the same everywhere: mulberry32; nearly normal ones by addition only (Irwin-Hall).

export interface SeededRandom {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Mean 0, variance 1. */
  normal(): number;
  /** 0 .. count - 1. */
  integer(count: number): number;
  /** An ordering of 0 .. count - 1. */
  permutation(count: number): number[];
}

export function createRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (count: number) => Math.floor(uniform() * count);
  return {
    uniform,
    integer,
    normal() {
      let sum = 0;
      for (let i = 0; i < 12; i++) sum += uniform();
      return sum - 6;
    },
    permutation(count) {
      const order = Array.from({ length: count }, (_, i) => i);
      for (let i = count - 1; i > 0; i--) {
        const j = integer(i + 1);
        [order[i], order[j]] = [order[j]!, order[i]!];
      }
      return order;
    },
  };
}
