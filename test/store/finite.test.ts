// Values that are not finite are found wherever they stand, by both ways, and nothing else is taken for one.
import { describe, expect, it } from "vitest";
import { allFinite, createScannedValues, createSharedMemory, scannerOf } from "../../src/store/finite.js";

const FINITE = [0, -0, 1, -1, 1e-45, -1e-45, 1.1754942e-38, 3.4028235e38, -3.4028235e38];
/** Bits of infinities and of NaN of either sign, quiet and signalling. */
const OTHERS = [0x7f800000, 0xff800000, 0x7fc00000, 0xffc00000, 0x7f800001, 0xffffffff];

describe.each([1, 15, 16, 17, 63, 64, 1000, 16_391])("%i values", (n) => {
  const scanned = createScannedValues(4 * n + 256);
  const { buffer, byteOffset } = scanned.bytes;
  const values = new Float32Array(buffer, byteOffset, n + 64);
  const words = new Uint32Array(buffer, byteOffset, n + 64);
  const ways = () => [scanned.allFinite(4 * n), allFinite(scanned.bytes.subarray(0, 4 * n), "f32")];

  it("of every finite kind are finite, whatever lies behind them", () => {
    for (let i = 0; i < n; i++) values[i] = FINITE[i % FINITE.length]!;
    words.fill(0x7f800000, n);
    expect(ways()).toEqual([true, true]);
  });

  it("with one that is not are not, wherever it stands", () => {
    values.fill(2);
    const step = n > 1000 ? 61 : 1;
    for (let i = 0; i < n; i += step) {
      for (const other of OTHERS) {
        words[i] = other;
        expect(ways()).toEqual([false, false]);
      }
      values[i] = 2;
    }
    expect(ways()).toEqual([true, true]);
  });
});

it("in a memory that is shared they are found where they stand and nowhere else", () => {
  const memory = createSharedMemory(100_000)!;
  expect(memory.buffer).toBeInstanceOf(SharedArrayBuffer);
  const words = new Uint32Array(memory.buffer);
  const scan = scannerOf(memory);
  words.fill(0x3f800000);
  for (const other of OTHERS) {
    for (const at of [16, 17, 31, 32, 1000, 1023]) {
      words[at] = other;
      expect(scan(64, 4096 - 64)).toBe(false);
      expect(scan(0, 64)).toBe(true);
      expect(scan(4096, 64)).toBe(true);
      words[at] = 0x7f7fffff;
      expect(scan(64, 4096 - 64)).toBe(true);
    }
  }
});
