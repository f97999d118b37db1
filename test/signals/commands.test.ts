// Ctrl-C, a batch system's SIGTERM and closed pipes, on the built program as a child process. test/signals stops long runs in every phase.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { InferencePhase } from "../../src/app/analyse/analyse.js";
import { inferFixels } from "../../src/app/analyse/kinds.js";
import { Interrupted } from "../../src/errors.js";
import { listing, newAnalysis, write } from "../support/expect-refusal.js";
import { runInProcess } from "../support/in-process-cli.js";
import { END_LIMIT_MS, interruptRun, type RunningCommand } from "../support/interrupted-run.js";
import { writeLongVectors } from "../support/long-analysis.js";
import { builtCommand, runCli } from "../support/run-cli.js";
import { INFERENCE_DEFAULTS, runVectors } from "../support/run-inference.js";
import type { SmallAnalysis } from "../support/small-analysis.js";

/** Many batches of milliseconds each: more than a minute of them, in which nothing takes long enough to be interrupted by itself. */
const ENDLESS = ["-nshuffles", "1000000", "--seed", "1", "--progress", "ndjson"];
const endlessAnalysis = () => newAnalysis({ nFixels: 4000, nSubjects: 24 });

/** Past converting and preparing. */
const isShuffling = ({ stderr }: RunningCommand) => stderr.includes('"phase":"shuffle"');

const SAID =
  "nothing half-done is left that looks like a result. The same command starts again, and continues a conversion or shuffles where they stopped.\n";

describe("fixelcfestats that is asked to stop", () => {
  it.each([
    ["SIGINT", 130, ["-nthreads", "2"]],
    ["SIGINT", 130, ["-nthreads", "0"]],
    ["SIGTERM", 143, ["-nthreads", "2"]],
    ["SIGTERM", 143, ["-nthreads", "0"]],
    ["SIGHUP", 129, ["-nthreads", "1"]],
  ] as const)("%s: exit code %i, with %j", async (signal, code, options) => {
    const input = endlessAnalysis();
    const before = listing(input.root);
    const tokens = ["fixelcfestats", ...input.positionals, ...ENDLESS, ...options];
    const ended = await interruptRun(tokens, input.root, signal, isShuffling);
    expect(ended).toMatchObject({ code, signal: null });
    expect(ended.endedAfterMs).toBeLessThan(END_LIMIT_MS);
    expect(ended.stderr.split("\n").slice(-2).join("\n")).toBe(`fixelstream: interrupted by ${signal}: ${SAID}`);
    const kept = listing(input.root).filter((name) => !name.startsWith(".fixelstream"));
    expect(kept).toEqual(before);
    // what was converted and prepared stays, whole
    expect(fs.readdirSync(input.at(".fixelstream")).filter((name) => !/\.fx[scr]$/.test(name))).toEqual([]);
    expect(runCli(["fixelcfestats", ...input.positionals, "-nshuffles", "20", "-quiet"], input.root)).toEqual({
      status: 0,
      stdout: "",
      stderr: "",
    });
  });

  it("keeps the results that were there before", async () => {
    const input = endlessAnalysis();
    expect(runCli(["fixelcfestats", ...input.positionals, "-nshuffles", "20", "-quiet"], input.root).status).toBe(0);
    const before = contents(input.at("out"));
    const tokens = ["fixelcfestats", ...input.positionals, ...ENDLESS, "-force"];
    const ended = await interruptRun(tokens, input.root, "SIGINT", isShuffling);
    expect(ended.code).toBe(130);
    expect(contents(input.at("out"))).toEqual(before);
  });
});

describe("vectorstats that is asked to stop", () => {
  const makeVectors = () => {
    const root = fs.mkdtempSync(path.join(os.tmpdir(), "fixelstream-test-"));
    writeLongVectors(root, { nSubjects: 24, nElements: 3000 });
    return { root, at: (...names: string[]) => path.join(root, ...names) };
  };
  const positionals = ["data.npy", "design.txt", "contrast.txt", "x_"];

  it.each([
    ["SIGINT", 130, ["-nthreads", "0"]],
    ["SIGTERM", 143, ["-nthreads", "2"]],
  ] as const)("%s: exit code %i, with %j", async (signal, code, options) => {
    const { root, at } = makeVectors();
    const before = listing(root);
    const tokens = ["vectorstats", ...positionals, ...ENDLESS, "--memory", "36MiB", ...options];
    const ended = await interruptRun(tokens, root, signal, isShuffling);
    expect(ended).toMatchObject({ code, signal: null });
    expect(ended.endedAfterMs).toBeLessThan(END_LIMIT_MS);
    expect(ended.stderr.split("\n").slice(-2).join("\n")).toBe(`fixelstream: interrupted by ${signal}: ${SAID}`);
    expect(listing(root).filter((name) => !name.startsWith(".fixelstream"))).toEqual(before);
    expect(fs.readdirSync(at(".fixelstream")).filter((name) => !/\.fx[sr]$/.test(name))).toEqual([]);
    expect(runCli(["vectorstats", ...positionals, "-nshuffles", "20", "-quiet"], root)).toEqual({
      status: 0,
      stdout: "",
      stderr: "",
    });
  });

  it("keeps the results that were there before", async () => {
    const { root } = makeVectors();
    expect(runCli(["vectorstats", ...positionals, "-nshuffles", "20", "-quiet"], root).status).toBe(0);
    const before = contents(root);
    expect(before.filter(([name]) => name.startsWith("x_")).length).toBeGreaterThan(8);
    const tokens = ["vectorstats", ...positionals, ...ENDLESS, "-force"];
    expect((await interruptRun(tokens, root, "SIGINT", isShuffling)).code).toBe(130);
    expect(contents(root)).toEqual(before);
  });
});

/** Name and bytes of every file of a folder, not of those in it. */
function contents(folder: string): [name: string, hex: string][] {
  const files = fs.readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map(({ name }) => [name, fs.readFileSync(path.join(folder, name)).toString("hex")]);
}

describe("an AbortSignal of a program's own", () => {
  const PHASES: readonly InferencePhase[] = ["convert", "connectivity", "observe", "shuffle"];
  /** Aborts at the first word of a phase; which phases were heard of. */
  const abortIn = (phase: InferencePhase) => {
    const controller = new AbortController();
    const heard = new Set<InferencePhase>();
    const onProgress = (now: InferencePhase) => {
      heard.add(now);
      if (now === phase) controller.abort(new Interrupted("SIGINT"));
    };
    return { heard, events: { signal: controller.signal, onProgress } };
  };

  it.each(PHASES)("fixels, in phase %s", async (phase) => {
    const input = newAnalysis();
    const before = listing(input.root);
    const [directory, subjects, design, contrast, connectivity, output] = input.positionals;
    const paths = { input: directory!, subjects: subjects!, connectivity: connectivity!, output: output! };
    const { heard, events } = abortIn(phase);
    const options = { ...INFERENCE_DEFAULTS, ...paths, design: design!, contrast: contrast! };
    await expect(inferFixels(options, events)).rejects.toBeInstanceOf(Interrupted);
    // what lies on the disk is stopped at once; the engine between two of its steps, which may be the last
    if (phase === "convert" || phase === "connectivity") expect([...heard].at(-1)).toBe(phase);
    expect(listing(input.root).filter((name) => !name.startsWith(".fixelstream"))).toEqual(before);
  });

  it("fixels, while a column is converted", async () => {
    const input = newAnalysis();
    fs.copyFileSync(input.at("subjects.txt"), input.at("fd", "column.txt"));
    write(input, "contrast.txt", "0 -1 0\n");
    const before = listing(input.root);
    const [directory, subjects, design, contrast, connectivity, output] = input.positionals;
    const paths = { input: directory!, subjects: subjects!, connectivity: connectivity!, output: output! };
    const controller = new AbortController();
    let isData = true;
    let last: InferencePhase | undefined;
    const onProgress = (phase: InferencePhase, share: number) => {
      last = phase;
      if (!isData && share < 1) controller.abort(new Interrupted("SIGINT"));
      if (share === 1) isData = false;
    };
    const options = { ...INFERENCE_DEFAULTS, ...paths, design: design!, contrast: contrast! };
    const run = inferFixels(
      { ...options, column: [input.at("fd", "column.txt")] },
      { signal: controller.signal, onProgress },
    );
    await expect(run).rejects.toBeInstanceOf(Interrupted);
    expect(last).toBe("convert");
    expect(listing(input.root).filter((name) => !name.startsWith(".fixelstream"))).toEqual(before);
  });

  it.each(PHASES.filter((phase) => phase !== "connectivity"))("vectors, in phase %s", async (phase) => {
    const root = fs.mkdtempSync(path.join(os.tmpdir(), "fixelstream-test-"));
    writeLongVectors(root, { nSubjects: 24, nElements: 30 });
    const before = listing(root);
    const { heard, events } = abortIn(phase);
    await expect(runVectors(root, { prefix: path.join(root, "x_") }, events)).rejects.toBeInstanceOf(Interrupted);
    if (phase === "convert") expect([...heard].at(-1)).toBe(phase);
    expect(listing(root).filter((name) => !name.startsWith(".fixelstream"))).toEqual(before);
  });
});

it("a conversion that is asked to stop leaves no store, and is continued", async () => {
  const input = newAnalysis();
  const tokens = ["convert", "fixels", ...input.positionals.slice(0, 2), input.at("cohort.fxs"), "-quiet"];
  const stopped = await runInProcess(tokens, AbortSignal.abort(new Interrupted("SIGTERM")));
  expect(stopped).toEqual({ status: 143, stdout: "", stderr: `fixelstream: interrupted by SIGTERM: ${SAID}` });
  expect(fs.existsSync(input.at("cohort.fxs"))).toBe(false);
  expect(await runInProcess(tokens)).toEqual({ status: 0, stdout: "", stderr: "" });
});

describe("a pipe that is closed", () => {
  let input: SmallAnalysis;
  beforeAll(() => {
    input = newAnalysis();
    expect(runCli(["convert", "fixels", "fd", "subjects.txt", "cohort.fxs", "-quiet"], input.root).status).toBe(0);
  });
  const through = (command: string) =>
    spawnSync("bash", ["-c", `${command}; exit \${PIPESTATUS[0]}`], { cwd: input.root, encoding: "utf8" });
  const program = `'${process.execPath}' '${builtCommand}'`;

  it("on standard output is no error", () => {
    for (const command of ["info cohort.fxs --json", "fixelcfestats -help", "demo demo-output"]) {
      const { status, stderr } = through(`${program} ${command} | true`);
      expect({ command, status, stderr }).toEqual({ command, status: 0, stderr: "" });
    }
  });
  it("on standard error neither", () => {
    const { status } = through(`${program} convert fixels fd subjects.txt again.fxs 2>&1 >/dev/null | true`);
    expect(status).toBe(0);
    expect(fs.existsSync(input.at("again.fxs"))).toBe(true);
  });
});
