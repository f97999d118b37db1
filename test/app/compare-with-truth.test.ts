// The demo's last line: what was found of what was planted, and what was found where nothing is.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compareWithTruth } from "../../src/app/demo/compare-with-truth.js";
import { rawFixelData } from "../support/make-cohort.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

test("counts planted, found and elsewhere", () => {
  const directory = temporaryDirectory();
  const write = (name: string, values: number[]) => {
    writeFileSync(join(directory, name), rawFixelData(Float32Array.from(values)));
    return join(directory, name);
  };
  // 0.95 as float32 is below 0.95: not found
  const fwe = write("fwe.mif", [1, 0.96, 0.95, 0.2, 0.99, 0.97, 0.951, Number.NaN]);
  const truth = write("truth.mif", [1, 1, 1, 1, 0, 0, 0, 0]);
  expect(compareWithTruth(truth, fwe)).toEqual({ planted: 4, found: 2, elsewhere: 3 });
});
