// A few hundred hostile inputs a parser, in seconds. The same properties with 100,000 each: test/slow/fuzz.test.ts.
import { describe, expect, test } from "vitest";
import { imageTargets } from "../support/fuzz-images.js";
import { checkTarget, fuzzDirectory } from "../support/fuzz-property.js";
import { storeTargets } from "../support/fuzz-stores.js";
import { textTargets } from "../support/fuzz-texts.js";

const N_RUNS = 300;
const directory = fuzzDirectory();
const targets = [...imageTargets(directory), ...textTargets(directory), ...(await storeTargets(directory))];

describe("hostile input gives a value or a refusal that names the path", () => {
  test.each(targets)("$name", async (target) => {
    const { values, refusals } = await checkTarget(target, N_RUNS);
    expect(Math.min(values, refusals)).toBeGreaterThan(N_RUNS / 50);
  });
});
