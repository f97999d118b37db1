// Values of subjects in the page: adjusted for what is not asked, with the fit that textbooks have; who is far from the others.
import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { adjust } from "../../src/report/adjusted.js";
import { describeSubjects } from "../../src/report/describe-subjects.js";
import { fitLinear } from "../../src/report/linear-fit.js";
import type { ModelData } from "../../src/report/report-data.js";
import { runWithReport } from "../support/in-process-cli.js";
import { rawFixelData } from "../support/make-cohort.js";
import { newReportCase, readPage, readTsv, runReported, textOf } from "../support/report-cases.js";

const model = (factors: string[], design: number[][]): ModelData => ({
  ...{ factors, design, isNamed: true, nElementColumns: 0, varianceGroups: undefined },
});

describe("the fit", () => {
  it("of a straight line, with its interval as R's predict(lm(y ~ x), interval = 'confidence') gives it", () => {
    const x = [1, 2, 3, 4, 5, 6];
    const y = [2.1, 3.9, 6.2, 7.8, 10.1, 12.2];
    const fit = fitLinear(
      x.map((value) => [1, value]),
      y,
    );
    // by hand: slope 35.3/17.5, intercept 7.05 - 3.5 slope; t(0.975, 4) = 2.776445
    const slope = x.reduce((sum, value, i) => sum + (value - 3.5) * y[i]!, 0) / 17.5;
    expect(fit.coefficients[1]).toBeCloseTo(slope, 12);
    expect(fit.coefficients[0]).toBeCloseTo(7.05 - 3.5 * slope, 12);
    const residual = x.reduce((sum, value, i) => sum + (y[i]! - 7.05 - slope * (value - 3.5)) ** 2, 0);
    expect(fit.halfWidth([1, 5])).toBeCloseTo(2.776445 * Math.sqrt((residual / 4) * (1 / 6 + 1.5 ** 2 / 17.5)), 3);
  });

  it("leaves out who has no value, and takes the shortest of many solutions", () => {
    const fit = fitLinear(
      [
        [1, 1],
        [1, 1],
        [1, 1],
      ],
      [2, 4, Number.NaN],
    );
    expect(fit.coefficients).toEqual([expect.closeTo(1.5, 12), expect.closeTo(1.5, 12)]);
    expect(fit.degreesOfFreedom).toBe(1);
  });
});

describe("adjusted values", () => {
  const age = [30, 40, 50, 60, 30, 40, 50, 60];
  const design = age.map((value, i) => [1, i < 4 ? 0 : 1, value]);
  it("by group have nothing left of the covariate", () => {
    const values = age.map((value, i) => 1 + (i < 4 ? 0 : -0.5) + 0.01 * value);
    const { values: found, by } = adjust(model(["all", "patient", "age"], design), [[0, -1, 0]], values)!;
    for (const [i, value] of found.entries()) expect(value).toBeCloseTo(i < 4 ? 1.45 : 0.95, 10);
    expect(by).toMatchObject({ kind: "groups", groups: age.map((_, i) => `patient = ${i < 4 ? 0 : 1}`) });
    if (by.kind !== "groups") throw new Error("groups");
    expect(by.means.map(({ size, mean }) => [size, mean])).toEqual([
      [4, expect.closeTo(1.45, 10)],
      [4, expect.closeTo(0.95, 10)],
    ]);
  });
  it("against a covariate lie on the line that made them", () => {
    const values = age.map((value, i) => 2 + (i < 4 ? 0 : 3) + 0.1 * value);
    const { by } = adjust(model(["all", "patient", "age"], design), [[0, 0, 1]], values)!;
    if (by.kind !== "covariate") throw new Error("covariate");
    expect(by.name).toBe("age");
    expect(by.line[0]).toMatchObject({ x: 30, y: expect.closeTo(6.5, 9), low: expect.closeTo(6.5, 6) });
    expect(by.line.at(-1)!.y).toBeCloseTo(9.5, 9);
  });
});

it("who is far from the others is named, with what is far", () => {
  const profile = (e: number) => 1 + Math.sin(e);
  const noise = (i: number, e: number) => 0.05 * Math.sin(37 * i * i + 11 * e * e);
  const rows = Array.from({ length: 12 }, (_, i) =>
    Float64Array.from({ length: 200 }, (__, e) => profile(e) + noise(i, e)),
  );
  rows[3] = rows[3]!.map((value) => value + 4);
  rows[5] = Float64Array.from({ length: 200 }, (_, e) => profile(e + 2));
  rows[7]!.fill(Number.NaN, 0, 60);
  const found = describeSubjects(
    rows,
    rows.map((_, i) => `s${i}`),
  );
  const odd = found.filter(({ remarks }) => remarks.length > 0);
  expect(odd.map(({ name }) => name)).toEqual(["s3", "s5", "s7"]);
  expect(odd[0]!.remarks[0]).toMatch(/^mean 5/);
  expect(odd[1]!.remarks.some((remark) => remark.startsWith("correlation"))).toBe(true);
  expect(odd[2]!.remarks).toContain("30 % missing");
  expect(found[7]!.mean).toBeCloseTo(rows[7]!.slice(60).reduce((sum, value) => sum + value, 0) / 140, 12);
});

describe("in a page", () => {
  it("the table has each subject's mean over the cluster and at the peak; masks name clusters; nothing is left without the store", async () => {
    const input = newReportCase({ factors: "all\tpatient", label: "fewer" });
    const page = await runReported(input);
    const clusters = readTsv(input.at("out", "clusters_t1.tsv"));
    const lines = /<pre id="effects-t1"[^>]*>(.*?)<\/pre>/s
      .exec(page)![1]!
      .split("\n")
      .map((line) => line.split("\t"));
    expect(lines[0]!.slice(0, 4)).toEqual(["subject", "cluster 1", "cluster 1, adjusted", "peak of cluster 1"]);
    expect(lines.slice(1).map(([name]) => name)).toEqual(Array.from({ length: 12 }, (_, i) => `sub-${i + 1}.mif`));
    const valuesOf = (subject: number) => {
      const bytes = fs.readFileSync(input.at("fd", `sub-${subject + 1}.mif`));
      return new Float32Array(new Uint8Array(bytes.subarray(256)).buffer);
    };
    for (const subject of [0, 11]) {
      const own = valuesOf(subject);
      const peak = Number(clusters[0]!.peak_index);
      expect(Number(lines[subject + 1]![1])).toBeCloseTo((own[4]! + own[5]! + own[6]! + own[7]!) / 4, 5);
      expect(Number(lines[subject + 1]![3])).toBeCloseTo(own[peak]!, 5);
    }
    fs.mkdirSync(input.at("bundles"));
    const mask = (fixels: readonly number[]) =>
      rawFixelData(Float32Array.from({ length: 24 }, (_, i) => (fixels.includes(i) ? 1 : 0)));
    fs.writeFileSync(input.at("bundles", "left <b>.mif"), mask([4, 5, 6]));
    fs.writeFileSync(input.at("bundles", "other.mif"), mask([20]));
    fs.writeFileSync(input.at("bundles", "small.mif"), rawFixelData(Float32Array.of(1, 1)));
    for (const name of fs.readdirSync(input.at(".fixelstream")))
      fs.rmSync(input.at(".fixelstream", name), { recursive: true });
    const { status, stderr } = await runWithReport([
      "report",
      input.at("out"),
      "--tracts",
      input.at("bundles"),
      "-quiet",
    ]);
    expect(status).toBe(0);
    expect(input.relative(stderr)).toBe("fixelstream: warning: Of bundles not used as masks: small.mif (2 x 1 x 1).\n");
    const text = textOf(readPage(input.at("out", "report.html")));
    expect(text).toContain("It lies in left <b> (75 % of it).");
    expect(text).toContain("which are not at");
    expect(readTsv(input.at("out", "clusters_t1.tsv"))[0]!.label).toBe("left <b> (0.75)");
  }, 600_000);
});
