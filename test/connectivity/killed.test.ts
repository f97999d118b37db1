// Killed while it maps, counts or publishes: nothing that opens, and the same command makes the right bytes and leaves nothing behind. Needs `npm run build`.
import { expect, it } from "vitest";
import { openKillTrial } from "../support/killed-connectivity.js";

it("kill -9 at a few moments", async () => {
  const trial = openKillTrial(2000);
  expect(["mapping", "counting"]).toContain(await trial.killAt({ from: "mapping", ms: 5 }));
  expect(["counting", "publishing"]).toContain(await trial.killAt({ from: "counting", ms: 1 }));
  expect(["publishing", "end"]).toContain(await trial.killAt({ from: "publishing", ms: 1 }));
}, 240_000);
