// A directory of its own for a test file, removed afterwards.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll } from "vitest";

/** Makes a directory now and removes it after the tests of the calling file. */
export function temporaryDirectory(): string {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "fixelstream-test-"));
  afterAll(() => fs.rmSync(directory, { recursive: true, force: true }));
  return directory;
}
