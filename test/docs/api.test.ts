// The example of docs/api.md runs as it stands, on the demo cohort, with the built package.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { fixturesDirectory, makeTemporaryDirectory, repositoryRoot } from "../support/peer.js";

it("docs/api.md: the example runs as written and says what is expected", () => {
  const text = readFileSync(join(repositoryRoot, "docs", "api.md"), "utf8");
  const example = /```js\n(.*?)```/s.exec(text)![1]!;
  const directory = makeTemporaryDirectory();
  cpSync(join(fixturesDirectory, "demo"), directory, { recursive: true });
  mkdirSync(join(directory, "node_modules"));
  symlinkSync(repositoryRoot, join(directory, "node_modules", "fixelstream"));
  writeFileSync(join(directory, "example.mjs"), example);
  const { status, stdout, stderr } = spawnSync(process.execPath, ["example.mjs"], { cwd: directory, encoding: "utf8" });
  expect(status, stderr).toBe(0);
  expect(stderr).toMatch(/^(\w+ \d+ %\r)+$/);
  expect(stdout.split("\n")).toEqual([
    expect.stringMatching(/^fixel 1000 of 2244: 40 subjects, the first has \d\.\d{3}$/),
    expect.stringMatching(/^1 batches in \d+ MiB$/),
    expect.stringMatching(/^t1: largest Z 6\.48, \d+ fixels with family-wise p < 0\.05$/),
    expect.stringMatching(/^200 shuffles; the unshuffled data have 4040\.4 in fixel \d+$/),
    "",
  ]);
});
