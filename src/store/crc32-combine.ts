// CRC-32 of a whole out of the CRC-32 of its pieces. As a number of GF(2)[x] modulo P, the checksum of A followed by B is that of A times x^(8 |B|), plus that of
// B: the complements before and after cancel each other. So pieces may be summed where they are at hand, in any order, and nothing is read twice.

/** P without its leading term, bit 31 = x^0: the order of bits of zlib's checksums. */
const POLYNOMIAL = 0xedb88320;
/** x^0. */
const ONE = 0x80000000;

/** A product with a constant, as a table: one lookup a byte. u32 [4][256] */
export type Shift = Uint32Array;

/** What `lengthBytes` further bytes do to a checksum, but for what is in them. */
export function createShift(lengthBytes: number): Shift {
  return tableOf(powerOfX(lengthBytes));
}

export function applyShift(shift: Shift, crc: number): number {
  return (
    (shift[crc & 0xff]! ^
      shift[256 + ((crc >>> 8) & 0xff)]! ^
      shift[512 + ((crc >>> 16) & 0xff)]! ^
      shift[768 + (crc >>> 24)]!) >>>
    0
  );
}

/** Of A followed by B. */
export function combineCrc32(ofA: number, ofB: number, lengthOfB: number): number {
  return (multiply(powerOfX(lengthOfB), ofA) ^ ofB) >>> 0;
}

const timesX = (a: number): number => (a & 1 ? (a >>> 1) ^ POLYNOMIAL : a >>> 1);

function multiply(a: number, b: number): number {
  let product = 0;
  for (let term = b, bit = ONE; bit !== 0; bit >>>= 1, term = timesX(term)) if (a & bit) product ^= term;
  return product >>> 0;
}

/** x^(8 n), by squaring; n below 2^53. */
function powerOfX(n: number): number {
  let power = ONE;
  for (let square = ONE >>> 8, left = n; left > 0; left = Math.floor(left / 2), square = multiply(square, square))
    if (left % 2 === 1) power = multiply(power, square);
  return power;
}

function tableOf(factor: number): Shift {
  const table = new Uint32Array(1024);
  for (let bit = 31, term = factor; bit >= 0; bit--, term = timesX(term))
    table[(bit >> 3) * 256 + (1 << (bit & 7))] = term;
  for (let start = 0; start < 1024; start += 256) {
    for (let value = 1; value < 256; value++) {
      const rest = value & (value - 1); // without its lowest bit
      table[start + value] = table[start + rest]! ^ table[start + (value ^ rest)]!;
    }
  }
  return table;
}
