// Which values of a mask mean that a fixel takes part: those that MRtrix3 3.0.3 takes, which rounds.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { writeImage } from "../../src/formats/image.js";
import { newRun } from "../support/both-commands.js";
import { newAnalysis } from "../support/expect-refusal.js";
import { rawFixelData } from "../support/make-cohort.js";
import { hasCommand, readSmallImage } from "../support/peer.js";

const VALUES = [1, -1, Number.NaN, 0, 0.1, 0.49999997, 0.5, 0.51, Number.POSITIVE_INFINITY, -0, 1e-30, -0.5, -0.49];
const LARGER = [1.5, 2, 256, 65536, 4294967296, 1e19, -3e9, Number.NEGATIVE_INFINITY, 255.6, 0.3];
const TAKEN = [0, 1, 6, 7, 11, 13, 14, 15, 16, 17, 18, 19, 21];
const values = Float32Array.from({ length: 24 }, (_, i) => [...VALUES, ...LARGER][i] ?? 0);

const given = (image: string) => {
  const found = readSmallImage(image).values;
  return Array.from(found.keys()).filter((fixel) => !Number.isNaN(found[fixel]!));
};

describe.each(["mask", "posthoc"] as const)("-%s", (option) => {
  it("is rounded, with a count of the values that are neither 0 nor 1", async () => {
    const run = newRun("fixelcfestats");
    const path = run.at("mask.mif");
    writeFileSync(path, rawFixelData(values));
    await run.infer({ [option]: path });
    expect(given(run.at("out/fwe_1mpvalue.mif"))).toEqual(TAKEN);
    expect(run.record.problem[option === "mask" ? "nElements" : "nPosthoc"]).toBe(TAKEN.length);
    expect(run.record.warnings).toContainEqual({
      tag: "mask-values",
      message: `-${option} ${path} has 20 values of 24 that are neither 0 nor 1. Rounded to the nearest integer, as MRtrix3 does, they count 12 in and 8 out (below 0.5, or not finite). If another bound is meant: mrthreshold ${path} -abs BOUND NEW.mif.`,
    });
  });
  it("of 0 and 1 is taken without a word", async () => {
    const run = newRun("fixelcfestats");
    writeFileSync(run.at("mask.mif"), rawFixelData(Float32Array.from({ length: 24 }, (_, i) => (i % 3 === 0 ? 1 : 0))));
    await run.infer({ [option]: run.at("mask.mif") });
    expect(run.record.warnings.map(({ tag }: { tag: string }) => tag)).not.toContain("mask-values");
  });
});

it("is not rounded to float32 before", async () => {
  const run = newRun("fixelcfestats");
  const spec = { dimensions: [24, 1, 1], dataType: "Float64LE" } as const;
  writeImage(
    run.at("mask.mif"),
    spec,
    Float64Array.from({ length: 24 }, (_, i) => (i < 3 ? 0.5 - 2 ** -40 : 1)),
  );
  await run.infer({ ["mask" as string]: run.at("mask.mif") });
  expect(given(run.at("out/fwe_1mpvalue.mif"))[0]).toBe(3);
});

it.skipIf(!hasCommand("fixelcfestats"))("takes the fixels that the peer takes", () => {
  const input = newAnalysis();
  writeFileSync(input.at("mask.mif"), rawFixelData(values));
  const tokens = [...input.positionals, "-mask", input.at("mask.mif"), "-notest", "-nthreads", "0", "-quiet"];
  execFileSync("fixelcfestats", tokens, { stdio: "pipe" });
  expect(given(input.at("out/beta0.mif"))).toEqual(TAKEN);
  // what the warning advises
  execFileSync("mrthreshold", [input.at("mask.mif"), "-abs", "1.5", input.at("new.mif"), "-quiet"], { stdio: "pipe" });
  const above = readSmallImage(input.at("new.mif")).values;
  expect(above.reduce((sum, value) => sum + value, 0)).toBeGreaterThan(3);
});
