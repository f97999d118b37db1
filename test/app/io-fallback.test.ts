// A file that cannot be mapped is read by position: every thread finds out, the user is told once.
import { expect, it, vi } from "vitest";
import { ALL_COMMANDS, newRun } from "../support/both-commands.js";

vi.mock("../../src/engine/run.js", async (importOriginal) => {
  const engine = await importOriginal<typeof import("../../src/engine/run.js")>();
  return {
    ...engine,
    openEngine: (...[inputs, connectivity]: Parameters<typeof engine.openEngine>) => {
      for (let thread = 0; thread < 3; thread++) inputs.onFallback(`no mapping in thread ${thread}`);
      return engine.openEngine(inputs, connectivity);
    },
  };
});

it.each(ALL_COMMANDS)("%s says it once, on stderr and in run.json", async (command) => {
  const run = newRun(command);
  expect((await run.run()).stderr).toBe("fixelstream: warning: no mapping in thread 0\n");
  expect(run.record.warnings).toEqual([{ tag: "io-fallback", message: "no mapping in thread 0" }]);
});
