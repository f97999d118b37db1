// P-values that cannot be made, of a run or of its results: what was expected, what was got, and that nothing is left or replaced.
import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { type EitherRun, newRun, writeMaskFor } from "../support/both-commands.js";
import { listing } from "../support/expect-refusal.js";
import { runInProcess } from "../support/in-process-cli.js";

const said = (run: EitherRun, stderr: string) =>
  run
    .relative(stderr)
    .replace(/^fixelstream: error: /, "")
    .trimEnd();

describe("asked for with a run", () => {
  it.each([
    [
      ["-notest", "--tail"],
      "Cannot use --tail with -notest: expected a null distribution to fit, got no shuffles. Leave one of them out.",
    ],
    [
      ["-notest", "--gamma"],
      "Cannot use --gamma with -notest: expected a null distribution to fit, got no shuffles. Leave one of them out.",
    ],
    [
      ["-notest", "--fdr", "bh"],
      "Cannot use --fdr with -notest: expected p-values of single elements to adjust, got none. Add --parametric, or leave -notest out.",
    ],
    [
      ["--uncorrected-shuffles", "0", "--fdr", "holm"],
      "Cannot use --fdr with --uncorrected-shuffles 0: expected p-values of single elements to adjust, got none. Add --parametric, or leave --uncorrected-shuffles 0 out.",
    ],
  ])("%j", async (tokens, message) => {
    const run = newRun("fixelcfestats");
    const before = listing(run.at());
    const { status, stderr } = await run.run(...tokens);
    expect({ status, said: said(run, stderr) }).toEqual({ status: 2, said: message });
    expect(listing(run.at())).toEqual(before);
  });
  it("a method that there is not", async () => {
    const { status, stderr } = await newRun("vectorstats").run("--fdr", "fdr");
    expect(status).toBe(2);
    expect(stderr).toContain("bh, by, holm");
  });
});

describe("pvalues", () => {
  const pvalues = (run: EitherRun, ...tokens: string[]) => runInProcess(["pvalues", run.at("out"), ...tokens]);
  const refused = async (run: EitherRun, tokens: string[]) => {
    const { status, stderr } = await pvalues(run, ...tokens);
    return { status, said: said(run, stderr) };
  };

  it("nothing asked for; nothing there; no run there", async () => {
    const run = newRun("fixelcfestats");
    expect(await refused(run, [])).toEqual({
      status: 2,
      said: "Cannot make p-values: expected one of --parametric, --fdr, --tail and --gamma, got none. Say which.",
    });
    const none = {
      status: 1,
      said: "Cannot add p-values to out: expected the results of a run, with its run.json, got none. Name the output directory, or the prefix, of a run.",
    };
    expect(await refused(run, ["--tail"])).toEqual(none);
    fs.mkdirSync(run.at("out"));
    expect(await refused(run, ["--tail"])).toEqual(none);
    fs.writeFileSync(run.at("out", "run.json"), "{");
    expect((await refused(run, ["--tail"])).said).toContain("got a damaged out/run.json.");
    fs.writeFileSync(run.at("out", "run.json"), '{"format": "other"}');
    expect((await refused(run, ["--tail"])).said).toContain("got another file under the name out/run.json.");
  });

  it("a file in the output's place is no run; the run.json of one is as good as its directory", async () => {
    const run = newRun("fixelcfestats");
    fs.writeFileSync(run.at("out"), "");
    const { said: refusal, ...rest } = await refused(run, ["--tail"]);
    expect(rest).toEqual({ status: 1 });
    expect(refusal).toBe(
      "Cannot add p-values to out: expected the results of a run, with its run.json, got none. Name the output directory, or the prefix, of a run.",
    );
    for (const command of ["merge", "status"]) {
      const { status, stderr } = await runInProcess([command, run.at("out")]);
      expect({ command, status }).toEqual({ command, status: 1 });
      expect(stderr).not.toContain("a system that does it");
    }
    fs.rmSync(run.at("out"));
    await run.run();
    const { status, stderr } = await runInProcess(["pvalues", run.at("out", "run.json"), "--parametric"]);
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(fs.readdirSync(run.at("out"))).toContain("parametric_1mpvalue.mif");
  });

  it("results of -notest, and results without uncorrected p", async () => {
    const run = newRun("fixelcfestats");
    await run.run("-notest");
    expect(await refused(run, ["--tail"])).toEqual({
      status: 1,
      said: "Cannot add p-values to out: expected a null distribution to fit (--tail), got results of -notest. Run the analysis with shuffles.",
    });
    expect(await refused(run, ["--fdr", "bh"])).toEqual({
      status: 1,
      said: "Cannot add p-values to out: expected p-values of single elements to adjust (--fdr), got results without. Add --parametric, or run the analysis with shuffles that are counted.",
    });
  });

  it("what exists is not replaced without -force, and with it only what fixelstream wrote", async () => {
    const run = newRun("fixelcfestats");
    await run.run();
    expect(await refused(run, ["--parametric", "-quiet"])).toEqual({ status: 0, said: "" });
    const before = listing(run.at());
    const record = run.result("run.json");
    expect(await refused(run, ["--parametric", "--fdr", "bh"])).toEqual({
      status: 1,
      said: "Cannot add p-values to out: parametric_1mpvalue.mif exists already. Give -force to overwrite.",
    });
    expect(listing(run.at())).toEqual(before);
    expect(run.result("run.json")).toEqual(record);
    fs.writeFileSync(run.at("out", "parametric_bh_1mpvalue.mif"), "mine");
    const { status, said: message } = await refused(run, ["--parametric", "--fdr", "bh", "-force"]);
    expect(status).toBe(1);
    expect(message).toContain(
      "expected parametric_bh_1mpvalue.mif to be a result of an earlier run, got a file that the record of the run does not list.",
    );
    expect(run.result("parametric_bh_1mpvalue.mif").toString()).toBe("mine");
    fs.rmSync(run.at("out", "parametric_bh_1mpvalue.mif"));
    expect(await refused(run, ["--parametric", "--fdr", "bh", "-force", "-quiet"])).toEqual({ status: 0, said: "" });
    expect(await runInProcess(["verify", run.at("out"), "-quiet"])).toMatchObject({ status: 0 });
  });

  it("images that were changed or taken away, and a record that was", async () => {
    const run = newRun("fixelcfestats");
    await run.run();
    const null_ = run.result("null_dist.txt");
    fs.appendFileSync(run.at("out", "null_dist.txt"), "\n");
    const changed = {
      status: 1,
      said: "Cannot add p-values to out: expected null_dist.txt as the run wrote it, got another. Restore it, or run the analysis again.",
    };
    const before = listing(run.at());
    expect(await refused(run, ["--tail"])).toEqual(changed);
    fs.rmSync(run.at("out", "null_dist.txt"));
    expect(await refused(run, ["--tail"])).toEqual(changed);
    fs.writeFileSync(run.at("out", "null_dist.txt"), null_);
    expect(listing(run.at())).toEqual(before);
    const text = run.result("run.json").toString();
    fs.writeFileSync(run.at("out", "run.json"), text.replace('"nShuffles": 20', '"nShuffles": 21'));
    expect((await refused(run, ["--tail"])).said).toContain("got a out/run.json that was changed.");
  });

  it("a later run with -force takes away what was added", async () => {
    const run = newRun("fixelcfestats");
    await run.run();
    await pvalues(run, "--parametric", "-quiet");
    await run.run("-force");
    expect(run.results()).not.toContain("parametric_1mpvalue.mif");
  });

  it("of fixels some of which would have been tested, and parametric p", async () => {
    const run = newRun("fixelcfestats");
    const some = writeMaskFor(run, "some", (i) => i > 4);
    expect(await run.run("-posthoc", some, "-notest")).toMatchObject({ status: 0 });
    expect(await refused(run, ["--parametric"])).toEqual({
      status: 1,
      said: "Cannot add p-values to out: expected images that tell what was tested (--parametric), got those of a run with -posthoc and -notest, none of which does. Run the analysis again with --parametric.",
    });
    // of single elements there are some
    expect(await run.run("-posthoc", some, "--negbin", "3", "-force")).toMatchObject({ status: 0 });
    expect(await refused(run, ["--parametric", "-quiet"])).toEqual({ status: 0, said: "" });
    const { results } = run.record as unknown as { results: { hypotheses: [{ parametric: { nTests: number } }] } };
    expect(results.hypotheses[0].parametric.nTests).toBe(19);
  });

  it("of voxels some of which were tested, and parametric p", async () => {
    const run = newRun("mrclusterstats");
    fs.mkdirSync(run.at("tested"));
    const image = fs.readFileSync(run.at("all.mif"));
    image.fill(0, image.length - 4 * 5);
    fs.writeFileSync(run.at("tested", "some.mif"), image);
    expect(await run.run("-posthoc", run.at("tested", "some.mif"))).toMatchObject({ status: 0 });
    const { status, stderr } = await runInProcess(["pvalues", `${run.at("out")}/x_`, "--parametric"]);
    expect({ status, said: said(run, stderr) }).toEqual({
      status: 1,
      said: "Cannot add p-values to out/x_: expected images that tell what was tested (--parametric), got those of a run with -posthoc, which have 0 for what was not and for what is not significant. Run the analysis again with --parametric.",
    });
    expect(said(run, (await runInProcess(["pvalues", `${run.at("out")}/x_`, "--gamma"])).stderr)).toBe(
      "Cannot add p-values to out/x_: expected images that tell what was tested (--gamma), got those of a run with -posthoc, which have 0 for what was not and for what is not significant. Run the analysis again with --gamma.",
    );
    expect(await runInProcess(["pvalues", `${run.at("out")}/x_`, "--fdr", "bh", "--tail", "-quiet"])).toMatchObject({
      status: 0,
    });
  });
});
