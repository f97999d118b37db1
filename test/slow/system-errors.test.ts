// Any call to the file system may fail, with any error: every command says what the system said and ends with 1, or goes on and ends with 0; never as a bug of
// ours. What is whole by then is called so.
import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { COMMANDS, makeInputs, runFailing } from "../support/failing-calls.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const inputs = path.join(temporaryDirectory(), "inputs");
makeInputs(inputs);
const CODES = (process.env.FAIL_CODES ?? "ENOSPC,EIO,EACCES,EROFS,EDQUOT,EMFILE,ENAMETOOLONG,ELOOP,EXDEV,ENOENT").split(
  ",",
);
const STEP = Number(process.env.FAIL_STEP ?? 1);
const only = process.env.FAIL_ONLY;

describe.each(COMMANDS.filter(({ name }) => only === undefined || name === only))("$name", (command) => {
  test.each(CODES)("%s at every call", async (code) => {
    const { status, stderr, calls } = await runFailing(inputs, command, undefined, (_, run) => run);
    expect(status, stderr).toBe(0);
    const wrong: string[] = [];
    for (let failAt = 0; failAt < calls.length; failAt += STEP) {
      const found = await runFailing(inputs, command, { failAt, code }, (directory, run) => ({
        ...run,
        isThere: command.makes !== undefined && fs.existsSync(path.join(directory, command.makes)),
      }));
      const asks = /^fixelstream: (error|warning): /m.test(found.stderr);
      const isOurs =
        found.status === 0 || (found.status === 1 && asks && !/bug in fixelstream|^ {4}at /m.test(found.stderr));
      if (!isOurs) wrong.push(`${failAt} ${calls[failAt]}: ${found.status} ${found.stderr.slice(0, 300)}`);
      else if (found.status === 1 && found.isThere && !/complete|whole/.test(found.stderr)) {
        wrong.push(`${failAt} ${calls[failAt]}: is there, but ${found.stderr.slice(0, 300)}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});
