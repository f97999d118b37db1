// Completion as shells do it, and the manual as man shows it: what is printed is run by the real programs, where they are.
import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { pathOf } from "../../src/cli/normalise-arguments.js";
import { createProgram, forEachCommand } from "../../src/cli/program.js";
import { runInProcess } from "../support/in-process-cli.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const folder = temporaryDirectory();
const isThere = (command: string) => spawnSync("sh", ["-c", `command -v ${command}`]).status === 0;
const print = async (...tokens: string[]) => {
  const { status, stdout, stderr } = await runInProcess(tokens);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout;
};
const paths: string[] = [];
forEachCommand(await createProgram({ stdout: process.stdout, stderr: process.stderr, command: "" }), (command) => {
  if (command.parent !== null) paths.push(pathOf(command));
});

describe.skipIf(!isThere("bash"))("bash", () => {
  const completed = async (line: string): Promise<string[]> => {
    const file = join(folder, "fixelstream.bash");
    writeFileSync(file, await print("completion", "bash"));
    const script = `source '${file}'; COMP_WORDS=(${line}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); $(complete -p fixelstream | sed 's/.*-F \\([^ ]*\\).*/\\1/'); printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync("bash", ["--norc", "-c", script], { encoding: "utf8" });
    expect(stderr).toBe("");
    return stdout.split("\n").filter((word) => word !== "");
  };
  it.each([
    ["fixelstream con", ["connectomestats", "convert"]],
    ["fixelstream convert ''", ["fixels", "modelarray", "cohort", "vectors", "voxels", "edges"]],
    ["fixelstream cache cl", ["clear"]],
    ["fixelstream convert fixels --sc", ["--scalar"]],
    ["fixelstream convert fixels a b -sc", ["-scalar"]],
    ["fixelstream fixelcfestats -nsh", ["-nshuffles", "-nshuffles_nonstationarity"]],
    ["fixelstream fixelcfestats fd list --errors ''", ["ee", "ise", "both"]],
    ["fixelstream fixelcfestats -errors = i", ["ise"]],
    ["fixelstream --color a", ["auto", "always"]],
    ["fixelstream demo v", ["voxels"]],
    ["fixelstream completion f", ["fish"]],
    ["fixelstream fixelcfestats fd", []],
    ["fixelstream fixelcfestats -mask m", []],
    ["fixelstream info convert ''", []],
  ])("%s", async (line, expected) => expect(await completed(line)).toEqual(expected));

  it("knows every command, and every option of each", async () => {
    const script = await print("completion", "bash");
    for (const path of paths) {
      const parts = path.split(" ");
      const line = ["fixelstream", ...parts].join(" ");
      expect(await completed(line), path).toContain(parts.at(-1));
      expect(script).toContain(`'${path}') echo '`);
    }
  });
});

describe.skipIf(!isThere("zsh"))("zsh", () => {
  it("takes the script, and completes commands and values", async () => {
    const file = join(folder, "_fixelstream");
    writeFileSync(file, await print("completion", "zsh"));
    execFileSync("zsh", ["-fn", file]);
    // the completion system without a terminal: its builtins say what they were given
    const stubs = `
      compdef() { : }; _describe() { shift; [[ $1 == option ]] && shift; print -l -- "\${(@P)1}" }; _files() { : }; compadd() { shift; print -l -- "$@" }
      source '${file}'
      try() { words=("$@"); CURRENT=$#; _fixelstream }
      try fixelstream convert ''; try fixelstream fixelcfestats fd --errors ''; try fixelstream info --me`;
    const { stdout, stderr } = spawnSync("zsh", ["-f", "-c", stubs], { encoding: "utf8" });
    expect(stderr).toBe("");
    const lines = stdout.split("\n");
    expect(lines).toContain("fixels:from a fixel directory with one data file a subject");
    expect(lines).toEqual(expect.arrayContaining(["ee", "ise", "both"]));
    expect(lines.some((line) => line.startsWith("--json:"))).toBe(true);
  });
});

describe.skipIf(!isThere("fish"))("fish", () => {
  it("takes the script, and completes commands, options and values", async () => {
    const file = join(folder, "fixelstream.fish");
    writeFileSync(file, await print("completion", "fish"));
    const completed = (line: string) =>
      spawnSync("fish", ["--no-config", "-c", `source '${file}'; complete -C '${line}'`], { encoding: "utf8" })
        .stdout.split("\n")
        .map((one) => one.split("\t")[0]);
    expect(completed("fixelstream con")).toEqual(expect.arrayContaining(["connectomestats", "convert"]));
    expect(completed("fixelstream convert fix")).toContain("fixels");
    expect(completed("fixelstream fixelcfestats --errors ")).toEqual(expect.arrayContaining(["ee", "ise", "both"]));
    expect(completed("fixelstream convert fixels --sca")).toContain("--scalar");
  });
});

it.each(["bash", "zsh", "fish"])("%s: the script has no escape, and ends with a line", async (shell) => {
  const script = await print("completion", shell);
  expect(script.endsWith("\n")).toBe(true);
  expect(script).not.toContain("\u001b");
  expect(script).not.toContain("undefined");
});

it("refuses other shells", async () => {
  expect(await runInProcess(["completion", "bashh"])).toEqual({
    status: 2,
    stdout: "",
    stderr:
      "fixelstream: error: Cannot complete in bashh: expected bash, zsh or fish, got another word. Did you mean bash?\n",
  });
});

describe("the manual", () => {
  it("has every command, every option and what they do", async () => {
    const page = await print("man");
    expect(page).toMatch(/^\.TH FIXELSTREAM 1 /);
    for (const path of paths) expect(page).toContain(`.SH "FIXELSTREAM ${path.toUpperCase()}"`);
    expect(page).toContain(".B \\-\\-uncorrected\\-shuffles <n>");
    expect(page).not.toContain("undefined");
  });
  it("no line of text is a request", async () => {
    const requests = [...(await print("man")).matchAll(/^[.'](\S*)/gm)].map(([, name]) => name);
    expect([...new Set(requests)].sort()).toEqual(
      ["B", "BR", "PP", "SH", "SS", "TH", "TP", "br", "fi", "nf"].filter((name) => requests.includes(name)),
    );
  });
  it.skipIf(!isThere("groff"))("groff has no complaint", async () => {
    const { stdout, stderr } = spawnSync("groff", ["-man", "-Tutf8", "-ww"], {
      input: await print("man"),
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    expect(stdout).toContain("connectivity");
  });
  it.skipIf(!isThere("mandoc"))("mandoc has no error", async () => {
    const { stdout } = spawnSync("mandoc", ["-T", "lint", "-W", "error"], {
      input: await print("man"),
      encoding: "utf8",
    });
    expect(stdout).toBe("");
  });
});
