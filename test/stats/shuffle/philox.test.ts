import { expect, test } from "vitest";
import { boundedInteger } from "../../../src/stats/shuffle/bounded-integer.js";
import { philoxInto } from "../../../src/stats/shuffle/philox.js";
import { PURPOSE, RandomStream } from "../../../src/stats/shuffle/random-stream.js";

// Random123 1.14, tests/kat_vectors: philox4x32 10
type Counter = [number, number, number, number];
const KNOWN_ANSWERS: { counter: Counter; key: [number, number]; words: Counter }[] = [
  { counter: [0, 0, 0, 0], key: [0, 0], words: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8] },
  {
    counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    key: [0xffffffff, 0xffffffff],
    words: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  },
  {
    counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    key: [0xa4093822, 0x299f31d0],
    words: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  },
];
test.each(KNOWN_ANSWERS)("philox gives Random123's known answer for counter $counter", ({ counter, key, words }) => {
  const out = new Uint32Array(4);
  philoxInto(out, ...counter, ...key);
  expect([...out]).toEqual(words);
});

test("a draw starts over with start, and draws of other shuffles, attempts, purposes and seeds differ", () => {
  const first = (seed: number, purpose: 0 | 1, shuffle: number, attempt: number) => {
    const stream = new RandomStream(seed);
    stream.start(purpose, shuffle, attempt);
    return Array.from({ length: 9 }, () => stream.next()).join();
  };
  const draws = [
    first(1, PURPOSE.permutation, 1, 0),
    first(1, PURPOSE.signs, 1, 0),
    first(1, PURPOSE.permutation, 2, 0),
    first(1, PURPOSE.permutation, 1, 1),
    first(2, PURPOSE.permutation, 1, 0),
    first(1 + 2 ** 32, PURPOSE.permutation, 1, 0),
  ];
  expect(new Set(draws).size).toBe(draws.length);
  expect(first(1, PURPOSE.permutation, 1, 0)).toBe(draws[0]);
});

test("bounded integers are uniform (chi-square, fixed seed)", () => {
  const stream = new RandomStream(20);
  for (const limit of [1, 2, 3, 7, 100]) {
    stream.start(PURPOSE.permutation, limit, 0);
    const counts = new Float64Array(limit);
    const nDraws = 20_000;
    for (let i = 0; i < nDraws; i++) counts[boundedInteger(stream, limit)]!++;
    const expected = nDraws / limit;
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // mean dof, variance 2 dof: 4 deviations
    expect(chiSquare, `limit ${limit}`).toBeLessThanOrEqual(limit - 1 + 4 * Math.sqrt(2 * (limit - 1)));
  }
});

test("the limit's rejection removes the bias of 2^32 mod limit", () => {
  // Words that multiply to a low half below 2^32 mod limit must be passed over: 2^32 mod 3 = 1, so word 0 is.
  const words = [0, 2 ** 31];
  const fake = { next: () => words.shift()! } as unknown as RandomStream;
  expect(boundedInteger(fake, 3)).toBe(1);
});
