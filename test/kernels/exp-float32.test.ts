// The C library's exp, as weights of smoothing need it: stored pairs of glibc (fixtures/make/expf.py), among them those where another float32 is nearest.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { POWERS_OF_TWO } from "../../src/kernels/exp-constants.js";
import { expOfNegative } from "../../src/kernels/reference/smooth.js";
import { libraryExp } from "../support/oracle-smooth.js";
import { fixturesDirectory } from "../support/peer.js";

const { nOdd, pairs } = JSON.parse(readFileSync(join(fixturesDirectory, "expf.json"), "utf8")) as {
  nOdd: number;
  pairs: [number, number][];
};
const values = new Float32Array(Uint32Array.from(pairs.flat()).buffer);
const bitsOf = (value: number) => new Uint32Array(Float32Array.of(value).buffer)[0]!;

describe("exp of a float32 that is not above 0", () => {
  it("is glibc's, bit for bit", () => {
    const got = pairs.map(([x], i) => [x, bitsOf(expOfNegative(values[2 * i]!, POWERS_OF_TWO))]);
    expect(got).toEqual(pairs);
  });

  it("also in the oracle", () => {
    expect(pairs.map(([x], i) => [x, bitsOf(libraryExp(values[2 * i]!))])).toEqual(pairs);
  });

  it("is not always the nearest float32: the pairs would notice", () => {
    const nearest = pairs.slice(0, nOdd).filter(([, y], i) => bitsOf(Math.exp(values[2 * i]!)) === y);
    expect([nOdd, nearest]).toEqual([120, []]);
  });

  it("is no number of none", () => {
    expect(expOfNegative(Number.NaN, POWERS_OF_TWO)).toBeNaN();
  });

  it("has a table of powers whose every entry is the nearest float64", () => {
    // 2^(i/32) to the 32nd power is 2^i: within rounding of a table that is right to half a unit in the last place
    for (const [i, power] of POWERS_OF_TWO.entries())
      expect(Math.abs(power ** 32 / 2 ** i - 1)).toBeLessThan(32 * 2 ** -53 + 2 ** -52);
  });
});
