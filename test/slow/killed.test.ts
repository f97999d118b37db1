// As test/signals/killed.test.ts, a hundred times each: enough to meet every phase.
import { describe, expect, it } from "vitest";
import { ALL_COMMANDS } from "../support/both-commands.js";
import { killedLine, killOverAndOver } from "../support/killed-runs.js";

describe.each(ALL_COMMANDS)("%s", (command) => {
  it("is killed 100 times", { timeout: 6_000_000 }, async () => {
    const { killed, resumed, phases, killedIn } = await killOverAndOver(killedLine(command), 100, 12);
    expect(killed).toBe(100);
    expect(resumed).toBeGreaterThan(10);
    expect(Object.keys(killedIn)).toEqual(expect.arrayContaining(phases));
  });
});
