// A fault at every call that changes a file, of every command that changes files. Needs the built program.
import path from "node:path";
import { describe, expect, test } from "vitest";
import { faultLines } from "../support/fault-lines.js";
import { findUnrecovered } from "../support/fault-runs.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();
const lines = faultLines(path.join(root, "inputs"));

describe.concurrent("killed, torn or on a full disk at every call", () => {
  test.each(lines.map((line, i) => [line.name, line, i] as const))("%s", { timeout: 3_600_000 }, async (_, line, i) => {
    expect(await findUnrecovered(path.join(root, `place${i}`), line)).toEqual([]);
  });
});
