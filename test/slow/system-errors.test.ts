// Any call to the file system may fail, with any error: every command says what the system said and ends with 1, or goes on and ends with 0; never as a bug of
// ours. FAIL_ONLY, FAIL_CODES and FAIL_STEP choose a part.
import path from "node:path";
import { describe, expect, test } from "vitest";
import { CODES, COMMANDS, isAnswered, makeInputs, runFailing } from "../support/failing-calls.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const { FAIL_ONLY, FAIL_CODES, FAIL_STEP } = process.env;
const inputs = path.join(temporaryDirectory(), "inputs");
makeInputs(inputs);
const commands = COMMANDS.filter(({ name }) => FAIL_ONLY === undefined || name === FAIL_ONLY);

describe.each(commands)("$name", (command) => {
  test.each(FAIL_CODES?.split(",") ?? CODES)("%s at every call", async (code) => {
    const { status, stderr, calls } = await runFailing(inputs, command, undefined, (_, run) => run);
    expect(status, stderr).toBe(0);
    const wrong: string[] = [];
    for (let failAt = 0; failAt < calls.length; failAt += Number(FAIL_STEP ?? 1)) {
      const found = await runFailing(inputs, command, { failAt, code }, (_, run) => run);
      if (!isAnswered(found)) wrong.push(`${failAt} ${calls[failAt]}: ${found.status} ${found.stderr.slice(0, 300)}`);
    }
    expect(wrong).toEqual([]);
  });
});
