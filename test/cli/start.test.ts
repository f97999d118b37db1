// What a command loads before its work: files of the built program, counted, because the time of a start is theirs. Times are in the bench (start.mjs).
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { VERSION } from "../../src/version.js";
import { repositoryRoot } from "../support/peer.js";
import { builtCommand, runCli } from "../support/run-cli.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const program = join(repositoryRoot, "dist", "program");
const hooks = pathToFileURL(join(repositoryRoot, "test", "support", "modules-loaded.mjs")).href;

function modulesOf(tokens: readonly string[]): string[] {
  const file = join(temporaryDirectory(), "loaded.txt");
  const { status, stderr } = spawnSync(process.execPath, ["--import", hooks, builtCommand, ...tokens], {
    encoding: "utf8",
    env: { ...process.env, FIXELSTREAM_MODULES: file },
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const lines = readFileSync(file, "utf8").trim().split("\n");
  return [...new Set(lines.filter((line) => !line.includes("modules-loaded")))];
}

it.each([[["-version"]], [["-help"]], [["fixelcfestats", "-help"]], [["convert", "cohort", "-help"]]])(
  "%j loads at most 25 files, nothing of the work and no package",
  (tokens) => {
    const modules = modulesOf(tokens);
    expect(modules.length).toBeGreaterThan(1);
    expect(modules.length).toBeLessThanOrEqual(25);
    expect(modules.filter((url) => url.includes("node_modules") || url.includes("/dist/src/"))).toEqual([]);
    expect(modules.filter((url) => url.includes("zod"))).toEqual([]);
  },
);

it("what every command loads has at most 400 kB", () => {
  const seen = new Set<string>();
  const visit = (file: string) => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = readFileSync(file, "utf8");
    for (const [, name] of text.matchAll(/^(?:import|export)\b[^"';]*?(?:from )?"(\.[^"]+)";$/gm))
      visit(join(dirname(file), name!));
  };
  visit(builtCommand);
  expect([...seen]).toContain(join(program, "fixelstream.js"));
  const bytes = [...seen].reduce((sum, file) => sum + statSync(file).size, 0);
  expect(bytes).toBeLessThanOrEqual(400_000);
});

it("a conversion loads at most 60 files; its sources are twice as many", () => {
  const cohort = join(repositoryRoot, "fixtures", "demo");
  const store = join(temporaryDirectory(), "cohort.fxs");
  const modules = modulesOf(["convert", "fixels", join(cohort, "fd"), join(cohort, "subjects.txt"), store, "-quiet"]);
  expect(modules.length).toBeLessThanOrEqual(60);
});

it("each thread of the program begins in it, where the sources say that it lies", () => {
  for (const entry of [
    "bin/fixelstream",
    "src/engine/worker",
    "src/engine/filter/worker",
    "src/engine/elementwise/worker",
    "src/formats/hdf5/worker",
    "src/connectivity/generate/worker",
    "converters/second-thread-entry",
  ]) {
    const text = readFileSync(join(repositoryRoot, "dist", `${entry}.js`), "utf8");
    const [, target] = /import "([^"]+)";\s*$/.exec(text) ?? [];
    expect(target, entry).toMatch(/program\/[\w-]+\.js$/);
    expect(existsSync(join(repositoryRoot, "dist", dirname(entry), target!)), entry).toBe(true);
  }
});

it("is at home where it was built: it finds its package", () => {
  expect(runCli(["-version"], temporaryDirectory())).toEqual({ status: 0, stdout: `${VERSION}\n`, stderr: "" });
});
