// Thirty moments of a run, drawn at random: see test/connectivity/killed.test.ts. Needs `npm run build`.
import { expect, it } from "vitest";
import { openKillTrial } from "../support/killed-connectivity.js";
import { createRandom } from "../support/seeded-random.js";

it("kill -9 at 30 random moments", async () => {
  const trial = openKillTrial(8000);
  const random = createRandom(Number(process.env["KILL_SEED"] ?? 1));
  const found = new Map<string, number>();
  for (let i = 0; i < 30; i++) {
    const what = await trial.killAfter(random.uniform() * 1.1 * trial.wholeMs);
    found.set(what, (found.get(what) ?? 0) + 1);
  }
  process.stderr.write(`${JSON.stringify([...found])}\n`);
  expect(found.get("anew")).toBeGreaterThan(0);
});
