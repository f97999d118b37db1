// Killed, torn or on a full disk at two of the calls that change a file, of every command that has such; at all of them in test/slow/faults.test.ts.
// Needs the built program.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { faultLines } from "../support/fault-lines.js";
import { findUnrecovered, someFaults } from "../support/fault-runs.js";
import { hdf5Fixtures } from "../support/hdf5-fixtures.js";
import { builtCommand } from "../support/run-cli.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();
const isBuilt = fs.existsSync(builtCommand);
const lines = isBuilt ? faultLines(path.join(root, "inputs")) : [];

describe.skipIf(!isBuilt).concurrent("the same line again leaves what it leaves without a fault", () => {
  test.each(lines.map((line, i) => [line.name, line, i] as const))("%s", { timeout: 300_000 }, async (_, line, i) => {
    const problems = await findUnrecovered(path.join(root, `place${i}`), line, (calls) => someFaults(calls, i));
    expect(problems).toEqual([]);
  });
});

test.skipIf(!isBuilt)(
  "a disk that fills up while two threads convert is said to be full",
  { timeout: 300_000 },
  async () => {
    const line = lines.find(({ name }) => name === "convert fixels, two threads")!;
    const atSync = (calls: readonly string[]) => {
      const first = calls.findIndex((call) => call.startsWith("sync ") && call.endsWith(".f32"));
      return [{ what: "ENOSPC", at: first + 1 } as const];
    };
    expect(await findUnrecovered(path.join(root, "threads"), line, atSync)).toEqual([]);
  },
);

test.skipIf(!isBuilt)("verify ends where no template can be made: an open .h5 would hold the process", () => {
  const tokens = [builtCommand, "verify", path.join(hdf5Fixtures, "h5py-results.h5")];
  const env = { ...process.env, TMPDIR: path.join(root, "none") };
  const { status, signal, stderr } = spawnSync(process.execPath, tokens, {
    ...{ env, encoding: "utf8", timeout: 60_000, killSignal: "SIGKILL" },
  });
  expect({ status, signal }).toEqual({ status: 1, signal: null });
  expect(stderr).toMatch(/^fixelstream: error: Cannot make a template in .*: expected a directory for temporary files/);
});
