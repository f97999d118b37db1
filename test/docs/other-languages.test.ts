// docs/python.md and docs/r.md: their lines are run as they stand, by Python and R where they are.
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { fixturesDirectory, repositoryRoot } from "../support/peer.js";
import { builtCommand, runCli } from "../support/run-cli.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const folder = temporaryDirectory();
const can = (command: string, args: readonly string[]) => spawnSync(command, args, { stdio: "ignore" }).status === 0;
// the system's own: one on PATH may lack numpy
const python = ["/usr/bin/python3", "python3"].find((command) => can(command, ["-c", "import numpy"]));
const hasR = can("Rscript", ["--version"]);

const blocksOf = (page: string, language: string) =>
  [
    ...readFileSync(join(repositoryRoot, "docs", page), "utf8").matchAll(
      new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"),
    ),
  ].map(([, text]) => text!);

beforeAll(() => {
  mkdirSync(join(folder, "bin"));
  writeFileSync(join(folder, "bin", "fixelstream"), `#!/bin/sh\nexec '${process.execPath}' '${builtCommand}' "$@"\n`);
  chmodSync(join(folder, "bin", "fixelstream"), 0o755);
  expect(runCli(["demo", "-quiet"], folder)).toEqual({ status: 0, stdout: "", stderr: "" });
  cpSync(join(fixturesDirectory, "demo", "participants.tsv"), join(folder, "participants.tsv"));
});

function run(page: string, language: string, command: string, args: readonly string[]): string {
  const [shell, ...others] = blocksOf(page, "sh");
  const [code, ...more] = blocksOf(page, language);
  expect([others, more]).toEqual([[], []]);
  const env = { ...process.env, PATH: `${join(folder, "bin")}${delimiter}${process.env["PATH"]}` };
  const exported = spawnSync("sh", ["-ec", shell!.replaceAll(/$/gm, "")], { cwd: folder, env, encoding: "utf8" });
  expect(exported.status, exported.stderr).toBe(0);
  const { status, stdout, stderr } = spawnSync(command, [...args, code!], { cwd: folder, env, encoding: "utf8" });
  expect(status, stderr).toBe(0);
  return stdout;
}

describe.skipIf(python === undefined)("docs/python.md", () => {
  it("reads what the demo left", () => {
    const said = run("python.md", "python", python!, ["-c"]);
    expect(said).toMatch(/^1\d\d of 2244 fixels, 5000 shuffles$/m);
    expect(said).toMatch(/^largest effect there: 0\.\d+$/m);
    expect(said).toMatch(/^mean of the first subject there: 0\.\d+$/m);
    expect(said).toMatch(/^files of this run: \d+$/m);
  });
});

describe.skipIf(!hasR)("docs/r.md", () => {
  it("reads what the demo left, and finds the groups' difference there", () => {
    const said = run("r.md", "r", "Rscript", ["-e"]);
    expect(said).toMatch(/^1\d\d of 2244 fixels, 5000 shuffles/m);
    expect(said).toMatch(/^grouppatient +-0\.\d+/m);
  });
});
