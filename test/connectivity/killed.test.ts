// Killed while it maps, counts or publishes: nothing that opens, and the same command makes the right bytes and leaves nothing behind. Needs `npm run build`.
import { expect, it } from "vitest";
import { type KilledIn, openKillTrial } from "../support/killed-connectivity.js";

/** On a busy machine a run may have gone on, or ended, before the kill reached it: what it left is looked at all the same, and it is killed once more. */
const MOST_ATTEMPTS = 8;

it("kill -9 at a few moments", async () => {
  const trial = openKillTrial(2000);
  for (const { from, ms, killedIn } of [
    { from: "mapping", ms: 5, killedIn: ["mapping", "counting"] },
    { from: "counting", ms: 1, killedIn: ["counting", "publishing"] },
    { from: "publishing", ms: 1, killedIn: ["publishing", "end"] },
  ] as const) {
    const found: KilledIn[] = [];
    do found.push(await trial.killAt({ from, ms }));
    while (!(killedIn as readonly KilledIn[]).includes(found.at(-1)!) && found.length < MOST_ATTEMPTS);
    expect(killedIn, `${found}`).toContain(found.at(-1));
  }
}, 240_000);
