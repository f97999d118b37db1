// A sample of test/slow/system-errors.test.ts: some calls of every command, each with another error.
import path from "node:path";
import { expect, test } from "vitest";
import { CODES, COMMANDS, isAnswered, makeInputs, runFailing } from "../support/failing-calls.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const inputs = path.join(temporaryDirectory(), "inputs");
makeInputs(inputs);
/** Of a command's calls, from the first to the last; one for each command in turn. */
const PLACES = [0.02, 0.55, 0.93, 0.3, 0.75];

// two child processes each
const timeout = 240_000;

test.each(COMMANDS.map((command, i) => [command.name, command, i] as const))(
  "%s",
  { timeout },
  async (_, command, i) => {
    const { status, stderr, calls } = await runFailing(inputs, command, undefined, (__, run) => run);
    expect(status, stderr).toBe(0);
    const place = PLACES[i % PLACES.length]!;
    const failure = { failAt: Math.floor(place * calls.length), code: CODES[i % CODES.length]! };
    const found = await runFailing(inputs, command, failure, (__, run) => run);
    expect(isAnswered(found), `${failure.code} at ${calls[failure.failAt]}: ${found.status} ${found.stderr}`).toBe(
      true,
    );
  },
);

test("a store that has its name by then is said to be complete, or all is well", { timeout }, async () => {
  const command = COMMANDS.find(({ name }) => name === "convert fixels")!;
  const { calls } = await runFailing(inputs, command, undefined, (_, run) => run);
  const published = calls.findLastIndex((call) => /^renameSync .*\.partial-/.test(call));
  expect(published).toBeGreaterThan(0);
  for (let failAt = published + 1; failAt < Math.min(calls.length, published + 7); failAt++) {
    const found = await runFailing(inputs, command, { failAt, code: "EIO" }, (_, run) => run);
    const isSaid = found.status === 0 || found.stderr.includes("new.fxs itself is complete");
    expect(isSaid, `${calls[failAt]}: ${found.stderr}`).toBe(true);
  }
});
