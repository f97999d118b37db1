// docs/fixel-based-analysis.md: its commands, in their order, on the demo cohort.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { openImage } from "../../src/formats/image.js";
import { runInProcess } from "../support/in-process-cli.js";
import { fixturesDirectory, readSmallImage, repositoryRoot } from "../support/peer.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

function valuesOf(image: ReturnType<typeof openImage>): Float64Array {
  const values = new Float64Array(image.nElements);
  image.copyValuesInto(values, 0, values.length);
  image.close();
  return values;
}

const text = fs.readFileSync(path.join(repositoryRoot, "docs/fixel-based-analysis.md"), "utf8");
const commands = [...text.matchAll(/^```sh\n(.*?)^```/gms)].flatMap((match) => match[1]!.trim().split("\n"));

it("runs from tracks.tck and fd/ to clusters of significant fixels", async () => {
  const root = temporaryDirectory();
  const demo = path.join(fixturesDirectory, "demo");
  fs.cpSync(path.join(demo, "template"), path.join(root, "fd"), { recursive: true });
  fs.cpSync(path.join(demo, "fd"), path.join(root, "fd"), { recursive: true });
  const generator = path.join(fixturesDirectory, "make", "generate-demo.mjs");
  execFileSync(process.execPath, [generator, path.join(root, "made"), "--tracks"]);
  fs.renameSync(path.join(root, "made", "tracks.tck"), path.join(root, "tracks.tck"));
  for (const name of ["subjects.txt", "design.txt", "contrast.txt"])
    fs.copyFileSync(path.join(demo, name), path.join(root, name));
  expect(commands.length).toBe(5);
  const isPath = /^[\w./]+\/$|\.(txt|fxs|mif|tck)$/;
  for (const command of commands) {
    const [program, ...tokens] = command.split(/\s+/);
    expect(program).toBe("fixelstream");
    const placed = tokens.map((token) => (isPath.test(token) ? path.join(root, token) : token));
    const { status, stderr } = await runInProcess([...placed, "-quiet"]);
    expect([command, status, stderr.includes("error")]).toEqual([command, 0, false]);
  }
  for (const name of ["index", "fixels", "values"]) {
    const of = (directory: string) => openImage(path.join(directory, "matrix", `${name}.mif`));
    expect(valuesOf(of(root)), name).toEqual(valuesOf(of(demo)));
  }
  const significant = readSmallImage(path.join(root, "stats", "fwe_1mpvalue.mif")).values.map((value) =>
    value >= 0.95 ? 1 : 0,
  );
  const clusters = readSmallImage(path.join(root, "clusters.mif")).values.map((value) => (value > 0 ? 1 : 0));
  expect(significant.some((value) => value === 1)).toBe(true);
  expect(clusters).toEqual(significant);
});
