// 100,000 hostile inputs a parser: ten minutes on one core. FIXELSTREAM_FUZZ_RUNS=1000 makes it shorter.
import { afterAll, describe, expect, test } from "vitest";
import { hdf5Targets, openIndependentReader } from "../support/fuzz-hdf5.js";
import { imageTargets } from "../support/fuzz-images.js";
import { checkTarget, fuzzDirectory } from "../support/fuzz-property.js";
import { storeTargets } from "../support/fuzz-stores.js";
import { textTargets } from "../support/fuzz-texts.js";

const N_RUNS = Number(process.env["FIXELSTREAM_FUZZ_RUNS"] ?? 100_000);
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
  test.each(targets)("$name", { timeout: 1_800_000 }, async (target) => {
    const { values, refusals } = await checkTarget(target, N_RUNS);
    expect(Math.min(values, refusals)).toBeGreaterThan(N_RUNS / 50);
  });
});
