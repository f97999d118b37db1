// MRtrix3's own commands on what we write: they take it without a word on stderr. Skipped, visibly, where they are not installed.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";

import { fixturesDirectory, hasCommand, makeTemporaryDirectory } from "../support/peer.js";
import { runCli } from "../support/run-cli.js";

const SHUFFLES = 200;
const COMMANDS = ["mrinfo", "mrstats", "mrdump", "mrconvert", "fixel2voxel"];
const demo = (name: string) => join(fixturesDirectory, "demo", name);

/** Standard output; anything on stderr but a progress bar fails. */
function peer(command: string, ...tokens: string[]): string {
  const { status, stdout, stderr } = spawnSync(command, [...tokens, "-quiet"], { encoding: "utf8" });
  expect({ command, tokens, status, stderr }).toEqual({ command, tokens, status: 0, stderr: "" });
  return stdout;
}

describe.skipIf(!COMMANDS.every(hasCommand))("MRtrix3 reads our results", () => {
  const directory = makeTemporaryDirectory();
  const at = (...names: string[]) => join(directory, ...names);
  const infer = (...tokens: string[]) => {
    const result = runCli(["fixelcfestats", ...tokens, "-nshuffles", String(SHUFFLES), "--seed", "1"], directory);
    expect(result.status, result.stderr).toBe(0);
  };
  const rest = [at("design.txt"), demo("contrast.txt"), demo("matrix")];
  /** Every third of the cohort: enough here, and a third of the work for mrconvert. */
  const thirdOf = (name: string) =>
    readFileSync(demo(name), "utf8")
      .trim()
      .split("\n")
      .filter((_, row) => row % 3 === 0);

  beforeAll(() => {
    const subjects = thirdOf("subjects.txt");
    writeFileSync(at("design.txt"), thirdOf("design.txt").join("\n"));
    writeFileSync(at("subjects.txt"), subjects.join("\n"));
    infer(demo("fd"), at("subjects.txt"), ...rest, at("directory"));
    const converted = runCli(["convert", "fixels", demo("fd"), at("subjects.txt"), at("cohort.fxs")], directory);
    expect(converted.status, converted.stderr).toBe(0);
    infer(at("cohort.fxs"), "-", ...rest, at("store"), "-mask", demo("truth.mif"));
    // The same as NIfTI.
    mkdirSync(at("fd"));
    const asNifti = (name: string) => name.replace(".mif", ".nii");
    for (const name of ["index.mif", "directions.mif", ...subjects]) {
      peer("mrconvert", join(demo("fd"), name), at("fd", asNifti(name)));
    }
    writeFileSync(at("nifti.txt"), subjects.map(asNifti).join("\n"));
    infer(at("fd"), at("nifti.txt"), ...rest, at("nifti"), "--result-format", "nii");
    infer(at("fd"), at("nifti.txt"), ...rest, at("nifti-plain"));
    peer("fixelcfestats", at("fd"), at("nifti.txt"), ...rest.slice(0, 3), at("nifti-peer"), "-notest");
  });

  test.each(["directory", "store", "nifti"])("from a %s", (kind) => {
    const images = readdirSync(at(kind)).filter((name) => /\.(mif|nii)$/.test(name));
    expect(images).toContain(kind === "nifti" ? "fwe_1mpvalue.nii" : "fwe_1mpvalue.mif");
    for (const name of images) {
      const path = at(kind, name);
      expect(peer("mrinfo", path, "-size").trim()).toMatch(/^(2244 (1|3) 1|32 32 10 2)$/);
      peer("mrstats", path);
      if (/^(index|directions)\./.test(name)) continue;
      expect(peer("mrinfo", path, "-datatype").trim(), name).toBe("Float32LE");
      peer("fixel2voxel", path, "max", at(`${kind}-${name}`), "-force");
    }
  });

  test("results of a NIfTI template are .mif as the peer's, beside the index as it was", () => {
    const kinds = (folder: string) =>
      readdirSync(at(folder))
        .filter((name) => /^(tvalue|cfe|index|directions)\./.test(name))
        .sort();
    expect(kinds("nifti-plain")).toEqual(["cfe.mif", "directions.nii", "index.nii", "tvalue.mif"]);
    expect(kinds("nifti-plain")).toEqual(kinds("nifti-peer"));
    expect(peer("mrdump", at("nifti-plain/tvalue.mif"))).toBe(peer("mrdump", at("directory/tvalue.mif")));
  });

  test("and the values are those that were computed", () => {
    const [fromDirectory, fromNifti] = ["directory/tvalue.mif", "nifti/tvalue.nii"].map((name) =>
      peer("mrdump", at(name)),
    );
    expect(fromNifti).toBe(fromDirectory);
    const summary = JSON.parse(readFileSync(at("directory", "run.json"), "utf8")).results.hypotheses[0];
    // in the image, MRtrix3's, the largest of all does not count against itself; in the summary it does
    const numbers = (text: string) => text.trim().split(/\s+/).map(Number);
    const nulls = numbers(readFileSync(at("directory", "null_dist.txt"), "utf8").replace(/#.*\n/g, ""));
    expect(nulls).toHaveLength(SHUFFLES);
    const significant = numbers(peer("mrdump", at("directory", "cfe.mif"))).filter(
      (value) => value > 0 && nulls.filter((largest) => largest >= value * (1 - 1e-6)).length < 0.05 * SHUFFLES,
    ).length;
    expect(significant).toBe(summary.significant);
    expect(significant).toBeGreaterThan(0);
    expect(peer("mrinfo", at("store", "cfe.mif"), "-transform")).toBe(
      peer("mrinfo", demo("fd/directions.mif"), "-transform"),
    );
  });
});
