// Where there is no effect, vectorstats must find one in 5 % of studies: in that many, and not only in no more. Every model, on seeded data sets.
import { describe, expect, test } from "vitest";
import { binomialBand, countFound, expectCalibrated } from "../support/calibration.js";
import { CALIBRATED_MODELS } from "../support/null-cohort.js";
import { runNullVectors } from "../support/null-runs.js";

/** A run of each takes 0.13 s of processor time: 17 models in 8 minutes, where nothing else runs. */
const N_DATA_SETS = 200;
const TIMEOUT_MS = 1_800_000;

describe(`${N_DATA_SETS} data sets: errors in ${binomialBand(N_DATA_SETS).join(" to ")} of them, p-values uniform`, () => {
  test.each(CALIBRATED_MODELS)(
    "%j",
    async (model) => {
      const outcomes = await runNullVectors(model, N_DATA_SETS);
      for (const [name, found] of Object.entries(outcomes))
        expectCalibrated(`${JSON.stringify(model)} ${name}`, found, 0);
    },
    TIMEOUT_MS,
  );
});

// Elements that lack different subjects are shuffled each by itself (fixelcfestats.test.ts). The largest of statistics that agree less is larger.
test(
  "elements that agree but lack different subjects: no more errors than promised",
  async () => {
    const { t1, t2, F1 } = await runNullVectors({ missing: "own" }, N_DATA_SETS);
    const [, most] = binomialBand(N_DATA_SETS);
    const counts = [t1!, t2!, F1!].map(countFound);
    process.stdout.write(`neighbours: errors in ${counts.join(", ")} of ${N_DATA_SETS} (${most} at most)\n`);
    for (const count of counts) expect(count).toBeLessThanOrEqual(most);
  },
  TIMEOUT_MS,
);
