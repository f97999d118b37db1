// One test a message about several measures: what is refused by `fixelstream joint`, and by --scalar A,B.
import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { assertJoinable } from "../../src/app/joint/same-shuffles.js";
import type { RunRecord } from "../../src/results/run-record.js";
import { newAnalysis } from "../support/expect-refusal.js";
import { runInProcess } from "../support/in-process-cli.js";
import type { SmallAnalysis } from "../support/small-analysis.js";
import { bytesOf, npyBytes, zipBytes } from "../support/write-npy.js";

const QUICK = ["-nthreads", "0", "-quiet", "--no-report"];
const THIRTY = ["-nshuffles", "30"];

/** Three measures of 8 subjects in all.npz, the third of 7. */
function begin(): SmallAnalysis {
  const input = newAnalysis();
  const array = (n: number, add: number) =>
    npyBytes({
      descr: "<f8",
      shape: [n, 5],
      data: bytesOf(Float64Array.from({ length: n * 5 }, (_, i) => Math.sin(7 * i + add))),
    });
  fs.writeFileSync(input.at("all.npz"), zipBytes({ "a.npy": array(8, 0), "b.npy": array(8, 1) }, false));
  fs.writeFileSync(input.at("few.npy"), array(7, 2));
  fs.writeFileSync(input.at("design7.txt"), Array.from({ length: 7 }, (_, i) => `1 ${i % 2}\n`).join(""));
  fs.mkdirSync(input.at("out"));
  return input;
}

async function analyse(input: SmallAnalysis, scalar: string, ...options: string[]): Promise<void> {
  const unsaid = (option: string, value: string) => (options.includes(option) ? [] : [option, value]);
  const more = [...unsaid("--seed", "1"), ...unsaid("-nshuffles", "30"), ...options];
  const line = [
    "vectorstats",
    input.at("all.npz"),
    input.at("design.txt"),
    input.at("contrast.txt"),
    `${input.at("out")}/${scalar}_`,
  ];
  const { status, stderr } = await runInProcess([...line, "--scalar", scalar, ...QUICK, ...more]);
  expect(status, stderr).toBe(0);
}

async function refused(input: SmallAnalysis, tokens: readonly string[], message: string, status = 1): Promise<void> {
  const before = fs.readdirSync(input.root);
  const result = await runInProcess([...tokens, "-quiet"]);
  expect(input.relative(result.stderr)).toBe(`fixelstream: error: ${message}\n`);
  expect(result.status).toBe(status);
  expect(fs.readdirSync(input.root)).toEqual(before);
}

const joint = (input: SmallAnalysis, ...runs: string[]) => [
  "joint",
  ...runs.map((run) => input.at("out", run)),
  "--out",
  input.at("joint"),
];

describe("joint", () => {
  it("one run, or no --out", async () => {
    const input = begin();
    await analyse(input, "a");
    await refused(
      input,
      joint(input, "a_"),
      "Cannot join 1 run: expected two or more, got out/a_. Name the others too.",
      2,
    );
    const text = "Cannot join runs: expected a directory for the results, got none. Give it with --out.";
    await refused(input, joint(input, "a_", "a_").slice(0, 3), text, 2);
    await refused(
      input,
      joint(input, "a_", "a_"),
      "Cannot join out/a_ with out/a_: expected outputs of different names, which the results are told apart by, got a twice. Rename one.",
      2,
    );
  });

  it("no run, one that did not end, one in shards", async () => {
    const input = begin();
    await analyse(input, "a");
    await refused(
      input,
      joint(input, "a_", "b_"),
      "Cannot join out/b_: expected the output of a finished statistical run, or its prefix, got no b_run.json in out. Let the run end first, or correct the name.",
    );
    await analyse(input, "b", "--shard", "1/2");
    await refused(
      input,
      joint(input, "a_", "b_"),
      "Cannot join out/b_: expected the results of a finished run, got shards (out/b_.shards). Make them results first: fixelstream merge.",
    );
    fs.writeFileSync(input.at("out", "c_run.json"), "{}");
    await refused(
      input,
      joint(input, "a_", "c_"),
      "Cannot join out/c_: expected the record of a run in out/c_run.json, got another file. Correct the name.",
    );
    const { format } = JSON.parse(fs.readFileSync(input.at("out", "a_run.json"), "utf8"));
    fs.writeFileSync(input.at("out", "c_run.json"), JSON.stringify({ format, files: [] }));
    expect((await runInProcess(joint(input, "a_", "c_"))).stderr).toMatch(/^fixelstream: error: Cannot join /);
  });

  it("no shuffles, changed results", async () => {
    const input = begin();
    await analyse(input, "a");
    await analyse(input, "b", "-notest");
    await refused(
      input,
      joint(input, "a_", "b_"),
      "Cannot join out/b_: expected a run with shuffles, got one with -notest, which has no null distribution. Run it without.",
    );
    await analyse(input, "b", "-force");
    fs.appendFileSync(input.at("out", "b_null_dist.csv"), "1\n");
    const { stderr } = await runInProcess([...joint(input, "a_", "b_"), "-quiet"]);
    expect(input.relative(stderr)).toMatch(
      /^fixelstream: error: Cannot join out\/b_: expected results as the run wrote them, got \d+ bytes with CRC-32 \w+ in b_null_dist\.csv, not \d+ bytes with CRC-32 \w+\. Run it again\.\n$/,
    );
  });

  it("other shuffles", async () => {
    const input = begin();
    await analyse(input, "a");
    for (const [options, got] of [
      [["--seed", "2"], "30 (-errors ee, drawn with --seed 2)"],
      [["-errors", "ise"], "30 (-errors ise, drawn with --seed 1)"],
      [["-nshuffles", "29"], "29 (-errors ee, drawn with --seed 1)"],
    ] as const) {
      await analyse(input, "b", ...options, "-force");
      await refused(
        input,
        joint(input, "a_", "b_"),
        `Cannot join out/b_ with out/a_: expected the same shuffles, 30 (-errors ee, drawn with --seed 1), got ${got}. Run all with the same --seed, -nshuffles, -errors and blocks, or at once: --scalar A,B.`,
      );
    }
  });

  it("other subjects; other kinds of results", async () => {
    const input = begin();
    await analyse(input, "a");
    const few = [input.at("few.npy"), input.at("design7.txt"), input.at("contrast.txt"), `${input.at("out")}/b_`];
    expect((await runInProcess(["vectorstats", ...few, ...QUICK, ...THIRTY, "--seed", "1"])).status).toBe(0);
    await refused(
      input,
      joint(input, "a_", "b_"),
      "Cannot join out/b_ with out/a_: expected 8 subjects, got 7. Join runs over the same subjects in the same order.",
    );
    const five = input.positionals.slice(0, 5) as string[];
    expect(
      (await runInProcess(["fixelcfestats", ...five, input.at("out", "fd"), ...QUICK, ...THIRTY, "--seed", "1"]))
        .status,
    ).toBe(0);
    await refused(
      input,
      joint(input, "a_", "fd"),
      "Cannot join out/fd with out/a_: expected results of vectors, got fixels. Join runs of one command.",
    );
    const other = ["fixelcfestats", ...five, input.at("out", "fe"), ...QUICK, ...THIRTY, "--seed", "1", "-cfe_h", "2"];
    expect((await runInProcess(other)).status).toBe(0);
    await refused(
      input,
      joint(input, "fd", "fe"),
      "Cannot join out/fe with out/fd: expected the same enhancement, cfe (dh 0.1, extentPower 2, heightPower 3, exponent 0.5, legacy false), got cfe (dh 0.1, extentPower 2, heightPower 2, exponent 0.5, legacy false). Statistics that are enhanced otherwise cannot be compared: run them alike.",
    );
  });

  it("the exponent of -nonstationarity", async () => {
    const input = begin();
    const five = input.positionals.slice(0, 5) as string[];
    const corrected = ["-nonstationarity", "-nshuffles_nonstationarity", "20"];
    for (const [name, skew] of [
      ["one", "1"],
      ["two", "2"],
    ] as const) {
      const line = ["fixelcfestats", ...five, input.at("out", name), ...QUICK, ...THIRTY, "--seed", "1", ...corrected];
      expect((await runInProcess([...line, "-skew_nonstationarity", skew])).status).toBe(0);
    }
    const cfe = "cfe (dh 0.1, extentPower 2, heightPower 3, exponent 0.5, legacy false), -nonstationarity of skew";
    await refused(
      input,
      joint(input, "one", "two"),
      `Cannot join out/two with out/one: expected the same enhancement, ${cfe} 1, got ${cfe} 2. Statistics that are enhanced otherwise cannot be compared: run them alike.`,
    );
  });

  it("the directory of one of the runs, with -force too", async () => {
    const input = begin();
    for (const name of ["a", "b"]) {
      fs.mkdirSync(input.at("out", name));
      const line = [input.at("all.npz"), input.at("design.txt"), input.at("contrast.txt"), `${input.at("out", name)}/`];
      const { status } = await runInProcess([
        "vectorstats",
        ...line,
        "--scalar",
        name,
        ...QUICK,
        ...THIRTY,
        "--seed",
        "1",
      ]);
      expect(status).toBe(0);
    }
    const runs = [input.at("out", "a"), input.at("out", "b")];
    const text =
      "Cannot write results to out/b: expected another directory than those of the runs, got that of out/b, whose results they would replace. Give another with --out.";
    await refused(input, ["joint", ...runs, "--out", input.at("out", "b"), "-force"], text, 2);
  });

  it("runs that ended after other numbers of shuffles", async () => {
    const input = begin();
    await analyse(input, "a");
    const run = (shuffles: number) => ({
      path: `out/${shuffles}`,
      ...{ name: `${shuffles}`, directory: "out", base: "" },
      record: { runPlan: record.runPlan, problem: { ...record.problem, nShuffles: shuffles } } as unknown as RunRecord,
    });
    const record = JSON.parse(fs.readFileSync(input.at("out", "a_run.json"), "utf8")) as RunRecord;
    expect(() => assertJoinable(run(30), run(30))).not.toThrow();
    expect(() => assertJoinable(run(30), run(20))).toThrow(
      "Cannot join out/20 with out/30: expected 30 shuffles done, got 20. Run all to the end of the same shuffles, without --stop-when-settled.",
    );
  });

  it("different designs are warned of", async () => {
    const input = begin();
    await analyse(input, "a");
    fs.writeFileSync(input.at("design.txt"), Array.from({ length: 8 }, (_, i) => `1 ${i % 2}\n`).join(""));
    await analyse(input, "b");
    const { status, stderr } = await runInProcess([...joint(input, "a_", "b_"), "-quiet"]);
    expect([status, input.relative(stderr)]).toEqual([
      0,
      "fixelstream: warning: out/b_ and out/a_ have different designs: joint p-values hold only if row i of all is the same subject.\n",
    ]);
  });
});

describe("--scalar A,B", () => {
  const line = (input: SmallAnalysis, scalar: string) => [
    ...["vectorstats", input.at("all.npz"), input.at("design.txt"), input.at("contrast.txt"), `${input.at("out")}/x_`],
    ...["--scalar", scalar, ...QUICK.filter((option) => option !== "-quiet"), ...THIRTY, "--seed", "1"],
  ];
  it.each([
    ["a,a", "expected different names with commas between, got a twice. Name each once."],
    ["a,,b", "expected names that folders can have, got an empty one. Run the scalars one by one."],
    ["a,../b", "expected names that folders can have, got ../b. Run the scalars one by one."],
  ])("%s", async (scalar, text) => {
    const input = begin();
    await refused(input, line(input, scalar), `Cannot use --scalar ${scalar}: ${text}`, 2);
  });

  it("of what has one scalar; one that is not there: nothing is run", async () => {
    const input = begin();
    await refused(
      input,
      line(input, "a,b").with(1, input.at("few.npy")),
      "Cannot use --scalar a,b: expected a store or a file with several scalars, got few.npy, which has one. Convert all into one store first (fixelstream convert), or run them one by one with the same --seed.",
      2,
    );
    const { status } = await runInProcess([...line(input, "a,c"), "-quiet"]);
    expect(status).not.toBe(0);
    expect(fs.readdirSync(input.at("out")).filter((name) => !name.startsWith("."))).toEqual([]);
  });
});
