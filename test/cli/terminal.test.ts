// What a terminal shows: its width, colours where they are wanted, what is said at the end, and nothing with -quiet.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { nextStep } from "../../src/app/analyse/next-step.js";
import { paintHelp, paintMessage, takeColourChoice, useColours } from "../../src/cli/colour.js";
import { wrapWords } from "../../src/cli/help.js";
import { drawBar } from "../../src/cli/listeners/progress.js";
import { ALL_COMMANDS, NAMES, newRun } from "../support/both-commands.js";
import { newAnalysis } from "../support/expect-refusal.js";
import { runInProcess, runWithReport } from "../support/in-process-cli.js";
import { fixturesDirectory, hasCommand } from "../support/peer.js";
import { builtCommand, runCli } from "../support/run-cli.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const demo = join(fixturesDirectory, "demo");
const ESCAPE = "\u001b";

describe("wrapWords", () => {
  it("breaks at blanks, never in a word", () => {
    expect(wrapWords("one two three", 8, "  ")).toBe("one two\n  three");
    expect(wrapWords("  a incomprehensibilities b", 6, "    ", " \\")).toBe(
      "  a \\\n    incomprehensibilities \\\n    b",
    );
    expect(wrapWords("", 8, "  ")).toBe("");
  });
  it("keeps every word, and every line in its width", () => {
    const text = "a bb ccc dddd eeeee ffffff ".repeat(20).trim();
    for (let width = 6; width < 60; width++) {
      const lines = wrapWords(text, width, "").split("\n");
      expect(lines.join(" ")).toBe(text);
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
    }
  });
});

describe("drawBar", () => {
  const words = { phase: "shuffle", left: "1 min 20 s", memory: "129.5 MiB resident" };
  it.each([10, 20, 30, 40, 60, 80, 120, 200])("fits %i columns, whatever the share", (columns) => {
    for (const share of [0, 0.004, 0.5, 0.999, 1])
      for (const more of [{}, { taken: "1 h 20 min" }])
        expect(drawBar(share, { ...words, ...more }, columns).length).toBeLessThan(columns);
  });
  it("says how long it took when it is over, and the time left before", () => {
    expect(drawBar(0.5, words, 80)).toBe(
      `shuffle      [${"■".repeat(10)}${" ".repeat(10)}]  50%  1 min 20 s left  129.5 MiB resident`,
    );
    expect(drawBar(1, { ...words, taken: "4.6 s" }, 80)).toMatch(/\] 100% {2}in 4\.6 s {2}129\.5 MiB resident$/);
    expect(drawBar(0.5, words, 40)).toBe(`shuffle [${"■".repeat(11)}${" ".repeat(11)}]  50%`);
    expect(drawBar(0.5, words)).toBe(drawBar(0.5, words, 80));
  });
});

describe("--color", () => {
  it.each([
    [["info", "--color", "always", "a"], "always", ["info", "a"]],
    [["-colour=never", "info"], "never", ["info"]],
    [["info", "--", "--color"], "auto", ["info", "--", "--color"]],
    [["fixelcfestats", "-column", "a", "--col", "b"], "auto", ["fixelcfestats", "-column", "a", "--col", "b"]],
  ])("%j: %s", (tokens, choice, rest) => expect(takeColourChoice(tokens)).toEqual({ choice, rest }));

  it.each([
    [["info", "--color"], "nothing"],
    [["--color", "red", "info"], "red"],
    [["info", "--color="], '""'],
  ])("%j is refused", async (tokens, got) => {
    expect(await runInProcess(tokens)).toEqual({
      status: 2,
      stdout: "",
      stderr: `fixelstream: error: Cannot use --color: expected auto, always or never after it, got ${got}.\n`,
    });
  });

  const stream = (isTTY: boolean) => ({ isTTY }) as unknown as NodeJS.WriteStream;
  it.each([
    ["auto", true, {}, true],
    ["auto", false, {}, false],
    ["auto", true, { NO_COLOR: "1" }, false],
    ["auto", true, { NO_COLOR: "" }, true],
    ["auto", true, { TERM: "dumb" }, false],
    ["always", false, { NO_COLOR: "1" }, true],
    ["never", true, {}, false],
  ] as const)("%s on a terminal (%s) with %j: %s", (choice, isTTY, environment, expected) => {
    const [stdout, stderr] = [stream(isTTY), stream(isTTY)];
    useColours({ stdout, stderr }, choice, environment);
    const text = "fixelstream: error: x\nfixelstream: warning: y\n  next: mrview z\nfixelstream: fine\n";
    const painted = paintMessage(stderr, text);
    expect(painted !== text).toBe(expected);
    expect(painted.replaceAll(new RegExp(`${ESCAPE}\\[[0-9;]*m`, "g"), "")).toBe(text);
    expect(paintHelp(stdout, "Usage:\n  a\n\nOptions:\n  -b <n>  c\n").includes(ESCAPE)).toBe(expected);
  });

  it("paints what went wrong, of the command itself too", async () => {
    const { stderr } = await runInProcess(["--color", "always", "nothing"]);
    expect(stderr).toContain(`fixelstream: ${ESCAPE}[1;31merror:${ESCAPE}[0m Unknown command nothing.`);
    expect((await runInProcess(["-help", "--color", "always"])).stdout).toContain(`${ESCAPE}[1mCommands:${ESCAPE}[0m`);
    expect((await runInProcess(["-help"])).stdout).not.toContain(ESCAPE);
  });

  it("an escape in a name stays shown", async () => {
    const { stderr } = await runInProcess(["info", `a${ESCAPE}[31m`, "--color", "always"]);
    expect(stderr).toContain("a\\u001b[31m");
  });
});

describe("the last line says what to do next", () => {
  it.each(ALL_COMMANDS)("%s", async (command) => {
    const either = newRun(command, { prefix: "x_" });
    const { status, stderr } = await either.run("--color", "never");
    expect(status).toBe(0);
    expect(stderr).toBe(""); // -quiet
    const output = NAMES[command].isPrefixed ? `${either.at("out")}/x_*${NAMES[command].ending}` : either.at("out");
    const found = { output, hypotheses: [{ name: "t1", largestZ: 1, significant: 0, smallestP: 1, largestFwe: 0 }] };
    const expected = {
      fixelcfestats: `mrview ${either.at("out", "index.mif")} -fixel.load ${either.at("out", "fwe_1mpvalue.mif")}`,
      mrclusterstats: `mrview ${either.at("out", "x_fwe_1mpvalue.mif")}`,
      vectorstats: undefined,
      connectomestats: undefined,
    };
    expect(nextStep(found)).toBe(expected[command]);
  });

  it("of several hypotheses the one that found most; Z where none was tested; nothing that is not there", async () => {
    const input = newAnalysis();
    const output = input.positionals.at(-1)!;
    expect((await runInProcess(["fixelcfestats", ...input.positionals, "-notest", "-quiet"])).status).toBe(0);
    const none = { largestZ: 1, significant: undefined, smallestP: undefined, largestFwe: undefined };
    expect(nextStep({ output, hypotheses: [{ name: "t1", ...none }] })).toMatch(/Zstat\.mif$/);
    expect(nextStep({ output, hypotheses: [] })).toBeUndefined();
    const tested = (name: string, significant: number) => ({
      name,
      largestZ: 1,
      significant,
      smallestP: 1,
      largestFwe: 0,
    });
    expect(nextStep({ output, hypotheses: [tested("t1", 0), tested("t2", 3)] })).toBeUndefined();
    cpSync(join(output, "Zstat.mif"), join(output, "fwe_1mpvalue_t2.mif"));
    expect(nextStep({ output, hypotheses: [tested("t1", 0), tested("t2", 3)] })).toMatch(/fwe_1mpvalue_t2\.mif$/);
  });

  it("can be pasted where names have blanks", async () => {
    const folder = join(temporaryDirectory(), "my results");
    mkdirSync(folder);
    for (const name of ["index.mif", "fwe_1mpvalue.mif"]) cpSync(join(demo, "truth.mif"), join(folder, name));
    const hypotheses = [{ name: "t1", largestZ: 1, significant: 1, smallestP: 1, largestFwe: 0 }];
    expect(nextStep({ output: folder, hypotheses })).toBe(
      `mrview '${join(folder, "index.mif")}' -fixel.load '${join(folder, "fwe_1mpvalue.mif")}'`,
    );
  });

  it("is the last line of a run, before the page of its results", async () => {
    const input = newAnalysis();
    const { stderr } = await runWithReport([
      "fixelcfestats",
      ...input.positionals,
      "-nshuffles",
      "20",
      "-nthreads",
      "0",
    ]);
    expect(input.relative(stderr).trimEnd().split("\n").slice(-2)).toEqual([
      "  next: mrview out/index.mif -fixel.load out/fwe_1mpvalue.mif",
      "  report: out/report.html",
    ]);
  });
});

describe("the seed", () => {
  const line = /fixelstream: seed \d+ \(give --seed \d+ for the same shuffles\)\n/;
  const run = (input: ReturnType<typeof newAnalysis>, ...tokens: string[]) =>
    runInProcess(["fixelcfestats", ...input.positionals, "-nshuffles", "20", "-nthreads", "0", ...tokens]);
  it("is told of a run that begins, after what it found", async () => {
    const { stderr, status } = await run(newAnalysis());
    expect(status).toBe(0);
    expect(stderr.split("\n").findIndex((one) => line.test(`${one}\n`))).toBe(1);
    expect(stderr.match(new RegExp(line, "g"))).toHaveLength(1);
  });
  it.each([
    ["an argument that is not there", ["-mask", "none.mif"]],
    ["memory that is too little", ["--memory", "1000"]],
    ["results that are there", []],
  ])("is not told of a run that is refused: %s", async (_, tokens) => {
    const input = newAnalysis();
    if (tokens.length === 0) expect((await run(input, "-quiet")).status).toBe(0);
    const { stderr, status } = await run(input, ...tokens);
    expect(status).toBe(1);
    expect(stderr).not.toMatch(/seed/);
  });
  it.each([["--seed", "1"], ["--dry-run"], ["--prepare-only"], ["-notest"]])("nor with %s", async (...tokens) => {
    const { stderr, status } = await run(newAnalysis(), ...tokens);
    expect(status).toBe(0);
    expect(stderr).not.toMatch(/seed/);
  });
});

describe("-quiet says nothing of what goes well", () => {
  const folder = temporaryDirectory();
  const at = (name: string) => join(folder, name);
  it.each([
    [["convert", "fixels", join(demo, "fd"), join(demo, "subjects.txt"), at("a.fxs")]],
    [["convert", "edges", join(demo, "edges", "list.txt"), at("e.fxs")]],
    [["convert", "voxels", join(demo, "voxels", "list.txt"), join(demo, "voxels", "mask.nii.gz"), at("v.fxs")]],
    [["fixelfilter", at("a.fxs"), "smooth", at("s.fxs"), "-matrix", join(demo, "matrix")]],
    [["verify", at("a.fxs")]],
    [["demo", "edges", at("demo")]],
    [["cache", "clear", "--cache", temporaryDirectory()]],
  ])("%j", async (tokens) => {
    expect(await runInProcess([...tokens, "-quiet"])).toEqual({ status: 0, stdout: "", stderr: "" });
  });
});

// A real terminal, of util-linux's script.
describe.skipIf(!hasCommand("script") || !existsSync("/dev/ptmx"))("a terminal", () => {
  const inTerminal = (columns: number, tokens: readonly string[], environment: Record<string, string> = {}) => {
    const quoted = [process.execPath, builtCommand, ...tokens].map((token) => `'${token}'`).join(" ");
    const { stdout } = spawnSync("script", ["-qec", `stty cols ${columns}; ${quoted}`, "/dev/null"], {
      cwd: temporaryDirectory(),
      encoding: "utf8",
      env: { ...process.env, TERM: "xterm", ...environment },
    });
    return stdout.replaceAll("\r\n", "\n");
  };
  const plain = (text: string) => text.replaceAll(new RegExp(`${ESCAPE}\\[[0-9;?]*[A-Za-z]`, "g"), "");

  it.each([60, 80, 120])("help fits %i columns, and has every word", (columns) => {
    const shown = plain(inTerminal(columns, ["fixelcfestats", "-help"]));
    const lines = shown.split("\n");
    // a word that is longer than its line has one of its own
    const long = lines.filter((line) => line.length > columns && line.trim().includes(" "));
    expect(long).toEqual([]);
    const words = (text: string) => text.replaceAll(" \\\n", " ").split(/\s+/);
    expect(words(shown)).toEqual(words(runCli(["fixelcfestats", "-help"], ".").stdout));
  });

  it("bars fit 80 columns, and say the time that each phase took", () => {
    const shown = inTerminal(80, ["demo", "edges"]);
    const bars = plain(shown.replaceAll(`${ESCAPE}[1G`, "\n"))
      .split(/[\r\n]+/)
      .filter((line) => /^\w+ +\[/.test(line));
    expect(bars.length).toBeGreaterThan(1);
    expect(bars.filter((line) => line.length >= 80)).toEqual([]);
    const last = (phase: string) => bars.filter((line) => line.startsWith(phase)).at(-1);
    for (const phase of ["observe", "shuffle"]) expect(last(phase)).toMatch(/100% {2}in [\d.]+ s/);
  });

  it("is coloured, unless NO_COLOR or --color never", () => {
    expect(inTerminal(80, ["nothing"])).toContain(`${ESCAPE}[1;31merror:`);
    expect(inTerminal(80, ["nothing"], { NO_COLOR: "1" })).not.toContain(ESCAPE);
    expect(inTerminal(80, ["nothing", "--color", "never"])).not.toContain(ESCAPE);
  });
});
