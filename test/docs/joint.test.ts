// docs/joint.md: its commands, in their order, on the demo cohort; and what it says of the results.
import fs from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { runInProcess } from "../support/in-process-cli.js";
import { fixturesDirectory, repositoryRoot } from "../support/peer.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const text = fs.readFileSync(path.join(repositoryRoot, "docs/joint.md"), "utf8");
const commands = [...text.matchAll(/^```sh\n(.*?)^```/gms)].flatMap((match) => match[1]!.trim().split("\n"));

it("runs, and joins what it names", async () => {
  const root = temporaryDirectory();
  fs.cpSync(path.join(fixturesDirectory, "demo"), root, { recursive: true });
  fs.cpSync(path.join(root, "template"), path.join(root, "fd"), { recursive: true });
  fs.cpSync(path.join(root, "fd"), path.join(root, "fc"), { recursive: true });
  expect(commands.length).toBe(4);
  const isPath = /^[\w./]+\/$|\.txt$|\.fxs$|^stats\//;
  for (const command of commands) {
    const [program, ...tokens] = command.split(/\s+/);
    expect(program).toBe("fixelstream");
    const placed = tokens.map((token) => (isPath.test(token) ? path.join(root, token) : token));
    const { status, stderr } = await runInProcess([...placed, "-quiet"]);
    expect([command, status, stderr]).toEqual([command, 0, ""]);
  }
  for (const name of ["fwe_1mpvalue_FD.mif", "fwe_1mpvalue_FC.mif", "null_dist.txt", "index.mif", "directions.mif"])
    expect(fs.existsSync(path.join(root, "stats", "joint", name)), name).toBe(true);
  const record = JSON.parse(fs.readFileSync(path.join(root, "stats", "joint", "run.json"), "utf8"));
  expect(record.joint.shufflesHash).toMatch(/^[0-9a-f]{64}$/);
  // the same data twice: joint p-values are those of one
  const [fd, fc] = record.results.runs;
  expect(fd.hypotheses).toEqual(fc.hypotheses);
  const own = JSON.parse(fs.readFileSync(path.join(root, "stats", "FD", "run.json"), "utf8")).results.hypotheses[0];
  expect(fd.hypotheses[0]).toMatchObject({ significant: own.significant, smallestP: own.smallestP });
  expect(fd.hypotheses[0].significant).toBeGreaterThan(0);
});
