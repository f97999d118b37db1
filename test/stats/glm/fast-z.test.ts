// The approximate Z stays within its stated bound of the exact one everywhere it is used, and bins never differ.
import { expect, test } from "vitest";
import { approximateZ, binOfT, FAST_Z_BOUND } from "../../../src/stats/glm/fast-z.js";
import { tToZ } from "../../../src/stats/glm/z-transform.js";
import { createRandom } from "../../support/seeded-random.js";

/** Denser where the error is largest: at the small ends of both parts of the domain. */
const DOFS = [
  ...Array.from({ length: 60 }, (_, i) => 6 + i * 0.05),
  ...Array.from({ length: 40 }, (_, i) => 24 + i * 0.1),
  ...Array.from({ length: 40 }, (_, i) => 6 * 1.5 ** i),
];

test("the bound holds over the domain", () => {
  let largest = 0;
  let inside = 0;
  for (const dof of DOFS) {
    for (let t = 1e-6; t < 1e3; t = t * 1.01 + 1e-3) {
      const z = approximateZ(t, dof);
      if (Number.isNaN(z)) continue;
      inside++;
      largest = Math.max(largest, Math.abs(z - tToZ(t, dof)));
    }
  }
  expect(inside).toBeGreaterThan(20_000);
  expect(largest).toBeLessThan(0.8 * FAST_Z_BOUND);
});

test("outside the domain there is no approximation", () => {
  expect(approximateZ(1, 5.99)).toBeNaN();
  expect(approximateZ(1, Number.NaN)).toBeNaN();
  expect(approximateZ(1e9, 1000)).toBeNaN();
  expect(approximateZ(Number.NaN, 100)).toBeNaN();
});

test("bins are those of the exact Z", () => {
  const { uniform } = createRandom(3);
  for (let i = 0; i < 40_000; i++) {
    const dof = 1 + 10 ** (3 * uniform());
    const t = 12 * uniform() - 1;
    const dh = i % 2 === 0 ? 0.1 : 0.013;
    expect(binOfT(t, dof, { kind: "steps", dh })).toBe(Math.max(0, Math.floor(tToZ(t, dof) / dh)));
  }
  for (const t of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
    expect(binOfT(t, 20, { kind: "steps", dh: 0.1 })).toBe(0);
  expect(binOfT(2, Number.NaN, { kind: "steps", dh: 0.1 })).toBe(0);
});
