// docs/fixel-based-analysis.md: its commands, in their order, on the demo cohort.
import fs from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { runInProcess } from "../support/in-process-cli.js";
import { fixturesDirectory, readSmallImage, repositoryRoot } from "../support/peer.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const text = fs.readFileSync(path.join(repositoryRoot, "docs/fixel-based-analysis.md"), "utf8");
const commands = [...text.matchAll(/^```sh\n(.*?)^```/gms)].flatMap((match) => match[1]!.trim().split("\n"));

it("runs from fd/ to clusters of significant fixels", async () => {
  const root = temporaryDirectory();
  const demo = path.join(fixturesDirectory, "demo");
  fs.cpSync(path.join(demo, "template"), path.join(root, "fd"), { recursive: true });
  for (const name of ["fd", "matrix"]) fs.cpSync(path.join(demo, name), path.join(root, name), { recursive: true });
  for (const name of ["subjects.txt", "design.txt", "contrast.txt"])
    fs.copyFileSync(path.join(demo, name), path.join(root, name));
  expect(commands.length).toBe(4);
  const isPath = /^[\w./]+\/$|\.(txt|fxs|mif)$/;
  for (const command of commands) {
    const [program, ...tokens] = command.split(/\s+/);
    expect(program).toBe("fixelstream");
    const placed = tokens.map((token) => (isPath.test(token) ? path.join(root, token) : token));
    const { status, stderr } = await runInProcess([...placed, "-quiet"]);
    expect([command, status, stderr.includes("error")]).toEqual([command, 0, false]);
  }
  const significant = readSmallImage(path.join(root, "stats", "fwe_1mpvalue.mif")).values.map((value) =>
    value >= 0.95 ? 1 : 0,
  );
  const clusters = readSmallImage(path.join(root, "clusters.mif")).values.map((value) => (value > 0 ? 1 : 0));
  expect(significant.some((value) => value === 1)).toBe(true);
  expect(clusters).toEqual(significant);
});
