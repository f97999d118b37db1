// Standard output and error on a full disk, or into a pipe whose reader has gone. What was asked for is done and its files are whole; what cannot
// be said is lost; and where the output is all there is, the exit code says that it is not there.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { makeConnectomes } from "../support/connectomes.js";
import { newAnalysis } from "../support/expect-refusal.js";
import { makeTracks, writeTracks } from "../support/make-tracks.js";
import { readSmallImage } from "../support/peer.js";
import { builtCommand } from "../support/run-cli.js";
import type { SmallAnalysis } from "../support/small-analysis.js";

/** Takes no byte: "no space left". Linux. */
const FULL = "/dev/full";
type Redirected = { readonly stdout?: "full" | "gone"; readonly stderr?: "full" | "gone" };
const targetOf = (kind: "full" | "gone") => (kind === "full" ? FULL : ">(true)");

/** In bash, because only a shell makes pipes without a reader. */
function run(input: SmallAnalysis, tokens: readonly string[], { stdout, stderr }: Redirected) {
  const command = [process.execPath, builtCommand, ...tokens].map((token) => `'${token}'`).join(" ");
  const out = stdout === undefined ? "" : ` > ${targetOf(stdout)}`;
  const error = stderr === undefined ? "" : ` 2> ${targetOf(stderr)}`;
  const result = spawnSync("bash", ["-c", `${command}${out}${error}`], { cwd: input.root, encoding: "utf8" });
  return { status: result.status, stdout: result.stdout, stderr: result.stderr };
}

const INFERENCE = ["fixelcfestats", "fd", "subjects.txt", "design.txt", "contrast.txt", "matrix", "out"];
const QUICK = ["-nshuffles", "20", "-nthreads", "1", "--seed", "1"];
const SUMMARY_LOST = (reason: string) =>
  `fixelstream: the summary is lost: standard output says ${reason}. The results themselves are complete.\n`;
const NOT_PRINTED =
  "fixelstream: error: Cannot print the result: expected a standard output that takes it, got no space left on the disk. Make room, or send it somewhere else.\n";

function expectWhole(input: SmallAnalysis): void {
  const left = fs.readdirSync(input.at("out"));
  expect(left.filter((name) => name.startsWith("."))).toEqual([]);
  expect(JSON.parse(fs.readFileSync(input.at("out", "run.json"), "utf8")).results.hypotheses).toHaveLength(1);
  expect(readSmallImage(input.at("out", "cfe.mif")).values.some((value) => value > 0)).toBe(true);
}

describe.skipIf(!fs.existsSync(FULL))("where results are files", () => {
  it.each<[string, Redirected, string[], { stdout?: string; stderr?: string }]>([
    ["messages on a full disk", { stderr: "full" }, ["-info"], { stdout: "" }],
    ["messages without a reader", { stderr: "gone" }, ["-info"], { stdout: "" }],
    ["progress on a full disk", { stderr: "full" }, ["--progress", "ndjson", "--json"], {}],
    ["progress without a reader", { stderr: "gone" }, ["--progress", "ndjson", "--json"], {}],
    [
      "a summary on a full disk",
      { stdout: "full" },
      ["--json", "-quiet"],
      { stderr: SUMMARY_LOST("no space left on the disk") },
    ],
    ["a summary without a reader", { stdout: "gone" }, ["--json", "-quiet"], { stderr: "" }],
    ["everything on a full disk", { stdout: "full", stderr: "full" }, ["--json", "-info"], {}],
  ])("%s: the run is complete", (_, redirected, more, said) => {
    const input = newAnalysis();
    const result = run(input, [...INFERENCE, ...QUICK, ...more], redirected);
    expect(result).toMatchObject({ status: 0, ...said });
    if (more.includes("--json") && redirected.stdout === undefined) {
      expect(JSON.parse(result.stdout)).toMatchObject({ output: "out" });
    }
    expectWhole(input);
  });
  it("a conversion's summary", () => {
    const input = newAnalysis();
    const tokens = ["convert", "fixels", "fd", "subjects.txt", "s.fxs", "--json", "-quiet"];
    expect(run(input, tokens, { stdout: "full" })).toMatchObject({
      status: 0,
      stderr: SUMMARY_LOST("no space left on the disk"),
    });
    expect(run(input, ["verify", "s.fxs"], { stderr: "full" })).toMatchObject({ status: 0 });
  });
  it("a filter's summary", () => {
    const input = newAnalysis();
    const tokens = ["fixelfilter", "fd", "smooth", "smooth", "-matrix", "matrix", "-nthreads", "0"];
    expect(run(input, [...tokens, "--json", "-quiet"], { stdout: "full" })).toMatchObject({
      status: 0,
      stderr: SUMMARY_LOST("no space left on the disk"),
    });
    for (const stderr of ["full", "gone"] as const)
      expect(run(input, [...tokens, "-force", "--progress", "ndjson"], { stderr })).toMatchObject({ status: 0 });
    expect(fs.readdirSync(input.at("smooth")).filter((name) => name.startsWith("."))).toEqual([]);
    expect(readSmallImage(input.at("smooth", "sub-1.mif")).values).toHaveLength(24);
  });
  it("a matrix of streamlines, whatever is said of it", () => {
    const input = newAnalysis();
    writeTracks(
      input.root,
      makeTracks({ seed: 70, step: 1, voxelSizes: [2, 2, 2], mostFixels: 2, nStreamlines: 90 }),
      1,
    );
    const tokens = ["fixelconnectivity", "fixels", "tracks.tck", "m", "-nthreads", "1", "-force"];
    for (const redirected of [{ stderr: "full" }, { stderr: "gone" }, { stdout: "gone" }] as const) {
      expect(run(input, [...tokens, "--json", "-info", "--progress", "ndjson"], redirected).status).toBe(0);
      expect(fs.readdirSync(input.at("m")).sort()).toEqual(["fixels.mif", "index.mif", "values.mif"]);
    }
    const { status, stderr } = run(input, [...tokens, "--json", "-quiet"], { stdout: "full" });
    expect(status).toBe(0);
    expect(stderr).toMatch(SUMMARY_LOST("no space left on the disk"));
  });
  it("of connectomes: the conversion's summary, the analysis, its summary and its plan", () => {
    const input = newAnalysis();
    makeConnectomes(input.at("c"));
    const converted = run(input, ["convert", "edges", "c/list.txt", "e.fxs", "--json", "-quiet"], { stdout: "full" });
    expect(converted).toMatchObject({ status: 0, stderr: SUMMARY_LOST("no space left on the disk") });
    expect(run(input, ["verify", "e.fxs"], { stderr: "full" })).toMatchObject({ status: 0 });
    fs.mkdirSync(input.at("out"));
    const nbs = [
      "connectomestats",
      "e.fxs",
      "nbs",
      "c/design.txt",
      "c/contrast.txt",
      "out/",
      "-threshold",
      "1.5",
      ...QUICK,
    ];
    expect(run(input, [...nbs, "--dry-run", "-quiet"], { stdout: "full" })).toMatchObject({ status: 1 });
    expect(fs.readdirSync(input.at("out"))).toEqual([]);
    expect(run(input, [...nbs, "--json"], { stdout: "gone", stderr: "full" })).toMatchObject({ status: 0 });
    const left = fs.readdirSync(input.at("out"));
    expect(left.filter((name) => name.startsWith("."))).toEqual([".fixelstream"].filter((name) => left.includes(name)));
    expect(JSON.parse(fs.readFileSync(input.at("out", "run.json"), "utf8")).results.hypotheses).toHaveLength(2);
    expect(left).toContain("fwe_1mpvalue_t1.csv");
  });
  it("a design's JSON, beside files", () => {
    const input = newAnalysis();
    fs.writeFileSync(input.at("table.csv"), "id,group\na,x\nb,y\nc,x\nd,y\n");
    const whole = ["contrast.txt", "design.json", "design.txt", "ftest1.txt", "ftests.txt", "subjects.txt"];
    const tokens = ["design", "table.csv", "~group", "--test", "group", "--out", "d", "--json", "-quiet"];
    expect(run(input, tokens, { stdout: "full" })).toMatchObject({
      status: 0,
      stderr: SUMMARY_LOST("no space left on the disk"),
    });
    expect(fs.readdirSync(input.at("d")).sort()).toEqual([...whole, "summary.txt"]);
  });
  it("models of every element: summary, messages and progress", () => {
    const input = newAnalysis();
    const names = fs.readFileSync(input.at("subjects.txt"), "utf8").trim().split("\n");
    const rows = names.map((name, i) => `${name},${20 + ((i * 7) % 13)}\n`);
    fs.writeFileSync(input.at("table.csv"), `source_file,age\n${rows.join("")}`);
    for (const [command, formula] of [
      ["lm", "fd ~ age"],
      ["gam", "fd ~ s(age, k = 3, fx = TRUE)"],
    ] as const) {
      const tokens = [command, "fd", "table.csv", formula, `${command}.csv`, "--min-subjects-abs", "4", "-force"];
      const line = [...tokens, "-nthreads", "0", "--json"];
      expect(run(input, [...line, "-quiet"], { stdout: "full" })).toMatchObject({
        status: 0,
        stderr: expect.stringContaining(SUMMARY_LOST("no space left on the disk")),
      });
      for (const stderr of ["full", "gone"] as const)
        expect(run(input, [...line, "-info", "--progress", "ndjson"], { stderr }).status).toBe(0);
      expect(
        fs
          .readFileSync(input.at(`${command}.csv`), "utf8")
          .trim()
          .split("\n"),
      ).toHaveLength(1 + 24);
    }
  });
  it("more p-values and the report of a run", () => {
    const input = newAnalysis();
    expect(run(input, [...INFERENCE, ...QUICK, "-quiet"], {}).status).toBe(0);
    for (const tokens of [
      ["report", "out", "-force"],
      ["pvalues", "out", "--parametric"],
    ]) {
      expect(run(input, [...tokens, "-info"], { stdout: "full", stderr: "full" }).status).toBe(0);
      expectWhole(input);
    }
    expect(fs.readdirSync(input.at("out"))).toEqual(expect.arrayContaining(["report.html", "parametric_1mpvalue.mif"]));
  });
  it("a merge's summary", () => {
    const input = newAnalysis();
    const line = [...INFERENCE, ...QUICK, "-quiet"];
    expect(run(input, [...line, "--shard", "1/1"], { stderr: "full" })).toMatchObject({ status: 0 });
    expect(run(input, ["merge", "out", "--json", "-quiet"], { stdout: "full" })).toMatchObject({
      status: 0,
      stderr: SUMMARY_LOST("no space left on the disk"),
    });
    expectWhole(input);
  });
  it("a summary of several runs", () => {
    const input = newAnalysis();
    for (const folder of ["a", "b"])
      expect(run(input, [...INFERENCE.with(-1, folder), ...QUICK, "-quiet", "--no-report"], {}).status).toBe(0);
    expect(run(input, ["joint", "a", "b", "--out", "out", "--json", "-quiet"], { stdout: "full" })).toMatchObject({
      status: 0,
      stderr: SUMMARY_LOST("no space left on the disk"),
    });
    expect(run(input, ["joint", "a", "b", "--out", "out", "-force"], { stderr: "gone" }).status).toBe(0);
    expect(fs.readdirSync(input.at("out")).filter((name) => name.startsWith("."))).toEqual([]);
    expect(JSON.parse(fs.readFileSync(input.at("out", "run.json"), "utf8")).results.runs).toHaveLength(2);
  });
  it("an error that cannot be said is in the exit code", () => {
    const input = newAnalysis();
    fs.rmSync(input.at("design.txt"));
    for (const stderr of ["full", "gone"] as const) {
      expect(run(input, [...INFERENCE, ...QUICK], { stderr }).status).toBe(1);
      expect(run(input, [...INFERENCE, "--no-such-option"], { stderr }).status).toBe(2);
    }
  });
});

describe.skipIf(!fs.existsSync(FULL))("where the output is the result", () => {
  const input = newAnalysis();
  const setUp = run(input, ["convert", "fixels", "fd", "subjects.txt", "s.fxs", "-quiet"], {});
  fs.writeFileSync(input.at("table.csv"), "id,group\na,x\nb,y\nc,x\n");
  const COMMANDS = [
    ["design", "table.csv", "~group"],
    ["design", "table.csv", "~group", "--json"],
    ["info", "s.fxs"],
    ["info", "s.fxs", "--json"],
    ["info", "s.fxs", "--subjects"],
    [...INFERENCE, "-nshuffles", "60", "--dry-run", "-quiet"],
    ["status", "stats"],
    ["status", "stats", "--json"],
    ["cache", "list"],
    ["cache", "list", "--json"],
    ["doctor", "--json"],
    ["--version"],
    ["fixelcfestats", "-help"],
  ];
  const shard = ["fixelcfestats", "s.fxs", "-", "design.txt", "contrast.txt", "matrix", "stats", "--shard", "1/1"];
  const setUpShard = run(input, [...shard, ...QUICK, "-quiet"], {});
  it("has a shard to look at", () => expect(setUpShard.status).toBe(0));
  it("has a store to look at", () => expect(setUp).toEqual({ status: 0, stdout: "", stderr: "" }));
  it.each(COMMANDS)("%s %s %s", (...tokens) => {
    expect(run(input, tokens, { stdout: "full" })).toEqual({ status: 1, stdout: "", stderr: NOT_PRINTED });
  });
  it("a reader that has gone has seen enough", () => {
    for (const tokens of [
      ["info", "s.fxs", "--subjects"],
      ["info", "-help"],
    ]) {
      expect(run(input, tokens, { stdout: "gone" })).toEqual({ status: 0, stdout: "", stderr: "" });
    }
  });
  it("the exit code tells even where nothing can be said", () => {
    expect(run(input, ["info", "s.fxs"], { stdout: "full", stderr: "full" }).status).toBe(1);
  });
});

it("every command prints through print.ts, which sees what fails", () => {
  const folder = new URL("../../src/", import.meta.url);
  const direct = (fs.readdirSync(folder, { recursive: true }) as string[])
    // the other is a process of its own, which the one that started it reads
    .filter((name) => name.endsWith(".ts") && !["cli/print.ts", "kernels/native/trial-entry.ts"].includes(name))
    .filter((name) => /stdout\.write|console\.|process\.std/.test(fs.readFileSync(new URL(name, folder), "utf8")));
  expect(direct).toEqual([]);
});
