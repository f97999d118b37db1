// Ctrl-C, a batch system's SIGTERM and closed pipes, on the built program as a child process.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { inferFixels } from "../../src/app/analyse/kinds.js";
import { Interrupted } from "../../src/errors.js";
import { listing, newAnalysis } from "../support/expect-refusal.js";
import { runInProcess } from "../support/in-process-cli.js";
import { builtCommand, runCli } from "../support/run-cli.js";
import { INFERENCE_DEFAULTS } from "../support/run-inference.js";
import type { SmallAnalysis } from "../support/small-analysis.js";

/** Enough for minutes. */
const ENDLESS = ["-nshuffles", "10000000", "--seed", "1"];

function start(input: SmallAnalysis, ...options: string[]): ChildProcess {
  const tokens = ["fixelcfestats", ...input.positionals, ...ENDLESS, ...options];
  return spawn(process.execPath, [builtCommand, ...tokens], { stdio: ["ignore", "pipe", "pipe"] });
}

async function ended(child: ChildProcess) {
  let stderr = "";
  child.stderr!.on("data", (chunk) => {
    stderr += chunk;
  });
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
    child.on("close", (...found) => resolve(found)),
  );
  return { code, signal, stderr };
}

/** Until the run is past converting and preparing: images of the observed data lie in the hidden folder. */
async function untilShuffling(input: SmallAnalysis): Promise<void> {
  for (let waited = 0; waited < 20_000; waited += 20) {
    const names = fs.existsSync(input.at("out")) ? listing(input.at("out")) : [];
    if (names.some((name) => /^\.partial-.*Zstat\.mif$/.test(name))) return;
    await wait(20);
  }
  throw new Error("the run did not come to its shuffles");
}

const SAID =
  "nothing half-done is left that looks like a result. The same command starts again, and continues a conversion where it stopped.\n";

describe("a run that is asked to stop", () => {
  it.each([
    ["SIGINT", 130, ["-nthreads", "2"]],
    ["SIGINT", 130, ["-nthreads", "0"]],
    ["SIGTERM", 143, ["-nthreads", "2"]],
    ["SIGHUP", 129, ["-nthreads", "1"]],
  ] as const)("%s: exit code %i, with %j", async (signal, code, options) => {
    const input = newAnalysis();
    const before = listing(input.root);
    const child = start(input, ...options);
    const end = ended(child);
    await untilShuffling(input);
    child.kill(signal);
    const result = await end;
    expect(result).toMatchObject({ code, signal: null });
    expect(result.stderr.split("\n").slice(-2).join("\n")).toBe(`fixelstream: interrupted by ${signal}: ${SAID}`);
    const kept = listing(input.root).filter((name) => !name.startsWith(".fixelstream"));
    expect(kept).toEqual(before);
    // what was converted and prepared stays, whole
    expect(fs.readdirSync(input.at(".fixelstream")).filter((name) => !/\.fx[sc]$/.test(name))).toEqual([]);
    expect(runCli(["fixelcfestats", ...input.positionals, "-nshuffles", "20", "-quiet"], input.root)).toEqual({
      status: 0,
      stdout: "",
      stderr: "",
    });
  });

  it("keeps the results that were there before", async () => {
    const input = newAnalysis();
    expect(runCli(["fixelcfestats", ...input.positionals, "-nshuffles", "20", "-quiet"], input.root).status).toBe(0);
    const before = listing(input.at("out")).map((name) => [
      name,
      fs.readFileSync(input.at("out", name)).toString("hex"),
    ]);
    const child = start(input, "-force");
    const end = ended(child);
    await untilShuffling(input);
    await wait(100);
    child.kill("SIGINT");
    expect((await end).code).toBe(130);
    const after = listing(input.at("out")).map((name) => [
      name,
      fs.readFileSync(input.at("out", name)).toString("hex"),
    ]);
    expect(after).toEqual(before);
  });
});

describe("an AbortSignal of a program's own", () => {
  it.each(["convert", "connectivity"] as const)("in phase %s", async (stopped) => {
    const input = newAnalysis();
    const before = listing(input.root);
    const [directory, subjects, design, contrast, connectivity, output] = input.positionals as [...string[]] as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    const controller = new AbortController();
    const paths = { input: directory, subjects, design, contrast, connectivity, output };
    const run = inferFixels(
      { ...INFERENCE_DEFAULTS, ...paths },
      {
        signal: controller.signal,
        onProgress: (phase) => {
          if (phase === stopped) controller.abort(new Interrupted("SIGINT"));
        },
      },
    );
    await expect(run).rejects.toBeInstanceOf(Interrupted);
    expect(listing(input.root).filter((name) => !name.startsWith(".fixelstream"))).toEqual(before);
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
