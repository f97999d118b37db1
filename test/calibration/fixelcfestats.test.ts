// Where there is no effect, fixelcfestats must find one in 5 % of studies: in that many, and not only in no more. Every model, on seeded data sets.
import { describe, expect, test } from "vitest";
import { binomialBand, countFound, expectCalibrated } from "../support/calibration.js";
import { CALIBRATED_MODELS, type NullModel } from "../support/null-cohort.js";
import { runNullFixels } from "../support/null-runs.js";

/** A run of each takes 0.13 s of processor time: 17 models in 8 minutes, where nothing else runs. */
const N_DATA_SETS = 200;
const TIMEOUT_MS = 1_800_000;
/** Statistics below 0 have the enhanced value 0: a half, and more where the means of blocks are in the errors of the model. */
const EQUAL_BELOW = 0.75;

describe(`${N_DATA_SETS} data sets: errors in ${binomialBand(N_DATA_SETS).join(" to ")} of them, p-values uniform`, () => {
  test.each(CALIBRATED_MODELS)(
    "%j",
    async (model) => {
      const outcomes = await runNullFixels(model, N_DATA_SETS);
      for (const [name, found] of Object.entries(outcomes))
        expectCalibrated(`${JSON.stringify(model)} ${name}`, found, EQUAL_BELOW);
    },
    TIMEOUT_MS,
  );
});

// Known, and MRtrix3's too, whose masked shuffle we follow: where each fixel lacks subjects of its own, each is shuffled by itself. Neighbours that agree
// in the data do not agree in its shuffles, so that the null lacks their support.
test(
  "neighbours that lack different subjects: too many errors, and no correction of ours may hide it",
  async () => {
    const model: NullModel = { missing: "own" };
    const { t1, t2, F1 } = await runNullFixels(model, N_DATA_SETS);
    const [, most] = binomialBand(N_DATA_SETS);
    const counts = [t1!, t2!, F1!].map(countFound);
    process.stdout.write(
      `${JSON.stringify(model)}, neighbours: errors in ${counts.join(", ")} of ${N_DATA_SETS} (more than ${most})\n`,
    );
    for (const count of counts) expect(count).toBeGreaterThan(most);
  },
  TIMEOUT_MS,
);
