// Heights that are listed: which a statistic passes that lies exactly on one, in every way in which a bin is found.
import { describe, expect, test } from "vitest";
import { addedHeights, type BinScale, binOfZ } from "../../../src/stats/glm/bin-scale.js";
import { binOfSquare } from "../../../src/stats/glm/bin-table.js";
import { binOfF, binOfT } from "../../../src/stats/glm/fast-z.js";
import { createZThresholds } from "../../../src/stats/glm/z-thresholds.js";
import { fToZ, tToZ } from "../../../src/stats/glm/z-transform.js";
import { createRandom } from "../../support/seeded-random.js";

/** Statistics whose squares are exact. */
const ON = Array.from({ length: 60 }, (_, i) => (i + 1) / 8);

const ULPS = Array.from({ length: 400 }, (_, i) => i + 1);

/** The double that many places above. */
function placesUp(x: number, places: number): number {
  const double = Float64Array.of(x);
  new BigInt64Array(double.buffer)[0]! += BigInt(places);
  return double[0]!;
}

/** Whether the computed Z grows around x, as Z does, beyond its noise. */
const isClean = (zOf: (x: number) => number, x: number): boolean =>
  zOf(x) > 0 && ULPS.every((n) => zOf(placesUp(x, -n)) <= zOf(x) && zOf(placesUp(x, n)) >= zOf(x));

const CASES = [7, 20, 57.5, 400].flatMap((dof) =>
  [
    { kind: "t", rank: 1, dof, zOf: (t: number) => tToZ(t, dof), binOf: (t: number, s: BinScale) => binOfT(t, dof, s) },
    ...[1, 3].map((rank) => ({
      ...{ kind: "F", rank, dof, zOf: (x: number) => fToZ(x * x, rank, dof) },
      binOf: (x: number, s: BinScale) => binOfF(x * x, rank, dof, s),
    })),
  ].map((one) => ({ ...one, kind: one.kind as "t" | "F" })),
);

describe.each(CASES)("$kind, rank $rank, dof $dof", ({ kind, rank, dof, zOf, binOf }) => {
  const on = ON.filter((x) => isClean(zOf, x));
  const scaleOf = (strict: boolean): BinScale => ({
    ...{ kind: "heights", heights: Float64Array.from([0, ...on.map(zOf)]), strict },
  });

  test.each([true, false])("a Z exactly on a height, strict: %s", (strict) => {
    const scale = scaleOf(strict);
    const table = createZThresholds({ kind, rank, dof, dh: 0.1, scale, maxBin: on.length });
    expect(on.length).toBeGreaterThan(3);
    for (const [i, x] of on.entries()) {
      const passed = strict ? i : i + 1;
      expect(binOfZ(scale, zOf(x))).toBe(passed);
      expect(binOfSquare(table, x * x)).toBe(passed);
      expect(binOf(x, scale)).toBe(passed);
    }
  });

  test.each([true, false])("the table and the exact Z agree near heights and elsewhere, strict: %s", (strict) => {
    const scale = scaleOf(strict);
    const table = createZThresholds({ kind, rank, dof, dh: 0.1, scale, maxBin: on.length });
    const { uniform } = createRandom(dof);
    for (let i = 0; i < 3000; i++) {
      // nearly a height, beyond the noise of Z; anywhere
      const base = on[i % on.length]! ** 2;
      const square = [base * (1 + 1e-9), base * (1 - 1e-9), 70 * uniform()][i % 3]!;
      const z = zOf(Math.sqrt(square));
      expect(binOfSquare(table, square)).toBe(Math.max(0, binOfZ(scale, z)));
    }
  });
});

test("a height of one cluster threshold is passed by what is above it alone", () => {
  const height = Math.fround(3.1);
  const scale: BinScale = { kind: "heights", heights: Float64Array.of(0, height), strict: true };
  expect(binOfZ(scale, height)).toBe(0);
  // 3.1 lies above its own float32, with which the peer compares
  expect(binOfZ(scale, 3.1)).toBe(1);
  expect(binOfZ(scale, height * (1 + Number.EPSILON))).toBe(1);
  expect(binOfZ(scale, 1e9)).toBe(1);
  expect(binOfZ(scale, -5)).toBe(0);
});

test("heights are added up, and rounded where they are compared as float32", () => {
  const dof = 30;
  const [exact, rounded] = [addedHeights(0.1, dof, false), addedHeights(0.1, dof, true)];
  let height = 0;
  for (let h = 1; h < 100; h++) {
    height += 0.1;
    expect(exact[h]).toBe(height);
    expect(rounded[h]).toBe(Math.fround(height));
  }
  // the third multiple of 0.1 is not 0.3
  expect(exact[3]).not.toBe(0.3);
  const scale: BinScale = { kind: "heights", heights: rounded, strict: true };
  for (let h = 1; h < 100; h++) {
    expect(binOfZ(scale, rounded[h]!)).toBe(h - 1);
    expect(binOfZ(scale, rounded[h]! * (1 + Number.EPSILON))).toBe(h);
  }
});
