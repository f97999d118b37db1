// kill -9 at random moments of whole runs, conversion to publishing; the same command again and again. What is there in the end is what an undisturbed run
// leaves, to the byte, and nothing else; no kill costs more than a batch of shuffles.
import { describe, expect, it } from "vitest";
import { ALL_COMMANDS } from "../support/both-commands.js";
import { killedLine, killOverAndOver } from "../support/killed-runs.js";

const N_KILLS = Number(process.env.FIXELSTREAM_KILLS ?? 20);

describe.each(ALL_COMMANDS)("%s", (command) => {
  it(`is killed ${N_KILLS} times`, { timeout: 60_000 * N_KILLS }, async () => {
    const { killed, resumed } = await killOverAndOver(killedLine(command), N_KILLS, 11);
    expect(killed).toBe(N_KILLS);
    expect(resumed).toBeGreaterThan(0);
  });
});
