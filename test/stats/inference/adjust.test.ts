import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ADJUSTMENTS, type Adjustment, adjustP } from "../../../src/stats/inference/adjust.js";
import { createRandom } from "../../support/seeded-random.js";

// by fixtures/make/p-values.R
const golden = JSON.parse(readFileSync(new URL("r-p-values.json", import.meta.url), "utf8")) as {
  adjusted: ({ p: (number | null)[] } & Record<Adjustment, (number | null)[]>)[];
};

function adjust(p: readonly (number | null)[], method: Adjustment): Float64Array {
  const steps = adjustP(
    Float64Array.from(p, (value) => value ?? Number.NaN),
    method,
  );
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

test.each(ADJUSTMENTS)("%s is R's p.adjust to 1e-12, with what is missing left out", (method) => {
  expect(golden.adjusted.length).toBeGreaterThan(8);
  for (const { p, ...by } of golden.adjusted) {
    const found = adjust(p, method);
    for (const [i, want] of by[method].entries()) {
      if (want === null) expect(found[i]).toBeNaN();
      else expect(Math.abs(found[i]! - want), `${i} of ${p.length}`).toBeLessThanOrEqual(1e-12 * want);
    }
  }
});

test.each(ADJUSTMENTS)("%s: never below p, in the order of p, the same in any order, 1 at most", (method) => {
  const random = createRandom(3);
  const p = Array.from({ length: 3000 }, () => Math.round(1000 * random.uniform() ** 3) / 1000);
  const found = adjust(p, method);
  const order = random.permutation(p.length);
  const moved = adjust(
    order.map((i) => p[i]!),
    method,
  );
  for (const [at, i] of order.entries()) expect(moved[at]).toBe(found[i]);
  const byP = [...p.keys()].sort((i, j) => p[i]! - p[j]!);
  for (const [rank, i] of byP.entries()) {
    expect(found[i]).toBeGreaterThanOrEqual(p[i]!);
    expect(found[i]).toBeLessThanOrEqual(1);
    if (rank > 0) expect(found[i]).toBeGreaterThanOrEqual(found[byP[rank - 1]!]!);
  }
});

test("nothing, and one test", () => {
  for (const method of ADJUSTMENTS) {
    expect(adjust([], method)).toEqual(new Float64Array(0));
    expect(adjust([0.03], method)).toEqual(Float64Array.of(0.03));
    expect(adjust([null], method)[0]).toBeNaN();
  }
});
