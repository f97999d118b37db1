// A thousand flipped bits over every kind of file that numbers come from. FIXELSTREAM_FLIPS=10000 makes it longer.
import { expect, test } from "vitest";
import { flipMany, makeFlipTargets } from "../support/flips.js";
import { createRandom } from "../support/seeded-random.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const N_FLIPS = Number(process.env["FIXELSTREAM_FLIPS"] ?? 1000);
const root = temporaryDirectory();

test(`${N_FLIPS} flips: none is used silently`, { timeout: 3_600_000 }, async () => {
  const targets = await makeFlipTargets(root);
  const flips = await flipMany(root, targets, N_FLIPS, createRandom(1000));
  expect(flips).toHaveLength(N_FLIPS);
  expect(flips.filter(({ outcome }) => outcome !== "refused" && outcome !== "same")).toEqual([]);
  for (const { name } of targets.filter(({ mends }) => !mends)) {
    const refused = flips.filter(({ target, outcome }) => target === name && outcome === "refused");
    expect(refused.length, name).toBeGreaterThan(N_FLIPS / targets.length / 5);
  }
});
