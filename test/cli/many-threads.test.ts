// -nthreads 500: limited, said, and the same numbers.
import { cpSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { boundThreads } from "../../src/system-cores.js";
import { ALL_COMMANDS, newRun } from "../support/both-commands.js";
import { runInProcess } from "../support/in-process-cli.js";
import { fixturesDirectory } from "../support/peer.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const { nThreads, warning } = boundThreads(500);
const said = `fixelstream: warning: ${warning?.message}\n`;

describe.each(ALL_COMMANDS)("%s", (command) => {
  it("limits threads, and keeps the warning", async () => {
    const either = newRun(command);
    expect((await either.run()).status).toBe(0);
    const maxima = () => {
      const names = either.results().filter((name) => name.startsWith("null_dist"));
      expect(names.length).toBeGreaterThan(0);
      return names.map((name) => `${either.result(name)}`.replace(/^#.*$/gm, ""));
    };
    const before = maxima();
    const many = await either.run("--threads", "500", "-force", "--restart");
    expect(many.status).toBe(0);
    expect(many.stderr).toContain(said);
    expect(either.record.warnings.map(({ tag }) => tag)).toContain("too-many-threads");
    expect(maxima()).toEqual(before);
  });
  it("plans for as many as it starts", async () => {
    const either = newRun(command);
    const { status, stdout, stderr } = await either.run("--threads", "500", "--dry-run", "--json");
    expect([status, stderr.includes(said)]).toEqual([0, true]);
    expect(JSON.parse(stdout).threads).toBe(nThreads);
  });
});

const demo = join(fixturesDirectory, "demo");

it("fixelfilter limits threads", async () => {
  const output = join(temporaryDirectory(), "smooth.mif");
  const file = join(demo, "fd", readFileSync(join(demo, "subjects.txt"), "utf8").split("\n")[0]!);
  const tokens = ["fixelfilter", file, "smooth", output, "-matrix", join(demo, "matrix"), "-nthreads", "500", "-quiet"];
  const { status, stderr } = await runInProcess(tokens);
  expect({ status, stderr }).toEqual({ status: 0, stderr: said });
});

it("fixelconnectivity limits threads", async () => {
  const folder = temporaryDirectory();
  cpSync(join(demo, "template"), join(folder, "template"), { recursive: true });
  const tokens = [
    "fixelconnectivity",
    join(folder, "template"),
    "none.tck",
    join(folder, "matrix"),
    "-nthreads",
    "500",
  ];
  const { stderr } = await runInProcess(tokens);
  expect(stderr).toContain(said);
  expect(readdirSync(folder)).toEqual(["template"]);
});
