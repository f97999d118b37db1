import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { logFLower, logFUpper } from "../../../src/stats/functions/f-tails.js";
import {
  logNormalUpper,
  millsRatio,
  normalFromCentral,
  normalFromLogUpper,
} from "../../../src/stats/functions/normal.js";
import { stirlingError } from "../../../src/stats/functions/stirling-error.js";
import { fToZ, tToZ } from "../../../src/stats/glm/z-transform.js";

// 60-digit values by fixtures/make/special-functions.py
const reference = JSON.parse(readFileSync(new URL("special-functions.json", import.meta.url), "utf8")) as {
  normal: [z: number, logUpper: number][];
  t: [t: number, dof: number, logUpper: number, z: number][];
  f: [F: number, rank: number, dof: number, logUpper: number, logLower: number, z: number][];
};

/** |got - want| over max(|want|, floor). */
const error = (got: number, want: number, floor = 0) =>
  Math.abs(got - want) / Math.max(Math.abs(want), floor || 1e-300);

test("Stirling's remainder is the logarithm of the gamma function's", () => {
  for (const [z, logGamma] of [
    [0.5, Math.log(Math.PI) / 2],
    [1, 0],
    [2, 0],
    [3, Math.LN2],
    [11, Math.log(3628800)],
  ] as const) {
    const stirling = (z - 0.5) * Math.log(z) - z + Math.log(2 * Math.PI) / 2;
    expect(stirlingError(z)).toBeCloseTo(logGamma - stirling, 14);
  }
});

test("the normal tail and its inverse agree with mpmath from z = 0 to 10000", () => {
  for (const [z, logUpper] of reference.normal) {
    expect(error(logNormalUpper(z), logUpper), `ln Q(${z})`).toBeLessThan(1e-15);
    if (z > 0.1) expect(error(normalFromLogUpper(logUpper), z), `z = ${z}`).toBeLessThan(1e-14);
  }
  expect(millsRatio(0)).toBeCloseTo(Math.sqrt(Math.PI / 2), 15);
  expect(normalFromLogUpper(0)).toBe(-Infinity);
  expect(normalFromLogUpper(-Infinity)).toBe(Infinity);
  expect(normalFromLogUpper(Math.log(0.5))).toBeCloseTo(0, 15);
});

test("the inverse of the central probability undoes it from 1e-300 to 0.94", () => {
  for (const z of [1e-300, 1e-12, 1e-5, 0.01, 0.3, 1, 1.7, 1.9]) {
    // P(|N| <= z) = z sqrt(2/pi) (1 - z^2/6 + ..) near 0, 1 - 2Q elsewhere
    const central =
      z < 1e-4 ? z * Math.sqrt(2 / Math.PI) * (1 - (z * z) / 6) : -Math.expm1(logNormalUpper(z) + Math.LN2);
    expect(error(normalFromCentral(central), z), `z = ${z}`).toBeLessThan(z < 1e-4 ? 1e-15 : z < 0.1 ? 2e-14 : 3e-15);
  }
});

test("both tails of F agree with mpmath for ranks 1..17 and dof 1..19998, down to exp(-100000)", () => {
  let worst = 0;
  for (const [F, rank, dof, logUpper, logLower] of reference.f) {
    const [got, want] = F >= 1 ? [logFUpper(F, rank, dof), logUpper] : [logFLower(F, rank, dof), logLower];
    // relative error of the probability where it is a double, of its logarithm beyond
    const wrong = Math.abs(got - want) / Math.max(1, Math.abs(want) / 100);
    worst = Math.max(worst, wrong);
    expect(wrong, `F = ${F}, rank ${rank}, dof ${dof}`).toBeLessThan(1e-13);
  }
  expect(worst).toBeGreaterThan(0);
});

test("Z of t and F agrees with mpmath to 1e-13", () => {
  for (const [t, dof, , z] of reference.t) {
    expect(error(tToZ(t, dof), z), `t = ${t}, dof ${dof}`).toBeLessThan(1e-13);
  }
  for (const [F, rank, dof, , , z] of reference.f) {
    expect(error(fToZ(F, rank, dof), z, 0.1), `F = ${F}, rank ${rank}, dof ${dof}`).toBeLessThan(1e-13);
  }
});
