// Killed while it maps, counts or publishes: nothing that opens, and the same command makes the right bytes and leaves nothing behind. Needs `npm run build`.
import { expect, it } from "vitest";
import { openKillTrial } from "../support/killed-connectivity.js";

it("kill -9 at a few moments", async () => {
  const trial = openKillTrial(3000);
  const found = new Set<string>();
  for (const share of [0.4, 0.8, 1]) found.add(await trial.killAfter(share * trial.wholeMs));
  expect(found.has("anew") || found.has("continued")).toBe(true);
}, 240_000);
