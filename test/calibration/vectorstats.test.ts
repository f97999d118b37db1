// Where there is no effect, vectorstats must find one in 5 % of studies: in that many, and not only in no more. Every model, on seeded data sets.
import { describe, expect, test } from "vitest";
import { binomialBand, countFound, expectCalibrated } from "../support/calibration.js";
import { CALIBRATED_MODELS } from "../support/null-cohort.js";
import { runNullVectors } from "../support/null-runs.js";

const N_DATA_SETS = 300;

describe(`${N_DATA_SETS} data sets: errors in ${binomialBand(N_DATA_SETS).join(" to ")} of them, p-values uniform`, () => {
  test.each(CALIBRATED_MODELS)("%j", async (model) => {
    const outcomes = await runNullVectors(model, N_DATA_SETS);
    for (const [name, found] of Object.entries(outcomes)) expectCalibrated(name, found, 0);
  });
});

// Elements that lack different subjects are shuffled each by itself (fixelcfestats.test.ts). The largest of statistics that agree less is larger.
test("elements that agree but lack different subjects: no more errors than promised", async () => {
  const { t1, t2, F1 } = await runNullVectors({ missing: "own" }, N_DATA_SETS);
  const [, most] = binomialBand(N_DATA_SETS);
  for (const found of [t1!, t2!, F1!]) expect(countFound(found)).toBeLessThanOrEqual(most);
});
