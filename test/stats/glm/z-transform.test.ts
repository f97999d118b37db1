import { describe, expect, test } from "vitest";
import { fToZ, tToZ, zToF, zToT } from "../../../src/stats/glm/z-transform.js";

const DOFS = [1, 1.7, 2, 5, 30, 997, 19998];

describe("Z of t", () => {
  test("is odd, 0 at 0 and 0 for what is not usable", () => {
    for (const dof of DOFS) {
      expect(tToZ(0, dof)).toBe(0);
      for (const t of [1e-300, 0.3, 1.7, 9, 1e200]) expect(tToZ(-t, dof)).toBe(-tToZ(t, dof));
    }
    for (const t of [Number.NaN, Infinity, -Infinity]) expect(tToZ(t, 10)).toBe(0);
    expect(tToZ(2, 0)).toBe(0);
    expect(tToZ(2, Number.NaN)).toBe(0);
  });

  test("grows from the smallest to the largest doubles, through underflow of the probability and of t squared", () => {
    for (const dof of DOFS) {
      let before = 0;
      for (let e = -1074; e < 1023; e++) {
        const z = tToZ(2 ** e, dof);
        expect(z, `t = 2^${e}, dof ${dof}`).toBeGreaterThanOrEqual(before);
        if (e > -1000) expect(z).toBeGreaterThan(before);
        before = z;
      }
      expect(before).toBeLessThan(Infinity);
    }
  });

  test("has no step where the formula changes", () => {
    for (const dof of DOFS) {
      for (const edge of [Math.sqrt(3), 1e140, Math.sqrt(1e-17)]) {
        const [below, above] = [tToZ(edge * (1 - 1e-9), dof), tToZ(edge * (1 + 1e-9), dof)];
        const middle = tToZ(edge, dof);
        expect(Math.abs(middle - (below + above) / 2) / middle, `${edge}, dof ${dof}`).toBeLessThan(5e-15);
      }
    }
  });

  test("is t itself for infinitely many degrees of freedom", () => {
    for (const t of [0.001, 0.5, 1.73, 1.74, 5, 37, 60]) expect(tToZ(t, Infinity) / t).toBeCloseTo(1, 11);
  });

  test("Deviation: stays finite where MRtrix3 3.0.3's is inf (vectorstats, n = 200, t = 605.54)", () => {
    expect(tToZ(326.377899308913, 198)).toBeCloseTo(35.2636159075177, 6); // the peer's last finite one
    expect(tToZ(605.540230766402, 198)).toBeCloseTo(38.5725, 4);
  });
});

describe("Z of F", () => {
  test("of rank 1 is the two-sided t's", () => {
    for (const dof of DOFS) {
      for (const t of [1.2, 2, 3.7, 12]) {
        const z = fToZ(t * t, 1, dof);
        // P(|T| > t) = 2 P(T > t): the t with half the tail
        expect(zToT(z, dof)).toBeLessThan(t);
        expect(tToZ(t, dof)).toBeGreaterThan(z);
      }
    }
  });

  test("grows with F across F = 1 and has no step there", () => {
    for (const dof of DOFS) {
      for (const rank of [1, 2, 3, 4, 5, 6]) {
        let before = -Infinity;
        for (let F = 0.001; F < 1e6; F *= 1.01) {
          const z = fToZ(F, rank, dof);
          expect(z).toBeGreaterThan(before);
          before = z;
        }
        expect(Math.abs(fToZ(1, rank, dof) - fToZ(1 - 1e-13, rank, dof))).toBeLessThan(3e-12);
      }
    }
  });

  test("is 0 for what is not usable", () => {
    for (const F of [0, -1, Number.NaN, Infinity]) expect(fToZ(F, 2, 10)).toBe(0);
    expect(fToZ(2, 2, 0)).toBe(0);
  });
});

describe("the inverses", () => {
  test("undo the transforms to the last digits, or overflow to Infinity", () => {
    for (const dof of [...DOFS, 1e10, Infinity]) {
      for (let z = 0.01; z < 60; z *= 1.3) {
        const t = zToT(z, dof);
        if (t !== Infinity) expect(Math.abs(tToZ(t, dof) / z - 1), `z = ${z}, dof ${dof}`).toBeLessThan(4e-15);
        expect(zToT(-z, dof)).toBe(-t);
      }
      for (const rank of [1, 2, 3, 6]) {
        for (const z of [-6, -1, -0.01, 0.05, 0.7, 2.5, 8, 25, 59]) {
          const F = zToF(z, rank, dof);
          if (F === Infinity) continue;
          expect(Math.abs(fToZ(F, rank, dof) - z) / Math.max(1, Math.abs(z)), `z = ${z}, ${rank}, ${dof}`).toBeLessThan(
            4e-15,
          );
        }
      }
    }
    expect(zToT(0, 5)).toBe(0);
    expect(zToT(60, 1)).toBe(Infinity);
    expect(zToF(60, 3, 1)).toBe(Infinity);
  });
});
