// mrclusterstats where MRtrix3 has no answer: stores, -posthoc, plans, refusals, missing values.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openImage, readImageHeader, writeImage } from "../../src/formats/image.js";
import { runInProcess } from "../support/in-process-cli.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { makeVolumes } from "../support/volumes.js";

const root = temporaryDirectory();
const volumes = makeVolumes(join(root, "v"), { seed: 5 });
const { at, inside, size } = volumes;
const COMMON = ["-nshuffles", "30", "--seed", "3", "-nthreads", "0", "-quiet"];

const run = (input: string, prefix: string, ...tokens: string[]) =>
  runInProcess([
    "mrclusterstats",
    at(input),
    at("design.txt"),
    at("contrast.txt"),
    at("mask.mif"),
    prefix,
    ...COMMON,
    ...tokens,
  ]);

function out(name: string): string {
  mkdirSync(at(name), { recursive: true });
  return `${at(name)}/`;
}

function values(path: string): number[] {
  const image = openImage(path);
  const found = new Float64Array(image.nElements);
  image.copyValuesInto(found, 0, found.length);
  image.close();
  return [...found];
}

describe("mrclusterstats", () => {
  test("an image that is no mask is rounded, and called what it is on the command line", async () => {
    const prefix = out("rounded");
    const [design, contrast] = [at("design.txt"), at("contrast.txt")];
    const image = at(readFileSync(at("images.txt"), "utf8").split("\n")[0]!);
    const { stderr } = await runInProcess([
      "mrclusterstats",
      at("images.txt"),
      design,
      contrast,
      image,
      prefix,
      ...COMMON,
    ]);
    expect(stderr).toMatch(/^fixelstream: warning: The mask .* values of \d+ that are neither 0 nor 1\. Rounded/m);
  });

  test("a list, its second run from the cache, and a store give the same; any memory and io", async () => {
    const first = await run("images.txt", out("list"));
    expect(first).toMatchObject({ status: 0, stderr: "" });
    const converted = await runInProcess([
      "convert",
      "voxels",
      at("images.txt"),
      at("mask.mif"),
      at("v.fxs"),
      "-quiet",
    ]);
    expect(converted).toMatchObject({ status: 0, stderr: "" });
    for (const [name, input, tokens] of [
      ["again", "images.txt", ["--io", "read"]],
      ["store", "v.fxs", []],
      ["memory", "v.fxs", ["--memory", "40MiB"]],
    ] as const) {
      expect(await run(input, out(name), ...tokens)).toMatchObject({ status: 0 });
      for (const image of ["tfce_t1", "fwe_1mpvalue_t1", "uncorrected_pvalue_t2", "null_contributions_t2", "beta1"])
        expect(values(at(`${name}/${image}.mif`))).toEqual(values(at(`list/${image}.mif`)));
    }
    const record = JSON.parse(readFileSync(at("store/run.json"), "utf8"));
    expect(record.runPlan.hash).toBe(JSON.parse(readFileSync(at("list/run.json"), "utf8")).runPlan.hash);
    expect(record.runPlan.enhancement).toMatchObject({ kind: "tfce", dh: 0.1, graph: { connectivity: 6 } });
  });

  test("0 outside the mask, and p-values inside -posthoc alone", async () => {
    const { layout } = readImageHeader(at("mask.mif"));
    const tested = inside.map((_, i) => Number(i % 3 === 0));
    writeImage(at("tested.mif"), { dimensions: size, dataType: "UInt8", layout }, tested);
    expect(await run("images.txt", out("posthoc"), "-posthoc", at("tested.mif"))).toMatchObject({ status: 0 });
    const [t, p, c] = ["tvalue_t1", "fwe_1mpvalue_t1", "null_contributions_t1"].map((name) =>
      values(at(`posthoc/${name}.mif`)),
    );
    for (const [i, isIn] of inside.entries()) {
      if (!isIn) expect(t![i]).toBe(0);
      else expect(t![i]).not.toBe(0);
      if (!isIn || tested[i] === 0) expect([p![i], c![i]]).toEqual([0, 0]);
    }
    expect(Math.max(...p!)).toBe(1);
  });

  test("the plan says what the graph takes", async () => {
    const { stdout, status } = await run("images.txt", out("plan"), "--dry-run", "-connectivity");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^4\d\d voxels, 16 subjects, 2 hypotheses, 30 shuffles/);
    expect(stdout).toMatch(/threads +\d+ x .*, grid of \d+ cells\)/);
  });

  test("--tfce-exact: the integral, in any memory, and what the header and run.json say of it", async () => {
    const tokens = ["-connectivity", "--tfce-exact", "-nonstationarity", "-nshuffles_nonstationarity", "20"];
    expect(await run("images.txt", out("exact"), ...tokens)).toMatchObject({ status: 0, stderr: "" });
    const { stderr } = await run("images.txt", out("exact2"), ...tokens, "--memory", "4MiB", "-tfce_dh", "0.2");
    expect(stderr).toContain(
      "fixelstream: warning: -tfce_dh has no effect with --tfce-exact: the integral takes every height.\n",
    );
    for (const name of ["tfce_t1.mif", "empirical_t1.mif", "fwe_1mpvalue_t1.mif", "uncorrected_pvalue_t1.mif"]) {
      expect(values(at(`exact2/${name}`)), name).toEqual(values(at(`exact/${name}`)));
    }
    expect(Math.max(...values(at("exact/tfce_t1.mif")))).toBeGreaterThan(1);
    const entries = new Map(readImageHeader(at("exact/tfce_t1.mif")).entries);
    expect([entries.get("tfce_exact"), entries.get("tfce_dh"), entries.get("tfce_e")]).toEqual(["1", undefined, "0.5"]);
    const record = JSON.parse(readFileSync(at("exact/run.json"), "utf8"));
    expect(record.runPlan.enhancement).toMatchObject({ kind: "tfce-exact", extentPower: 0.5, heightPower: 2 });
  });

  test.each([
    [
      ["-threshold", "2", "--tfce-exact"],
      "Cannot use --tfce-exact together with -threshold: expected TFCE, which has an integral over heights, got sizes of clusters at one. Leave one out.",
    ],
    [["-threshold", "0"], "Cannot use -threshold 0: expected a number of 1e-6 or more, a Z."],
    [["-tfce_dh", "0"], "Cannot use -tfce_dh 0: expected a number above 0."],
    [["-tfce_e", "-1"], "Cannot use -tfce_e -1: expected a number of 0 or more."],
    [["-tfce_h", "-1"], "Cannot use -tfce_h -1: expected a number of 0 or more."],
  ])("refuses %j", async (tokens, message) => {
    const { status, stderr } = await run("images.txt", out("refused"), ...tokens);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
  });

  test("refuses images and stores of other voxels, and masks of four axes", async () => {
    writeImage(at("small.mif"), { dimensions: [3, 3, 3], dataType: "UInt8" }, new Uint8Array(27).fill(1));
    writeImage(at("four.mif"), { dimensions: [3, 3, 3, 1], dataType: "UInt8" }, new Uint8Array(27).fill(1));
    const withMask = (input: string, mask: string) =>
      runInProcess(["mrclusterstats", at(input), at("design.txt"), at("contrast.txt"), at(mask), out("no"), ...COMMON]);
    expect((await withMask("images.txt", "small.mif")).stderr).toContain(
      `s0.mif: expected 3 x 3 x 3 voxels, as the mask ${at("small.mif")} has, got 9 x 8 x 7. Regrid it (mrgrid), or give the mask of these images.`,
    );
    expect((await withMask("v.fxs", "small.mif")).stderr).toContain(
      `expected 27 voxels, those of the mask, got ${inside.filter(Boolean).length} elements. Give the mask that ${at("v.fxs")} was made with.`,
    );
    expect((await withMask("images.txt", "four.mif")).stderr).toContain(
      `Cannot use the mask ${at("four.mif")}: expected an image of 3 axes, got 4: 3 x 3 x 3 x 1. Give one volume of it (mrconvert -coord 3 0 -axes 0,1,2).`,
    );
  });
});
