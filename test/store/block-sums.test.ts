import { crc32 } from "node:zlib";
import { expect, test } from "vitest";
import { createBlockSums } from "../../src/store/block-sums.js";
import { applyShift, combineCrc32, createShift } from "../../src/store/crc32-combine.js";
import { cutRow } from "../../src/store/cut-row.js";
import { fc } from "../support/seeded-check.js";

test("the checksum of a whole is that of its pieces, of any lengths", () => {
  const bytes = fc.uint8Array({ maxLength: 300 });
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      const whole = crc32(Buffer.concat([a, b]));
      expect(combineCrc32(crc32(a), crc32(b), b.byteLength)).toBe(whole);
      expect((applyShift(createShift(b.byteLength), crc32(a)) ^ crc32(b)) >>> 0).toBe(whole);
    }),
  );
});

test("of pieces of gigabytes", () => {
  // 5 GiB of zeros, in pieces of 1 MiB: by squaring, and one after the other
  const zeros = new Uint8Array(2 ** 20);
  const afterMebibyte = createShift(zeros.byteLength);
  const [start, ofZeros] = [crc32("start"), crc32(zeros)];
  let one = start;
  let all = 0;
  for (let i = 0; i < 5 * 1024; i++) {
    one = (applyShift(afterMebibyte, one) ^ ofZeros) >>> 0;
    all = (applyShift(afterMebibyte, all) ^ ofZeros) >>> 0;
  }
  expect(combineCrc32(start, all, 5 * 2 ** 30)).toBe(one);
});

test.each([16, 256])(
  "sums of a matrix with blocks of %i are there when every subject is, and once only",
  (blockWidth) => {
    const shape = { nSubjects: 3, nElements: 600, blockWidth, elementType: "f32" } as const;
    const rows = [0, 1, 2].map(
      (s) => new Uint8Array(Float32Array.from({ length: 600 }, (_, i) => Math.sin(s + i)).buffer),
    );
    const sums = createBlockSums(shape);
    const add = (s: number) => {
      const nBlocks = Math.ceil(600 / blockWidth);
      const blocks = new Uint8Array(nBlocks * blockWidth * 4);
      blocks.set(rows[s]!);
      expect(sums.addRow(s, cutRow(shape, rows[s]!))).toBe(crc32(rows[s]!));
      sums.addBlocks(s, 1, blocks);
    };
    add(2);
    add(0);
    expect(sums.result()).toBeUndefined();
    expect(() => add(2)).toThrow("Subject 2 of 3 was summed twice.");
    add(1);
    expect(sums.result()?.missing).toBeUndefined();
    const first = crc32(Buffer.concat(rows.map((row) => row.subarray(0, blockWidth * 4))));
    expect(sums.result()?.blockCrc32[0]).toBe(first);
  },
);
