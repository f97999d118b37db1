import { describe, expect, it } from "vitest";
import { formatNumberInto, NUMBER_ROOM } from "../../../src/formats/text/number-bytes.js";
import { formatNumber } from "../../../src/formats/text/write.js";
import { fc } from "../../support/seeded-check.js";

const room = Buffer.alloc(NUMBER_ROOM + 8);

/** At a place of its own, with what is around it unchanged. */
function written(value: number, digits: number, at = 3): string {
  room.fill(0x78);
  const end = formatNumberInto(room, at, value, digits);
  expect(room.toString("latin1", 0, at)).toBe("x".repeat(at));
  expect(room.subarray(at + NUMBER_ROOM).every((byte) => byte === 0x78)).toBe(true);
  return room.toString("latin1", at, end);
}

/** One of the doubles beside `value`. */
function beside(value: number, steps: number): number {
  const bits = new BigInt64Array(1);
  const doubles = new Float64Array(bits.buffer);
  doubles[0] = value;
  bits[0]! += BigInt(steps);
  return doubles[0]!;
}

const digits = fc.integer({ min: 1, max: 17 });
const exponent = fc.integer({ min: -30, max: 20 });
const value = fc.oneof(
  fc.double(),
  fc.float(),
  fc.double({ min: -10, max: 10 }),
  fc.float({ min: -10, max: 10 }),
  fc.integer(),
  fc.maxSafeInteger(),
  // shares, as those of shuffles are
  fc.tuple(fc.nat(5000), fc.integer({ min: 1, max: 5000 })).map(([n, of]) => n / of),
  // of any size
  fc.tuple(fc.double({ min: -10, max: 10, noNaN: true }), exponent).map(([of, e]) => of * 10 ** e),
  // powers of ten and what is beside them: digits and layout change there
  fc.tuple(exponent, fc.integer({ min: -4, max: 4 })).map(([e, steps]) => beside(Number(`1e${e}`), steps)),
  // short decimals, and those that end in a 5 which is rounded away: in the middle, or beside it
  fc
    .tuple(fc.nat(10 ** 9), exponent, fc.integer({ min: -2, max: 2 }))
    .map(([n, e, steps]) => beside(Number(`${n}5e${e}`), n === 0 && e < -20 ? 0 : steps)),
  // exactly in the middle
  fc.tuple(fc.nat(2 ** 20), fc.nat(24)).map(([n, k]) => n / 2 ** k),
);

describe("formatNumberInto", () => {
  it("gives the bytes of formatNumber", () => {
    fc.assert(
      fc.property(value, digits, fc.nat(8), (one, n, at) => {
        expect(written(one, n, at)).toBe(formatNumber(one, n));
        expect(written(one, 10, at)).toBe(formatNumber(one, 10));
        expect(written(one, 15, at)).toBe(formatNumber(one, 15));
      }),
      { numRuns: 20_000 },
    );
  });

  it.each([
    [0, 10, "0"],
    [-0, 10, "-0"],
    [Number.NaN, 10, "nan"],
    [Number.NEGATIVE_INFINITY, 15, "-inf"],
    [5e-324, 15, "4.94065645841247e-324"],
    [-Number.MAX_VALUE, 17, "-1.7976931348623157e+308"],
    [1234, 3, "1.23e+03"],
    [123_456_789, 9, "123456789"],
    [999_999_999.96, 10, "1000000000"],
    [9_999_999_999.6, 10, "1e+10"],
    [0.000_099_999_999_999_9, 10, "0.0001"],
    [1.000_976_562_5, 10, "1.000976563"],
    [0.1 + 0.2, 17, "0.30000000000000004"],
    [-2e-5 / 3, 15, "-6.66666666666667e-06"],
    [1e-24 / 3, 10, "3.333333333e-25"],
  ])("writes %d with %i digits as C does: %s", (one, n, text) => {
    expect(written(one, n)).toBe(text);
  });

  it("gives the same after any other number", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(value, fc.constantFrom(10, 15)), { minLength: 2, maxLength: 6 }), (numbers) => {
        for (const [one, n] of numbers) expect(written(one, n)).toBe(formatNumber(one, n));
      }),
    );
  });
});
