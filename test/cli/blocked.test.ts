// What would hold the event loop: a pipe that nobody writes to, or that never ends; compression; a text of hundreds of megabytes. A first signal ends the command
// within a second, a second one at once, and memory stays within what was given.
import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { newAnalysis, write } from "../support/expect-refusal.js";
import { END_LIMIT_MS, hearsSignals } from "../support/interrupted-run.js";
import { builtCommand, runCli } from "../support/run-cli.js";

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  /** After the first signal. */
  readonly ms: number;
}

/** Signals, one after the other, as soon as `isReady`. */
function interrupt(
  tokens: readonly string[],
  cwd: string,
  signals: readonly NodeJS.Signals[],
  isReady: (pid: number) => boolean,
): Promise<Ended> {
  const child = spawn(process.execPath, [builtCommand, ...tokens], { cwd, stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  let start = 0;
  const timer = setInterval(() => {
    if (!isReady(child.pid!)) return;
    clearInterval(timer);
    start = performance.now();
    for (const signal of signals) child.kill(signal);
  }, 20);
  return new Promise((resolve) => {
    child.on("close", (code, signal) => {
      clearInterval(timer);
      resolve({ code, signal, stderr, ms: performance.now() - start });
    });
  });
}

describe.skipIf(process.platform === "win32")("a pipe that nobody writes to", () => {
  const waiting = () => {
    const input = newAnalysis();
    execFileSync("mkfifo", [input.at("pipe")]);
    return input;
  };
  it.each([
    ["as a design", ["fixelcfestats", "fd", "subjects.txt", "pipe", "contrast.txt", "matrix", "out"]],
    ["as a list", ["fixelcfestats", "fd", "pipe", "design.txt", "contrast.txt", "matrix", "out"]],
    [
      "as permutations",
      ["fixelcfestats", "fd", "subjects.txt", "design.txt", "contrast.txt", "matrix", "out", "-permutations", "pipe"],
    ],
    ["as a list that is converted", ["convert", "fixels", "fd", "pipe", "new.fxs"]],
    ["as a list that becomes an .h5", ["convert", "fixels", "fd", "pipe", "new.h5"]],
    ["as a table", ["convert", "cohort", "pipe", "new.fxs", "--template", "fd"]],
  ])("%s", async (_, tokens) => {
    const input = waiting();
    const first = await interrupt(tokens, input.root, ["SIGTERM"], hearsSignals);
    expect(first.stderr).toMatch(/^fixelstream: interrupted by SIGTERM/m);
    expect(first).toMatchObject({ code: 143, signal: null });
    expect(first.ms).toBeLessThan(END_LIMIT_MS);
    expect(fs.readdirSync(input.root).filter((name) => /^(new|out)/.test(name))).toEqual([]);
  });
});

describe("compression that goes on for long", () => {
  const long = () => newAnalysis({ nFixels: 300_000, nSubjects: 24 });
  const tokens = ["convert", "fixels", "fd", "subjects.txt", "new.h5", "--gzip", "9", "-quiet"];
  // it may be gone since it was listed
  const sizeOf = (file: string) => fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  /** Its values are written, and it is being compressed. */
  const isCompressing = (root: string) => () =>
    fs.readdirSync(root).some((name) => {
      const values = `${root}/${name}/values.h5`;
      return name.includes(".partial-") && fs.existsSync(`${values}.values`) && sizeOf(values) > 2 ** 22;
    });
  it("ends at the first signal", async () => {
    const { root } = long();
    const ended = await interrupt(tokens, root, ["SIGINT"], isCompressing(root));
    expect(ended).toMatchObject({ code: 130, signal: null });
    expect(ended.ms).toBeLessThan(END_LIMIT_MS);
    expect(fs.readdirSync(root).filter((name) => name.startsWith("new"))).toEqual([]);
  });
});

describe.skipIf(process.platform === "win32")("a second signal", () => {
  it.each([
    ["SIGINT", "SIGINT"],
    ["SIGINT", "SIGTERM"],
    ["SIGTERM", "SIGINT"],
    ["SIGHUP", "SIGTERM"],
  ] as const)("ends a process that does not come to its end: %s, %s", async (first, second) => {
    const module = new URL("../../dist/src/cli/process-streams.js", import.meta.url).href;
    const program = `const { processStreams } = await import("${module}");
      processStreams([]).signal.addEventListener("abort", () => console.log("stopping"));
      setInterval(() => {}, 1000);
      console.log("listening");`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (text === "listening\n") child.kill(first);
      if (text === "stopping\n") child.kill(second);
    });
    const endedBy = await new Promise((resolve) => child.on("close", (_, signal) => resolve(signal)));
    expect(said).toBe("listening\nstopping\n");
    expect(endedBy).toBe(second);
  });
});

describe("a text that is too large", () => {
  const line = `${"0.125 ".repeat(50)}\n`;
  it("is refused by its size before it is read, within the memory given", () => {
    const input = newAnalysis();
    write(input, "large.txt", line.repeat(50_000)); // 15 MB
    const tokens = ["fixelcfestats", "fd", "subjects.txt", "large.txt", "contrast.txt", "matrix", "out"];
    const { status, stderr } = runCli([...tokens, "--memory", "50MiB", "-quiet"], input.root);
    expect(stderr).toBe(
      "fixelstream: error: Cannot read large.txt as text: expected at most 10 MiB, got 14.4 MiB. Is it the right file? If it is, raise --memory.\n",
    );
    expect(status).toBe(1);
  });
  it.skipIf(process.platform === "win32")("is refused where it comes out of a pipe without an end", () => {
    const input = newAnalysis();
    const shell = `yes 1 | "${process.execPath}" "${builtCommand}" fixelcfestats fd subjects.txt /dev/stdin contrast.txt matrix out --memory 50MiB -quiet 2>&1; exit \${PIPESTATUS[1]}`;
    let found = "";
    try {
      execFileSync("bash", ["-c", shell], { cwd: input.root, encoding: "utf8" });
    } catch (error) {
      found = (error as { stdout: string }).stdout;
    }
    expect(found).toBe(
      "fixelstream: error: Cannot read /dev/stdin as text: expected at most 10 MiB, got more than 10 MiB. Is it the right file? If it is, raise --memory.\n",
    );
  });
  it.skipIf(process.platform === "win32")("lists and matrices out of pipes are read as ever", () => {
    const input = newAnalysis();
    const run = `"${process.execPath}" "${builtCommand}"`;
    const shell = `${run} fixelcfestats fd <(cat subjects.txt) <(cat design.txt) <(cat contrast.txt) matrix out -nshuffles 5 --seed 1 -nthreads 0 -quiet`;
    execFileSync("bash", ["-c", shell], { cwd: input.root });
    expect(fs.existsSync(input.at("out", "run.json"))).toBe(true);
  });
});
