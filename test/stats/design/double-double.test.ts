// Pairs of doubles beside whole numbers: every operation keeps 30 digits.
import { expect, test } from "vitest";
import {
  addPairs,
  addScaledPairs,
  dividePairs,
  dotPairs,
  doubled,
  multiplyPairs,
  type Pair,
  pair,
  pairAt,
  putPair,
  rootOf,
} from "../../../src/stats/design/double-double.js";
import { complementOf, orthonormaliseRows } from "../../../src/stats/design/exact-factors.js";
import { createRandom } from "../../support/seeded-random.js";

const random = createRandom(12);
/** Times 2^240: whole for what is drawn here. */
const ONE = 1n << 240n;

function whole(value: number): bigint {
  let [x, exponent] = [value, 240];
  for (; x !== Math.floor(x); x *= 2) exponent--;
  return BigInt(x) * (1n << BigInt(exponent));
}

const wholeOf = ({ high, low }: Pair) => whole(high) + whole(low);
const drawn = (): Pair => {
  const high = random.normal() * 2 ** random.integer(20);
  return { high, low: high * 2 ** -54 * random.uniform() };
};

/** Relative to `size`. */
function close(found: bigint, wanted: bigint, size = wanted): void {
  const error = found > wanted ? found - wanted : wanted - found;
  expect(error * 10n ** 30n <= (size < 0n ? -size : size)).toBe(true);
}

test("sums, products, quotients and roots", () => {
  for (let i = 0; i < 500; i++) {
    const [a, b] = [drawn(), drawn()];
    const [x, y] = [wholeOf(a), wholeOf(b)];
    const [largest] = [x, y].map((value) => (value < 0n ? -value : value)).sort((p, q) => (p > q ? -1 : 1));
    close(wholeOf(addPairs(a, b)), x + y, largest);
    close(wholeOf(multiplyPairs(a, b)), (x * y) / ONE);
    close(wholeOf(multiplyPairs(dividePairs(a, b), b)), x);
    const root = rootOf(multiplyPairs(a, a));
    close(wholeOf(root), x < 0n ? -x : x);
  }
  expect(rootOf(pair(-1))).toEqual({ high: 0, low: 0 });
});

test("sums of products, where the largest cancel", () => {
  const n = 40;
  for (let round = 0; round < 20; round++) {
    const [a, b] = [doubled(2 * n + 1), doubled(2 * n + 1)];
    let sum = 0n;
    for (let i = 0; i < n; i++) {
      const [x, y] = [drawn(), drawn()];
      putPair(a, 2 * i, x);
      putPair(b, 2 * i, y);
      putPair(a, 2 * i + 1, { high: -x.high, low: -x.low });
      putPair(b, 2 * i + 1, y);
    }
    putPair(a, 2 * n, pair(3));
    putPair(b, 2 * n, pair(1 / 3));
    sum = (whole(3) * whole(1 / 3)) / ONE;
    const found = wholeOf(dotPairs(a, 0, b, 0, 2 * n + 1));
    const error = found > sum ? found - sum : sum - found;
    // of products of about 2^40
    expect(error * 10n ** 16n < ONE).toBe(true);
    const target = doubled(2 * n + 1);
    addScaledPairs(target, 0, pair(7), a, 0, 2 * n + 1);
    for (let i = 0; i < 2 * n; i++) close(wholeOf(pairAt(target, i)), 7n * wholeOf(pairAt(a, i)));
  }
});

test("rows that nearly say the same become orthonormal, and have a complement", () => {
  const r = 6;
  const rows = doubled(3 * r);
  for (let j = 0; j < r; j++) {
    const base = random.normal();
    for (let i = 0; i < 3; i++) rows.high[i * r + j] = base + i * 1e-12 * random.normal();
  }
  orthonormaliseRows(rows, 3, r);
  const rest = complementOf(rows, 3, r);
  const all = doubled(r * r);
  for (const part of ["high", "low"] as const) {
    all[part].set(rows[part]);
    all[part].set(rest[part], 3 * r);
  }
  for (let i = 0; i < r; i++) {
    for (let j = 0; j < r; j++) {
      const { high } = dotPairs(all, i * r, all, j * r, r);
      expect(Math.abs(high - Number(i === j))).toBeLessThan(1e-28);
    }
  }
});
