import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { fToZ, tToZ } from "../../../src/stats/glm/z-transform.js";
import { parametricP } from "../../../src/stats/inference/parametric.js";

// 60 digits by fixtures/make/special-functions.py
const reference = JSON.parse(readFileSync(new URL("../functions/special-functions.json", import.meta.url), "utf8")) as {
  t: [t: number, dof: number, logUpper: number, z: number][];
  f: [F: number, rank: number, dof: number, logUpper: number, logLower: number, z: number][];
};

function pOf(test: Parameters<typeof parametricP>[0]): Float64Array {
  const steps = parametricP(test);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

test("p of t and F are their tails, of both signs, to 1e-12 where they are doubles", () => {
  for (const [t, dof, logUpper] of reference.t) {
    if (logUpper < -600) continue;
    const z = tToZ(t, dof);
    const [upper, lower] = pOf({ kind: "t", statistic: [t, -t], z: [z, -z], deviations: [[1, 1]] });
    expect(Math.abs(upper! / Math.exp(logUpper) - 1), `t ${t}, ${dof}`).toBeLessThan(1e-12);
    expect(Math.abs(lower! - (1 - Math.exp(logUpper)))).toBeLessThan(1e-13);
  }
  for (const [F, rank, dof, logUpper] of reference.f) {
    if (logUpper < -600) continue;
    const [p] = pOf({ kind: "F", statistic: [F], z: [fToZ(F, rank, dof)], deviations: [[1]] });
    expect(Math.abs(p! / Math.exp(logUpper) - 1), `F ${F}, ${rank}, ${dof}`).toBeLessThan(1e-11);
  }
});

test("what is not tested has no p; a statistic of 0 has one where there is a variance", () => {
  const deviations = [
    [0, 1, 0, Number.NaN, 1],
    [0, 0, 2, 0, 1],
  ];
  const z = [0, 0, 0, 0, 1];
  const found = pOf({ kind: "t", statistic: z, z, deviations });
  expect([...found].map(Number.isNaN)).toEqual([true, false, false, true, false]);
  for (const [i, want] of [0.5, 0.5, 0.158655253931457].entries()) expect(found[[1, 2, 4][i]!]).toBeCloseTo(want, 14);
  expect(pOf({ kind: "F", statistic: [0, 3], z: [0, 1], deviations: [[1, 1]] })[0]).toBe(1);
  const eligible = Uint8Array.of(1, 0, 1, 1, 0);
  const some = pOf({ kind: "t", statistic: z, z, deviations, eligible });
  expect([...some].map(Number.isNaN)).toEqual([true, true, false, true, true]);
});
