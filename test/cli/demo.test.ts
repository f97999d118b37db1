// The demos of voxels and edges find what was planted, in a few seconds, and their scripts make the same cohorts again.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { runInProcess } from "../support/in-process-cli.js";
import { fixturesDirectory, readSmallImage } from "../support/peer.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const root = temporaryDirectory();

describe("fixelstream demo", () => {
  test("edges", async () => {
    const output = join(root, "e");
    const { status, stdout, stderr } = await runInProcess(["demo", "edges", output]);
    expect(status, stderr).toBe(0);
    expect(stdout).toContain(`  fixelstream connectomestats ${output}/edges.fxs tfnbs `);
    expect(stdout).toMatch(
      /t1: largest Z 4\.92 \(L\.Motor - R\.Thalamus\), 10 edges with family-wise p < 0\.05 .* between 5 nodes: L\.Motor, L\.Insula, L\.Thalamus, R\.Thalamus, L\.Putamen\n/,
    );
    expect(stdout).toContain(
      "\nOf the 10 edges with a planted effect 10 are significant (family-wise p < 0.05); of the others 0.\n",
    );
    expect(JSON.parse(readFileSync(join(output, "stats-edges", "run.json"), "utf8")).problem.nodes).toHaveLength(24);
  });

  test("fixels: from streamlines to the test with four commands, and the matrix is the peer's", async () => {
    const output = join(root, "f");
    const { status, stdout, stderr } = await runInProcess(["demo", output]);
    expect(status, stderr).toBe(0);
    const lines = stdout.split("\n").filter((line) => line.startsWith("  fixelstream "));
    expect(lines.map((line) => line.split(" ")[3])).toEqual([
      "fixelconnectivity",
      "convert",
      "fixelfilter",
      "fixelcfestats",
    ]);
    for (const line of lines.slice(1)) expect(line).not.toContain(join("demo", "matrix"));
    expect(stdout).toContain(`The same four commands run on your own data:\n\n${lines[0]}\n`);
    expect(stdout).toMatch(
      /\nOf the 246 fixels with a planted effect 1[789]\d are significant \(family-wise p < 0\.05\); of the others \d\.\n/,
    );
    for (const name of ["index.mif", "fixels.mif", "values.mif"]) {
      const [made, theirs] = [output, join(fixturesDirectory, "demo")].map(
        (at) => readSmallImage(join(at, "matrix", name)).values,
      );
      expect(made, name).toEqual(theirs);
    }
    const { problem } = JSON.parse(readFileSync(join(output, "stats", "run.json"), "utf8"));
    expect(problem.factors).toEqual(["intercept", "patient", "age"]);
  });

  test("voxels, and again", async () => {
    const output = join(root, "v");
    for (let time = 0; time < 2; time++) {
      const { status, stdout, stderr } = await runInProcess(["demo", "voxels", output]);
      expect(status, stderr).toBe(0);
      expect(stdout).toMatch(
        /\nOf the 57 voxels with a planted effect (4\d|5\d) are significant \(family-wise p < 0\.05\); of the others \d\.\n/,
      );
      expect(existsSync(join(output, "stats-voxels", "fwe_1mpvalue.mif"))).toBe(true);
    }
  });

  test.each([
    [
      ["voxel"],
      "Cannot run the demo of voxel: expected fixels, voxels or edges, got another word. Did you mean voxels? For a directory of this name write ./voxel.",
    ],
    [["brains", "out"], "Cannot run the demo of brains: expected fixels, voxels or edges, got another word."],
  ])("refuses %j", async (words, message) => {
    expect(await runInProcess(["demo", ...words])).toEqual({
      status: 2,
      stdout: "",
      stderr: `fixelstream: error: ${message}\n`,
    });
  });
});

test("the cohorts are what their script makes", () => {
  const made = join(root, "made");
  execFileSync(process.execPath, [join(fixturesDirectory, "make", "generate-small-demos.mjs"), made]);
  for (const kind of ["edges", "voxels"]) {
    const names = readdirSync(join(made, kind)).sort();
    expect(readdirSync(join(fixturesDirectory, "demo", kind)).sort()).toEqual(names);
    for (const name of names) {
      // another zlib may pack otherwise
      const [got, stored] = [join(made, kind, name), join(fixturesDirectory, "demo", kind, name)].map((path) =>
        name.endsWith(".gz") ? gunzipSync(readFileSync(path)) : readFileSync(path),
      );
      expect(got!.equals(stored!), name).toBe(true);
    }
  }
});
