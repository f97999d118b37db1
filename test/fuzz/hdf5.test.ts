// Changed HDF5 files and archives: a value, which Python reads too, or a refusal that names the file. Needs `npm run build`. 100,000 each: test/slow/fuzz.test.ts.
import { afterAll, describe, expect, test } from "vitest";
import { hdf5Targets, openIndependentReader } from "../support/fuzz-hdf5.js";
import { checkTarget, fuzzDirectory } from "../support/fuzz-property.js";

const N_RUNS = 200;
const directory = fuzzDirectory();
const reader = openIndependentReader();
afterAll(() => reader?.close());

describe(`hostile bytes${reader === undefined ? " (without Python: nothing to compare with)" : ""}`, () => {
  test.each(hdf5Targets(directory, reader))("$name", { timeout: 600_000 }, async (target) => {
    const { values, refusals } = await checkTarget(target, N_RUNS);
    expect(Math.min(values, refusals)).toBeGreaterThan(N_RUNS / 50);
  });
});
