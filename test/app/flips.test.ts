// One flipped bit anywhere: refused with the file's name, or without any effect. A thousand of them are in test/slow/flips.test.ts.
import { expect, test } from "vitest";
import { flipMany, makeFlipTargets } from "../support/flips.js";
import { createRandom } from "../support/seeded-random.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();

test("a hundred flips over every kind of file: none is used silently", async () => {
  const targets = await makeFlipTargets(root);
  const flips = await flipMany(root, targets, 104, createRandom(12));
  expect(flips.filter(({ outcome }) => outcome !== "refused" && outcome !== "same")).toEqual([]);
  // a flip that changes nothing lies where nobody reads: in most files there is little of that
  for (const { name } of targets.filter(({ mends }) => !mends)) {
    const refused = flips.filter(({ target, outcome }) => target === name && outcome === "refused");
    expect(refused.length, name).toBeGreaterThan(0);
  }
});
