// What fixelcfestats leaves in its output directory: names, postfixes, header keys, geometry, texts. NOTES.md of the peer says what they must be.
import fs from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { VERSION } from "../../src/version.js";
import { newAnalysis, write } from "../support/expect-refusal.js";
import { runWithReport } from "../support/in-process-cli.js";
import { readNullDistribution, readSmallImage } from "../support/peer.js";
import { isOfReport } from "../support/report-files.js";
import type { SmallAnalysis } from "../support/small-analysis.js";

const QUICK = ["-nshuffles", "20", "-nthreads", "0", "-quiet", "--seed", "1"];
const run = async (input: SmallAnalysis, tokens: readonly string[]) => {
  const result = await runWithReport(["fixelcfestats", ...tokens, ...QUICK]);
  expect(result).toEqual({ status: 0, stdout: "", stderr: "" });
  return fs
    .readdirSync(input.at("out"))
    .filter((name) => !isOfReport(name))
    .sort();
};
const headerOf = (path: string) => fs.readFileSync(path, "latin1").split("\nEND\n")[0]!.split("\n");
const namesOf = (...names: string[]) => names.sort();

const TEMPLATE = ["index.mif", "directions.mif", "run.json"];
const EFFECTS = ["beta0.mif", "beta1.mif", "std_dev.mif"];

describe("names", () => {
  const perHypothesis = (kind: string, postfix: string, uncorrected = "uncorrected_pvalue") => [
    ...[`${kind}value`, "Zstat", "cfe", "fwe_1mpvalue", uncorrected, "null_contributions"].map(
      (name) => `${name}${postfix}.mif`,
    ),
    ...(kind === "t" ? [`abs_effect${postfix}.mif`, `std_effect${postfix}.mif`] : []),
  ];

  it("of one t-test have no postfix", async () => {
    const input = newAnalysis();
    expect(await run(input, input.positionals)).toEqual(
      namesOf(...TEMPLATE, ...EFFECTS, ...perHypothesis("t", ""), "null_dist.txt"),
    );
  });
  it("of several end in their names; an F-test has no effects", async () => {
    const input = newAnalysis();
    write(input, "contrast.txt", "0 -1\n1 0\n");
    write(input, "f.txt", "1 1\n");
    expect(await run(input, [...input.positionals, "-ftests", input.at("f.txt")])).toEqual(
      namesOf(
        ...TEMPLATE,
        ...EFFECTS,
        ...perHypothesis("t", "_t1"),
        ...perHypothesis("t", "_t2"),
        ...perHypothesis("F", "_F1"),
        ...["_t1", "_t2", "_F1"].map((postfix) => `null_dist${postfix}.txt`),
      ),
    );
  });
  it("of a single F-test with -fonly have no postfix", async () => {
    const input = newAnalysis();
    write(input, "f.txt", "1\n");
    expect(await run(input, [...input.positionals, "-ftests", input.at("f.txt"), "-fonly"])).toEqual(
      namesOf(...TEMPLATE, ...EFFECTS, ...perHypothesis("F", ""), "null_dist.txt"),
    );
  });
  it("with -strong: one null distribution for all", async () => {
    const input = newAnalysis();
    write(input, "contrast.txt", "0 -1\n1 0\n");
    expect(await run(input, [...input.positionals, "-strong"])).toEqual(
      namesOf(...TEMPLATE, ...EFFECTS, ...perHypothesis("t", "_t1"), ...perHypothesis("t", "_t2"), "null_dist.txt"),
    );
  });
  it("with -notest: nothing of the test", async () => {
    const input = newAnalysis();
    expect(await run(input, [...input.positionals, "-notest"])).toEqual(
      namesOf(...TEMPLATE, ...EFFECTS, "abs_effect.mif", "std_effect.mif", "tvalue.mif", "Zstat.mif", "cfe.mif"),
    );
  });
  it("with -variance: a deviation a group, no standardised effect", async () => {
    const input = newAnalysis();
    write(input, "v.txt", "0 0 0 0 1 1 1 1\n");
    expect(await run(input, [...input.positionals, "-variance", input.at("v.txt")])).toEqual(
      namesOf(
        ...[...TEMPLATE, ...EFFECTS, ...perHypothesis("t", ""), "null_dist.txt", "std_dev0.mif", "std_dev1.mif"].filter(
          (name) => !/^std_(dev|effect)\.mif$/.test(name),
        ),
      ),
    );
  });
  it("with missing data: the condition number of each fixel's own design", async () => {
    const input = newAnalysis({
      value: (subject, fixel) => (subject === fixel ? Number.NaN : (subject * 7 + fixel) % 5),
    });
    expect(await run(input, input.positionals)).toEqual(
      namesOf(...TEMPLATE, ...EFFECTS, ...perHypothesis("t", ""), "null_dist.txt", "cond.mif"),
    );
  });
  it("in the development branch's form: uncorrected_1mpvalue, and the same values", async () => {
    const input = newAnalysis();
    write(input, "f.txt", "1 0\n0 1\n");
    const five = input.positionals.toSpliced(3, 1);
    const form = ["-ttests", input.at("contrast.txt"), "-ftest", input.at("f.txt"), "-ftest", input.at("contrast.txt")];
    expect(await run(input, [...five, ...form])).toEqual(
      namesOf(
        ...TEMPLATE,
        ...EFFECTS,
        ...perHypothesis("t", "_t1", "uncorrected_1mpvalue"),
        ...perHypothesis("F", "_F1", "uncorrected_1mpvalue"),
        ...perHypothesis("F", "_F2", "uncorrected_1mpvalue"),
        ...["_t1", "_F1", "_F2"].map((postfix) => `null_dist${postfix}.txt`),
      ),
    );
    write(input, "contrasts.txt", "0 -1\n1 0\n0 1\n");
    write(input, "selectors.txt", "0 1 1\n1 0 0\n");
    const six = input.positionals.with(3, input.at("contrasts.txt")).with(5, input.at("other"));
    await run(input, [...six, "-ftests", input.at("selectors.txt")]);
    for (const name of ["tvalue_t1", "Fvalue_F1", "Fvalue_F2", "cfe_F1", "fwe_1mpvalue_t1"]) {
      const [ours, theirs] = ["out", "other"].map((folder) => readSmallImage(input.at(folder, `${name}.mif`)).values);
      expect(ours, name).toEqual(theirs);
    }
  });
});

describe("headers", () => {
  const keys = (path: string) =>
    headerOf(path)
      .slice(1)
      .map((line) => line.split(":")[0]!);
  let input: SmallAnalysis;
  beforeAll(async () => {
    input = newAnalysis();
    // A first subject with keys of its own, a history and a geometry.
    const bytes = fs.readFileSync(input.at("fd", "sub-1.mif"));
    const header = [
      ...headerOf(input.at("fd", "sub-1.mif")).filter((line) => !/^(vox|file)/.test(line)),
      "vox: 2,2,2",
      ...["1,0,0,-5", "0,1,0,-6", "0,0,1,-7"].map((row) => `transform: ${row}`),
      "subject: one",
      "command_history: mrconvert a b  (version=3.0.4)",
      "mrtrix_version: 3.0.4",
      "cfe_h: 17",
    ];
    const text = `${header.join("\n")}\nfile: . 512\nEND\n`.padEnd(512, "\0");
    fs.writeFileSync(input.at("fd", "sub-1.mif"), Buffer.concat([Buffer.from(text), bytes.subarray(256)]));
    await run(input, input.positionals);
  });

  it("carry the first subject's keys, history and geometry on, and ours after them", () => {
    expect(headerOf(input.at("out", "beta0.mif"))).toEqual([
      "mrtrix image",
      "dim: 24,1,1",
      "vox: 2,2,2",
      "layout: +0,+1,+2",
      "datatype: Float32LE",
      ...["1, 0, 0, -5", "0, 1, 0, -6", "0, 0, 1, -7"].map((row) => `transform: ${row}`),
      "subject: one",
      "command_history: mrconvert a b  (version=3.0.4)",
      "cfe_c: 0.5",
      "cfe_dh: 0.1",
      "cfe_e: 2",
      "cfe_h: 3",
      "cfe_legacy: 0",
      `command_history: fixelstream fixelcfestats ${input.positionals.join(" ")} ${QUICK.join(" ")}  (version=${VERSION})`,
      expect.stringMatching(/^file: \. \d+$/),
    ]);
  });
  it("say whether the statistic was adjusted where they depend on it", () => {
    const adjusted = fs
      .readdirSync(input.at("out"))
      .filter((name) => name.endsWith(".mif") && keys(input.at("out", name)).includes("nonstationarity_adjustment"));
    expect(adjusted.sort()).toEqual(
      namesOf(
        ...["tvalue", "Zstat", "cfe", "fwe_1mpvalue", "uncorrected_pvalue", "null_contributions"].map(
          (name) => `${name}.mif`,
        ),
      ),
    );
  });
  it("of results from a store have the template's geometry, or none in particular", async () => {
    const store = input.at("cohort.fxs");
    await runWithReport(["convert", "fixels", ...input.positionals.slice(0, 2), store, "-quiet"]);
    await run(input, [store, "-", ...input.positionals.slice(2, 5), input.at("from-store")]);
    const header = headerOf(input.at("from-store", "cfe.mif"));
    expect(header).toContain("vox: 1,1,1");
    expect(header.filter((line) => line.startsWith("transform"))).toEqual([
      "transform: 1, 0, 0, 0",
      "transform: 0, 1, 0, 0",
      "transform: 0, 0, 1, 0",
    ]);
    expect(header.filter((line) => line.startsWith("command_history"))).toHaveLength(1);
  });
  it("of the template are as they were", () => {
    for (const name of ["index.mif", "directions.mif"]) {
      expect(fs.readFileSync(input.at("out", name))).toEqual(fs.readFileSync(input.at("fd", name)));
    }
  });
});

describe("null_dist.txt", () => {
  it("has the history, then one line of ten digits", async () => {
    const input = newAnalysis();
    await run(input, input.positionals);
    const text = fs.readFileSync(input.at("out", "null_dist.txt"), "utf8");
    const [history, values, ...rest] = text.split("\n");
    expect(history).toBe(
      `# command_history: fixelstream fixelcfestats ${input.positionals.join(" ")} ${QUICK.join(" ")}  (version=${VERSION})`,
    );
    expect(values).toMatch(/^\S+( \S+){19}$/);
    expect(rest).toEqual([""]);
    for (const value of values!.split(" ")) {
      const digits = value.replace(/e.*/, "").replace(/\D/g, "").replace(/^0+/, "");
      expect(digits.length).toBeLessThanOrEqual(10);
    }
    expect(readNullDistribution(input.at("out", "null_dist.txt"))).toHaveLength(20);
  });
});
