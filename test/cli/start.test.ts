// What a command loads before its work: files of the built program, counted, because the time of a start is theirs. Times are in the bench (start.mjs).
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { COMMANDS } from "../../src/cli/command-list.js";
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

const filesOf = (modules: readonly string[]) => modules.filter((url) => url.startsWith("file:"));
const names = new Set(COMMANDS.map(({ name }) => name));
/** Commands whose own files are among them. */
const commandsOf = (modules: readonly string[]) =>
  filesOf(modules)
    .flatMap((url) => /\/([a-z]+)-[A-Z0-9]{8}\.js$/.exec(url)?.[1] ?? [])
    .filter((name) => names.has(name));
/** Of the sources in the files, as the comments of the bundle name them. */
const sourcesOf = (modules: readonly string[]) =>
  filesOf(modules).flatMap((url) =>
    [...readFileSync(fileURLToPath(url), "utf8").matchAll(/^\/\/ ((?:src|bin|converters|node_modules)\/.*)$/gm)].map(
      ([, source]) => source!,
    ),
  );

it("-version loads at most 5 files: no command, and nothing that commands are made of", () => {
  for (const version of ["-version", "--version"]) {
    const modules = modulesOf([version]);
    expect(filesOf(modules).length).toBeLessThanOrEqual(5);
    const sources = sourcesOf(modules);
    expect(sources).toContain("src/version.ts");
    expect(
      sources.filter((source) => /^node_modules|^converters|^src\/app|^src\/cli\/commands|program/.test(source)),
    ).toEqual([]);
    expect(modules).toContain("node:fs");
    expect(modules.filter((name) => UNNEEDED.test(name))).toEqual([]);
  }
});

/** Of Node's own: each takes milliseconds. */
const UNNEEDED = /^node:(child_process|crypto|http|zlib)$/;

it.each([
  [["-help"], []],
  [["fixelcfestats", "-help"], ["fixelcfestats"]],
  [["help", "gam"], ["gam"]],
  [["info", "-version"], ["info"]],
  [["convert", "cohort", "-help"], ["convert"]],
])("%j loads at most 15 files, of the commands %j, nothing of the work and no package", (tokens, commands) => {
  const modules = modulesOf(tokens);
  const files = filesOf(modules);
  expect(files.length).toBeGreaterThan(1);
  expect(files.length).toBeLessThanOrEqual(15);
  expect(commandsOf(modules)).toEqual(commands);
  expect(files.filter((url) => url.includes("node_modules") || url.includes("/dist/src/"))).toEqual([]);
  expect(sourcesOf(modules).filter((source) => source.includes("zod"))).toEqual([]);
  expect(modules.filter((name) => UNNEEDED.test(name))).toEqual([]);
});

it("what every start loads has at most 30 kB", () => {
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
  expect(bytes).toBeLessThanOrEqual(30_000);
});

it("a conversion loads at most 22 files; its sources are seven times as many", () => {
  const cohort = join(repositoryRoot, "fixtures", "demo");
  const store = join(temporaryDirectory(), "cohort.fxs");
  const modules = modulesOf(["convert", "fixels", join(cohort, "fd"), join(cohort, "subjects.txt"), store, "-quiet"]);
  expect(filesOf(modules).length).toBeLessThanOrEqual(22);
  expect(sourcesOf(modules).length).toBeGreaterThan(7 * 22);
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
