// 100,000 hostile inputs a parser: half an hour on one core. FIXELSTREAM_FUZZ_RUNS=1000 makes it shorter, FIXELSTREAM_FUZZ_SEED=1 another one.
import { afterAll, describe, expect, test } from "vitest";
import { hdf5Targets, openIndependentReader } from "../support/fuzz-hdf5.js";
import { imageTargets } from "../support/fuzz-images.js";
import { checkTarget, fuzzDirectory } from "../support/fuzz-property.js";
import { storeTargets } from "../support/fuzz-stores.js";
import { textTargets } from "../support/fuzz-texts.js";

const N_RUNS = Number(process.env["FIXELSTREAM_FUZZ_RUNS"] ?? 100_000);
/** Each input has its own limits; a busy machine may take its time for all. */
const LONGEST_MS = 6 * 3_600_000;
const directory = fuzzDirectory();
const reader = openIndependentReader();
const targets = [
  ...imageTargets(directory),
  ...textTargets(directory),
  ...(await storeTargets(directory)),
  ...hdf5Targets(directory, reader),
];
afterAll(() => reader?.close());

describe(`${N_RUNS} hostile inputs`, () => {
  test.each(targets)("$name", { timeout: LONGEST_MS }, async (target) => {
    const { values, refusals } = await checkTarget(target, N_RUNS);
    expect(Math.min(values, refusals)).toBeGreaterThan(N_RUNS / 50);
  });
});
