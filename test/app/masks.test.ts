// Which values of a mask mean that a fixel takes part: all but 0 and NaN, negative ones too.
import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { newRun } from "../support/both-commands.js";
import { rawFixelData } from "../support/make-cohort.js";
import { readSmallImage } from "../support/peer.js";

describe.each(["mask", "posthoc"] as const)("-%s", (option) => {
  it("leaves out 0 and NaN alone", async () => {
    const run = newRun("fixelcfestats");
    const values = new Float32Array(24);
    values.set([1, -1, Number.NaN, 0, 0.001, Number.POSITIVE_INFINITY, -0]);
    const path = run.at("mask.mif");
    writeFileSync(path, rawFixelData(values));
    await run.infer({ [option]: path });
    const fwe = readSmallImage(run.at("out/fwe_1mpvalue.mif")).values;
    const taken = Array.from(fwe.keys()).filter((fixel) => !Number.isNaN(fwe[fixel]!));
    expect(taken).toEqual([0, 1, 4, 5]);
    expect(run.record.problem[option === "mask" ? "nElements" : "nPosthoc"]).toBe(4);
  });
});
