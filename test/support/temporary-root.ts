// Global set-up of every project: one folder for all temporary directories of a run, removed when it ends. An exit listener of a test
// worker would not do: vitest ends its workers without one.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** `os.tmpdir()` of the test workers, and of the commands they start, is inside it. */
export function setup(): () => void {
  const before = process.env["TMPDIR"];
  const root = mkdtempSync(join(tmpdir(), "fixelstream-test-"));
  process.env["TMPDIR"] = root;
  return () => {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
    rmSync(root, { recursive: true, force: true });
  };
}
