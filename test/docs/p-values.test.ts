// docs/p-values.md: its commands, in their order, on the demo cohort.
import fs from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { runInProcess } from "../support/in-process-cli.js";
import { fixturesDirectory, repositoryRoot } from "../support/peer.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const text = fs.readFileSync(path.join(repositoryRoot, "docs/p-values.md"), "utf8");
const commands = [...text.matchAll(/^```sh\n(.*?)^```/gms)].flatMap((match) => match[1]!.trim().split("\n"));

it("runs, and makes the images that it names", async () => {
  const root = temporaryDirectory();
  fs.cpSync(path.join(fixturesDirectory, "demo"), root, { recursive: true });
  fs.cpSync(path.join(root, "template"), path.join(root, "fd"), { recursive: true });
  expect(commands.length).toBe(5);
  const isPath = /^[\w.]+\/$|\.txt$/;
  for (const command of commands) {
    const [program, ...tokens] = command.split(/\s+/);
    expect(program).toBe("fixelstream");
    const placed = tokens.map((token) => (isPath.test(token) ? path.join(root, token) : token));
    const { status, stderr } = await runInProcess([...placed, "-quiet"]);
    expect([command, status, stderr.includes("error")]).toEqual([command, 0, false]);
  }
  const named = [...text.matchAll(/`((?:fwe|parametric|uncorrected)\w*_1mpvalue)`/g)].map(([, name]) => `${name}.mif`);
  expect(new Set(named).size).toBe(6);
  expect(fs.readdirSync(path.join(root, "stats"))).toEqual(expect.arrayContaining(named));
});
