// Where there is no effect, fixelcfestats must find one in 5 % of studies: in that many, and not only in no more. Every model, on seeded data sets.
import { describe, expect, test } from "vitest";
import { binomialBand, countFound, expectCalibrated } from "../support/calibration.js";
import { CALIBRATED_MODELS, type NullModel } from "../support/null-cohort.js";
import { runNullFixels } from "../support/null-runs.js";

const N_DATA_SETS = 300;
/** Statistics below 0 have the enhanced value 0: a half, and more where the means of blocks are in the errors of the model. */
const EQUAL_BELOW = 0.75;

describe(`${N_DATA_SETS} data sets: errors in ${binomialBand(N_DATA_SETS).join(" to ")} of them, p-values uniform`, () => {
  test.each(CALIBRATED_MODELS)("%j", async (model) => {
    const outcomes = await runNullFixels(model, N_DATA_SETS);
    for (const [name, found] of Object.entries(outcomes)) expectCalibrated(name, found, EQUAL_BELOW);
  });
});

// Known, and MRtrix3's too, whose masked shuffle we follow: where each fixel lacks subjects of its own, each is shuffled by itself. Neighbours that agree
// in the data do not agree in its shuffles, so that the null lacks their support.
test("neighbours that lack different subjects: too many errors, and no correction of ours may hide it", async () => {
  const model: NullModel = { missing: "own" };
  const { t1, t2, F1 } = await runNullFixels(model, N_DATA_SETS);
  const [, most] = binomialBand(N_DATA_SETS);
  for (const found of [t1!, t2!, F1!]) expect(countFound(found)).toBeGreaterThan(most);
});
