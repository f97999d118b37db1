// Philox 4x32-10: a random function of a counter (Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3", SC11).
// No state: the same counter and key give the same four words everywhere. Checked with the known answers of Random123 1.14.

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
/** Weyl steps of the key: the golden ratio and sqrt(3) - 1. */
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;
const TWO_16 = 65536;

/** High 32 bits of a * b, both u32. Each partial product is below 2^49, exact in a double. */
function multiplyHigh(a: number, b: number): number {
  const low = (a & 0xffff) * b;
  return ((a >>> 16) * b + Math.floor(low / TWO_16)) / TWO_16;
}

/** `out` u32 [4] from counter words c0..c3 and key words k0, k1; all u32 (only the low 32 bits count). */
export function philoxInto(out: Uint32Array, c0: number, c1: number, c2: number, c3: number, k0: number, k1: number) {
  let [x0, x1, x2, x3] = [c0 | 0, c1 | 0, c2 | 0, c3 | 0];
  let [key0, key1] = [k0 | 0, k1 | 0];
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(x0 >>> 0, MULTIPLIER_0) | 0;
    const high1 = multiplyHigh(x2 >>> 0, MULTIPLIER_1) | 0;
    const low0 = Math.imul(x0, MULTIPLIER_0);
    const low1 = Math.imul(x2, MULTIPLIER_1);
    x0 = high1 ^ x1 ^ key0;
    x1 = low1;
    x2 = high0 ^ x3 ^ key1;
    x3 = low0;
    key0 = (key0 + WEYL_0) | 0;
    key1 = (key1 + WEYL_1) | 0;
  }
  out[0] = x0;
  out[1] = x1;
  out[2] = x2;
  out[3] = x3;
}
